//! Stars and notes: of a moment, whoever transcribes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::follower::Follower;
use database::{Archive, at, said, span};
use store::{Forget, Remark, StoreError};
use timeline::{Side, Span, TrackName};

fn remark(mark: u64, start: i64, end: i64, note: Option<&str>) -> Remark {
    let (track, note) = (Some(TrackName::mic()), note.map(str::to_owned));
    Remark { mark, track, span: span(start, end), note, made: at(50_000) }
}

fn keep(archive: &mut Archive, wanted: &[Remark]) -> bool {
    archive.store.set_remarks(|_| Ok::<_, StoreError>(wanted.to_vec())).unwrap()
}

/// What the index holds: the text, whether there is a star, and the notes.
fn held(index: &Follower) -> Vec<(String, bool, String)> {
    let mut held: Vec<_> = index.held.values().collect();
    held.sort_by_key(|document| document.span.start);
    held.into_iter().map(|it| (it.text.clone(), it.is_starred, it.notes.join("|"))).collect()
}

fn row(text: &str, starred: bool, notes: &str) -> (String, bool, String) {
    (text.to_owned(), starred, notes.to_owned())
}

#[test]
fn a_star_and_a_note_are_found_with_the_words_of_their_moment_also_after_another_transcription() {
    let mut archive = Archive::new();
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    let small = archive.pass("small", 1, 0);
    let mut index = Follower::default();
    let texts = vec![said(1_000, 3_000, "one"), said(3_000, 6_000, "two"), said(7_000, 9_000, "three")];
    archive.store.commit_window(&archive.window(small, 0, 10_000, texts)).unwrap();
    let other = store::WindowRow {
        track: TrackName::loopback(),
        ..archive.window(small, 0, 10_000, vec![said(3_000, 6_000, "heard")])
    };
    archive.store.commit_window(&other).unwrap();
    index.follow(&archive);

    let star = remark(1, 3_000, 6_000, None);
    let note = Remark { track: None, ..remark(2, 3_500, 9_000, Some("call back")) };
    assert!(keep(&mut archive, &[star.clone(), note.clone()]));
    assert!(!keep(&mut archive, &[star.clone(), note.clone()]), "they stand");
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    let heard = row("heard", false, "call back");
    assert_eq!(
        held(&index).into_iter().filter(|it| *it != heard).collect::<Vec<_>>(),
        [row("one", false, ""), row("two", true, "call back"), row("three", false, "call back")]
    );
    assert!(held(&index).contains(&heard), "one without a track is of all");

    // Other words in other pieces, a little apart.
    let large = archive.pass("large", 2, 0);
    let texts = vec![said(900, 2_900, "ONE"), said(2_950, 4_800, "TWO"), said(4_900, 9_100, "2, THREE")];
    archive.store.commit_window(&archive.window(large, 0, 10_000, texts)).unwrap();
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    let now = held(&index);
    assert!(now.contains(&row("ONE", false, "")) && now.contains(&row("TWO", true, "call back")), "{now:?}");
    assert_eq!(archive.store.remarks(&span(0, 3_000)).unwrap(), []);
    assert_eq!(archive.store.remarks(&span(5_900, 7_000)).unwrap(), [star.clone(), note.clone()]);

    assert!(keep(&mut archive, &[note]));
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert!(held(&index).iter().all(|(_, starred, _)| !starred));
}

#[test]
fn what_is_forgotten_takes_its_stars_and_notes_along_and_none_comes_back_from_an_older_file() {
    let mut archive = Archive::new();
    let pass = archive.pass("small", 1, 0);
    let mut index = Follower::default();
    let texts = vec![said(1_000, 3_000, "one"), said(4_000, 6_000, "two")];
    archive.store.commit_window(&archive.window(pass, 0, 10_000, texts)).unwrap();
    let gone = remark(1, 500, 20_000, Some("zanzibar"));
    let (star, other) = (remark(2, 4_000, 6_000, None), remark(3, 1_000, 3_000, Some("stays")));
    keep(&mut archive, &[gone.clone(), star.clone(), other.clone()]);
    index.follow(&archive);
    let forget = Forget { mark: 9, span: span(5_000, 5_500), tracks: Some(vec![TrackName::mic()]), asked: at(60_000) };
    archive.store.forget(&forget).unwrap();
    assert!(archive.store.truncate_wal().unwrap());
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(held(&index), [row("one", false, "stays")], "what isn't forgotten loses the note that reached into it");
    let bytes = std::fs::read(archive.path()).unwrap();
    assert!(!bytes.windows(8).any(|found| found == b"zanzibar"));

    // The file isn't rewritten yet, or it is one that was put back.
    assert!(!keep(&mut archive, &[gone, star, other.clone()]));
    assert_eq!(archive.store.remarks(&Span::ALL).unwrap(), std::slice::from_ref(&other));
    let later = Remark { made: at(60_001), ..remark(4, 5_000, 5_500, Some("they asked me to")) };
    assert!(keep(&mut archive, &[other.clone(), later.clone()]), "what is written of it afterwards stands");
    archive.store.forget(&forget).unwrap();
    assert_eq!(archive.store.remarks(&Span::ALL).unwrap(), [other, later]);
}
