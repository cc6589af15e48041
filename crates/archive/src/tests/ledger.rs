use super::*;
use crate::{FaultKind, Gap, GapCause, Journal, Row};
use timeline::Span;

fn rows(session: &Session) -> Vec<Row> {
    let track = TrackName::mic();
    let at = session.wall().plus_micros(1_000);
    let id = session.id().to_owned();
    let gap = Gap { span: Span::new(session.wall(), at), frame: 16, frames: 32, written: true };
    vec![
        session.row(Some("a boot".to_owned())),
        Row::Opened {
            at,
            session: id.clone(),
            track: track.clone(),
            side: Side::Said,
            device: "Mic \"1\"\n".into(),
            rate: 48_000,
            frame: 0,
        },
        Row::Anchor {
            at,
            session: id.clone(),
            track: track.clone(),
            frame: 160,
            boot_us: BOOT,
            wall_us: 1_795_425_312_340_123,
        },
        gap.row(session, &track, GapCause::Stalled),
        gap.row(session, &TrackName::loopback(), GapCause::Idle),
        Row::Paused { at, session: id.clone(), until: Some(at) },
        Row::Resumed { at, session: id.clone() },
        Row::Muted { at, session: id.clone(), track: track.clone(), muted: true },
        Row::DeviceLost {
            at,
            session: id.clone(),
            track: track.clone(),
            device: "Mic".into(),
            reason: "unplugged".into(),
        },
        Row::Closed { at, session: id, track, frame: 5 },
    ]
}

#[test]
fn every_row_reads_back_from_one_line() {
    let place = place();
    let journal = Journal::open(&place.archive);
    let written = rows(&session());
    for row in &written {
        journal.append(row).unwrap();
    }
    let read = journal.rows("2026-11-23").unwrap();
    assert_eq!((&read.rows, read.faults.len()), (&written, 0));
    let text = std::fs::read_to_string(place.day().join("journal.jsonl")).unwrap();
    assert_eq!(text.lines().count(), written.len());
    let first =
        r#"{"row":"session","at":"2026-11-23T09:14:58.500Z","session":"20261123T091458.500Z","boot_us":77000000,"#;
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains(r#"{"row":"gap","at":"#), "{text}");
    assert!(text.contains(r#""boot_us":77000000,"boot_id":"a boot","utc_offset_s":"#), "{text}");
    assert_eq!(journal.rows("2026-11-24").unwrap(), crate::JournalRows::default());
}

#[test]
fn an_archive_that_no_recorder_wrote_to_has_no_journal() {
    let place = place();
    let journal = Journal::open(&place.archive);
    assert!(!journal.exists().unwrap());
    assert!(place.day().is_dir() && !journal.exists().unwrap());
    journal.append(&rows(&session())[0]).unwrap();
    assert!(journal.exists().unwrap());
}

#[test]
fn a_torn_last_line_is_ignored_and_swallows_nothing_that_follows() {
    let place = place();
    let journal = Journal::open(&place.archive);
    let written = rows(&session());
    journal.append(&written[0]).unwrap();
    journal.append(&written[1]).unwrap();
    let path = place.day().join("journal.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for torn in first..whole.len() - 1 {
        std::fs::write(&path, &whole[..torn]).unwrap();
        let read = journal.rows("2026-11-23").unwrap();
        assert_eq!((read.rows.as_slice(), read.faults.len()), (&written[..1], 0), "torn at {torn}");
        journal.append(&written[2]).unwrap();
        let read = journal.rows("2026-11-23").unwrap();
        assert_eq!(read.rows, [written[0].clone(), written[2].clone()], "torn at {torn}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_told_and_the_rest_counts() {
    let place = place();
    let journal = Journal::open(&place.archive);
    let written = rows(&session());
    journal.append(&written[0]).unwrap();
    let path = place.day().join("journal.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"row\":\"from a later version\"}\n\xff\xfe\n\n");
    std::fs::write(&path, bytes).unwrap();
    journal.append(&written[3]).unwrap();
    let read = journal.rows("2026-11-23").unwrap();
    assert_eq!(read.rows, [written[0].clone(), written[3].clone()]);
    assert_eq!(read.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::Journal; 2]);
    assert!(read.faults[0].to_string().contains("line 2"), "{}", read.faults[0]);
}
