//! Devices whose clock isn't ours: what sounded at a moment is read at that moment.

use super::*;
use crate::TrackReader;
use timeline::Span;

/// Records `seconds` of what sounds, as a device does whose clock is off by so many parts per million.
fn record(place: &Place, hz: u32, ppm: f64, seconds: u32, sound: impl Fn(f64) -> f64) -> Session {
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), hz, 1);
    let real_hz = f64::from(hz) * (1.0 + ppm / 1e6);
    let block = u64::from(hz / 25);
    for first in (0..).step_by(block as usize).take_while(|frame| *frame < u64::from(hz * seconds)) {
        let frames: Vec<i16> =
            (first..first + block).map(|frame| (sound(frame as f64 / real_hz) * 20_000.0) as i16).collect();
        mic.place(&frames, BOOT + (first as f64 / real_hz * 1e6) as i64).unwrap();
    }
    mic.finish().unwrap();
    session
}

fn reader(place: &Place) -> TrackReader {
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.faults, []);
    TrackReader::new(scan.segments)
}

/// A click of a millisecond, every 20 s from the fifth on.
fn clicks(t: f64) -> f64 {
    let near = ((t - 5.0) / 20.0).round().max(0.0) * 20.0 + 5.0;
    (-((t - near) / 0.000_5).powi(2)).exp()
}

#[test]
fn what_a_drifting_device_heard_is_read_when_it_sounded() {
    for (hz, ppm, seconds) in [
        (16_000, -100.0, 1_200),
        (16_000, 100.0, 1_200),
        (16_000, 1_000.0, 300),
        (16_000, -1_000.0, 300),
        (8_000, -400.0, 300),
        (11_025, 250.0, 600),
        (44_100, -100.0, 600),
    ] {
        let place = place();
        let session = record(&place, hz, ppm, seconds, clicks);
        let mut reader = reader(&place);
        assert_eq!(reader.sound().iter().count(), 1, "{hz} Hz, {ppm} ppm: no frame between two segments, none in both");
        let mut worst = 0;
        for click in (5..i64::from(seconds) - 5).step_by(20) {
            let at = session.wall().plus_micros(click * 1_000_000).position();
            let mut out = vec![0.0; 16_000];
            reader.read(at.plus(-8_000), &mut out).unwrap();
            let peak = (0..out.len()).max_by(|a, b| out[*a].total_cmp(&out[*b])).unwrap();
            assert!(out[peak] > 0.4, "{hz} Hz, {ppm} ppm: no click at {click} s");
            worst = worst.max((peak as i64 - 8_000).abs() * 1_000 / 16);
        }
        println!("{hz} Hz, {ppm} ppm for {seconds} s: clicks within {worst} us");
        assert!(worst < 2_000, "{hz} Hz, {ppm} ppm: off by {worst} us");
    }
}

#[test]
fn a_tone_of_a_drifting_device_goes_through_borders_without_a_click() {
    const HZ: f64 = 440.0;
    for (hz, ppm) in [(16_000, 300.0), (16_000, -300.0), (48_000, 300.0)] {
        let place = place();
        record(&place, hz, ppm, 150, |t| (t * HZ * std::f64::consts::TAU).sin());
        let mut reader = reader(&place);
        let borders: Vec<_> = reader.segments().iter().skip(1).map(|segment| segment.span.start).collect();
        assert!(borders.len() >= 2);
        let sound: Vec<Span> = reader.sound().iter().collect();
        assert_eq!(sound.len(), 1, "segments that follow each other share the moment between them: {sound:?}");
        // A sampled tone's second difference is its value times the square of its angular step.
        let bend = (HZ * std::f64::consts::TAU / 16_000.0).powi(2) * 20_000.0 / 32_768.0;
        for border in borders {
            let mut out = vec![0.0; 3_200];
            reader.read(border.position().plus(-1_600), &mut out).unwrap();
            let worst = out.windows(3).map(|w| f64::from(w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f64::max);
            assert!(worst < bend * 1.1, "{hz} Hz, {ppm} ppm: a bend of {worst} at {border}, {bend} in the tone");
        }
    }
}

#[test]
fn a_recorder_that_died_leaves_a_drifting_segment_that_is_read_as_if_it_had_been_finished() {
    let place = place();
    let session = Session::start(time("2026-11-23T09:15:00Z"), BOOT);
    let settings = WriterSettings { segment_minutes: 5, sync_every_s: 5 };
    let mut mic =
        TrackWriter::new(&place.archive, &session, TrackName::mic(), Side::Said, SampleRate::SPEECH, settings);
    let real_hz = 16_000.0 * (1.0 - 150e-6);
    for first in (0..16_000 * 250_u64).step_by(640) {
        let frames: Vec<i16> =
            (first..first + 640).map(|frame| (clicks(frame as f64 / real_hz) * 20_000.0) as i16).collect();
        mic.place(&frames, BOOT + (first as f64 / real_hz * 1e6) as i64).unwrap();
    }
    let growing = place.archive.scan().unwrap().segments.remove(0);
    assert!(growing.part && growing.span.len_micros() == 250_000_000, "what grows is read by its count");
    drop(mic);
    assert_eq!(crate::repair::left_behind(&place.archive).unwrap().adopted.len(), 1);
    let mut reader = reader(&place);
    let at = session.wall().plus_micros(245_000_000).position();
    let mut out = vec![0.0; 16_000];
    reader.read(at.plus(-8_000), &mut out).unwrap();
    let peak = (0..out.len()).max_by(|a, b| out[*a].total_cmp(&out[*b])).unwrap();
    let off_us = (peak as i64 - 8_000) * 1_000 / 16;
    println!("killed after 250 s at -150 ppm: the click at 245 s is off by {off_us} us");
    assert!(out[peak] > 0.4 && off_us.abs() < 2_000, "off by {off_us} us");
    let end = session.wall().plus_micros((16_000.0 * 250.0 / real_hz * 1e6) as i64);
    assert!(reader.segments()[0].span.end.micros_since(end).abs() < 2_000);
}

#[test]
fn a_device_that_keeps_time_is_read_bit_by_bit_and_says_nothing_of_an_end() {
    let place = place();
    let session = record(&place, 16_000, 10.0, 150, |t| (t * 100.0).sin());
    let mut reader = reader(&place);
    for segment in reader.segments().to_vec() {
        let bytes = std::fs::read(&segment.path).unwrap();
        assert!(!String::from_utf8_lossy(&bytes[..512]).contains("end_us"));
        let samples = hound_samples(&segment.path);
        let mut out = vec![0.0; samples.len()];
        reader.read(segment.span.start.position(), &mut out).unwrap();
        assert!(
            out.iter().zip(&samples).all(|(got, sample)| got.to_bits() == (f32::from(*sample) / 32_768.0).to_bits())
        );
        let by_count = session.wall().plus_micros(SampleRate::SPEECH.micros(segment.first_frame));
        assert_eq!(segment.span.start, by_count);
    }
}

#[test]
fn frames_lost_by_number_move_what_follows_by_just_as_many() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    assert_eq!(mic.lose(5).unwrap(), None, "before the first block nothing can be told");
    mic.place(&[1_000; 160], BOOT).unwrap();
    let gap = mic.lose(37).unwrap().unwrap();
    assert_eq!((gap.frame, gap.frames, gap.written), (160, 37, true));
    let placed = mic.place(&[2_000; 160], BOOT + SampleRate::SPEECH.micros(197)).unwrap();
    assert_eq!((placed.frame, placed.gap), (197, None));
    let path = mic.finish().unwrap().unwrap();
    assert_eq!(hound_samples(&path), [vec![1_000; 160], vec![0; 37], vec![2_000; 160]].concat());
}
