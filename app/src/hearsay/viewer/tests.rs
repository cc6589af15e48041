//! The viewer as a user has it: real home, database, index and sound files; typed, clicked and read by accessibility label.

mod days;
mod dialogs;
mod hardship;
mod pages;
mod replay;
mod scale;

use super::app::Viewer;
use super::conversation_ui::{line_label, word_rect};
use super::first_ui::{AGREED, RECORD};
use super::going_ui::TIME;
use super::histogram_ui::bar_label;
use super::search_ui::{EVERYWHERE, FIELD, hit_label, search_ui};
use super::state::{Action, Dialog, Found, LEAD_IN_MICROS, Line, Readiness, State};
use super::{sample, style};
use crate::player::Output;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use home::Home;
use std::sync::Arc;
use std::time::Duration;
use timeline::{Side, Span};

/// Far more than anything here takes, on a machine whose cores are all busy.
const PATIENCE: u32 = 6_000;

fn open(home: &Home) -> Harness<'static, Viewer> {
    let viewer = Viewer::start(home, None, Output::Silent, Arc::new(|| {})).unwrap();
    Harness::builder()
        .with_size((1280.0, 800.0))
        .with_context_setup(style::install)
        .build_ui_state(|ui: &mut Ui, viewer: &mut Viewer| viewer.show(ui), viewer)
}

/// A window on the sample home, with a query typed and answered.
fn searched(home: &Home, query: &str) -> Harness<'static, Viewer> {
    sample::fill(home);
    let mut window = open(home);
    type_in(&mut window, query);
    window
}

fn type_in(window: &mut Harness<'static, Viewer>, query: &str) {
    window.get_by_role_and_label(Role::TextInput, FIELD).type_text(query);
    wait(window, "the answer", |state| !state.search.text.is_empty() && !state.search.waiting);
}

/// Draws until the state is as it should be.
fn wait(window: &mut Harness<'static, Viewer>, what: &str, mut until: impl FnMut(&State) -> bool) {
    for _ in 0..PATIENCE {
        window.step();
        if until(&window.state().state) {
            window.step();
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let state: String = format!("{:?}", window.state().state).chars().take(3_000).collect();
    panic!("{what} never came: {state}");
}

fn hits(window: &Harness<'static, Viewer>) -> Vec<Line> {
    window.state().state.search.found.hits.clone()
}

fn at_home(test: impl FnOnce(&Home)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Home::at(&folder.path().join("home")));
}

#[test]
fn a_typed_query_finds_and_a_click_shows_and_plays_the_conversation() {
    at_home(|home| {
        let mut window = searched(home, "phoenix");
        let found = hits(&window);
        assert!(found.iter().all(|hit| hit.text.to_lowercase().contains("phoenix")), "{found:?}");
        let hit = found.iter().find(|hit| hit.span.start == sample::at(4.22)).unwrap();
        assert_eq!((hit.side, &hit.text[hit.found[0].clone()]), (Side::Said, "Phoenix"));
        window.get_by_label(&hit_label(hit)).click();
        wait(&mut window, "the conversation", |state| {
            state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting)
        });
        // What was said and heard around it, in both columns.
        let answer = "The next item on the agenda is the agenda.";
        let line = |text: &str| {
            let lines = &window.state().state.conversation.as_ref().unwrap().lines;
            let label = line_label(lines.iter().find(|line| line.text == text).unwrap());
            window.get_by_label(&label).rect()
        };
        let (said, heard) = (line(&hit.text), line(answer));
        assert!(said.right() <= heard.left() && said.bottom() <= heard.top(), "{said} {heard}");
        // It plays from there, and the line that is heard is the one that was clicked.
        wait(&mut window, "the sound", |state| {
            state.playing.playback.playing && state.spoken().is_some_and(|line| line.span.start == sample::at(4.22))
        });
        assert_eq!(window.state().state.playing.playback.error, None);
    });
}

#[test]
fn the_player_obeys_buttons_and_keys() {
    at_home(|home| {
        let mut window = searched(home, "\"out of time\"");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        wait(&mut window, "the sound", |state| state.playing.playback.position > Some(sample::at(1.6)));
        window.get_by_role_and_label(Role::Button, "Pause").click();
        wait(&mut window, "the pause", |state| !state.playing.playback.playing);
        let paused = window.state().state.playing.playback.position.unwrap();
        window.get_by_role_and_label(Role::Button, "Forward 5 seconds").click();
        window.run_steps(3);
        let moved = window.state().state.playing.playback.position.unwrap();
        assert!((moved.micros_since(paused) - 5_000_000).abs() < 400_000, "moved by {}", moved.micros_since(paused));
        // Space goes on from there, once the field no longer has the keys.
        window.key_press(Key::Escape);
        window.run_steps(2);
        window.key_press(Key::Space);
        wait(&mut window, "the sound", |state| {
            state.playing.playback.playing && state.playing.playback.position > Some(moved)
        });
        window.get_by_role_and_label(Role::RadioButton, "Play only what was heard").click();
        window.key_press(Key::ArrowLeft);
        wait(&mut window, "an earlier place", |state| state.playing.playback.position < Some(moved));
    });
}

#[test]
fn a_click_on_a_line_plays_that_line_and_marks_it() {
    at_home(|home| {
        let mut window = searched(home, "postpone");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        wait(&mut window, "the conversation", |state| {
            state.conversation.as_ref().is_some_and(|conversation| conversation.lines.len() > 5)
        });
        // It takes a while to scroll to the hit; the line after it is in view then.
        window.run_steps(60);
        let conversation = window.state().state.conversation.clone().unwrap();
        let marked = conversation.lines.iter().position(|line| Some(line.key) == conversation.marked).unwrap();
        let line = conversation.lines[marked + 1].clone();
        window.get_by_label(&line_label(&line)).click();
        wait(&mut window, "the line", |state| state.spoken().map(|spoken| spoken.key) == Some(line.key));
        assert_eq!(window.state().state.conversation.as_ref().unwrap().marked, Some(line.key));
    });
}

#[test]
fn a_click_on_a_word_plays_that_word_and_the_word_that_is_heard_is_known() {
    at_home(|home| {
        let mut window = searched(home, "\"postpone phoenix\"");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        wait(&mut window, "the conversation", |state| {
            state.conversation.as_ref().is_some_and(|conversation| conversation.lines.len() > 5)
        });
        window.run_steps(60);
        let conversation = window.state().state.conversation.clone().unwrap();
        let line = conversation.lines.iter().find(|line| Some(line.key) == conversation.marked).unwrap().clone();
        let word = line.words.iter().find(|word| &line.text[word.range.clone()] == "until").unwrap().clone();
        let corner = window.get_by_label(&line_label(&line)).rect().min;
        let font = style::body();
        let galley =
            window.ctx.fonts_mut(|fonts| fonts.layout_no_wrap(line.text.clone(), font, eframe::egui::Color32::BLACK));
        // As wide as in the window, which has the same font and room for the line; its text begins at the padding.
        let place = word_rect(&galley, &line.text, &word.range).center().to_vec2() + corner.to_vec2() + vec2(9.0, 9.0);
        window.hover_at(place.to_pos2());
        window.run_steps(1);
        window.drag_at(place.to_pos2());
        window.run_steps(1);
        window.drop_at(place.to_pos2());
        window.run_steps(2);
        let position = window.state().state.playing.playback.position.unwrap();
        let before = word.span.start.micros_since(position);
        assert!((-400_000..=LEAD_IN_MICROS).contains(&before), "it began {before} us before the word");
        let is_heard = |state: &State| {
            state.spoken().and_then(|line| state.spoken_word(line)).is_some_and(|heard| heard.span == word.span)
        };
        wait(&mut window, "the word", is_heard);
        let position = window.state().state.playing.playback.position.unwrap();
        assert!(position >= word.span.start && position < word.span.end, "{position:?} {word:?}");
    });
}

#[test]
fn later_finds_the_next_conversation_however_far_away() {
    at_home(|home| {
        let mut window = searched(home, "postpone");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        let lines = |state: &State| state.conversation.as_ref().map_or(0, |conversation| conversation.lines.len());
        wait(&mut window, "the conversation", |state| lines(state) > 5);
        window.state_mut().act(Action::TogglePlay);
        // Two minutes more, then the call an hour later, then nothing.
        for _ in 0..8 {
            if window.state().state.conversation.as_ref().unwrap().at_end {
                break;
            }
            window.state_mut().act(Action::Later);
            wait(&mut window, "more", |state| !state.conversation.as_ref().unwrap().waiting);
        }
        let conversation = window.state().state.conversation.clone().unwrap();
        assert!(conversation.at_end);
        assert!(conversation.lines.iter().any(|line| line.text == "We have 76 minutes left."), "the call is there");
        assert!(conversation.lines.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
    });
}

#[test]
fn what_is_read_stays_where_it_is_when_more_comes_before_it() {
    at_home(|home| {
        let mut window = searched(home, "oranges");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        let waiting = |state: &State| state.conversation.as_ref().is_none_or(|conversation| conversation.waiting);
        wait(&mut window, "the conversation", |state| !waiting(state));
        window.state_mut().act(Action::TogglePlay);
        window.run_steps(80);
        let lines = window.state().state.conversation.clone().unwrap().lines;
        let line = lines.iter().find(|line| line.text.contains("oranges")).unwrap();
        let before = window.get_by_label(&line_label(line)).rect();
        window.state_mut().act(Action::Earlier);
        wait(&mut window, "more", |state| !waiting(state));
        window.run_steps(5);
        assert!(window.state().state.conversation.as_ref().unwrap().lines.len() > lines.len());
        let after = window.get_by_label(&line_label(line)).rect();
        assert!((before.top() - after.top()).abs() < 2.0, "{before} became {after}");
    });
}

#[test]
fn scrolling_beyond_the_end_brings_more() {
    at_home(|home| {
        let mut window = searched(home, "postpone");
        window.get_by_label(&hit_label(&hits(&window)[1])).click();
        let lines = |state: &State| state.conversation.as_ref().map_or(0, |conversation| conversation.lines.len());
        wait(&mut window, "the conversation", |state| lines(state) > 5);
        window.state_mut().act(Action::TogglePlay);
        let few = lines(&window.state().state);
        window.run_steps(60);
        window.hover_at(eframe::egui::pos2(900.0, 300.0));
        for _ in 0..60 {
            window.event(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, -400.0),
                phase: TouchPhase::Move,
                modifiers: Modifiers::NONE,
                source: MouseWheelSource::Unknown,
            });
            window.run_steps(4);
        }
        wait(&mut window, "more", |state| lines(state) > few);
    });
}

#[test]
fn each_side_can_be_searched_alone() {
    at_home(|home| {
        let mut window = searched(home, "the");
        let sides = |window: &Harness<'static, Viewer>| {
            let mut sides: Vec<Side> = hits(window).iter().map(|hit| hit.side).collect();
            sides.sort_unstable();
            sides.dedup();
            sides
        };
        assert_eq!(sides(&window), [Side::Said, Side::Heard]);
        window.get_by_role_and_label(Role::CheckBox, "Search what was said").click();
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting);
        assert_eq!(sides(&window), [Side::Heard]);
    });
}

#[test]
fn a_click_on_a_bar_narrows_the_search_and_a_stroke_over_several_does() {
    at_home(|home| {
        let mut window = searched(home, "the");
        wait(&mut window, "the bars", |state| !state.search.bars.is_empty());
        let all = hits(&window).len();
        // One conversation in an hour, one in the next.
        let bars: Vec<_> = window.state().state.search.bars.iter().filter(|bar| bar.hits > 0).copied().collect();
        assert_eq!(bars.iter().map(|bar| bar.hits).sum::<u64>(), all as u64);
        let [first, last] = [bars[0], bars[bars.len() - 1]];
        assert!(first.span.end <= last.span.start, "{bars:?}");
        window.get_by_label(&bar_label(&last)).click();
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting && state.search.narrowed == Some(last.span));
        let narrowed = hits(&window);
        assert_eq!(narrowed.len() as u64, last.hits);
        assert!(narrowed.iter().all(|hit| last.span.contains(hit.span.start)), "{narrowed:?}");
        window.get_by_label(EVERYWHERE).click();
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting && state.search.narrowed.is_none());
        assert_eq!(hits(&window).len(), all);
        let place = |window: &Harness<'static, Viewer>, bar| window.get_by_label(&bar_label(bar)).rect().center();
        let (from, to) = (place(&window, &first), place(&window, &last));
        window.drag_at(from);
        window.run_steps(2);
        window.hover_at(to);
        window.run_steps(2);
        window.drop_at(to);
        window.run_steps(2);
        let both = Span::new(first.span.start, last.span.end);
        wait(&mut window, "the answer", |state| !state.search.waiting && state.search.narrowed == Some(both));
        assert_eq!(hits(&window).len(), all);
    });
}

#[test]
fn keys_go_to_what_was_said_last_to_a_time_and_from_hit_to_hit() {
    at_home(|home| {
        let mut window = searched(home, "the");
        // Letters belong to the field until it is left.
        window.key_press(Key::Escape);
        window.run_steps(2);
        let marked = |state: &State| {
            let conversation = state.conversation.as_ref().filter(|conversation| !conversation.waiting)?;
            conversation.lines.iter().find(|line| Some(line.key) == conversation.marked).cloned()
        };
        window.key_press(Key::T);
        wait(&mut window, "what was said last", |state| marked(state).is_some());
        let last = marked(&window.state().state).unwrap();
        assert!(last.span.start > sample::at(3_600.0), "{last:?}");
        assert!(!window.state().state.playing.playback.playing);
        window.key_press(Key::G);
        window.run_steps(2);
        let field = || window.get_by_role_and_label(Role::TextInput, TIME);
        field().type_text("tomorrowish");
        window.run_steps(2);
        window.key_press(Key::Enter);
        let told = |state: &State| match &state.dialog {
            Some(Dialog::Going(going)) => going.told.error.is_some(),
            _ => false,
        };
        wait(&mut window, "what is wrong with it", told);
        window.state_mut().act(Action::TypeWhither(sample::at(4.0).local().format("%Y-%m-%dT%H:%M:%S").to_string()));
        window.run_steps(2);
        window.get_by_label("Go").click();
        wait(&mut window, "the time", |state| {
            state.dialog.is_none() && marked(state).is_some_and(|line| line.span.start == sample::at(4.22))
        });
        // There is no other day.
        window.key_press(Key::CloseBracket);
        wait(&mut window, "that there is none", |state| {
            state.conversation.as_ref().is_some_and(|conversation| conversation.error.is_some())
        });
        window.key_press(Key::D);
        window.run_steps(2);
        let doubtful = marked(&window.state().state).unwrap();
        assert!(doubtful.span.start > sample::at(4.22));
        assert!(doubtful.doubt.is_some() || !doubtful.doubtful_words.is_empty(), "{doubtful:?}");
        let opened = |window: &Harness<'static, Viewer>| window.state().state.search.opened;
        let found: Vec<_> = hits(&window).iter().map(|hit| Some(hit.key)).collect();
        for (modifiers, hit) in [(Modifiers::NONE, 0), (Modifiers::NONE, 1), (Modifiers::SHIFT, 0)] {
            window.key_press_modifiers(modifiers, Key::Enter);
            window.run_steps(2);
            assert_eq!(opened(&window), found[hit]);
        }
        window.event(Event::Text("?".into()));
        window.run_steps(2);
        window.get_by_label("The next word that may have been misheard");
    });
}

#[test]
fn a_broken_query_is_read_and_the_reader_is_told() {
    at_home(|home| {
        let window = searched(home, "phoenix \"until");
        assert!(!hits(&window).is_empty());
        let notes = window.state().state.search.found.notes.clone();
        assert!(!notes.is_empty());
        assert!(notes.iter().all(|note| window.query_by_label(note).is_some()), "{notes:?} are not shown");
    });
}

#[test]
fn an_empty_home_says_what_to_do() {
    at_home(|home| {
        let mut window = open(home);
        wait(&mut window, "the look at the home", |state| state.health.readiness == Readiness::NoSound);
        window.get_by_label("Nothing is recorded yet");
        wait(&mut window, "what there is", |state| state.settings.setup.is_some());
        window.get_by_label("Not recording");
        // Who hasn't read what it means doesn't begin.
        window.get_by_label(RECORD).click();
        window.run_steps(2);
        assert!(!window.state().state.first.agreed);
        window.get_by_label(AGREED).click();
        window.run_steps(2);
        assert!(window.state().state.first.agreed);
        // Nothing is fetched unasked, and what can't be fetched is told.
        window.get_by_label("Get base.en");
        assert!(!home.root().exists(), "looking at it must not make it");
    });
}

#[test]
fn words_without_an_index_say_what_to_do() {
    at_home(|home| {
        sample::fill(home);
        std::fs::rename(home.index(), home.root().join("elsewhere")).unwrap();
        let mut window = open(home);
        wait(&mut window, "the look at the home", |state| state.health.readiness == Readiness::NoIndex);
        window.get_by_label("hearsay work --once");
    });
}

#[test]
fn a_damaged_database_is_told_in_a_line() {
    at_home(|home| {
        home.ensure().unwrap();
        std::io::Write::write_all(&mut home::files::create_new(&home.database()).unwrap(), &[7; 9_000]).unwrap();
        let mut window = open(home);
        wait(&mut window, "the error", |state| state.health.error.is_some());
        let error = window.state().state.health.error.clone().unwrap();
        assert!(error.contains("archive.sqlite3"), "{error}");
        window.get_by_label(&error);
        type_in(&mut window, "phoenix");
        assert!(window.state().state.search.error.is_some());
    });
}

#[test]
fn only_the_rows_in_view_are_drawn() {
    let span = |i: i64| Span::new(sample::at(0.0).plus_micros(i), sample::at(1.0).plus_micros(i));
    let line = |i: i64| Line::said(i, span(i), &format!("line {i}"));
    let mut state = State::default();
    state.search.text = "line".into();
    state.search.found = Found { hits: (0..10_000).map(line).collect(), ..Found::default() };
    let mut window = Harness::builder().with_size((400.0, 600.0)).build_ui_state(
        |ui: &mut Ui, state: &mut State| {
            search_ui(ui, state);
        },
        state,
    );
    window.run();
    let drawn = window.query_all_by_label_contains("said ").count();
    assert!((4..20).contains(&drawn), "{drawn} rows");
}
