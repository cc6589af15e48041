use super::*;
use crate::TrackReader;
use timeline::{Position, Span};

fn value(frame: u64) -> f32 {
    f32::from(ramp(frame, 1)[0]) / 32_768.0
}

/// Three segments that follow each other, a hole of ten minutes, and one that is being written.
pub(super) fn recorded(place: &Place, hz: u32, sound: impl Fn(u64, usize) -> Vec<i16>) -> (Session, Vec<(u64, u64)>) {
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), hz, 5);
    let mut stretches = Vec::new();
    for (start_us, pieces) in [(0, 3), (600_000_000, 1)] {
        let first = mic.rate().frames(start_us);
        let mut frame = first;
        for piece in 0..pieces {
            for _ in 0..40 {
                let len = hz as usize / 10 + 1;
                mic.place(&sound(frame, len), BOOT + mic.rate().micros(frame)).unwrap();
                frame += len as u64;
            }
            if piece < 2 && pieces > 1 {
                mic.rotate().unwrap();
            }
        }
        stretches.push((first, frame));
    }
    (session, stretches)
}

fn reader(place: &Place) -> TrackReader {
    TrackReader::new(place.archive.segments(&TrackName::mic(), &Span::ALL).unwrap())
}

#[test]
fn segments_that_follow_each_other_read_as_one_file_from_any_place() {
    let place = place();
    let (session, stretches) = recorded(&place, 16_000, ramp);
    let mut reader = reader(&place);
    assert_eq!(reader.segments().len(), 6, "three by rotation, two by borders, one after the hole");
    let start = session.wall().position();
    let at = |frame: u64| start.plus(frame as i64).wall();
    let sound: Vec<Span> = reader.sound().iter().collect();
    assert_eq!(sound, stretches.iter().map(|(from, to)| Span::new(at(*from), at(*to))).collect::<Vec<_>>());
    let expected = |frame: i64| {
        let there = u64::try_from(frame).ok().filter(|f| stretches.iter().any(|(from, to)| from <= f && f < to));
        there.map_or(0.0, value)
    };
    let mut random = Random(9);
    let mut out = Vec::new();
    for turn in 0..600 {
        let around = [0, stretches[0].1, stretches[1].0, stretches[1].1, random.below(stretches[0].1)][turn % 5];
        let from = around as i64 - random.below(20_000) as i64;
        out.resize(random.below(40_000) as usize, 9.0);
        reader.read(start.plus(from), &mut out).unwrap();
        for (frame, got) in (from..).zip(&out) {
            assert!((expected(frame) - got).abs() < f32::EPSILON, "frame {frame}: {got}");
        }
    }
}

#[test]
fn a_part_that_grows_is_read_up_to_its_header_and_again_when_it_is_finished() {
    let place = place();
    let session = session();
    let mut mic = writer(&place.archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 1_000), BOOT).unwrap();
    let mut early = reader(&place);
    mic.place(&ramp(1_000, 1_000), BOOT + 62_500).unwrap();
    let mut later = reader(&place);
    mic.finish().unwrap();
    for (reader, frames) in [(&mut early, 1_000), (&mut later, 2_000)] {
        let mut out = vec![9.0; 3_000];
        reader.read(session.wall().position(), &mut out).unwrap();
        assert!((0..frames).all(|frame| (out[frame] - value(frame as u64)).abs() < f32::EPSILON));
        assert!(out[frames..].iter().all(|frame| *frame == 0.0));
    }
}

#[test]
fn other_rates_are_resampled_across_borders_and_the_same_from_any_place() {
    for hz in [48_000, 44_100] {
        let place = place();
        let tone = |first: u64, len: usize| -> Vec<i16> {
            let phase = |frame: u64| std::f64::consts::TAU * 440.0 * frame as f64 / f64::from(hz);
            (first..first + len as u64).map(|frame| (8_000.0 * phase(frame).sin()) as i16).collect()
        };
        let (session, stretches) = recorded(&place, hz, tone);
        let start = session.wall().position();
        let len = stretches[0].1 * 16_000 / u64::from(hz);
        let mut whole = vec![0.0; len as usize];
        reader(&place).read(start, &mut whole).unwrap();
        let off = |frame: usize, got: f32| {
            let expected = 8_000.0 / 32_768.0 * (std::f64::consts::TAU * 440.0 * frame as f64 / 16_000.0).sin();
            (f64::from(got) - expected).abs()
        };
        let edge = 400;
        let worst = (edge..whole.len() - edge).map(|frame| off(frame, whole[frame])).fold(0.0, f64::max);
        assert!(worst < 2e-4, "{hz} Hz: {worst}");
        let mut random = Random(4);
        let mut other = reader(&place);
        for _ in 0..20 {
            let from = random.below(len - 20_000) as usize;
            let mut out = vec![0.0; random.below(20_000) as usize];
            other.read(start.plus(from as i64), &mut out).unwrap();
            assert!(out == whole[from..from + out.len()], "{hz} Hz from {from}: not the same bits");
        }
    }
}

#[test]
fn stereo_and_float_files_dropped_in_by_hand_are_read_as_mono() {
    let place = place();
    let float = hound::SampleFormat::Float;
    let int = hound::SampleFormat::Int;
    for (minute, spec) in [
        spec(2, 16_000, 16, int),
        spec(2, 16_000, 24, int),
        spec(3, 16_000, 32, int),
        spec(2, 16_000, 32, float),
        spec(1, 16_000, 8, int),
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = wav(spec, 16_000, |_, channel| if channel == 0 { 0.5 } else { 0.25 });
        std::fs::write(place.day().join(format!("20261123T10{minute:02}00.000Z.phone.wav")), bytes).unwrap();
        let expected = (0.5 + 0.25 * f32::from(spec.channels - 1)) / f32::from(spec.channels);
        let phone = TrackName::new("phone").unwrap();
        let segments = place.archive.segments(&phone, &Span::ALL).unwrap();
        assert_eq!(segments[minute].side, Side::Both);
        assert_eq!((segments[minute].frames, segments[minute].session.as_deref()), (16_000, None));
        let mut out = vec![0.0; 16_000];
        TrackReader::new(segments.clone()).read(segments[minute].span.start.position(), &mut out).unwrap();
        assert!(out.iter().all(|frame| (frame - expected).abs() < 1e-3), "{spec:?}: {} {expected}", out[0]);
    }
    assert_eq!(place.archive.scan().unwrap().faults, []);
    assert_eq!(place.archive.tracks().unwrap(), [TrackName::new("phone").unwrap()]);
    assert_eq!(place.archive.days().unwrap(), ["2026-11-23"]);
}

#[test]
fn five_minutes_are_read_in_steps_of_the_voice_detector_quickly() {
    let place = place();
    std::fs::write(place.day().join("20261123T090000.000Z.mic.wav"), ramp_wav(16_000 * 300)).unwrap();
    let mut reader = reader(&place);
    let start = time("2026-11-23T09:00:00Z").position();
    let mut out = [0.0; 512];
    let clock = timeline::SystemClock;
    let before = timeline::Clock::boot_micros(&clock);
    for step in 0..16_000 * 300 / 512 {
        reader.read(start.plus(step * 512), &mut out).unwrap();
    }
    let took = timeline::Clock::boot_micros(&clock) - before;
    println!("5 min of sound read in {} ms", took / 1_000);
    assert!(took < 5_000_000);
}

#[test]
fn reading_before_and_behind_all_sound_gives_silence() {
    let mut reader = TrackReader::new(Vec::new());
    let mut out = [9.0; 100];
    reader.read(Position(-50), &mut out).unwrap();
    assert!(out.iter().all(|frame| *frame == 0.0) && reader.sound().is_empty());
}

#[test]
fn what_is_near_a_moment_is_what_is_found_in_its_span() {
    let place = place();
    let (session, _) = recorded(&place, 16_000, ramp);
    let all = place.archive.segments(&TrackName::mic(), &Span::ALL).unwrap();
    assert!(all.len() >= 4, "{all:?}");
    for start_s in (-20..620).step_by(3) {
        for length_s in [1, 7, 900] {
            let start = session.wall().plus_micros(start_s * 1_000_000);
            let span = Span::new(start, start.plus_micros(length_s * 1_000_000));
            let near = place.archive.segments_near(&TrackName::mic(), &span).unwrap();
            assert_eq!(near, place.archive.segments(&TrackName::mic(), &span).unwrap(), "{span}");
        }
    }
    assert_eq!(place.archive.segments_near(&TrackName::loopback(), &Span::ALL).unwrap(), []);
}
