//! When somebody spoke, and how much.
#![expect(clippy::unwrap_used, reason = "a test that can't make its database has failed")]

mod database;

use database::{Archive, said, span};
use store::{State, WindowRow};
use timeline::{Side, TrackName};

#[test]
fn talk_is_what_any_pass_heard_and_is_not_hidden() {
    let mut archive = Archive::new();
    let pass = archive.pass("tiny", 0, 0);
    let mut hidden = said(5_000, 6_000, "[BLANK_AUDIO]");
    hidden.state = State::Hidden;
    hidden.reason = Some("not speech".to_owned());
    let spoken = vec![said(1_000, 2_000, "one"), hidden, said(30_000, 31_500, "two")];
    archive.store.commit_window(&archive.window(pass, 0, 60_000, spoken)).unwrap();
    let talk = archive.store.talk(&span(0, 60_000)).unwrap();
    assert_eq!(talk, [(Side::Said, span(1_000, 2_000)), (Side::Said, span(30_000, 31_500))]);
    // What reaches into the span counts, what ends at its start doesn't.
    assert_eq!(archive.store.talk(&span(1_500, 30_000)).unwrap(), [(Side::Said, span(1_000, 2_000))]);
    assert_eq!(archive.store.talk(&span(2_000, 30_000)).unwrap(), []);
    // Of those two as much as of all.
    assert!(archive.store.usual_p(&span(0, 60_000)).unwrap().is_some());
    assert_eq!(archive.store.usual_p(&span(40_000, 60_000)).unwrap(), None);
}

#[test]
fn speech_of_a_span_is_what_the_pass_found_that_found_most() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("tiny", 0, 0), archive.pass("large", 2, 1));
    let mut window = |pass, start: i64, speech_ms: i64| {
        let row = WindowRow::nothing(pass, TrackName::mic(), span(start, start + 10_000));
        archive.store.commit_window(&WindowRow { speech_micros: speech_ms * 1_000, ..row }).unwrap();
    };
    window(small, 0, 4_000);
    window(small, 10_000, 3_000);
    window(small, 90_000, 2_000);
    window(large, 0, 5_000);
    let spans = [span(0, 30_000), span(30_000, 60_000), span(80_000, 100_000)];
    assert_eq!(archive.store.speech_of(&spans).unwrap(), [7_000_000, 0, 2_000_000]);
    assert_eq!(archive.store.speech_of(&[]).unwrap(), [0_i64; 0]);
}
