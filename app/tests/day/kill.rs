//! Whatever kills the worker, whenever: the end is the same.

use crate::home::{TestHome, transcribed};
use crate::rebuild::{assert_files_agree, assert_files_are_not_ahead};
use index::Searcher;
use std::collections::BTreeSet;
use std::time::Duration;
use store::Utterance;

/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 10;

/// What a reader could tell apart: everything but the private keys, which count attempts too.
fn facts(utterances: &[Utterance]) -> Vec<String> {
    utterances
        .iter()
        .map(|u| format!("{} {} {} {:?} {} {:?} {:?}", u.id, u.span, u.track, u.state, u.p, u.text, u.words))
        .collect()
}

fn keys_in_index(home: &TestHome) -> BTreeSet<i64> {
    Searcher::open(&home.path().join("index")).unwrap().keys().unwrap().into_iter().collect()
}

#[test]
fn a_worker_that_is_killed_again_and_again_ends_with_what_an_undisturbed_one_has() {
    let kills = std::env::var("HEARSAY_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let transcribed = transcribed();
    let (calm, undisturbed) = (&transcribed.home, transcribed.took);
    assert!(calm.utterances().len() > 40, "{} utterances", calm.utterances().len());

    let (mut killed, mut windows_at_kill, mut seed) = (0, BTreeSet::new(), 0x5eed_u64);
    let mut home = TestHome::with_sample_day();
    while killed < kills {
        let mut worker = home.work_command().stderr(std::process::Stdio::null()).spawn().unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let part = Duration::from_micros(u64::try_from(undisturbed.as_micros()).unwrap() * (seed >> 33) / (1 << 31));
        // Many windows are recognised at once, so that the first are stored late.
        std::thread::sleep(part * 3 / 4);
        let alive = worker.try_wait().unwrap().is_none();
        worker.kill().unwrap();
        worker.wait().unwrap();
        if alive {
            killed += 1;
            if home.path().join("archive.sqlite3").exists() {
                windows_at_kill.insert(home.utterances().len());
                assert_files_are_not_ahead(&home);
            }
        } else {
            // It was done; the next kills want another day to work on.
            assert_same(calm, &home);
            home = TestHome::with_sample_day();
        }
    }
    assert_eq!(home.work().code, Some(0));
    assert_same(calm, &home);
    println!("{killed} kills, undisturbed {undisturbed:?}; utterances stored at the kills: {windows_at_kill:?}");
    assert!(windows_at_kill.len() > 1, "every kill came at the same place: {windows_at_kill:?}");
}

fn assert_same(calm: &TestHome, disturbed: &TestHome) {
    let (expected, found) = (calm.utterances(), disturbed.utterances());
    assert_eq!(facts(&expected), facts(&found));
    for home in [calm, disturbed] {
        let stored: BTreeSet<i64> = home.utterances().iter().map(|u| u.key).collect();
        assert_eq!(stored, keys_in_index(home), "the index holds exactly what the store holds");
        assert_files_agree(home);
    }
}
