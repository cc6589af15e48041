//! What hearsay itself plays comes back through the loopback, and is no new hit.

use crate::home::{Ran, TestHome, ran};
use std::process::Stdio;
use store::State;
use testkit::{Killed, Rig};
use timeline::{Side, Span, WallTime};

#[test]
fn a_replay_that_is_heard_is_linked_to_what_was_played_and_gives_no_new_hit() {
    let (rig, home) = (Rig::start().unwrap(), TestHome::new());
    home.import("standup", "2026-11-23T09:15:00Z");
    assert_eq!(home.work().code, Some(0));
    let (before, first) = (hits(&home), home.utterances().len());
    assert!(before > 5);

    let mut recorder = rig.command(env!("CARGO_BIN_EXE_hearsay-record"));
    recorder.env("HEARSAY_HOME", home.path()).stderr(Stdio::null());
    let mut recorder = Killed(recorder.spawn().unwrap());
    testkit::wait_until("sound on the loopback", || {
        let parts = testkit::files_below(&home.path().join("audio"), ".loopback.wav.part");
        parts.iter().any(|part| testkit::wav_frames(part) > 16_000)
    });
    // The sound server of a machine that stood still for a moment may drop its client; what was played until then is on record too.
    let played = (0..5).map(|_| play(&rig, &home)).find(|played| played.code == Some(0));
    assert!(played.is_some(), "it can't be played");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(ran(std::process::Command::new("kill").arg(recorder.0.id().to_string())).code, Some(0));
    assert!(recorder.0.wait().unwrap().success());
    let worked = home.work();
    assert_eq!(worked.code, Some(0), "{worked:?}");

    let recorded = WallTime::parse_rfc3339("2026-11-23T12:00:00Z").unwrap();
    let again: Vec<_> = home.utterances().into_iter().filter(|utterance| utterance.span.start > recorded).collect();
    let heard: Vec<_> = again.iter().filter(|utterance| utterance.side == Side::Heard).collect();
    println!("{} of {first} utterances were played, and heard as {}", heard.len(), again.len());
    assert!(heard.len() >= 3, "the replay was heard");
    let store = home.store();
    for utterance in &again {
        assert_eq!((utterance.state, utterance.reason.as_deref()), (State::Hidden, Some("replay")), "{utterance:?}");
        let of = utterance.replay_of.as_ref().expect("linked");
        let played = store.by_id(&of.parse().unwrap()).unwrap().expect("what was played is there");
        assert!(Span::new(WallTime::from_millis(0), recorded).contains(played.span.start));
    }
    assert_eq!(hits(&home), before, "no new hits");
}

fn play(rig: &Rig, home: &TestHome) -> Ran {
    let mut play = rig.command(env!("CARGO_BIN_EXE_hearsay"));
    play.args(["play", "2026-11-23T09:15:02Z", "--for", "24s"]).env("HEARSAY_HOME", home.path()).env("TZ", "UTC");
    ran(play.stdin(Stdio::null()))
}

/// How much a search finds that asks for everything.
fn hits(home: &TestHome) -> usize {
    home.hearsay(&["search", "since:2026-11-23", "--limit", "1000", "--json"]).stdout.lines().count()
}
