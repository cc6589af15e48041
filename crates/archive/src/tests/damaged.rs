use super::*;
use crate::{FaultKind, TrackReader, repair};
use std::collections::BTreeMap;
use std::path::PathBuf;
use timeline::Span;

const AT: &str = "2026-11-23T10:00:00Z";

fn content(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let read =
        |path: PathBuf| (path.clone(), (std::fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()));
    files_below(folder).into_iter().map(read).collect()
}

#[test]
fn every_kind_of_damage_is_told_by_its_name_and_stops_nothing_else() {
    let place = place();
    let day = place.day();
    let good = ramp_wav(16_000);
    let cases: &[(&str, Vec<u8>, FaultKind)] = &[
        ("20261123T100100.000Z.mic.wav", good[..8_000].to_vec(), FaultKind::Truncated),
        ("20261123T100200.000Z.mic.wav", Vec::new(), FaultKind::Empty),
        ("20261123T100300.000Z.mic.wav", b"this is no sound".to_vec(), FaultKind::NotSound),
        ("20261123T100400.000Z.mic.wav", good[..20].to_vec(), FaultKind::NotSound),
        ("20261123T100000.500Z.mic.wav", good.clone(), FaultKind::Overlap),
        ("20261122T100500.000Z.mic.wav", good.clone(), FaultKind::Misplaced),
        ("meeting.wav", good.clone(), FaultKind::Foreign),
        ("notes.txt", b"x".to_vec(), FaultKind::Foreign),
    ];
    std::fs::write(day.join("20261123T100000.000Z.mic.wav"), &good).unwrap();
    std::fs::write(day.join("20261123T110000.000Z.mic.wav"), &good).unwrap();
    for hidden in ["journal.jsonl", "user.jsonl", "words.3fa29c1b.jsonl", ".DS_Store"] {
        std::fs::write(day.join(hidden), "").unwrap();
    }
    for (name, bytes, _) in cases {
        std::fs::write(day.join(name), bytes).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", day.join("20261123T120000.000Z.mic.wav")).unwrap();
    std::fs::write(place.archive.folder().join("loose.wav"), &good).unwrap();
    let before = content(place.archive.folder());
    let scan = place.archive.scan().unwrap();
    for (name, _, kind) in cases {
        let faults: Vec<_> = scan.faults.iter().filter(|fault| fault.path.ends_with(name)).collect();
        assert_eq!(faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [*kind], "{name}");
        let line = faults[0].to_string();
        assert!(line.contains(name) && line.contains("; ") && !line.contains('\n'), "{line}");
    }
    let told = |name: &str| {
        scan.faults.iter().filter(|fault| fault.path.ends_with(name)).map(|fault| fault.kind).collect::<Vec<_>>()
    };
    assert_eq!(told("20261123T120000.000Z.mic.wav"), [FaultKind::Foreign]);
    assert_eq!(told("loose.wav"), [FaultKind::Foreign]);
    assert_eq!(scan.faults.len(), cases.len() + 2);
    let there: Vec<_> = scan.segments.iter().map(|segment| (segment.span.start.rfc3339(), segment.frames)).collect();
    let expected = [
        ("2026-11-23T10:00:00.000Z", 16_000),
        ("2026-11-23T10:01:00.000Z", (8_000 - 44) / 2),
        ("2026-11-23T11:00:00.000Z", 16_000),
    ];
    assert_eq!(there, expected.map(|(start, frames)| (start.to_owned(), frames)));
    assert_eq!(scan.segments, place.archive.segments(&TrackName::mic(), &Span::ALL).unwrap());
    let mut out = vec![0.0; 4_000];
    TrackReader::new(scan.segments.clone()).read(scan.segments[1].span.start.position(), &mut out).unwrap();
    assert!((out[3_977] - 3_977.0 / 32_768.0).abs() < f32::EPSILON && out[3_978] == 0.0);
    assert!(before == content(place.archive.folder()), "a scan changes nothing");
}

#[test]
fn a_folder_that_cannot_be_listed_is_an_error_and_one_that_is_missing_is_empty() {
    let place = place();
    assert_eq!(place.archive.scan().unwrap(), crate::Scan::default());
    std::fs::write(place.archive.folder(), "").unwrap();
    assert!(place.archive.scan().unwrap_err().to_string().contains("audio"));
}

#[test]
fn recorders_sound_goes_before_what_was_put_there_by_hand() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 16_000), BOOT).unwrap();
    mic.finish().unwrap();
    std::fs::write(place.day().join("20261123T091458.000Z.mic.wav"), ramp_wav(160_000)).unwrap();
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.segments.len(), 1);
    assert_eq!(scan.segments[0].session.as_deref(), Some(session.id()));
    assert!(scan.faults[0].advice.contains("--track"), "{}", scan.faults[0]);
}

#[test]
fn sessions_that_overlap_a_little_lose_only_the_overlap() {
    let place = place();
    let first = session();
    let second = Session::start(first.wall().plus_micros(2_000_000), BOOT + 5_000_000);
    for (session, start) in [(&first, BOOT), (&second, BOOT + 5_000_000)] {
        let mut mic = writer(&place.archive, session, TrackName::loopback(), 16_000, 60);
        for block in 0..40 {
            mic.place(&ramp(block * 1_600, 1_600), start + block as i64 * 100_000).unwrap();
        }
        mic.finish().unwrap();
    }
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.segments.iter().map(|s| s.frames).collect::<Vec<_>>(), [32_000, 64_000]);
    assert_eq!(scan.segments[0].span.end, second.wall());
    assert_eq!(scan.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::Overlap]);
}

/// A part as a recorder writes it, with its header's sizes and its length as a crash may leave them.
fn part(place: &Place, minute: u32, damage: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let session = Session::start(time(AT).plus_micros(i64::from(minute) * 60_000_000), BOOT);
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 1_000), BOOT).unwrap();
    let path = mic.path().unwrap().to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    damage(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    path
}

#[test]
fn parts_left_behind_are_finished_and_healthy_files_stay_as_they_are() {
    let place = place();
    let session = session();
    let mut healthy = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    healthy.place(&ramp(0, 5_000), BOOT).unwrap();
    healthy.finish().unwrap();
    std::fs::write(place.day().join("20261123T113000.000Z.mic.wav"), ramp_wav(100)).unwrap();
    let finished = content(place.archive.folder());
    let sizes = |bytes: &mut Vec<u8>, riff: u32, data: u32| {
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[508..512].copy_from_slice(&data.to_le_bytes());
    };
    let mended: Vec<(PathBuf, usize)> = vec![
        (part(&place, 0, |_| ()), 1_000),
        (part(&place, 5, |bytes| sizes(bytes, 0, 0)), 1_000),
        (part(&place, 10, |bytes| sizes(bytes, 504 + 1_000, 1_000)), 1_000),
        (part(&place, 15, |bytes| bytes.truncate(512 + 601)), 300),
        (part(&place, 20, |bytes| bytes.push(7)), 1_000),
        (part(&place, 25, |bytes| sizes(bytes, u32::MAX, u32::MAX)), 1_000),
        (part(&place, 30, |bytes| bytes[44..300].fill(b'?')), 1_000),
    ];
    let left = [
        part(&place, 40, Vec::clear),
        part(&place, 45, |bytes| bytes.truncate(400)),
        part(&place, 50, |bytes| bytes.fill(0)),
    ];
    let before = content(place.archive.folder());
    let repaired = repair::left_behind(&place.archive).unwrap();
    assert_eq!(repaired.adopted, mended.iter().map(|(path, _)| path.with_extension("")).collect::<Vec<_>>());
    assert_eq!(repaired.faults.iter().map(|fault| fault.path.clone()).collect::<Vec<_>>(), left);
    assert!(repaired.faults.iter().all(|fault| fault.kind == FaultKind::LeftBehind));
    for (part, frames) in &mended {
        let path = part.with_extension("");
        assert_eq!(hound_samples(&path), ramp(0, *frames), "{}", path.display());
        let (now, (was, modified)) = (std::fs::read(&path).unwrap(), &before[part]);
        let has_origin = was[44] == b'{';
        let ours =
            |at: &usize| (4..8).contains(at) || (508..512).contains(at) || (has_origin && (44..504).contains(at));
        let only_ours = (0..now.len()).filter(|at| now[*at] != was[*at]).all(|at| ours(&at));
        assert!(only_ours && now.len() == was.len(), "only sizes and checksum change: {}", path.display());
        assert_eq!(crate::verify::verify(&path).is_none(), has_origin, "{}", path.display());
        assert_eq!(path.metadata().unwrap().modified().unwrap(), *modified);
    }
    let after = content(place.archive.folder());
    assert!(
        finished
            .iter()
            .chain(before.iter().filter(|(path, _)| left.contains(path)))
            .all(|(path, was)| after[path] == *was)
    );
    assert_eq!(after.len(), before.len(), "nothing is deleted");
    let again = repair::left_behind(&place.archive).unwrap();
    assert_eq!((again.adopted.len(), again.faults), (0, repaired.faults));
    assert!(after == content(place.archive.folder()), "doing it again changes nothing");
    assert_eq!(place.archive.scan().unwrap().segments.len(), mended.len() + 2);
}

#[test]
fn a_lost_journal_and_another_programs_chunk_cost_no_sound() {
    let place = place();
    let session = session();
    let journal = crate::Journal::open(&place.archive);
    journal.append(&session.row(None)).unwrap();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 1);
    for block in 0..20 {
        mic.place(&ramp(block * 16_000, 16_000), BOOT + block as i64 * 1_000_000).unwrap();
    }
    mic.finish().unwrap();
    let before = place.archive.scan().unwrap();
    assert_eq!(before.segments.len(), 2);
    std::fs::remove_file(place.day().join("journal.jsonl")).unwrap();
    assert_eq!(place.archive.scan().unwrap(), before, "every segment says itself where it belongs");
    assert_eq!(journal.rows("2026-11-23").unwrap(), crate::JournalRows::default());

    // A part that another program wrote, its notes behind the sound: they are neither sound nor thrown away.
    let notes = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0some program!\0";
    let mut bytes = ramp_wav(16_000);
    bytes.extend_from_slice(notes);
    let riff = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&riff.to_le_bytes());
    let part = place.day().join("20261123T120000.000Z.mic.wav.part");
    std::fs::write(&part, &bytes).unwrap();
    let repaired = repair::left_behind(&place.archive).unwrap();
    assert_eq!((repaired.adopted.len(), repaired.faults.len()), (1, 0));
    let finished = part.with_extension("");
    assert!(std::fs::read(&finished).unwrap() == bytes);
    assert_eq!(hound_samples(&finished), ramp(0, 16_000));
    assert_eq!(place.archive.scan().unwrap().segments.len(), 3);
}

/// Flipped bytes and cut ends: an error or sound, never a panic, and never more sound than the file could hold.
#[test]
fn hostile_headers_are_refused_or_read_within_bounds() {
    let place = place();
    let mut random = Random(21);
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 500), BOOT).unwrap();
    let ours = std::fs::read(mic.finish().unwrap().unwrap()).unwrap();
    let theirs = wav(spec(2, 44_100, 24, hound::SampleFormat::Int), 500, |_, _| 0.3);
    let path = place.day().join("20261123T091458.500Z.mic.wav");
    for turn in 0..1_000 {
        let mut bytes = if turn % 2 == 0 { ours.clone() } else { theirs.clone() };
        let header = if turn % 2 == 0 { 512 } else { 68 };
        for _ in 0..=random.below(4) {
            let at = random.below(header) as usize;
            bytes[at] = [0, 0xFF, 0x7F, random.below(256) as u8][random.below(4) as usize];
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len() as u64) as usize);
        }
        std::fs::write(&path, &bytes).unwrap();
        let scan = place.archive.scan().unwrap();
        for segment in scan.segments {
            assert!(segment.frames <= bytes.len() as u64);
            let start = segment.span.start.position();
            TrackReader::new(vec![segment]).read(start, &mut [0.0; 4_000]).unwrap();
        }
    }
}
