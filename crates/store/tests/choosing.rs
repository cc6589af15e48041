//! What a reader sees of several passes beside the best one: what that didn't hear, and what the user prefers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::follower::Follower;
use database::{Archive, at, prefer, said, span};
use store::{Preference, State, WindowRow};
use timeline::{Side, Span, TrackName};

#[test]
fn what_a_better_pass_did_not_hear_stays_in_sight_as_doubtful() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    let mut index = Follower::default();
    let mut hidden = said(11_000, 12_000, "(noise)");
    hidden.state = State::Hidden;
    let texts = vec![said(1_000, 2_000, "one"), said(4_000, 6_000, "two"), said(8_000, 9_000, "three"), hidden];
    archive.store.commit_window(&archive.window(small, 0, 20_000, texts)).unwrap();
    index.follow(&archive);
    archive
        .store
        .commit_window(&archive.window(large, 0, 20_000, vec![said(900, 2_100, "ONE"), said(5_900, 7_000, "TWO")]))
        .unwrap();
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    let seen = archive.store.utterances(&Span::ALL).unwrap();
    let seen: Vec<(&str, State, Option<&str>)> =
        seen.iter().map(|it| (it.text.as_str(), it.state, it.reason.as_deref())).collect();
    let why = format!("not heard by {}", archive.name(large));
    assert_eq!(
        seen,
        [("ONE", State::Shown, None), ("TWO", State::Shown, None), ("three", State::Doubtful, Some(why.as_str())),],
        "what was hidden stays hidden, and what overlaps was heard"
    );
    let states: Vec<State> = index.held.values().map(|document| document.state).collect();
    assert_eq!(states, [State::Doubtful, State::Shown, State::Shown], "in the index, too");
    let keys: Vec<i64> = index.held.keys().copied().collect();
    let by_keys = archive.store.by_keys(&keys).unwrap();
    assert_eq!(by_keys[0].reason.as_deref(), Some(why.as_str()), "a hit says so");

    // A live pass isn't asked: it gives way for good.
    let live = archive.pass("live", store::PROVISIONAL, 0);
    archive.store.commit_window(&archive.window(live, 0, 20_000, vec![said(14_000, 15_000, "live")])).unwrap();
    assert_eq!(archive.current(), ["ONE", "TWO", "three"]);
    // A third pass between the two that heard it, too, is asked first.
    let middle = archive.pass("middle", 1, 5);
    archive.store.commit_window(&archive.window(middle, 0, 20_000, vec![said(8_100, 9_000, "THREE")])).unwrap();
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["ONE", "TWO", "THREE"]);
}

#[test]
fn what_the_user_prefers_goes_before_all_ranks_until_it_is_taken_back() {
    let mut archive = Archive::new();
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    let mut index = Follower::default();
    for (pass, name) in [(small, "s"), (large, "l")] {
        let texts = (0..4).map(|n| said(1_000 + n * 5_000, 2_000 + n * 5_000, &format!("{name}{n}"))).collect();
        archive.store.commit_window(&archive.window(pass, 0, 20_000, texts)).unwrap();
        let there = archive.window(pass, 0, 20_000, vec![said(1_500, 2_500, &format!("{name}-there"))]);
        archive.store.commit_window(&WindowRow { track: TrackName::loopback(), ..there }).unwrap();
    }
    let rank_order = ["l0", "l-there", "l1", "l2", "l3"];
    assert_eq!(archive.current(), rank_order);
    let preference = |mark, pass, from, to, track| Preference {
        mark,
        pass: archive.name(pass),
        track,
        span: span(from, to),
        chosen: at(i64::try_from(mark).unwrap()),
    };
    let first = preference(1, small, 0, 10_000, Some(TrackName::mic()));
    let second = preference(2, large, 5_000, 6_600, None);
    let nothing_there = preference(3, small, 50_000, 60_000, None);
    index.follow(&archive);
    let rows = archive.dump().into_iter().filter(|row| !row.starts_with("change")).collect::<Vec<_>>();
    assert!(prefer(&mut archive, std::slice::from_ref(&first)));
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["s0", "l-there", "s1", "l2", "l3"]);
    assert!(prefer(&mut archive, &[first.clone(), second, nothing_there]));
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["s0", "l-there", "l1", "l2", "l3"], "the younger choice goes first");
    assert_eq!(archive.store.preferences().unwrap().len(), 3);
    assert!(prefer(&mut archive, &[]));
    assert!(!prefer(&mut archive, &[]), "there is nothing to take back");
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), rank_order);
    let after = archive.dump().into_iter().filter(|row| !row.starts_with("change")).collect::<Vec<_>>();
    assert_eq!(after, rows, "no pass was touched by it");
}
