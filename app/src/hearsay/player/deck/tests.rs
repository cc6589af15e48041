use super::*;

fn span(start_s: i64, end_s: i64) -> Span {
    Span::new(WallTime::from_millis(start_s * 1_000), WallTime::from_millis(end_s * 1_000))
}

#[test]
fn short_pauses_are_heard_and_long_ones_are_skipped() {
    let sound: SpanSet = [span(0, 10), span(11, 20), span(30, 40)].into_iter().collect();
    let at = |s: i64| stretch(&sound, WallTime::from_millis(s * 1_000));
    assert_eq!(at(5), Some(span(0, 20)));
    assert_eq!(at(10), Some(span(11, 20)));
    assert_eq!((at(25), at(40)), (Some(span(30, 40)), None));
}

/// Milliseconds after the sound's start at which both tracks click; a border between segments comes at 2 s.
const CLICKS: [i32; 4] = [500, 1_999, 2_250, 5_000];

/// An archive of 6 s on both tracks, two seconds before a border and four after it, and 6 s more on the
/// microphone a day later.
fn clicking(folder: &std::path::Path) -> (Archive, WallTime) {
    let home = home::Home::at(&folder.join("home"));
    home.ensure().unwrap();
    let archive = Archive::open(&home);
    let start = WallTime::parse_rfc3339("2026-11-23T09:14:58Z").unwrap();
    let wav = folder.join("clicks.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
    for i in 0..96_000 {
        let click = CLICKS.iter().any(|ms| ms * 16 == i);
        writer.write_sample(if click { 16_000_i16 } else { 0 }).unwrap();
    }
    writer.finalize().unwrap();
    let import = |track: timeline::TrackName, side, at| {
        archive::import::import(&archive, &wav, &track, side, at, &mut |_| {}).unwrap();
    };
    import(timeline::TrackName::mic(), timeline::Side::Said, start);
    import(timeline::TrackName::loopback(), timeline::Side::Heard, start);
    import(timeline::TrackName::mic(), timeline::Side::Said, start.plus_micros(86_400_000_000));
    (archive, start)
}

/// Everything from `from` on as a device of `rate_hz` gets it.
fn rendered(deck: &mut Deck, from: WallTime, rate_hz: u32) -> Vec<(f32, Position)> {
    assert!(deck.cue(from.position()).unwrap());
    let mut frames = Vec::new();
    while deck.render(777, rate_hz, |sample, at| frames.push((sample, at))).unwrap() != Rendered::Ended {}
    assert_eq!(deck.take_trouble(), None);
    frames
}

fn heard_by(archive: &Archive, ears: Ears, speed: f32) -> Deck {
    let mut deck = Deck::new(archive.clone());
    deck.set_ears(ears);
    deck.set_speed(speed);
    deck
}

/// The frames at which it clicks.
fn clicks(frames: &[(f32, Position)]) -> Vec<usize> {
    let peak = |w: &[(f32, Position)]| w[1].0 > 0.2 && w[1].0 >= w[0].0 && w[1].0 > w[2].0;
    frames.windows(3).enumerate().filter(|(_, w)| peak(w)).map(|(i, _)| i + 1).collect()
}

#[test]
fn both_sides_click_at_the_same_frame_across_borders_at_any_rate() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, start) = clicking(folder.path());
    for rate_hz in [16_000, 44_100, 48_000] {
        let said = rendered(&mut heard_by(&archive, Ears::Said, 1.0), start, rate_hz);
        let heard = rendered(&mut heard_by(&archive, Ears::Heard, 1.0), start, rate_hz);
        let (said_clicks, heard_clicks) = (clicks(&said), clicks(&heard));
        assert_eq!(said_clicks[..4], heard_clicks, "{rate_hz} Hz");
        for (frame, ms) in heard_clicks.iter().zip(CLICKS) {
            let expected = f64::from(ms) / 1_000.0 * f64::from(rate_hz);
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let off = (*frame as f64 - expected).abs();
            assert!(off <= 1.5, "{rate_hz} Hz: {frame} is {off} frames off");
            let place = heard[*frame].1.wall().micros_since(start) - i64::from(ms) * 1_000;
            assert!(place.abs() <= 125, "said to be {place} us off");
        }
    }
}

#[test]
fn both_sides_are_the_same_frame_by_frame_at_any_speed() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, start) = clicking(folder.path());
    for speed in [0.5_f32, 1.5, 3.0] {
        let said = rendered(&mut heard_by(&archive, Ears::Said, speed), start, 48_000);
        let heard = rendered(&mut heard_by(&archive, Ears::Heard, speed), start, 48_000);
        // The second sound, a day later, is only said.
        let expected = 6.0 * 48_000.0 / f64::from(speed);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
        let first = (expected * 0.98) as usize;
        assert!(said.iter().zip(&heard).take(first).all(|(s, h)| s == h), "{speed}x");
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let off = (heard.len() as f64 - 2.0 * expected).abs();
        assert!(off < 2_000.0, "{} frames of twice {expected} at {speed}x", heard.len());
        for click in clicks(&heard) {
            let place = heard[click].1.wall().micros_since(start) / 1_000;
            let nearest = CLICKS.iter().map(|ms| (place - i64::from(*ms)).abs()).min().unwrap();
            assert!(nearest <= 20, "{speed}x: said to be {nearest} ms off");
        }
    }
}

#[test]
fn a_loop_comes_again_and_again_and_fades_at_its_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, start) = clicking(folder.path());
    let mut deck = Deck::new(archive);
    let looped = Span::new(start.plus_micros(400_000), start.plus_micros(900_000));
    deck.set_loop(Some(looped));
    assert!(deck.cue(start.position()).unwrap());
    let mut frames = Vec::new();
    while frames.len() < 16_000 * 3 {
        deck.render(777, 16_000, |sample, at| frames.push((sample, at))).unwrap();
    }
    // It comes to the loop after 0.9 s; from then on it clicks every half a second.
    let clicks = clicks(&frames);
    assert!(clicks.len() >= 5, "{clicks:?}");
    assert!(clicks.windows(2).all(|pair| (pair[1] - pair[0]).abs_diff(8_000) < 20), "{clicks:?}");
    assert!(frames.iter().all(|(_, at)| *at < looped.end.position()));
    // Of what lies behind the loop it goes back into it; where there is no sound in it, it ends.
    assert!(deck.cue(start.plus_micros(2_000_000).position()).unwrap());
    deck.render(1, 16_000, |_, at| assert!(at < looped.end.position())).unwrap();
    let nothing = start.plus_micros(20_000_000);
    deck.set_loop(Some(Span::new(nothing, nothing.plus_micros(1_000_000))));
    assert!(!deck.cue(nothing.position()).unwrap());
}

#[test]
fn silence_is_skipped_by_level_where_nothing_is_transcribed() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, start) = clicking(folder.path());
    let home = home::Home::at(&folder.path().join("home"));
    let mut deck = Deck::new(archive);
    deck.skip_silence(Some(&home));
    let frames = rendered(&mut deck, start, 16_000);
    // Around the first three clicks and the last, of both days.
    let heard: SpanSet = frames.iter().map(|(_, at)| Span::new(at.wall(), at.wall().plus_micros(63))).collect();
    let day = 86_400_000;
    let expected = [(200, 2_580), (4_700, 5_340), (day + 200, day + 2_580), (day + 4_700, day + 5_340)];
    let close = |a: WallTime, ms: i64| (a.micros_since(start) / 1_000 - ms).abs() <= 40;
    let spans: Vec<Span> = heard.iter().collect();
    assert_eq!(spans.len(), expected.len(), "{spans:?}");
    for (span, (from, to)) in spans.iter().zip(expected) {
        assert!(close(span.start, from) && close(span.end, to), "{span} is not {from}..{to}");
    }
    assert_eq!(clicks(&frames).len(), 8);
}

#[test]
fn a_day_without_sound_is_skipped_and_then_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, start) = clicking(folder.path());
    let frames = rendered(&mut heard_by(&archive, Ears::Mix, 1.0), start, 16_000);
    assert!((191_990..192_010).contains(&frames.len()), "{} frames of twice 6 s", frames.len());
    assert_eq!(clicks(&frames).len(), 8);
    let last = frames.last().unwrap().1.wall().micros_since(start) - 86_400_000_000;
    assert!((5_999_000..6_001_000).contains(&last), "{last}");
    // Both at once are clipped, not wrapped around.
    assert!(frames.iter().all(|(sample, _)| (-1.0..=1.0).contains(sample)));
    let mut deck = Deck::new(archive);
    assert!(!deck.cue(start.plus_micros(90_000_000_000).position()).unwrap(), "nothing comes after that");
}

#[test]
fn the_spline_goes_through_the_samples_and_follows_a_straight_line() {
    assert!((spline(&[0.0, 0.25, 1.0, 0.0], 0.0) - 0.25).abs() < 1e-6);
    assert!((spline(&[0.0, 0.25, 1.0, 0.0], 1.0) - 1.0).abs() < 1e-6);
    assert!((spline(&[1.0, 2.0, 3.0, 4.0], 0.3) - 2.3).abs() < 1e-6);
}
