//! What is forgotten reads as silence before it is erased and after, and nothing else changes.

use super::*;
use crate::erase::{erase, touched};
use crate::{Forgetting, ForgottenLog, Segment, TrackReader};
use timeline::{Span, SpanSet};

/// A hundred and fifty seconds that are nowhere silent, of a device that is off by so many parts per million.
fn record(place: &Place, hz: u32, ppm: f64) -> Session {
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), hz, 1);
    let real_hz = f64::from(hz) * (1.0 + ppm / 1e6);
    let block = u64::from(hz / 25);
    for first in (0..).step_by(block as usize).take_while(|frame| *frame < u64::from(hz * 150)) {
        let frames: Vec<i16> = (first..first + block).map(|frame| 5_000 + (frame % 7) as i16).collect();
        mic.place(&frames, BOOT + (first as f64 / real_hz * 1e6) as i64).unwrap();
    }
    mic.finish().unwrap();
    session
}

fn segments(place: &Place) -> Vec<Segment> {
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.faults, []);
    scan.segments
}

fn read(place: &Place, span: &Span) -> Vec<f32> {
    let mut out = vec![0.0; usize::try_from(span.end.position().since(span.start.position())).unwrap()];
    TrackReader::new(segments(place)).read(span.start.position(), &mut out).unwrap();
    out
}

#[test]
fn what_is_forgotten_reads_the_same_before_it_is_erased_and_after_at_any_rate_and_drift() {
    for (hz, ppm) in [(16_000, 0.0), (48_000, 0.0), (44_100, 0.0), (16_000, 300.0), (48_000, -300.0)] {
        let place = place();
        let start = record(&place, hz, ppm).wall();
        let at = |micros: i64| start.plus_micros(micros);
        let all = Span::new(at(0), at(150_000_000));
        let (whole, heard) = (read(&place, &all), TrackReader::new(segments(&place)).sound().clone());
        // From the middle of the first segment over all of the second into the third.
        let asked = Span::new(at(30_000_031), at(130_000_007));
        let forgetting = Forgetting::new(&asked, None, at(200_000_000));
        assert!(forgetting.span.start <= asked.start && forgetting.span.end >= asked.end);
        let sizes: Vec<bool> = touched(&place.archive, &forgetting).unwrap().0.iter().map(|it| it.whole).collect();
        assert_eq!(sizes, [false, true, false], "{hz} Hz");
        ForgottenLog::open(&place.archive).ask(&forgetting).unwrap();
        let masked = read(&place, &all);
        let sound = TrackReader::new(segments(&place)).sound().clone();
        assert_eq!(sound, heard.minus(&SpanSet::from_iter([forgetting.span])), "{hz} Hz, {ppm} ppm");
        let erased = erase(&place.archive, &forgetting).unwrap();
        assert_eq!((erased.deleted.len(), erased.growing.len()), (1, 0), "{hz} Hz, {ppm} ppm: {erased:?}");
        assert!(read(&place, &all) == masked, "{hz} Hz, {ppm} ppm: erasing changes nothing that is read");
        assert_eq!(erase(&place.archive, &forgetting).unwrap().deleted.len(), 0, "and again changes nothing");
        assert!(read(&place, &all) == masked);
        // A resampler works in blocks, which reach over the border and round otherwise when a part of them is silence.
        let (reach, most) = if hz == 16_000 { (100, 0.0) } else { (4_000, 1e-4) };
        let (from, to) = (30 * 16_000 - reach, 130 * 16_000 + 2 + reach);
        let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= most);
        assert!(close(&masked[..from], &whole[..from]) && close(&masked[to..], &whole[to..]), "{hz} Hz, {ppm} ppm");
        let within = &masked[from + 2 * reach + 1..to - 2 * reach - 2];
        assert!(within.iter().all(|frame| frame.abs() <= most), "{hz} Hz, {ppm} ppm: silence");
    }
}

#[test]
fn what_others_hide_is_erased_too_and_what_is_told_is_told_once() {
    let place = place();
    let day = place.day();
    let at = time("2026-11-23T09:15:00Z");
    std::fs::write(day.join("20261123T091500.000Z.mic.wav"), ramp_wav(32_000)).unwrap();
    // Lies beneath the other: it is left out by every reader.
    std::fs::write(day.join("20261123T091501.000Z.mic.wav"), ramp_wav(32_000)).unwrap();
    let span = Span::new(at.plus_micros(1_500_000), at.plus_micros(2_500_000));
    let forgetting = Forgetting::new(&span, Some(vec![TrackName::mic()]), at.plus_micros(9_000_000));
    let log = ForgottenLog::open(&place.archive);
    log.ask(&forgetting).unwrap();
    log.ask(&forgetting).unwrap();
    assert_eq!(erase(&place.archive, &forgetting).unwrap().overwritten.len(), 2);
    let second = hound_samples(&day.join("20261123T091501.000Z.mic.wav"));
    assert!(second[8_000..24_000].iter().all(|frame| *frame == 0) && second[7_999] != 0 && second[24_000] != 0);
    let all = log.all().unwrap();
    assert_eq!((all.all.as_slice(), all.pending.len()), (std::slice::from_ref(&forgetting), 1));
    log.done(forgetting.mark, at).unwrap();
    log.done(forgetting.mark, at).unwrap();
    assert_eq!(log.all().unwrap().pending.len(), 0);
    let text = std::fs::read_to_string(day.join("forgotten.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.starts_with("{\"row\":\"forget\",\"mark\":\"")
            && text.contains("\"start\":\"2026-11-23T09:15:01.500000Z\""),
        "{text}"
    );
    assert!(all.of(&TrackName::loopback()).is_empty());
}

#[test]
fn a_line_that_was_torn_forgets_nothing_and_does_not_swallow_the_next() {
    let place = place();
    let day = place.day();
    let at = time("2026-11-23T09:15:00Z");
    std::fs::write(day.join("forgotten.jsonl"), "{\"row\":\"forget\",\"mark\":\"00").unwrap();
    let log = ForgottenLog::open(&place.archive);
    assert_eq!(log.all().unwrap().all, []);
    let span = Span::new(at, at.plus_micros(1_000_000));
    log.ask(&Forgetting::new(&span, None, at.plus_micros(2_000_000))).unwrap();
    assert_eq!(log.all().unwrap().all.len(), 1);
    let faults = place.archive.scan().unwrap().faults;
    assert!(faults.len() == 1 && faults[0].what.contains("line 1"), "{faults:?}");
    // Nobody forgets what is still to come.
    let ahead = Forgetting::new(&Span::new(at, at.plus_micros(9_000_000)), None, at.plus_micros(2_000_000));
    assert_eq!(ahead.span.end, at.plus_micros(2_000_000));
}

#[test]
fn what_is_forgotten_of_a_flac_is_gone_from_the_disk_and_the_rest_reads_as_before() {
    let place = place();
    let start = record(&place, 16_000, 0.0).wall();
    let at = |micros: i64| start.plus_micros(micros);
    let all = Span::new(at(0), at(150_000_000));
    let whole = read(&place, &all);
    for segment in segments(&place) {
        let packed = crate::packing::pack(&segment, &|| false).unwrap();
        assert!(matches!(packed, crate::packing::Packed::Packed { .. }), "{packed:?}");
    }
    assert!(read(&place, &all) == whole);
    // What a packing left that was killed.
    let copy = place.day().join("20261123T091600.000Z.mic.flac.part");
    std::fs::write(&copy, b"sound").unwrap();
    let forgetting = Forgetting::new(&Span::new(at(30_000_000), at(130_000_000)), None, at(200_000_000));
    ForgottenLog::open(&place.archive).ask(&forgetting).unwrap();
    let masked = read(&place, &all);
    let erased = erase(&place.archive, &forgetting).unwrap();
    assert_eq!((erased.overwritten.len(), erased.deleted.len()), (2, 2), "{erased:?}");
    assert!(read(&place, &all) == masked);
    assert!(masked[..30 * 16_000] == whole[..30 * 16_000] && masked[130 * 16_000..] == whole[130 * 16_000..]);
    let mut left = files_below(place.archive.folder());
    left.retain(|path| path.extension() != Some("jsonl".as_ref()));
    let endings: Vec<_> = left.iter().map(|path| path.extension().unwrap()).collect();
    assert_eq!(endings, ["flac", "wav", "wav"], "the first ended before the span: {left:?}");
    for segment in segments(&place) {
        assert_eq!(crate::verify::verify(&segment.path), None);
        if segment.path == left[0] {
            continue;
        }
        let frames = segment.frames_within(&forgetting.span);
        let sound = hound_samples(&segment.path);
        let from = usize::try_from(frames.start).unwrap();
        let to = usize::try_from(frames.end).unwrap_or(usize::MAX).min(sound.len());
        assert!(to > from && sound[from..to].iter().all(|frame| *frame == 0), "{}", segment.path.display());
    }
    assert_eq!(erase(&place.archive, &forgetting).unwrap().deleted.len(), 0, "and again changes nothing");
}
