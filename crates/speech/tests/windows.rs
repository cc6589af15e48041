//! Windows over real sound: they depend on the sound and the start, and on nothing else.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

use speech::{FRAME, Vad, VadChoice, Window, WindowFinder, WindowParams};
use timeline::Position;

/// Where the track's sound begins on the grid: any place that is no multiple of a frame.
const BEGIN: i64 = 28_726_804_800_123;
/// Of the detector's frames.
const FRAME_LEN: i64 = 512;

struct Track(Vec<f32>);

impl Track {
    fn open(name: &str) -> Self {
        let path = testkit::fixture(&format!("days/{name}"));
        Self(hound::WavReader::open(path).unwrap().samples::<i16>().map(|s| f32::from(s.unwrap()) / 32_768.0).collect())
    }

    fn end(&self) -> Position {
        Position(BEGIN).plus(i64::try_from(self.0.len()).unwrap())
    }

    fn read(&self, from: Position, len: usize) -> Vec<f32> {
        let at = |offset: usize| from.plus(i64::try_from(offset).unwrap()).since(Position(BEGIN));
        (0..len)
            .map(|offset| usize::try_from(at(offset)).ok().and_then(|at| self.0.get(at)).copied().unwrap_or(0.0))
            .collect()
    }

    /// One window from `start`, pushed in blocks of `block` samples.
    fn window(&self, vad: &mut Vad, start: Position, params: &WindowParams, block: usize) -> Window {
        let mut finder = WindowFinder::new(start, params);
        let mut at = finder.reads_from();
        while at < self.end() {
            let len = block.min(usize::try_from(self.end().since(at)).unwrap());
            if let Some(window) = finder.push(vad, &self.read(at, len)).unwrap() {
                return window;
            }
            at = at.plus(i64::try_from(len).unwrap());
        }
        finder.finish(self.end())
    }

    fn windows(&self, params: &WindowParams, block: usize) -> Vec<Window> {
        let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
        let mut windows: Vec<Window> = Vec::new();
        while windows.last().is_none_or(|last| last.span.1 < self.end()) {
            let start = windows.last().map_or(Position(BEGIN), |last| last.span.1);
            windows.push(self.window(&mut vad, start, params, block));
        }
        windows
    }
}

/// What holds of every window, whatever the sound.
fn check(track: &Track, params: &WindowParams, window: &Window) {
    assert!(window.span.0 < window.span.1);
    assert!(window.samples.len() <= usize::try_from(params.max_window_ms).unwrap() * 16);
    let mut packed = 0;
    let mut spoken = window.span.0;
    for piece in &window.pieces {
        assert_eq!(piece.packed.start, packed, "pieces follow each other");
        packed = piece.packed.end;
        assert!(spoken <= piece.speech.0 && piece.speech.0 < piece.speech.1 && piece.speech.1 <= window.span.1);
        spoken = piece.speech.1;
        let sound = &window.samples[piece.packed.clone()];
        assert_eq!(sound, track.read(piece.sound_start, sound.len()), "the map back is exact to the sample");
        assert_eq!(piece.place(piece.sample_of(piece.speech.0)), piece.speech.0);
        assert!(
            (0.0..=1.0).contains(&piece.vad_mean) && piece.vad_mean <= piece.vad_peak && piece.vad_peak >= params.onset
        );
    }
    assert_eq!(packed, window.samples.len());
}

#[test]
fn windows_cover_the_track_and_do_not_depend_on_how_sound_arrives() {
    let track = Track::open("standup.mic.wav");
    let params = WindowParams::default();
    let windows = track.windows(&params, 16_000);
    assert_eq!(windows[0].span.0, Position(BEGIN));
    assert_eq!(windows.last().unwrap().span.1, track.end());
    for window in &windows {
        check(&track, &params, window);
    }
    for (a, b) in windows.iter().zip(windows.iter().skip(1)) {
        assert_eq!(a.span.1, b.span.0, "one begins where the other ends");
    }
    assert_eq!(track.windows(&params, 333), windows);
    assert_eq!(track.windows(&params, 100_000), windows);
    // As after a restart: any window is found again from its start alone.
    let mut fresh = Vad::open(VadChoice::Builtin, None).unwrap();
    assert_eq!(&track.window(&mut fresh, windows[1].span.0, &params, 777), &windows[1]);
}

#[test]
fn live_windows_close_right_behind_their_utterance() {
    let track = Track::open("standup.mic.wav");
    let params = WindowParams::live();
    let windows = track.windows(&params, 4_000);
    for window in &windows {
        check(&track, &params, window);
        assert!(window.pieces.len() <= 2, "a second at most is waited");
    }
    let spoken = |windows: &[Window]| windows.iter().map(|window| window.pieces.len()).sum::<usize>();
    assert_eq!(spoken(&windows), spoken(&track.windows(&WindowParams::default(), 16_000)), "the same utterances");
}

#[test]
fn a_minute_without_speech_is_a_window_of_nothing() {
    let track = Track(vec![0.0; 150 * 16_000]);
    let params = WindowParams::default();
    let windows = track.windows(&params, 16_000);
    assert!(windows.iter().all(|window| window.pieces.is_empty() && window.samples.is_empty()));
    let lengths: Vec<i64> = windows.iter().map(|window| window.span.1.since(window.span.0) / 16_000).collect();
    assert_eq!(lengths, [60, 60, 29], "whole minutes on the detector's grid, then what is left");
}

#[test]
fn speech_without_pauses_is_cut_before_the_window_is_too_long() {
    // One utterance repeated without its pauses: a voice that never takes breath.
    let track = Track::open("standup.mic.wav");
    let spoken = track.read(Position(BEGIN).plus(4_400 * 16), 2_500 * 16);
    let track = Track(spoken.iter().copied().cycle().take(70 * 16_000).collect());
    let params = WindowParams { min_silence_ms: 2_000, ..WindowParams::default() };
    let windows = track.windows(&params, 16_000);
    for window in &windows {
        check(&track, &params, window);
    }
    assert!(windows.iter().any(|window| window.samples.len() > 13 * 16_000), "it was cut late rather than early");
    let kept: i64 =
        windows.iter().flat_map(|window| &window.pieces).map(|piece| piece.speech.1.since(piece.speech.0)).sum();
    assert!(kept > 68 * 16_000, "only {} s of 70 are in windows", kept / 16_000);
}

#[test]
fn sound_that_ends_within_a_word_is_closed_by_finish() {
    let track = Track::open("standup.mic.wav");
    let cut = Track(track.0[..5 * 16_000 + 77].to_vec());
    let windows = cut.windows(&WindowParams::default(), 1_000);
    assert_eq!(windows.len(), 1);
    let last = windows[0].pieces.last().unwrap();
    check(&cut, &WindowParams::default(), &windows[0]);
    assert!(cut.end().since(last.speech.1) < 1_024, "the word at the end is part of it");
}

/// What the detector says from where a window that begins at `start` starts to listen, up to `end` or the track's last whole
/// frame: start and probability of every frame.
fn heard(track: &Track, start: Position, end: Position, params: &WindowParams) -> Vec<(Position, f32)> {
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let from = WindowFinder::new(start, params).reads_from();
    let sound = track.read(from, usize::try_from(end.min(track.end()).since(from)).unwrap());
    let starts = (from.0..).step_by(FRAME).map(Position);
    starts.zip(sound.as_chunks().0).map(|(start, frame)| (start, vad.probability(frame).unwrap())).collect()
}

/// What hysteresis says of frames, written down from its definition: speech begins with a frame at least as likely as `onset`
/// and ends behind its last frame at least as likely as `offset` that `min_silence_ms` of less likely ones follow.
fn hysteresis(frames: &[(Position, f32)], params: &WindowParams) -> Vec<(Position, Position)> {
    let ms = |frames: usize| frames * FRAME / 16;
    let pause = (params.min_silence_ms as usize * 16).div_ceil(FRAME);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = (at..frames.len()).find(|frame| frames[*frame].1 >= params.onset) {
        let mut last = first;
        while let Some(next) =
            (last + 1..frames.len().min(last + 1 + pause)).find(|frame| frames[*frame].1 >= params.offset)
        {
            last = next;
        }
        if ms(last + 1 - first) >= params.min_speech_ms as usize {
            found.push((frames[first].0, frames[last].0.plus(FRAME_LEN)));
        }
        at = last + 1;
    }
    found
}

#[test]
fn utterances_begin_and_end_with_the_very_frames_of_the_detectors_decision() {
    let backlog = WindowParams::default();
    // It has pauses of just that many frames, and an utterance; a live window is nearly every utterance's own.
    let just_enough = WindowParams { min_silence_ms: 3 * 32, min_speech_ms: 15 * 32, ..backlog };
    let cases = [
        ("standup.mic.wav", just_enough),
        ("standup.loopback.wav", backlog),
        ("call.loopback.wav", backlog),
        ("call.mic.wav", WindowParams::live()),
    ];
    for (name, params) in cases {
        let track = Track::open(name);
        let mut utterances = 0;
        for window in track.windows(&params, 16_000) {
            // What comes behind the window decides where its last utterance ends.
            let behind = window.span.1.plus(i64::from(params.min_silence_ms) * 16 + FRAME_LEN);
            let mut frames = heard(&track, window.span.0, behind, &params);
            frames.retain(|(start, _)| start.plus(FRAME_LEN) > window.span.0);
            let mut decided = hysteresis(&frames, &params);
            decided.retain(|(start, _)| *start < window.span.1);
            let found: Vec<_> = window.pieces.iter().map(|piece| piece.speech).collect();
            assert_eq!(found, decided, "{name}, {:?}, {params:?}", window.span);
            assert!(found.iter().all(|(start, end)| start.0 % FRAME_LEN == 0 && end.0 % FRAME_LEN == 0));
            utterances += found.len();
        }
        assert!(utterances >= 10, "{name}: only {utterances} utterances");
    }
}
