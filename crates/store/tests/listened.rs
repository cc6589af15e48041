//! What was listened to within a span.
#![expect(clippy::unwrap_used, reason = "a test that can't make its database has failed")]

mod database;

use database::{Archive, said, span};
use store::WindowRow;
use timeline::{SpanSet, TrackName};

#[test]
fn what_any_pass_listened_to_counts_within_the_span_and_what_failed_does_not() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("tiny", 0, 0), archive.pass("large", 2, 1));
    let words = archive.window(small, 0, 60_000, vec![said(1_000, 2_000, "one")]);
    archive.store.commit_window(&words).unwrap();
    let nothing = WindowRow::nothing(large, TrackName::mic(), span(90_000, 120_000));
    archive.store.commit_window(&nothing).unwrap();
    let failed = WindowRow {
        outcome: store::Outcome::Quarantined,
        reason: Some("the engine died".to_owned()),
        ..WindowRow::nothing(small, TrackName::mic(), span(120_000, 150_000))
    };
    archive.store.commit_window(&failed).unwrap();
    let listened = |from, to| archive.store.listened_to(&TrackName::mic(), &span(from, to)).unwrap();
    let set = |spans: &[(i64, i64)]| spans.iter().map(|(from, to)| span(*from, *to)).collect::<SpanSet>();
    assert_eq!(listened(0, 200_000), set(&[(0, 60_000), (90_000, 120_000)]));
    assert_eq!(listened(30_000, 100_000), set(&[(30_000, 60_000), (90_000, 100_000)]));
    assert_eq!(listened(60_000, 90_000), set(&[]));
    assert_eq!(archive.store.listened_to(&TrackName::loopback(), &span(0, 200_000)).unwrap(), set(&[]));
}
