//! What the user writes in the place of what was heard.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::follower::Follower;
use database::{Archive, at, prefer, said, span};
use rusqlite::Connection;
use store::{BY_HAND, Forget, NewUtterance, Preference, State, Store, StoreError, Stretch, Utterance};
use timeline::{Span, TrackName};

/// What is read at a moment.
fn read_at(archive: &Archive, ms: i64) -> Utterance {
    let seen = archive.store.utterances(&Span::ALL).unwrap();
    seen.into_iter().find(|utterance| utterance.span.contains(at(ms))).unwrap()
}

fn correct(archive: &mut Archive, ms: i64, text: &str) {
    let key = read_at(archive, ms).key;
    archive.store.correct(key, text, Vec::new(), at(99_000)).unwrap();
}

/// All that the plain files would hold, as lines.
fn lines(archive: &Archive) -> Vec<String> {
    let files = archive.store.plain_files().unwrap();
    let noted = files.iter().flat_map(|file| archive.store.unwritten(file, 1_000).unwrap());
    noted.filter_map(|noted| Some(noted.stretch?.to_line(noted.mark))).collect()
}

#[test]
fn a_correction_is_read_before_every_pass_and_what_was_heard_stays() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    let mut index = Follower::default();
    let heard = vec![said(1_000, 3_000, "one"), said(4_000, 6_000, "too"), said(7_000, 9_000, "three")];
    archive.store.commit_window(&archive.window(small, 0, 10_000, heard)).unwrap();
    index.follow(&archive);
    let before: Vec<String> = archive.dump().into_iter().filter(|row| row.starts_with("utterance")).collect();

    correct(&mut archive, 5_000, "two");
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["one", "two", "three"]);
    let corrected = read_at(&archive, 5_000);
    assert!(corrected.is_correction() && corrected.state == State::Shown && corrected.span == span(4_000, 6_000));
    assert!(index.held[&corrected.key].is_correction());
    assert_eq!(index.held[&read_at(&archive, 8_000).key].before, "two", "a phrase goes on from the new words");
    let after: Vec<String> = archive.dump().into_iter().filter(|row| row.starts_with("utterance")).collect();
    assert_eq!(after[..3], before, "nothing that was heard is touched");

    // A better model later, and a choice of the user's for it, stand behind it; and so does what nobody else heard.
    let heard = vec![said(1_000, 3_000, "ONE"), said(4_000, 6_000, "TOO"), said(7_000, 9_000, "THREE")];
    archive.store.commit_window(&archive.window(large, 0, 10_000, heard)).unwrap();
    let pass = archive.name(small);
    let preference = Preference { mark: 1, pass, track: None, span: span(0, 10_000), chosen: at(0) };
    index.follow(&archive);
    assert_eq!(archive.current(), ["ONE", "two", "THREE"]);
    prefer(&mut archive, &[preference]);
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["one", "two", "three"]);
    prefer(&mut archive, &[]);
    let texts = |heard: Vec<Utterance>| heard.into_iter().map(|it| it.text).collect::<Vec<_>>();
    assert_eq!(texts(archive.store.heard_under(corrected.key).unwrap()), ["TOO"]);

    // Again, from any end; then it is taken back.
    correct(&mut archive, 5_000, "2");
    index.follow(&archive);
    assert_eq!(archive.current(), ["ONE", "2", "THREE"]);
    let again = read_at(&archive, 5_000);
    assert_eq!(again.id, corrected.id, "its name outlives it");
    let under = archive.store.heard_under(again.key).unwrap().remove(0);
    assert_eq!(archive.store.correction_of(under.key).unwrap(), Some(again.clone()));
    assert!(matches!(archive.store.correct(under.key, "x", Vec::new(), at(0)), Err(StoreError::NotRead { .. })));
    assert!(!archive.store.take_back(under.key).unwrap(), "that one is no correction");
    assert!(archive.store.take_back(again.key).unwrap());
    assert!(!archive.store.take_back(again.key).unwrap());
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    assert_eq!(archive.current(), ["ONE", "TOO", "THREE"]);
    assert!(archive.coverage_rows().iter().all(|row| row.3 == 7), "its coverage went with it");
}

#[test]
fn no_words_say_that_nobody_spoke_and_an_echo_stays_one() {
    let mut archive = Archive::new();
    let pass = archive.pass("small", 1, 0);
    let mut index = Follower::default();
    let echo = NewUtterance { echo_of: Some("of".to_owned()), state: State::Hidden, ..said(4_000, 6_000, "eco") };
    archive.store.commit_window(&archive.window(pass, 0, 9_000, vec![said(1_000, 3_000, "Thanks."), echo])).unwrap();
    let worse = archive.pass("tiny", 0, 0);
    archive.store.commit_window(&archive.window(worse, 0, 9_000, vec![said(1_100, 3_100, "Tanks.")])).unwrap();
    correct(&mut archive, 2_000, "");
    correct(&mut archive, 5_000, "echo");
    index.follow(&archive);
    index.assert_same_as_anew(&archive);
    let seen = archive.store.utterances(&Span::ALL).unwrap();
    let states: Vec<(&str, State)> = seen.iter().map(|it| (it.text.as_str(), it.state)).collect();
    assert_eq!(states, [("", State::Hidden), ("echo", State::Hidden)], "what the worse one heard isn't doubtful now");
    correct(&mut archive, 2_000, "Tanks!");
    assert_eq!(read_at(&archive, 2_000).state, State::Shown);
}

#[test]
fn neighbours_that_overlap_are_read_as_before() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    archive.store.commit_window(&archive.window(small, 0, 20_000, vec![said(7_000, 13_000, "b")])).unwrap();
    // Its middle lies in what the other one covers, and so does that of its own neighbour.
    let heard = vec![said(0, 8_000, "a"), said(5_500, 6_000, "a2")];
    archive.store.commit_window(&archive.window(large, 0, 9_000, heard)).unwrap();
    assert_eq!(archive.current(), ["a", "a2", "b"]);
    correct(&mut archive, 1_000, "A");
    assert_eq!(archive.current(), ["A", "a2", "b"]);
    let key = archive.store.utterances(&Span::ALL).unwrap()[2].key;
    archive.store.correct(key, "B", Vec::new(), at(0)).unwrap();
    assert_eq!(archive.current(), ["A", "a2", "B"]);
    correct(&mut archive, 1_000, "AA");
    assert_eq!(archive.current(), ["AA", "a2", "B"]);
    let key = archive.store.utterances(&Span::ALL).unwrap()[0].key;
    assert!(archive.store.take_back(key).unwrap());
    assert_eq!(archive.current(), ["a", "a2", "B"]);
}

#[test]
fn a_correction_deals_with_no_sound_and_measures_no_model() {
    let mut archive = Archive::new();
    let live = archive.pass("live", store::PROVISIONAL, 0);
    archive.store.commit_window(&archive.window(live, 0, 10_000, vec![said(4_000, 6_000, "too")])).unwrap();
    correct(&mut archive, 5_000, "two");
    let mic = TrackName::mic();
    assert!(archive.store.dealt_with(None, &mic, true).unwrap().is_empty(), "the main pass still has to hear it");
    let speech = archive.store.speech_within(&mic, &[span(0, 10_000)].into_iter().collect()).unwrap();
    assert_eq!(speech.speech_micros, 0);
    let own = archive.store.passes().unwrap().remove(0);
    assert!(own.pass.is_by_hand() && own.pass.model_sha256.is_empty() && own.speed_x().is_none());
    // And then it does.
    let main = archive.pass("base", 1, 0);
    archive.store.commit_window(&archive.window(main, 0, 10_000, vec![said(3_900, 6_000, "TOO")])).unwrap();
    assert_eq!(archive.current(), ["two"]);
}

#[test]
fn corrections_come_back_from_their_lines_and_go_when_they_are_forgotten() {
    let mut archive = Archive::new();
    let pass = archive.pass("small", 1, 0);
    let heard = vec![said(1_000, 3_000, "one"), said(4_000, 6_000, "too"), said(7_000, 9_000, "free")];
    archive.store.commit_window(&archive.window(pass, 0, 10_000, heard)).unwrap();
    correct(&mut archive, 5_000, "two");
    correct(&mut archive, 8_000, "velociraptor");
    correct(&mut archive, 8_000, "three");
    let anew = |archive: &Archive| {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("archive.sqlite3")).unwrap();
        let stretches: Vec<Stretch> = lines(archive).iter().map(|line| Stretch::from_line(line).unwrap()).collect();
        assert_eq!(store.restore(&stretches).unwrap().left_out, []);
        let seen = store.utterances(&Span::ALL).unwrap();
        seen.into_iter().map(|it| (it.id.to_string(), it.text)).collect::<Vec<_>>()
    };
    let seen: Vec<(String, String)> =
        archive.store.utterances(&Span::ALL).unwrap().into_iter().map(|it| (it.id.to_string(), it.text)).collect();
    assert_eq!(anew(&archive), seen);
    assert_eq!(archive.current(), ["one", "two", "three"]);

    let forget = Forget { mark: 1, span: span(7_500, 7_600), tracks: None, asked: at(100_000) };
    let goes = archive.store.would_forget(&forget).unwrap();
    assert_eq!((goes.len(), goes[0].model.as_str()), (2, "you"));
    archive.store.forget(&forget).unwrap();
    assert!(archive.store.truncate_wal().unwrap());
    assert_eq!(archive.current(), ["one", "two"]);
    assert!(lines(&archive).iter().any(|line| line.contains("uncovered")), "the file takes it back");
    let bytes = std::fs::read(archive.path()).unwrap();
    for gone in ["three", "velociraptor"] {
        assert!(!bytes.windows(gone.len()).any(|found| found == gone.as_bytes()), "{gone}");
    }
    let left: i64 = Connection::open(archive.path())
        .unwrap()
        .query_row(
            "SELECT count(*) FROM coverage c JOIN pass p ON p.key = c.pass WHERE p.rank >= ?1",
            [BY_HAND],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 1, "and silences nobody who hears what is left");
}
