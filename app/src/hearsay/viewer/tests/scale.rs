//! What the viewer takes on an archive of ten years, without drawing it: by hand, on one that `cargo xtask scale … --keep` has made.

use super::*;
use std::collections::HashMap;
use store::Store;
use timeline::{Clock as _, SystemClock, WallTime};

/// Hits that are scrolled through.
const HITS: usize = 100_000;

fn since(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    let ms = (SystemClock.boot_micros() - micros) as f64 / 1e3;
    ms
}

/// Processor time of this thread, which draws, in milliseconds.
fn drawn() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
    let ms = time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6;
    ms
}

/// Draws as often as it can until the state is as it should be; the longest frame, in milliseconds.
fn until(window: &mut Harness<'static, Viewer>, mut done: impl FnMut(&State) -> bool) -> f64 {
    let mut longest = 0.0_f64;
    loop {
        let began = SystemClock.boot_micros();
        window.step();
        longest = longest.max(since(began));
        if done(&window.state().state) {
            return longest;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn told(what: &str, mut figures: Vec<f64>, goal: f64) {
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let at = ((figures.len() as f64 * share) as usize).min(figures.len() - 1);
        figures[at]
    };
    eprintln!("{what:48} median {:7.1} ms, 95 % {:7.1}, most {:7.1}; goal {goal}", at(0.5), at(0.95), at(1.0));
}

#[test]
#[ignore = "wants HEARSAY_SCALE_HOME, an archive of ten years"]
fn ten_years_are_searched_and_read_without_a_wait() {
    let home = Home::at(std::path::Path::new(&std::env::var("HEARSAY_SCALE_HOME").unwrap()));
    let mut starts = Vec::new();
    for _ in 0..5 {
        let began = SystemClock.boot_micros();
        let mut window = open(&home);
        until(&mut window, |state| !state.calendar.days.is_empty());
        starts.push(since(began));
    }
    told("start to the first frame with data", starts, 300.0);
    let mut window = open(&home);
    until(&mut window, |state| !state.calendar.days.is_empty());
    let last =
        Store::open_read_only(&home.database()).unwrap().nearest(SystemClock.wall()).unwrap().unwrap().span.start;
    let (mut days, mut frames) = (Vec::new(), Vec::new());
    for day in 0..40 {
        let time = WallTime::from_micros(last.as_micros() - day * 85 * 86_400_000_000);
        let began = SystemClock.boot_micros();
        let opening = window.state().state.conversation.as_ref().map(|conversation| conversation.opening);
        window.state_mut().act(Action::Go(crate::viewer::state::Whither::At(time)));
        frames.push(until(&mut window, |state| {
            let is_new = |it: &crate::viewer::state::Conversation| Some(it.opening) != opening && !it.waiting;
            let dated = |day: &crate::viewer::state::Day| {
                state.conversation.as_ref().is_some_and(|it| day.span.contains(it.place()))
            };
            state.conversation.as_ref().is_some_and(is_new) && state.days.shown.as_ref().is_some_and(dated)
        }));
        days.push(since(began));
    }
    told("a day is opened, with its strip", days, 300.0);
    let mut often: HashMap<String, usize> = HashMap::new();
    for line in &window.state().state.conversation.as_ref().unwrap().lines {
        for word in line.text.split(' ').filter(|word| word.chars().all(char::is_alphanumeric)) {
            *often.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    let mut words: Vec<(usize, String)> = often.into_iter().map(|(word, count)| (count, word)).collect();
    words.sort_unstable();
    words.reverse();
    let words: Vec<String> = words.into_iter().map(|(_, word)| word).collect();
    let mut keys = Vec::new();
    for word in words.iter().filter(|word| word.len() > 3).take(30) {
        for end in 1..=word.chars().count() {
            let began = SystemClock.boot_micros();
            window.state_mut().act(Action::Type(word.chars().take(end).collect()));
            frames.push(until(&mut window, |state| !state.search.waiting));
            keys.push(since(began));
        }
    }
    told("a key to the answer, painted", keys, 80.0);
    told("frames meanwhile", frames, 50.0);
    window.state_mut().act(Action::Type(words.iter().take(8).cloned().collect::<Vec<_>>().join(" OR ")));
    until(&mut window, |state| !state.search.waiting);
    while window.state().state.search.found.hits.len() < HITS && window.state().state.search.found.cut {
        let known = window.state().state.search.found.hits.len();
        window.state_mut().act(Action::MoreHits);
        until(&mut window, |state| state.search.found.hits.len() > known || !state.search.found.cut);
    }
    eprintln!("{} hits are listed", window.state().state.search.found.hits.len());
    let mut scrolled = Vec::new();
    window.hover_at(eframe::egui::pos2(200.0, 600.0));
    for _ in 0..300 {
        window.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, -3_000.0),
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: MouseWheelSource::Unknown,
        });
        let began = drawn();
        window.step();
        scrolled.push(drawn() - began);
    }
    told("a frame while it scrolls, processor", scrolled, 8.0);
}
