//! The live page, the settings, and what helps while a query is typed.

use super::*;
use crate::level::Heard;
use crate::viewer::completion::suggestions;
use crate::viewer::search_ui::completion_label;
use crate::viewer::settings_ui::key_label;
use crate::viewer::state::{Fetched, Page, Trial, Tried};
use crate::viewer::trial_ui::listen_label;
use archive::Archive;
use std::io::Write as _;
use store::Store;
use timeline::{Clock as _, SystemClock, TrackName};

#[test]
fn a_field_is_completed_while_it_is_typed() {
    at_home(|home| {
        let mut window = searched(home, "phoenix is:do");
        let way = suggestions("phoenix is:do").remove(0);
        window.get_by_label(&completion_label(&way)).click();
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting);
        assert_eq!(window.state().state.search.text, "phoenix is:doubtful ");
        // The field has the keys again, behind what was completed.
        window.event(Event::Text("the".into()));
        window.run_steps(2);
        assert_eq!(window.state().state.search.text, "phoenix is:doubtful the");
    });
}

#[test]
fn what_led_to_something_can_be_searched_for_again() {
    at_home(|home| {
        let mut window = searched(home, "phoenix");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        window.run_steps(2);
        window.state_mut().act(Action::Type(String::new()));
        window.run_steps(2);
        window.get_by_label("Searched before");
        window.get_by_role_and_label(Role::Button, "phoenix").click();
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting && !state.search.found.hits.is_empty());
        assert_eq!(window.state().state.search.text, "phoenix");
    });
}

#[test]
fn the_search_is_narrowed_to_the_last_days_and_back() {
    at_home(|home| {
        let mut window = searched(home, "the");
        let all = hits(&window).len();
        for (label, narrowed) in [("Today", true), ("Any time", false)] {
            window.get_by_label("When it was said").click();
            window.run_steps(3);
            window.get_by_label(label).click();
            window.run_steps(2);
            wait(&mut window, "the answer", |state| {
                !state.search.waiting && state.search.narrowed.is_some() == narrowed
            });
            assert_eq!(hits(&window).is_empty(), narrowed, "{all} in all");
        }
    });
}

#[test]
fn more_hits_come_when_the_reader_scrolls_to_the_last() {
    at_home(|home| {
        const TIMES: u32 = 900;
        sample::fill(home);
        sample::say_often(home, TIMES);
        let mut window = open(home);
        type_in(&mut window, "often");
        let first = hits(&window);
        assert!(first.len() < TIMES as usize && window.state().state.search.found.cut, "{} at once", first.len());
        window.get_by_label_contains("the latest");
        window.hover_at(eframe::egui::pos2(200.0, 600.0));
        for _ in 0..PATIENCE {
            if !window.state().state.search.found.cut {
                break;
            }
            window.event(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, -20_000.0),
                phase: TouchPhase::Move,
                modifiers: Modifiers::NONE,
                source: MouseWheelSource::Unknown,
            });
            window.run_steps(4);
            std::thread::sleep(Duration::from_millis(2));
        }
        let all = hits(&window);
        assert_eq!(all.len(), TIMES as usize, "each once");
        assert!(all.windows(2).all(|pair| pair[0].span.start > pair[1].span.start), "the latest first");
    });
}

fn turn_to(window: &mut Harness<'static, Viewer>, page: Page) {
    window.get_by_role_and_label(Role::Tab, page.name()).click();
    window.run_steps(2);
    assert_eq!(window.state().state.page, page);
}

/// Says something a minute ago, with sound.
fn say_now(home: &Home, text: &str) -> Span {
    let now = SystemClock.wall();
    let span = Span::new(now.plus_micros(-90_000_000), now.plus_micros(-60_000_000));
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("now.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let file = home::files::create_new(&wav).unwrap();
    let mut sound = hound::WavWriter::new(file, spec).unwrap();
    (0..480_000).for_each(|frame| sound.write_sample(i16::try_from(frame % 97 * 30).unwrap()).unwrap());
    sound.finalize().unwrap();
    let (archive, mic) = (Archive::open(home), TrackName::mic());
    archive::import::import(&archive, &wav, &mic, Side::Said, span.start, &mut |_| {}).unwrap();
    let mut store = Store::open(&home.database()).unwrap();
    let pass = store.passes().unwrap().remove(0).pass.key;
    let said = Span::new(span.start.plus_micros(1_000_000), span.start.plus_micros(4_000_000));
    let window = store::WindowRow {
        utterances: vec![store::NewUtterance::clear(said, text)],
        outcome: store::Outcome::Words,
        ..store::WindowRow::nothing(pass, mic, span)
    };
    store.commit_window(&window).unwrap();
    worker::Follower::open(&home.index()).unwrap().catch_up(&store).unwrap();
    span
}

#[test]
fn the_live_page_shows_what_was_said_last_and_forgets_it_for_good() {
    at_home(|home| {
        sample::fill(home);
        let span = say_now(home, "a password that nobody needs");
        let mut window = open(home);
        turn_to(&mut window, Page::Live);
        let lines = |state: &State| state.live.moment.as_ref().map(|moment| moment.lines.len());
        wait(&mut window, "what was said", |state| lines(state) == Some(1));
        window.get_by_label("a password that nobody needs");
        window.get_by_label("Nothing is being recorded.");
        assert_eq!(window.query_all_by_label("Not recording").count(), 2, "on the page, and in the line at the bottom");
        let store = Store::open_read_only(&home.database()).unwrap();
        assert!(store.live_until().unwrap() > Some(SystemClock.wall()), "the worker knows that somebody watches");
        window.get_by_label_contains("Forget the last 10 minutes").click();
        window.run_steps(2);
        let planned = |state: &State| matches!(&state.dialog, Some(Dialog::Forget(forget)) if !forget.plan.is_empty());
        wait(&mut window, "what would go", planned);
        // In one segment, or in two where a border of the clock lies between.
        window.get_by_label_contains("mic: 30.0 s of sound");
        window.get_by_label("Forget").click();
        window.run_steps(2);
        let done = |state: &State| matches!(&state.dialog, Some(Dialog::Forget(forget)) if forget.told.done.is_some());
        wait(&mut window, "that it is gone", done);
        window.get_by_label("Close").click();
        wait(&mut window, "nothing to be said", |state| lines(state) == Some(0));
        assert!(Archive::open(home).segments(&TrackName::mic(), &span).unwrap().is_empty());
        // Everything else is there.
        turn_to(&mut window, Page::Read);
        window.get_by_role_and_label(Role::TextInput, FIELD).click();
        window.run_steps(2);
        type_in(&mut window, "phoenix");
        assert!(!hits(&window).is_empty());
    });
}

#[test]
fn who_only_imported_sound_reads_what_recording_means_before_it_begins() {
    at_home(|home| {
        sample::fill(home);
        let mut window = open(home);
        turn_to(&mut window, Page::Live);
        wait(&mut window, "how the recorder is", |state| state.live.moment.is_some());
        window.get_by_label(RECORD).click();
        wait(&mut window, "the page", |state| state.page == Page::Read && state.first.wanted);
        window.run_steps(2);
        window.get_by_label("Nothing is recorded yet");
        window.get_by_label(AGREED);
    });
}

#[test]
fn a_setting_is_written_and_comments_stay() {
    at_home(|home| {
        home.ensure().unwrap();
        let mut file = home::files::create_new(&home.config_file()).unwrap();
        file.write_all(b"# Mine.\n[work]\nthreads = 1 # for now\n").unwrap();
        drop(file);
        let mut window = open(home);
        window.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
        window.run_steps(2);
        wait(&mut window, "the settings", |state| state.settings.setup.is_some());
        let text = || std::fs::read_to_string(home.config_file()).unwrap();
        window.get_by_role_and_label(Role::CheckBox, &key_label("record.notify")).click();
        window.run_steps(2);
        wait(&mut window, "the change", |state| state.settings.changed == Some(("record.notify", Ok(()))));
        assert_eq!(text(), "# Mine.\n[work]\nthreads = 1 # for now\n\n[record]\nnotify = false\n");
        window.state_mut().act(Action::Set("work.threads", Some("many".into())));
        window.run_steps(2);
        let refused = |state: &State| matches!(state.settings.changed, Some(("work.threads", Err(_))));
        wait(&mut window, "what is wrong with it", refused);
        window.state_mut().act(Action::Set("work.threads", Some("2".into())));
        wait(&mut window, "the change", |state| state.settings.changed == Some(("work.threads", Ok(()))));
        assert!(text().contains("threads = 2 # for now\n"), "{}", text());
        window.state_mut().act(Action::Set("record.notify", None));
        wait(&mut window, "the default", |state| state.settings.changed == Some(("record.notify", Ok(()))));
        assert!(!text().contains("notify"), "{}", text());
    });
}

/// A mirror that nobody listens at: the way there is real, and so is its end.
#[test]
fn a_model_that_cannot_be_fetched_is_told_and_can_be_tried_again() {
    at_home(|home| {
        home.ensure().unwrap();
        let mut file = home::files::create_new(&home.config_file()).unwrap();
        file.write_all(b"[models]\nmirror = \"http://127.0.0.1:9/\"\n").unwrap();
        drop(file);
        let mut window = open(home);
        wait(&mut window, "what there is", |state| state.settings.setup.is_some());
        for _ in 0..2 {
            window.get_by_label("Get base.en").click();
            window.run_steps(2);
            let failed = |state: &State| matches!(&state.first.fetched, Some((_, Fetched::Failed(_))));
            wait(&mut window, "that it failed", failed);
            window.run_steps(2);
        }
        let Some((_, Fetched::Failed(error))) = window.state().state.first.fetched.clone() else { unreachable!() };
        assert!(error.contains("127.0.0.1"), "{error}");
        window.get_by_label(&error);
    });
}

/// In a process of its own, which has a sound server.
#[test]
fn a_device_is_listened_to_before_it_is_chosen() {
    let rig = testkit::Rig::start().unwrap();
    let _speech = rig.play(&testkit::fixture("days/call.mic.wav"), testkit::Sink::MicFeed).unwrap();
    let mut inner = rig.command(std::env::current_exe().unwrap());
    let inner = inner.args(["--ignored", "--exact", "viewer::tests::pages::listening_within_a_rig"]).output().unwrap();
    let said = String::from_utf8_lossy(&inner.stdout);
    assert!(inner.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&inner.stderr));
}

#[test]
#[ignore = "`a_device_is_listened_to_before_it_is_chosen` starts it with a sound server"]
fn listening_within_a_rig() {
    at_home(|home| {
        let mut window = open(home);
        let over = |state: &State| state.settings.trial.as_ref().is_some_and(|trial| !trial.is_on());
        let heard = |state: &State| state.settings.trial.as_ref().map(|trial| trial.so_far.clone());
        // On the first page, the devices that would be recorded.
        wait(&mut window, "the devices", |state| {
            state.health.readiness == Readiness::NoSound && state.settings.setup.is_some()
        });
        window.get_by_label(&listen_label("Monitor of Speakers")).click();
        window.run_steps(2);
        assert!(window.state().state.settings.trial.as_ref().is_some_and(Trial::is_on));
        wait(&mut window, "what came of it", over);
        let told = heard(&window.state().state);
        assert!(matches!(told, Some(Tried::Heard(Heard::Silence | Heard::Nothing))), "{told:?}");
        // In the settings, all of them.
        turn_to(&mut window, Page::Settings);
        window.get_by_label("Listen to the devices before you choose").click();
        window.run_steps(20);
        window.get_by_label(&listen_label("VirtualMic")).click();
        window.run_steps(2);
        wait(&mut window, "a level", |state| matches!(heard(state), Some(Tried::Listening(Some(db))) if db > -60.0));
        window.get_by_label_contains("Level of VirtualMic: -");
        wait(&mut window, "what came of it", over);
        let told = heard(&window.state().state);
        assert!(matches!(told, Some(Tried::Heard(Heard::Sound { .. }))), "{told:?}");
        window.get_by_label_contains("It delivers sound");
    });
}
