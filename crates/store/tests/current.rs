//! Which pass speaks, and what the index is told of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::follower::Follower;
use database::{Archive, at, prefer, said, span};
use std::collections::BTreeSet;
use store::{NewPass, NewUtterance, Outcome, Preference, State, StoreError, WindowRow};
use timeline::{Side, Span, TrackName};

#[test]
fn the_better_pass_speaks_where_it_found_words_and_only_there() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    let mut index = Follower::default();
    let texts =
        vec![said(1_000, 2_000, "a1"), said(4_000, 6_000, "a2"), said(8_000, 9_000, "a3"), said(13_000, 14_000, "a4")];
    archive.store.commit_window(&archive.window(small, 0, 20_000, texts)).unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["a1", "a2", "a3", "a4"]);

    // a2's middle is the first moment that the better pass covers, a3's the last that it doesn't.
    archive.store.commit_window(&archive.window(large, 5_000, 8_500, vec![said(5_100, 5_900, "b2")])).unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["a1", "b2", "a3", "a4"]);
    index.assert_same_as_anew(&archive);

    // Failing on a span, or finding nothing in it, changes nothing.
    archive.store.commit_window(&WindowRow::nothing(large, TrackName::mic(), span(8_500, 12_000))).unwrap();
    let quarantined = WindowRow {
        outcome: Outcome::Quarantined,
        ..WindowRow::nothing(large, TrackName::mic(), span(12_000, 20_000))
    };
    archive.store.commit_window(&quarantined).unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["a1", "b2", "a3", "a4"]);

    // Words of a worse pass are kept, but a better one goes on speaking.
    let worst = archive.pass("tiny", 0, 9);
    archive
        .store
        .commit_window(&archive.window(worst, 0, 30_000, vec![said(1_000, 2_000, "c1"), said(25_000, 26_000, "c5")]))
        .unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["a1", "b2", "a3", "a4", "c5"]);
    index.assert_same_as_anew(&archive);
}

#[test]
fn of_equal_rank_the_younger_pass_speaks() {
    let mut archive = Archive::new();
    let (young, old) = (archive.pass("young", 1, 2), archive.pass("old", 1, 1));
    archive.store.commit_window(&archive.window(young, 0, 5_000, vec![said(1_000, 2_000, "young")])).unwrap();
    archive.store.commit_window(&archive.window(old, 0, 5_000, vec![said(1_000, 2_000, "old")])).unwrap();
    assert_eq!(archive.current(), ["young"]);
    let names: Vec<String> = archive.store.passes().unwrap().into_iter().map(|summary| summary.pass.model).collect();
    assert_eq!(names, ["young", "old"]);
}

#[test]
fn no_utterance_is_changed_or_removed_by_another_pass() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    archive.store.commit_window(&archive.window(small, 0, 20_000, vec![said(1_000, 2_000, "a")])).unwrap();
    let before: Vec<String> = archive.dump().into_iter().filter(|row| row.starts_with("utterance")).collect();
    archive.store.commit_window(&archive.window(large, 0, 20_000, vec![said(1_000, 2_000, "b")])).unwrap();
    let after: Vec<String> = archive.dump().into_iter().filter(|row| row.starts_with("utterance")).collect();
    assert_eq!(after.len(), 2);
    assert_eq!(after[..1], before);
}

#[test]
fn documents_carry_the_last_words_of_the_utterance_before() {
    let mut archive = Archive::new();
    let pass = archive.pass("base", 0, 0);
    let mut index = Follower::default();
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    let mut hidden = said(7_000, 8_000, "(noise)");
    hidden.state = State::Hidden;
    // The later window first, as an import does.
    archive
        .store
        .commit_window(&archive.window(
            pass,
            10_000,
            60_000,
            vec![said(11_000, 12_000, "wolf."), said(43_000, 44_000, "late")],
        ))
        .unwrap();
    index.follow(&archive);
    let texts = vec![said(1_000, 6_000, "one two three four five six seven the big bad"), hidden];
    archive.store.commit_window(&archive.window(pass, 0, 10_000, texts)).unwrap();
    let elsewhere = archive.window(pass, 0, 60_000, vec![said(9_000, 10_000, "elsewhere")]);
    archive.store.commit_window(&WindowRow { track: TrackName::loopback(), ..elsewhere }).unwrap();
    index.follow(&archive);
    let before = |text: &str| index.held.values().find(|document| document.text == text).unwrap().before.clone();
    assert_eq!(before("wolf."), "three four five six seven the big bad");
    assert_eq!(before("late"), "", "half a minute later is another sentence");
    assert_eq!(before("elsewhere"), "");
    index.assert_same_as_anew(&archive);
}

/// The rows of all passes but one, as another program reads them.
fn utterances_of_others(archive: &Archive, pass: i64) -> BTreeSet<String> {
    let own = format!("Integer({pass})");
    let is_other = |row: &String| row.starts_with("utterance") && row.split(' ').nth(2) != Some(own.as_str());
    archive.dump().into_iter().filter(is_other).collect()
}

/// Random windows of three passes, in random order, and choices: an index that follows is what one built anew would be.
#[test]
fn following_the_changes_gives_what_building_anew_gives() {
    let mut seed = 11_u64;
    let mut random = |below: i64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(seed >> 33).unwrap() % below
    };
    let mut archive = Archive::new();
    let passes = [archive.pass("a", 1, 0), archive.pass("b", 2, 0), archive.pass("c", 1, 5)];
    let (mut index, mut stored) = (Follower::default(), 0);
    for step in 0..150_u64 {
        let pass = passes[usize::try_from(random(3)).unwrap()];
        let start = random(300) * 1_000;
        let end = start + 1_000 + random(20) * 1_000;
        let mut texts = Vec::new();
        let mut from = start + random(2_000);
        while from < end {
            let mut utterance = said(from, from + 200 + random(4_000), &format!("step {step}"));
            utterance.state = [State::Shown, State::Doubtful, State::Hidden][usize::try_from(random(3)).unwrap()];
            from += 300 + random(5_000);
            texts.push(utterance);
        }
        let before: BTreeSet<String> = utterances_of_others(&archive, pass);
        match archive.store.commit_window(&archive.window(pass, start, end, texts)) {
            Ok(_) => stored += 1,
            Err(StoreError::AlreadyCovered { .. }) => {}
            Err(other) => panic!("{other}"),
        }
        if random(5) == 0 {
            let mut preferred = archive.store.preferences().unwrap();
            if random(3) == 0 {
                preferred.pop();
            }
            let from = random(300) * 1_000;
            let (mark, pass) = (step + 1, archive.name(passes[usize::try_from(random(3)).unwrap()]));
            let (track, span) = (None, span(from, from + 1_000 + random(60_000)));
            preferred.push(Preference { mark, pass, track, span, chosen: at(i64::try_from(step).unwrap()) });
            prefer(&mut archive, &preferred);
        }
        assert_eq!(utterances_of_others(&archive, pass), before, "nothing changes what another pass heard");
        if step % 3 == 0 {
            index.follow(&archive);
            index.assert_same_as_anew(&archive);
        }
    }
    assert!(stored > 30, "{stored} windows");
}

#[test]
fn the_outbox_keeps_its_fence_when_it_is_trimmed() {
    let mut archive = Archive::new();
    assert_eq!((archive.store.last_change().unwrap(), archive.store.change_nonce(0).unwrap()), (None, Some(0)));
    let pass = archive.pass("base", 0, 0);
    for i in 0..5 {
        archive
            .store
            .commit_window(&archive.window(
                pass,
                i * 1_000,
                i * 1_000 + 1_000,
                vec![said(i * 1_000, i * 1_000 + 500, "x")],
            ))
            .unwrap();
    }
    assert_eq!(archive.store.change_nonce(0).unwrap(), Some(0));
    let last = archive.store.last_change().unwrap().unwrap();
    // Each window after the first changes the document after it too, but here none is after it.
    assert_eq!(last.seq, 5);
    archive.store.trim_changes(3).unwrap();
    assert_eq!((archive.store.change_nonce(0).unwrap(), archive.store.change_nonce(2).unwrap()), (None, None));
    assert!(archive.store.change_nonce(3).unwrap().is_some());
    assert_eq!(archive.store.changes_after(3, 1).unwrap().iter().map(|c| c.seq).collect::<Vec<_>>(), [4]);
    archive.store.trim_changes(99).unwrap();
    assert_eq!(archive.store.last_change().unwrap(), Some(last), "the last one always stays");
    assert_eq!(archive.store.change_nonce(5).unwrap(), Some(last.nonce));
}

#[test]
fn a_pass_is_known_by_what_makes_it() {
    let archive = Archive::new();
    let new = |params: &str, rank| NewPass {
        model: "base".to_owned(),
        model_sha256: "ab".repeat(32),
        engine: "whisper.cpp".to_owned(),
        params: serde_json::from_str(params).unwrap(),
        rank,
        created: at(rank),
    };
    let first = archive.store.ensure_pass(&new(r#"{"a": 1, "b": [true, null]}"#, 1)).unwrap();
    let same = archive.store.ensure_pass(&new(r#"{"b": [true, null], "a": 1}"#, 2)).unwrap();
    assert_eq!(first, same, "neither the order of keys nor a new rank makes another pass");
    let other = archive.store.ensure_pass(&new(r#"{"a": 2, "b": [true, null]}"#, 1)).unwrap();
    assert_ne!(first.name, other.name);
    // The name leaves the program: it may never change for the same facts.
    assert_eq!(first.name.as_str(), "8532e628");
}

#[test]
fn a_provisional_pass_gives_way_to_whatever_another_makes_of_it_nothing_included() {
    let mut archive = Archive::new();
    let (live, main) = (archive.pass("live", store::PROVISIONAL, 0), archive.pass("main", 2, 0));
    let mut index = Follower::default();
    let texts = vec![said(1_000, 2_000, "l1"), said(11_000, 12_000, "l2"), said(21_000, 22_000, "l3")];
    archive.store.commit_window(&archive.window(live, 0, 30_000, texts)).unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["l1", "l2", "l3"]);

    archive.store.commit_window(&archive.window(main, 0, 10_000, vec![said(900, 2_100, "m1")])).unwrap();
    archive.store.commit_window(&WindowRow::nothing(main, TrackName::mic(), span(10_000, 20_000))).unwrap();
    let quarantined =
        WindowRow { outcome: Outcome::Quarantined, ..WindowRow::nothing(main, TrackName::mic(), span(20_000, 30_000)) };
    archive.store.commit_window(&quarantined).unwrap();
    index.follow(&archive);
    assert_eq!(archive.current(), ["m1", "l3"], "what the main pass failed on is all there is");
    index.assert_same_as_anew(&archive);
}

#[test]
fn an_echo_that_was_stored_before_what_was_played_is_linked_later_and_only_in_a_provisional_pass() {
    let mut archive = Archive::new();
    let (live, main) = (archive.pass("live", store::PROVISIONAL, 0), archive.pass("main", 2, 0));
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    let mut index = Follower::default();
    let mut hidden = said(6_000, 7_000, "(noise)");
    hidden.state = State::Hidden;
    let texts =
        vec![said(1_000, 2_000, "mine"), said(3_000, 5_000, "an echo of it"), hidden, said(8_000, 9_000, "after")];
    archive.store.commit_window(&archive.window(live, 0, 10_000, texts)).unwrap();
    let of_main = archive.window(main, 40_000, 50_000, vec![said(41_000, 42_000, "the main pass's")]);
    archive.store.commit_window(&of_main).unwrap();
    let played = archive.window(live, 0, 10_000, vec![said(2_900, 4_900, "an echo of it")]);
    archive.store.commit_window(&WindowRow { track: TrackName::loopback(), ..played }).unwrap();
    index.follow(&archive);
    let find = |archive: &Archive, text: &str, side| {
        let all = archive.store.utterances(&Span::ALL).unwrap();
        all.into_iter().find(|u| u.text == text && u.side == side).unwrap()
    };
    let (echo, of) = (find(&archive, "an echo of it", Side::Said), find(&archive, "an echo of it", Side::Heard).id);
    assert_eq!(index.held[&find(&archive, "after", Side::Said).key].before, "an echo of it");

    assert!(archive.store.link_echo(echo.key, &of).unwrap());
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    let linked = find(&archive, "an echo of it", Side::Said);
    let told = (linked.state, linked.reason.as_deref(), linked.echo_of);
    assert_eq!(told, (State::Hidden, Some("echo"), Some(of.to_string())));
    assert_eq!(index.held[&find(&archive, "after", Side::Said).key].before, "mine", "no phrase goes through an echo");

    let (last, of_main) = (archive.store.last_change().unwrap(), find(&archive, "the main pass's", Side::Said));
    assert!(!archive.store.link_echo(echo.key, &of).unwrap(), "it is linked already");
    assert!(!archive.store.link_echo(of_main.key, &of).unwrap(), "a pass that isn't provisional is never edited");
    assert!(!archive.store.link_echo(99, &of).unwrap());
    assert_eq!(find(&archive, "the main pass's", Side::Said), of_main);
    assert_eq!(archive.store.last_change().unwrap(), last, "and the index hears of nothing");
}

#[test]
fn a_document_says_which_model_heard_it_and_what_it_is_linked_to() {
    let mut archive = Archive::new();
    let pass = archive.pass("small.en", 1, 0);
    let echo = NewUtterance { echo_of: Some("20231114T221320.000Z-loopback-0".to_owned()), ..said(0, 900, "one") };
    let replay = NewUtterance { replay_of: Some("20231114T221320.000Z-mic-0".to_owned()), ..said(1_000, 1_900, "two") };
    let window = archive.window(pass, 0, 3_000, vec![echo, replay, said(2_000, 2_900, "three")]);
    archive.store.commit_window(&window).unwrap();
    let keys = archive.store.keys_after(0, 10).unwrap();
    let documents = archive.store.documents(&keys).unwrap().current;
    let linked: Vec<(&str, bool, bool)> =
        documents.iter().map(|document| (document.model.as_str(), document.is_echo, document.is_replay)).collect();
    assert_eq!(linked, [("small.en", true, false), ("small.en", false, true), ("small.en", false, false)]);
}
