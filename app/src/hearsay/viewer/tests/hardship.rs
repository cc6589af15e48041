//! What the viewer does when things around it go wrong, and when nobody knows what he presses.

use super::*;
use crate::viewer::state::{Folders, Page};
use archive::Archive;
use eframe::egui::{MissingGlyphPolicy, PointerButton, Pos2, pos2};
use std::io::Write as _;
use store::Store;
use timeline::{Clock as _, SystemClock, TrackName};

/// How long anything is pressed, in seconds: a minute, or what `HEARSAY_RANDOM_SECONDS` says.
fn random_seconds() -> i64 {
    std::env::var("HEARSAY_RANDOM_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// Marsaglia's xorshift64: the same presses for the same seed.
struct Presses(u64);

impl Presses {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn place(&mut self) -> Pos2 {
        #[expect(clippy::cast_precision_loss, reason = "points of a window")]
        let at = |points: usize| points as f32;
        pos2(at(self.below(1_280)), at(self.below(800)))
    }
}

const KEYS: [Key; 22] = [
    Key::Space,
    Key::J,
    Key::K,
    Key::L,
    Key::D,
    Key::T,
    Key::G,
    Key::Slash,
    Key::OpenBracket,
    Key::CloseBracket,
    Key::Enter,
    Key::Escape,
    Key::Tab,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::Backspace,
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::F,
];
const TEXTS: [&str; 14] = [
    "phoenix",
    "the",
    " ",
    "\"",
    "(((",
    "is:",
    "since:",
    "?",
    "-",
    "\u{5d0}\u{5d1}",
    "\u{1F600}",
    "*",
    "~5",
    "2026-11-23T09:15",
];

fn press(window: &mut Harness<'static, Viewer>, presses: &mut Presses) {
    match presses.below(10) {
        0..=3 => {
            let at = presses.place();
            window.hover_at(at);
            window.run_steps(1);
            window.drag_at(at);
            window.run_steps(1);
            let to = if presses.below(3) == 0 { presses.place() } else { at };
            window.hover_at(to);
            window.drop_at(to);
        }
        4 => {
            let (pos, button) = (presses.place(), PointerButton::Secondary);
            for pressed in [true, false] {
                window.event(Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
            }
        }
        5 => {
            #[expect(clippy::cast_precision_loss, reason = "points")]
            let by = presses.below(1_000) as f32 - 500.0;
            window.event(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, by),
                phase: TouchPhase::Move,
                modifiers: Modifiers::NONE,
                source: MouseWheelSource::Unknown,
            });
        }
        6 | 7 => {
            let key = KEYS[presses.below(KEYS.len())];
            let modifiers = [Modifiers::NONE, Modifiers::COMMAND, Modifiers::SHIFT][presses.below(3)];
            window.key_press_modifiers(modifiers, key);
        }
        8 => window.event(Event::Text(TEXTS[presses.below(TEXTS.len())].into())),
        _ => std::thread::sleep(Duration::from_millis(presses.below(30) as u64)),
    }
    window.run_steps(1);
}

#[test]
fn whatever_is_pressed_nothing_panics_and_the_sound_stays() {
    at_home(|home| {
        // Whatever is pressed, no model is fetched, and nothing is written where it isn't to be.
        home.ensure().unwrap();
        let mut config = home::files::create_new(&home.config_file()).unwrap();
        config.write_all(b"[models]\nmirror = \"http://127.0.0.1:9/\"\n").unwrap();
        let mut window = searched(home, "the");
        let folder = home.root().to_owned();
        window.state_mut().state.replay.folders = Folders { clips: folder.clone(), texts: folder };
        // The window has the system's fonts, the test none: what they lack is a box.
        window.ctx.set_missing_glyph_policy(MissingGlyphPolicy::Tofu);
        let sound = || Archive::open(home).scan().unwrap().segments.len();
        let (before, seed) = (sound(), 0x9E37_79B9_7F4A_7C15);
        let (mut presses, began) = (Presses(seed), SystemClock.boot_micros());
        while SystemClock.boot_micros() - began < random_seconds() * 1_000_000 {
            press(&mut window, &mut presses);
        }
        // It is usable afterwards.
        window.state_mut().act(Action::CloseDialog);
        window.state_mut().act(Action::Show(Page::Read));
        window.state_mut().act(Action::Narrow(None));
        window.state_mut().act(Action::Type("phoenix".into()));
        window.run_steps(2);
        wait(&mut window, "the answer", |state| !state.search.waiting);
        assert_eq!(sound(), before);
    });
}

#[test]
fn while_the_database_is_locked_words_are_found_all_the_same() {
    at_home(|home| {
        let mut window = searched(home, "phoenix");
        let found = hits(&window).len();
        let writer = rusqlite::Connection::open(home.database()).unwrap();
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let began = SystemClock.boot_micros();
        while SystemClock.boot_micros() - began < 10_000_000 {
            for query in ["until", "phoenix"] {
                window.state_mut().act(Action::Type(query.into()));
                wait(&mut window, "the answer", |state| !state.search.waiting);
                assert!(!hits(&window).is_empty() && window.state().state.search.error.is_none());
            }
            window.get_by_label(&hit_label(&hits(&window)[0])).click();
            wait(&mut window, "the conversation", |state| {
                state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting)
            });
            assert_eq!(window.state().state.conversation.as_ref().unwrap().error, None);
        }
        writer.execute_batch("ROLLBACK").unwrap();
        assert_eq!(hits(&window).len(), found);
    });
}

#[test]
fn a_file_that_is_missing_is_told_where_it_would_play_and_the_words_stay() {
    at_home(|home| {
        sample::fill(home);
        for segment in Archive::open(home).segments(&TrackName::mic(), &Span::ALL).unwrap() {
            std::fs::rename(&segment.path, home.root().join(segment.path.file_name().unwrap())).unwrap();
        }
        let mut window = open(home);
        type_in(&mut window, "phoenix");
        let hit = hits(&window).into_iter().find(|hit| hit.side == Side::Said).unwrap();
        window.get_by_label(&hit_label(&hit)).click();
        wait(&mut window, "the conversation", |state| {
            state
                .conversation
                .as_ref()
                .is_some_and(|conversation| !conversation.waiting && !conversation.lines.is_empty())
        });
        // The other side plays, and time goes on.
        wait(&mut window, "the sound", |state| {
            state.playing.playback.position.is_some_and(|position| position > hit.span.start)
        });
        window.get_by_label(&line_label(&hit));
    });
}

#[test]
fn an_index_that_is_built_anew_is_told_and_found_when_it_is_there() {
    at_home(|home| {
        let window = searched(home, "phoenix");
        let found = hits(&window).len();
        std::fs::rename(home.index(), home.root().join("elsewhere")).unwrap();
        drop(window);
        let mut without = open(home);
        type_in(&mut without, "phoenix");
        assert!(without.state().state.search.found.notes.iter().any(|note| note.contains("index")));
        let store = Store::open(&home.database()).unwrap();
        worker::Follower::open(&home.index()).unwrap().catch_up(&store).unwrap();
        without.state_mut().act(Action::Type("phoenix".into()));
        wait(&mut without, "the answer", |state| !state.search.waiting && !state.search.found.hits.is_empty());
        assert_eq!(hits(&without).len(), found);
    });
}
