//! The plain files: what they have to state, and a database made of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::{Archive, said, span};
use rusqlite::Connection;
use std::collections::BTreeMap;
use store::{NewUtterance, Outcome, State, Store, Stretch, UnwrittenFile, WindowRow, Word};
use timeline::{Side, Span, SpanSet, TrackName, WallTime};

/// The lines of each file, as the worker keeps them.
#[derive(Default)]
struct Files(BTreeMap<(WallTime, String), Vec<String>>);

impl Files {
    /// Writes what they don't have yet; how many lines that were.
    fn follow(&mut self, archive: &mut Archive) -> usize {
        let (mut lines, mut file) = (0, archive.store.unwritten_file(None).unwrap());
        while let Some(behind) = file {
            let noted = archive.store.unwritten(&behind, 1_000).unwrap();
            let UnwrittenFile { day, pass, .. } = &behind;
            for (mark, stretch) in noted.iter().filter_map(|noted| Some((noted.mark, noted.stretch.as_ref()?))) {
                let line = stretch.to_line(mark);
                assert_eq!(Stretch::mark_of(&line), Some(mark));
                assert_eq!(Stretch::from_line(&line).unwrap(), *stretch, "{line}");
                self.0.entry((*day, pass.to_string())).or_default().push(line);
                lines += 1;
            }
            archive.store.written(&noted).unwrap();
            file = archive.store.unwritten_file(None).unwrap();
        }
        lines
    }

    /// A database made of them.
    fn restored(&self) -> Archive {
        let mut archive = Archive::new();
        for lines in self.0.values() {
            let mut stretches: Vec<Stretch> = Vec::new();
            for line in lines {
                let stretch = Stretch::from_line(line).unwrap();
                stretches.retain(|old| old.track != stretch.track || !old.span.overlaps(&stretch.span));
                stretches.push(stretch);
            }
            assert_eq!(archive.store.restore(&stretches).unwrap().left_out, []);
        }
        assert_eq!(archive.store.unwritten_file(None).unwrap(), None, "it came from there");
        archive
    }
}

/// What is stored, but for private keys.
fn facts(archive: &Archive) -> Vec<String> {
    let connection = Connection::open(archive.path()).unwrap();
    let queries = [
        "SELECT name, model, model_sha256, engine, params, rank, created_us, translation FROM pass ORDER BY name",
        "SELECT p.name, t.name, t.side, c.start_us, c.end_us, c.outcome, c.reason, c.speech_us, c.compute_us
         FROM coverage c JOIN pass p ON p.key = c.pass JOIN track t ON t.key = c.track ORDER BY 1, 2, 4",
        "SELECT p.name, t.name, u.start_us, u.repeat, u.end_us, u.at_us, u.text, u.language, u.p, u.no_speech_p, u.mean_logprob,
                u.vad_mean, u.vad_peak, u.state, u.reason, u.echo_of, u.replay_of, u.words, u.tokens_per_s, u.repetition
         FROM utterance u JOIN pass p ON p.key = u.pass JOIN track t ON t.key = u.track ORDER BY 1, 2, 3, 4",
    ];
    let mut facts = Vec::new();
    for sql in queries {
        let mut query = connection.prepare(sql).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect();
            facts.push(values.join(" "));
        }
    }
    facts
}

fn word(from: i64, len: i64, text: &str, p: f32) -> Word {
    let start = database::at(from).plus_micros(7);
    Word { span: Span::new(start, start.plus_micros(len)), text: text.to_owned(), p }
}

/// Everything that an utterance can have.
fn full(from: i64, text: &str) -> NewUtterance {
    NewUtterance {
        span: Span::new(database::at(from).plus_micros(62), database::at(from + 900).plus_micros(999)),
        p: 0.123_456_79,
        no_speech_p: 1.0e-7,
        mean_logprob: -3.333_333_3,
        vad_mean: f32::MIN_POSITIVE,
        vad_peak: 0.1 + 0.2,
        tokens_per_s: 1.0 / 3.0,
        repetition: 0.7,
        state: State::Hidden,
        reason: Some("echo".to_owned()),
        echo_of: Some("20231114T221320.000Z-loopback-00000000".to_owned()),
        replay_of: Some("20231114T221320.000Z".to_owned()),
        language: None,
        words: vec![word(from, 120_001, "na\u{ef}ve", 0.9876), word(from - 3, 0, "\"\\\u{1F600}", 0.0001)],
        ..said(0, 0, text)
    }
}

fn quarantined(archive: &Archive, pass: i64, from: i64, to: i64) -> WindowRow {
    let window = archive.window(pass, from, to, vec![]);
    WindowRow { outcome: Outcome::Quarantined, reason: Some("it hung".to_owned()), ..window }
}

/// Two days, three passes, two tracks; every outcome, a window in pieces, ids with `~2`.
fn lively() -> Archive {
    let mut archive = Archive::new();
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    let (small, large, live) = (archive.pass("small", 1, 0), archive.pass("large", 2, 1), archive.pass("live", -1, 2));
    let next_day = 86_400_000;
    let gap = SpanSet::from_iter([span(20_500, 26_000)]);
    let twice = vec![full(1_000, "na\u{ef}ve \"\\\u{1F600}"), full(1_000, "other words"), said(3_000, 4_000, "")];
    // One of its utterances lies in the gap, and belongs to the piece that is nearer.
    let in_gap =
        vec![said(20_100, 20_400, "before"), said(21_000, 24_000, "in the gap"), said(27_000, 29_000, "after")];
    for window in [
        archive.window(small, 0, 10_000, twice),
        quarantined(&archive, small, 10_000, 20_000),
        WindowRow { gaps: gap, ..archive.window(small, 20_000, 30_000, in_gap) },
        archive.window(large, 0, 10_000, vec![said(1_000, 2_000, "naive")]),
        archive.window(live, 0, 1_000, vec![said(100, 900, "as it was said")]),
        archive.window(small, next_day, next_day + 9_000, vec![said(next_day, next_day + 400, "the next day")]),
        WindowRow { track: TrackName::loopback(), ..archive.window(small, 500, 9_000, vec![said(500, 600, "heard")]) },
    ] {
        archive.store.commit_window(&window).unwrap();
    }
    for from in [30_000, 50_000, 40_000] {
        let nothing = WindowRow::nothing(small, TrackName::mic(), span(from, from + 10_000));
        archive.store.commit_window(&WindowRow { speech_micros: 5, compute_micros: from, ..nothing }).unwrap();
    }
    archive
}

#[test]
fn a_database_made_of_the_plain_files_holds_what_the_lost_one_held_whenever_they_followed() {
    let mut at_the_end = lively();
    let mut files = Files::default();
    assert_eq!(
        files.follow(&mut at_the_end),
        9,
        "a line for each stretch: what became part of a longer one isn't stated"
    );
    assert_eq!(files.follow(&mut at_the_end), 0, "nothing is stated twice");
    assert_eq!(files.0.len(), 4, "a file for each pass and day");
    let restored = files.restored();
    assert_eq!(facts(&restored), facts(&at_the_end));
    assert_eq!(restored.current(), at_the_end.current());
    let keys = restored.store.keys_after(0, 1_000).unwrap();
    let changes = restored.store.changes_after(0, 1_000).unwrap();
    assert_eq!(keys, changes.iter().map(|change| change.key).collect::<Vec<_>>(), "the index hears of all of it");
    // It can be lost again: what follows from it says the same.
    let mut again = restored;
    Connection::open(again.path())
        .unwrap()
        .execute_batch(
            "INSERT INTO unwritten (mark, day, pass, track, start_us, end_us)
                        SELECT random(), start_us / 86400000000, pass, track, start_us, end_us FROM coverage",
        )
        .unwrap();
    let mut files = Files::default();
    files.follow(&mut again);
    assert_eq!(facts(&files.restored()), facts(&again));
}

#[test]
fn what_changes_later_is_stated_again_whoever_changes_it() {
    let mut archive = lively();
    let mut files = Files::default();
    files.follow(&mut archive);
    let change = |sql: &str| Connection::open(archive.path()).unwrap().execute_batch(sql).unwrap();
    change(
        "UPDATE utterance SET echo_of = '20231114T221320.000Z-loopback-11111111', state = 'hidden' WHERE text = 'before'",
    );
    change("DELETE FROM utterance WHERE text = 'in the gap'");
    change("DELETE FROM coverage WHERE outcome = 'quarantined'");
    assert_eq!(
        files.follow(&mut archive),
        2,
        "the one stretch that lost an utterance and had one changed, and the one that is gone"
    );
    assert_eq!(facts(&files.restored()), facts(&archive));
    // What was set aside is tried again, and cut otherwise than it was.
    let small = archive.pass("small", 1, 0);
    for (from, to) in [(10_000, 14_000), (14_000, 20_000)] {
        archive.store.commit_window(&archive.window(small, from, to, vec![said(from, from + 5, "at last")])).unwrap();
    }
    // A stretch that is cut in two keeps neither its words nor its place.
    let change = |sql: &str| Connection::open(archive.path()).unwrap().execute_batch(sql).unwrap();
    change("UPDATE coverage SET end_us = end_us - 1000 WHERE outcome = 'nothing'");
    files.follow(&mut archive);
    assert_eq!(facts(&files.restored()), facts(&archive));
}

#[test]
fn what_touches_at_midnight_stays_two_rows_of_nothing() {
    let mut archive = Archive::new();
    let pass = archive.pass("small", 0, 0);
    let midnight = WallTime::parse_rfc3339("2023-11-15T00:00:00Z").unwrap();
    let minutes =
        |from: i64, to: i64| Span::new(midnight.plus_micros(from * 60_000_000), midnight.plus_micros(to * 60_000_000));
    for (from, to) in [(-10, -5), (-5, 5), (5, 10), (10, 20)] {
        archive.store.commit_window(&WindowRow::nothing(pass, TrackName::mic(), minutes(from, to))).unwrap();
    }
    assert_eq!(archive.coverage_rows().len(), 2);
    let mut files = Files::default();
    files.follow(&mut archive);
    let starts: Vec<String> = files.0.keys().map(|(day, _)| day.rfc3339()).collect();
    assert_eq!(starts, ["2023-11-14T00:00:00.000Z", "2023-11-15T00:00:00.000Z"]);
    assert_eq!(facts(&files.restored()), facts(&archive));
}

/// A line as the first version wrote it: files with such lines are on people's disks.
const OF_VERSION_1: &str = r#"{"v":1,"mark":"0123456789abcdef","pass":{"name":"a56bedff","model":"tiny","sha256":"00ff","engine":"whisper.cpp","params":{"beam_size":5,"lane":"backlog"},"rank":7,"created":"2026-11-23T00:00:00.000001Z"},"track":"phone","side":"both","start":"2026-11-23T09:15:00.000062Z","end":"2026-11-23T09:15:30.500000Z","outcome":"words","reason":"none","speech_us":1500000,"compute_us":7,"utterances":[{"id":"20261123T091501.000Z-phone-a56bedff~2","start":"2026-11-23T09:15:01.000999Z","end":"2026-11-23T09:15:02.500000Z","text":"Good morning","language":"en","p":0.75,"no_speech_p":0.125,"mean_logprob":-0.5,"vad_mean":0.5,"vad_peak":1.0,"tokens_per_s":4.25,"repetition":0.0,"state":"doubtful","reason":"unsure","echo_of":"a","replay_of":"b","words":[{"text":"Good","after_us":-9,"len_us":500000,"p":0.9876},{"text":"morning","after_us":500000,"len_us":0,"p":1.0}]}]}"#;

#[test]
fn a_line_of_the_first_version_is_read_for_ever() {
    let stretch = Stretch::from_line(OF_VERSION_1).unwrap();
    assert_eq!(stretch.to_line(0x0123_4567_89ab_cdef), OF_VERSION_1);
    let (repeat, said) = &stretch.utterances[0];
    assert_eq!((*repeat, said.state, said.words.len()), (2, State::Doubtful, 2));
    assert_eq!(said.words[0].span.start.as_micros() + 9, said.span.start.as_micros());
}

#[test]
fn a_line_that_does_not_fit_is_refused_with_a_reason_and_no_word_of_it() {
    let mut archive = lively();
    let mut files = Files::default();
    files.follow(&mut archive);
    let line = files.0.values().flatten().find(|line| line.contains("naive")).unwrap().clone();
    let pass = archive.name(archive.pass("large", 2, 1)).to_string();
    let changed = |from: &str, to: &str| {
        assert!(line.contains(from), "{from} isn't in {line}");
        Stretch::from_line(&line.replacen(from, to, 1)).unwrap_err()
    };
    for (from, to, reason) in [
        ("\"v\":1", "\"v\":2", "another version"),
        ("\"mark\":", "\"mork\":", "isn't one that hearsay wrote"),
        (pass.as_str(), "00000000", "its pass has another name"),
        ("\"outcome\":\"words\"", "\"outcome\":\"wards\"", "its outcome isn't one"),
        ("\"outcome\":\"words\"", "\"outcome\":\"nothing\"", "its outcome is not words"),
        ("\"id\":\"20231114T221321", "\"id\":\"20231114T221322", "an utterance's id doesn't fit"),
        ("\"text\":\"naive\"", "\"text\":naive", "isn't one that hearsay wrote"),
        ("\"state\":\"shown\"", "\"state\":\"naive\"", "isn't one that hearsay wrote"),
    ] {
        let why = changed(from, to);
        assert!(why.contains(reason) && !why.contains("naive"), "{from}: {why}");
    }
    // Said by two lines, it is the first that counts; nothing of the other is left behind.
    let stretch = Stretch::from_line(&line).unwrap();
    let mut other = stretch.clone();
    other.span = Span::new(stretch.span.end, stretch.span.end.plus_micros(1_000_000));
    let mut new = Archive::new();
    let restored = new.store.restore(&[stretch.clone(), stretch, other]).unwrap();
    assert_eq!((restored.stretches, restored.utterances), (1, 1));
    let left_out: Vec<usize> = restored.left_out.iter().map(|(at, _)| *at).collect();
    assert_eq!(left_out, [1, 2], "{restored:?}");
    assert_eq!(new.coverage_rows().len(), 1);
}

#[test]
fn a_database_from_before_there_were_plain_files_has_all_of_it_stated_once() {
    let mut archive = lively();
    let expected = facts(&archive);
    let connection = Connection::open(archive.path()).unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection
        .execute_batch(
            "DROP TABLE unwritten; DROP TABLE forgotten; DROP TABLE preference; DROP TABLE campaign_span; DROP TABLE campaign;
             DROP TABLE remark; PRAGMA user_version = 5",
        )
        .unwrap();
    drop(connection);
    archive.store = Store::open(&archive.path()).unwrap();
    let mut files = Files::default();
    assert_eq!(files.follow(&mut archive), 9);
    assert_eq!(facts(&files.restored()), expected);
}

#[test]
fn a_damaged_database_is_found_by_reading_all_of_it() {
    let mut archive = lively();
    Store::examine(&archive.path()).unwrap();
    let path = archive.folder.path().join("copy.sqlite3");
    // All in one file, as it is when nobody has it open.
    let moved = std::mem::replace(&mut archive.store, Store::open(&archive.folder.path().join("other")).unwrap());
    moved.close().unwrap();
    let bytes = std::fs::read(archive.path()).unwrap();
    assert!(!archive.folder.path().join("archive.sqlite3-wal").exists());
    let put = |bytes: &[u8]| {
        std::io::Write::write_all(&mut home::files::create_or_truncate(&path).unwrap(), bytes).unwrap();
        Store::examine(&path)
    };
    put(&bytes).unwrap();
    for at in [0, 4_096, 8_192] {
        let mut damaged = bytes.clone();
        damaged[at..at + 8].fill(0xa5);
        let result = put(&damaged);
        assert!(matches!(result, Err(store::StoreError::Damaged { .. })), "page at {at}: {result:?}");
    }
    let result = put(&bytes[..bytes.len() - 4_096]);
    assert!(matches!(result, Err(store::StoreError::Damaged { .. })), "{result:?}");
    assert!(matches!(put(&[]), Err(store::StoreError::Missing { .. })));
}
