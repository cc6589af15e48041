//! The waveform and what is done with it: clicked, dragged, zoomed, looped and exported as a user does.

use super::super::export_ui::FILE;
use super::super::replay_ui::{CLEAR, EXPORT, LOOP, SKIP};
use super::super::state::{Form, Turn};
use super::super::waveform::{Column, SHORTEST_MICROS};
use super::super::waveform_ui::{GUTTERS, PLACE};
use super::*;
use crate::player::SPEEDS;
use eframe::egui::{Pos2, pos2};

/// A window with the conversation `standup` open, its waveform drawn and the player paused.
fn opened(home: &Home) -> Harness<'static, Viewer> {
    let mut window = searched(home, "\"out of time\"");
    window.get_by_label(&hit_label(&hits(&window)[0])).click();
    wait(&mut window, "the sound", |state| state.playing.playback.position.is_some() && state.playing.playback.playing);
    window.state_mut().act(Action::TogglePlay);
    // Letters are keys from here on.
    window.key_press(Key::Escape);
    wait(&mut window, "the waveform", is_drawn);
    window
}

/// Whether all that is shown was looked at.
fn is_drawn(state: &State) -> bool {
    let read = state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting);
    let shown = state.shown();
    read && state.replay.sketch.as_ref().is_some_and(|sketch| {
        Some(sketch.span) == shown && sketch.said.iter().chain(&sketch.heard).all(|column| *column != Column::Unknown)
    })
}

/// Where a moment stands in the window.
fn place(window: &Harness<'static, Viewer>, seconds: f64) -> Pos2 {
    let rect = window.get_by_role_and_label(Role::Slider, PLACE).rect();
    let shown = window.state().state.shown().unwrap();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a place on the screen")]
    let share = (sample::at(seconds).micros_since(shown.start) as f64 / shown.len_micros() as f64) as f32;
    pos2(rect.left() + GUTTERS.0 + share * (rect.width() - GUTTERS.0 - GUTTERS.1), rect.center().y)
}

/// Within a pixel or two.
fn close(window: &Harness<'static, Viewer>, time: timeline::WallTime, seconds: f64) -> bool {
    let shown = window.state().state.shown().unwrap();
    time.micros_since(sample::at(seconds)).abs() <= shown.len_micros() / 200
}

fn drag(window: &mut Harness<'static, Viewer>, from_s: f64, to_s: f64) {
    let (from, to) = (place(window, from_s), place(window, to_s));
    window.hover_at(from);
    window.run_steps(2);
    window.drag_at(from);
    window.run_steps(2);
    window.hover_at(from + vec2(12.0, 0.0));
    window.run_steps(2);
    window.hover_at(to);
    window.run_steps(2);
    window.drop_at(to);
    window.run_steps(2);
}

#[test]
fn a_click_on_the_waveform_goes_there() {
    at_home(|home| {
        let mut window = opened(home);
        let sketch = window.state().state.replay.sketch.clone().unwrap();
        // There is no sound before the conversation, and there is on both sides in it.
        assert_eq!((sketch.said[0], sketch.heard[0]), (Column::Gap, Column::Gap));
        for side in [&sketch.said, &sketch.heard] {
            assert!(side.iter().any(|column| matches!(column, Column::Sound(low, high) if *low < -500 && *high > 500)));
        }
        let at = place(&window, 60.0);
        window.hover_at(at);
        window.run_steps(2);
        window.drag_at(at);
        window.drop_at(at);
        window.run_steps(3);
        let position = window.state().state.playing.playback.position.unwrap();
        assert!(close(&window, position, 60.0), "{position}");
        assert_eq!(window.state().state.replay.selected, None);
        // It plays from there, and the place moves on.
        window.key_press(Key::Space);
        wait(&mut window, "the sound", |state| state.playing.playback.position > Some(position.plus_micros(300_000)));
    });
}

#[test]
fn the_wheel_zooms_around_the_pointer_and_keys_around_the_playhead() {
    at_home(|home| {
        let mut window = opened(home);
        let all = window.state().state.shown().unwrap();
        let at = place(&window, 90.0);
        window.hover_at(at);
        window.run_steps(2);
        for _ in 0..60 {
            window.event(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, 40.0),
                phase: TouchPhase::Move,
                modifiers: Modifiers::NONE,
                source: MouseWheelSource::Unknown,
            });
            window.run_steps(3);
        }
        window.run_steps(30);
        let near = window.state().state.shown().unwrap();
        assert_eq!(near.len_micros(), SHORTEST_MICROS, "as near as it goes, from {all}");
        assert!(
            close(&window, near.start.plus_micros(at_share(&window, at, near)), 90.0)
                || near.contains(sample::at(90.0))
        );
        wait(&mut window, "the waveform", is_drawn);
        for _ in 0..20 {
            window.key_press(Key::Minus);
            window.run_steps(2);
        }
        assert_eq!(window.state().state.shown().unwrap(), all, "and back");
        window.key_press(Key::Plus);
        window.run_steps(2);
        let position = window.state().state.playing.playback.position.unwrap();
        let nearer = window.state().state.shown().unwrap();
        assert!(nearer.len_micros() < all.len_micros() && nearer.contains(position), "{nearer}");
    });
}

/// How far into what is shown a place lies.
fn at_share(window: &Harness<'static, Viewer>, at: Pos2, shown: Span) -> i64 {
    let rect = window.get_by_role_and_label(Role::Slider, PLACE).rect();
    let share = f64::from((at.x - rect.left() - GUTTERS.0) / (rect.width() - GUTTERS.0 - GUTTERS.1));
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a short span")]
    let micros = (share * shown.len_micros() as f64) as i64;
    micros
}

#[test]
fn a_drag_selects_a_loop_plays_it_again_and_escape_selects_nothing() {
    at_home(|home| {
        let mut window = opened(home);
        drag(&mut window, 40.0, 44.0);
        let selected = window.state().state.replay.selected.unwrap();
        assert!(close(&window, selected.start, 40.0) && close(&window, selected.end, 44.0), "{selected}");
        window.get_by_role_and_label(Role::CheckBox, LOOP).click();
        window.run_steps(2);
        assert!(window.state().state.replay.looping);
        // It goes to what is selected, and from its end to its beginning, within it all the time.
        window.key_press(Key::Space);
        wait(&mut window, "the loop", |state| {
            state.playing.playback.playing && state.playing.playback.position.is_some_and(|at| selected.contains(at))
        });
        let mut last = selected.start;
        wait(&mut window, "the loop once more", |state| {
            let now = state.playing.playback.position.unwrap();
            assert!(selected.widened(60_000).contains(now), "{now} is not in {selected}");
            let again = now < last;
            last = now;
            again
        });
        window.key_press(Key::R);
        window.run_steps(2);
        assert!(!window.state().state.replay.looping);
        assert_eq!(window.state().state.replay.selected, Some(selected));
        window.key_press(Key::Escape);
        window.run_steps(2);
        assert_eq!(window.state().state.replay.selected, None);
        assert!(window.query_by_label(CLEAR).is_none());
    });
}

#[test]
fn who_goes_elsewhere_leaves_the_loop() {
    at_home(|home| {
        let mut window = opened(home);
        drag(&mut window, 40.0, 44.0);
        window.key_press(Key::R);
        window.run_steps(2);
        assert!(window.state().state.replay.looping);
        let at = place(&window, 80.0);
        window.drag_at(at);
        window.drop_at(at);
        window.run_steps(3);
        assert!(!window.state().state.replay.looping);
        let position = window.state().state.playing.playback.position.unwrap();
        assert!(close(&window, position, 80.0), "{position}");
    });
}

#[test]
fn a_drag_with_shift_moves_what_is_shown() {
    at_home(|home| {
        let mut window = opened(home);
        window.state_mut().act(Action::Turn(Turn::Zoom { around: sample::at(60.0), by: 0.2 }));
        wait(&mut window, "the waveform", is_drawn);
        let before = window.state().state.shown().unwrap();
        let (from, to) = (place(&window, 60.0), place(&window, 50.0));
        window.hover_at(from);
        window.run_steps(2);
        window.event_modifiers(pressed(from, true), Modifiers::SHIFT);
        window.run_steps(2);
        for share in [0.3, 0.6, 1.0] {
            window.event_modifiers(Event::PointerMoved(from + (to - from) * share), Modifiers::SHIFT);
            window.run_steps(2);
        }
        window.event_modifiers(pressed(to, false), Modifiers::SHIFT);
        window.run_steps(2);
        let after = window.state().state.shown().unwrap();
        assert_eq!((after.len_micros(), window.state().state.replay.selected), (before.len_micros(), None));
        let moved = after.start.micros_since(before.start);
        assert!((6_000_000..14_000_000).contains(&moved), "moved by {moved} us");
    });
}

fn pressed(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: eframe::egui::PointerButton::Primary, pressed, modifiers: Modifiers::SHIFT }
}

#[test]
fn what_is_selected_is_exported_as_sound_and_as_text_and_no_file_is_overwritten() {
    at_home(|home| {
        let mut window = opened(home);
        let folder = home.root().parent().unwrap().to_owned();
        let (clip, text) = (folder.join("clip.wav"), folder.join("clip.txt"));
        drag(&mut window, 4.0, 12.0);
        let selected = window.state().state.replay.selected.unwrap();
        let export = |window: &mut Harness<'static, Viewer>, form: Option<&str>, path: &std::path::Path| {
            window.get_by_role_and_label(Role::Button, EXPORT).click();
            window.run_steps(4);
            if let Some(form) = form {
                window.get_by_role_and_label(Role::RadioButton, form).click();
                window.run_steps(2);
            }
            let field = window.get_by_role_and_label(Role::TextInput, FILE);
            assert!(field.value().is_some_and(|path| path.contains("hearsay 2026-11-23")), "it proposes a name");
            window.state_mut().act(Action::Turn(Turn::TypePath(path.display().to_string())));
            window.run_steps(2);
            window.get_by_role_and_label(Role::Button, "Export").click();
            window.run_steps(2);
            let told = |state: &State| match &state.dialog {
                Some(Dialog::Export(export)) => export.told.done.clone().or_else(|| export.told.error.clone()),
                _ => None,
            };
            wait(window, "the file", |state| told(state).is_some());
            let told = told(&window.state().state).unwrap();
            window.get_by_label(&told);
            window.state_mut().act(Action::CloseDialog);
            window.run_steps(2);
            told
        };
        let told = export(&mut window, None, &clip);
        assert!(told.contains("clip.wav") && told.contains("said left, heard right"), "{told}");
        let wav = hound::WavReader::open(&clip).unwrap();
        assert_eq!((wav.spec().channels, wav.spec().sample_rate), (2, 16_000));
        assert!((i64::from(wav.duration()) - selected.len_micros() * 16 / 1_000).abs() <= 1);
        let told = export(&mut window, Some("Text"), &text);
        assert!(told.contains("clip.txt"), "{told}");
        let lines = std::fs::read_to_string(&text).unwrap();
        assert!(lines.contains("The next item on the agenda is the agenda."), "{lines}");
        let before = std::fs::read(&clip).unwrap();
        let told = export(&mut window, Some("Text"), &clip);
        assert!(told.contains("is there already"), "{told}");
        assert_eq!(std::fs::read(&clip).unwrap(), before);
        assert_eq!(Form::default(), Form::Clip);
    });
}

#[test]
fn three_times_the_speed_is_chosen_and_played() {
    at_home(|home| {
        let mut window = opened(home);
        window.get_by_role_and_label(Role::ComboBox, "Speed").click();
        window.run_steps(3);
        window.get_by_label("3x").click();
        window.run_steps(3);
        assert!((window.state().state.playing.speed - SPEEDS.end()).abs() < f32::EPSILON);
        let from = window.state().state.playing.playback.position.unwrap();
        window.key_press(Key::Space);
        wait(&mut window, "a stretch of it", |state| {
            state.playing.playback.position > Some(from.plus_micros(3_000_000))
        });
        assert_eq!(window.state().state.playing.playback.error, None);
    });
}

#[test]
fn silence_is_skipped_where_the_transcript_says_that_nobody_speaks() {
    at_home(|home| {
        let mut window = opened(home);
        window.get_by_role_and_label(Role::CheckBox, SKIP).click();
        window.run_steps(2);
        assert!(window.state().state.replay.skips_silence);
        // The longest pause of what is open, on both sides.
        let conversation = window.state().state.conversation.clone().unwrap();
        let speech: timeline::SpanSet = conversation.lines.iter().map(|line| line.span).collect();
        let spans: Vec<Span> = speech.iter().collect();
        let pauses = spans.windows(2).map(|pair| Span::new(pair[0].end, pair[1].start));
        let pause = pauses.max_by_key(Span::len_micros).unwrap();
        assert!(pause.len_micros() > 1_600_000, "the sample has no pause that is skipped: {pause}");
        window.state_mut().act(Action::Seek(pause.start.plus_micros(-300_000)));
        window.key_press(Key::Space);
        let mut inside = false;
        wait(&mut window, "what comes behind it", |state| {
            let position = state.playing.playback.position.unwrap();
            inside |= Span::new(pause.start.plus_micros(400_000), pause.end.plus_micros(-400_000)).contains(position);
            position >= pause.end
        });
        assert!(!inside, "{pause} was played");
    });
}
