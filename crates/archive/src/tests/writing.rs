use super::*;
use crate::Placed;
use crate::wav::WavHeader;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use timeline::Span;

#[test]
fn a_hundred_borders_on_two_tracks_lose_and_double_no_frame() {
    let place = place();
    let session = session();
    let hz = 4_000;
    let mut random = Random(1);
    let mut tracks =
        [TrackName::mic(), TrackName::loopback()].map(|track| writer(&place.archive, &session, track, hz, 1));
    let total = u64::from(hz) * 60 * 100 + 7_777;
    for track in &mut tracks {
        let mut frame = 0;
        while frame < total {
            let len = (1 + random.below(9_999)).min(total - frame) as usize;
            let placed = track.place(&ramp(frame, len), BOOT + track.rate().micros(frame)).unwrap();
            assert_eq!(placed, Placed { frame, gap: None });
            frame += len as u64;
        }
        track.finish().unwrap().unwrap();
    }
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.faults, []);
    let (loopback, mic) = scan.segments.split_at(scan.segments.len() / 2);
    assert_eq!((mic.len(), loopback.len()), (102, 102));
    for (mic, loopback) in mic.iter().zip(loopback) {
        assert_eq!((mic.span, mic.first_frame), (loopback.span, loopback.first_frame), "cut at the same instant");
    }
    for track in [mic, loopback] {
        let mut frame = 0;
        for segment in track {
            assert_eq!(segment.first_frame, frame);
            assert!(hound_samples(&segment.path) == ramp(frame, segment.frames as usize), "{}", segment.path.display());
            frame += segment.frames;
        }
        assert_eq!(frame, total);
        assert!(track.windows(2).all(|pair| pair[0].span.end == pair[1].span.start), "no gap between the spans");
        assert!(track[1..101].iter().all(|segment| segment.span.start.as_micros() % 60_000_000 == 0));
    }
}

#[test]
fn the_header_is_right_after_every_block() {
    let place = place();
    let mut mic = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    for block in 0..50 {
        mic.place(&ramp(block * 160, 160), BOOT + block as i64 * 10_000).unwrap();
        let path = mic.path().unwrap();
        assert_eq!(hound_samples(path), ramp(0, (block as usize + 1) * 160));
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(u64::from(u32::from_le_bytes(bytes[4..8].try_into().unwrap())), bytes.len() as u64 - 8);
    }
}

#[test]
fn a_break_becomes_silence_of_its_length_and_is_told() {
    for track in [TrackName::mic(), TrackName::loopback()] {
        let place = place();
        let session = session();
        // The session starts 1.5 s before a border of its segments: begin behind it.
        let start = BOOT + 2_000_000;
        let mut track = writer(&place.archive, &session, track, 16_000, 5);
        track.place(&[1_000; 1_600], start).unwrap();
        let placed = track.place(&[2_000; 1_600], start + 100_000 + 3_000_000).unwrap();
        let gap = placed.gap.unwrap();
        assert_eq!((placed.frame, gap.frame, gap.frames, gap.written), (32_000 + 1_600 + 48_000, 33_600, 48_000, true));
        let when = |after: i64| session.wall_at(start + after);
        assert_eq!(gap.span, Span::new(when(100_000), when(3_100_000)));
        let path = track.finish().unwrap().unwrap();
        let expected: Vec<i16> = [vec![1_000; 1_600], vec![0; 48_000], vec![2_000; 1_600]].concat();
        assert!(hound_samples(&path) == expected);
    }
}

#[test]
fn a_break_over_a_border_ends_the_segment_and_the_next_begins_at_its_time() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&[1; 1_600], BOOT).unwrap();
    let hour = 3_600_000_000;
    let gap = mic.place(&[2; 1_600], BOOT + hour).unwrap().gap.unwrap();
    assert_eq!((gap.frames, gap.written), (16_000 * 3_600 - 1_600, false));
    mic.finish().unwrap();
    let segments = place.archive.scan().unwrap().segments;
    let facts: Vec<_> = segments.iter().map(|s| (s.span.start, s.frames, s.first_frame)).collect();
    assert_eq!(facts, [(session.wall(), 1_600, 0), (session.wall_at(BOOT + hour), 1_600, 16_000 * 3_600)]);
}

#[test]
fn an_idle_track_finishes_its_segment_when_the_border_has_passed() {
    let place = place();
    let mut mic = writer(&place.archive, &session(), TrackName::loopback(), 16_000, 5);
    mic.place(&[1; 1_600], BOOT).unwrap();
    mic.tick(BOOT + 3_000_000).unwrap();
    assert!(mic.path().is_some(), "the border passed 1.5 s ago: a late block may still come");
    mic.tick(BOOT + 3_600_000).unwrap();
    assert!(mic.path().is_none());
    assert_eq!(place.archive.scan().unwrap().segments.len(), 1);
}

#[test]
fn a_late_start_is_no_silence() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    assert_eq!(mic.place(&[1; 160], BOOT + 5_000_000).unwrap(), Placed { frame: 80_000, gap: None });
    mic.finish().unwrap();
    let segment = place.archive.scan().unwrap().segments.remove(0);
    assert_eq!(
        (segment.span.start, segment.frames, segment.first_frame),
        (session.wall_at(BOOT + 5_000_000), 160, 80_000)
    );
}

#[test]
fn a_taken_name_gets_the_next_millisecond_and_nothing_is_overwritten() {
    let place = place();
    let session = session();
    let mut paths = Vec::new();
    for value in 1..=3 {
        let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
        mic.place(&[value; 160], BOOT).unwrap();
        // The first is finished, the second is left as a part.
        paths.push(if value == 2 { mic.path().unwrap().to_owned() } else { mic.finish().unwrap().unwrap() });
    }
    let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["20261123T091458.500Z.mic.wav", "20261123T091458.501Z.mic.wav.part", "20261123T091458.502Z.mic.wav"]
    );
    for (value, path) in (1..).zip(&paths) {
        assert_eq!(hound_samples(path), [value; 160]);
    }
}

#[test]
fn everything_is_for_the_user_alone_under_any_umask() {
    let place = place();
    rustix::process::umask(rustix::fs::Mode::empty());
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 1);
    for block in 0..3 {
        mic.place(&[1; 160], BOOT + block * 60_000_000).unwrap();
    }
    crate::Journal::open(&place.archive).append(&session.row(None)).unwrap();
    let source = place.dir.path().join("in.wav");
    std::fs::write(&source, ramp_wav(100)).unwrap();
    let at = time("2026-11-20T10:00:00Z");
    crate::import::import(&place.archive, &source, &TrackName::mic(), Side::Said, at, &mut |_| ()).unwrap();
    let files = files_below(place.archive.folder());
    assert_eq!(files.len(), 5);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(place.archive.folder())) {
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
        }
    }
}

#[test]
fn the_file_says_where_it_comes_from() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 48_000, 5);
    mic.place(&[1; 480], BOOT + 30_000).unwrap();
    let path = mic.finish().unwrap().unwrap();
    let len = path.metadata().unwrap().len();
    assert_eq!(len, 512 + 960);
    let origin = WavHeader::read(&mut File::open(&path).unwrap(), len).unwrap().origin.unwrap();
    assert_eq!((origin.session.as_str(), origin.side, origin.first_frame), (session.id(), Side::Said, 1_440));
    assert_eq!(origin.start(), session.wall().plus_micros(30_000));
}

#[test]
fn a_step_of_the_wall_clock_ends_the_session_and_boot_time_does_not() {
    let session = session();
    let later = session.wall().plus_micros(86_400_000_000);
    assert!(!session.must_end(later, BOOT + 86_400_000_000));
    assert!(!session.must_end(later.plus_micros(1_900_000), BOOT + 86_400_000_000));
    for step in [2_100_000, -2_100_000, 3_600_000_000, -3_600_000_000] {
        assert!(session.must_end(later.plus_micros(step), BOOT + 86_400_000_000), "{step} µs");
        assert_eq!(session.step_micros(later.plus_micros(step), BOOT + 86_400_000_000), step);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_with_its_path_and_sound_goes_on_when_it_can() {
    let place = place();
    // A file where the year's folder should be fails for root too, which permissions don't.
    std::fs::create_dir_all(place.archive.folder()).unwrap();
    let blocked = place.archive.folder().join("2026");
    std::fs::write(&blocked, "").unwrap();
    let mut mic = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    let error = mic.place(&ramp(0, 160), BOOT).unwrap_err().to_string();
    assert!(error.contains("2026"), "{error}");
    std::fs::remove_file(&blocked).unwrap();
    assert_eq!(mic.place(&ramp(160, 160), BOOT + 10_000).unwrap().frame, 160);
    let path = mic.finish().unwrap().unwrap();
    assert_eq!(hound_samples(&path), ramp(160, 160));
    assert_eq!(place.archive.scan().unwrap().segments[0].first_frame, 160);
}
