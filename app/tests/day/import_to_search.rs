//! Import → transcribe → search → export, and how well the words and times come out.

use crate::home::{CONVERSATIONS, TRACKS, TestHome};
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::Utterance;
use testkit::{Reference, WordErrors, fixture, references};
use timeline::WallTime;

#[test]
fn the_sample_day_becomes_text_that_is_found_on_the_right_side_at_the_right_time() {
    let home = TestHome::with_sample_day();
    let ran = home.work();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("x real time"), "the speed is told: {}", ran.stderr);
    let utterances = home.utterances();
    let mut all = WordErrors::default();
    for (conversation, at) in CONVERSATIONS {
        let began = WallTime::parse_rfc3339(at).unwrap();
        let said = references(&fixture(&format!("days/{conversation}.tsv"))).unwrap();
        for track in TRACKS {
            let said: Vec<&Reference> = said.iter().filter(|r| r.track == track).collect();
            let heard: Vec<&Utterance> = utterances
                .iter()
                .filter(|u| u.track.as_str() == track && (0..160_000_000).contains(&u.span.start.micros_since(began)))
                .collect();
            let text = |texts: Vec<&str>| texts.join(" ");
            let errors = WordErrors::between(
                &text(said.iter().map(|r| r.text.as_str()).collect()),
                &text(heard.iter().map(|u| u.text.as_str()).collect()),
            );
            println!("{conversation} {track}: word error rate {:.1} %", errors.percent());
            all += errors;
        }
    }
    println!("whole day, all executables: word error rate {:.1} % of {} words", all.percent(), all.words);
    assert!(all.percent() < 20.0);
    assert!(utterances.iter().all(|u| !u.text.contains('[') && !u.text.contains("BLANK")));

    let again = home.work();
    assert_eq!((again.code, home.utterances().len()), (Some(0), utterances.len()), "a second run has nothing to do");
    assert!(again.stderr.contains("nothing to transcribe"), "{}", again.stderr);
}

#[test]
fn sound_that_is_found_later_for_a_gap_is_transcribed_too() {
    let home = TestHome::new();
    let import = |conversation: &str, at: &str| {
        let wav = fixture(&format!("days/{conversation}.mic.wav"));
        let ran = home.hearsay(&["import", wav.to_str().unwrap(), "--track", "mic", "--at", at]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    };
    // 150 s each: the second begins 150 s after the first has ended, and one window may reach over the gap.
    import("call", "2026-11-23T09:00:00Z");
    import("call", "2026-11-23T09:05:00Z");
    assert_eq!(home.work().code, Some(0));
    let before = home.utterances();
    import("standup", "2026-11-23T09:02:30Z");
    assert_eq!(home.work().code, Some(0));
    let in_gap = |u: &&Utterance| {
        let from = WallTime::parse_rfc3339("2026-11-23T09:02:30Z").unwrap();
        (0..150_000_000).contains(&u.span.start.micros_since(from))
    };
    let after = home.utterances();
    assert_eq!(before.iter().filter(in_gap).count(), 0);
    assert!(after.iter().filter(in_gap).count() > 10, "the gap's sentences are there");
    let kept: Vec<&Utterance> = after.iter().filter(|u| !in_gap(u)).collect();
    assert_eq!(kept.len(), before.len(), "and what was there before stays as it was");
}

#[test]
fn a_worker_that_waits_takes_what_comes_and_can_be_searched_at_once() {
    let home = TestHome::new();
    let mut worker = home.command(env!("CARGO_BIN_EXE_hearsay-work"));
    let worker = worker.arg("--model").arg(crate::home::model()).stderr(Stdio::null()).spawn().unwrap();
    let mut worker = testkit::Killed(worker);
    let started = Instant::now();
    while !home.path().join("index").is_dir() {
        assert!(started.elapsed() < Duration::from_mins(1), "the worker didn't start");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Its first look finds nothing; this wakes it long before it would look again.
    std::thread::sleep(Duration::from_millis(500));
    home.import("call", "2026-11-23T14:30:00Z");
    let imported = Instant::now();
    while home.hearsay(&["search", "invoice", "--said"]).code != Some(0) {
        assert!(imported.elapsed() < Duration::from_secs(50), "nothing was found before the worker's next rescan");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(worker.0.try_wait().unwrap().is_none(), "it goes on waiting");
}
