//! Where utterances begin and end: hysteresis over the frames' probabilities.

use crate::{FRAME, WindowParams};
use timeline::Position;

/// A stretch of speech by the voice detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speech {
    pub(crate) start: Position,
    pub(crate) end: Position,
    pub(crate) mean: f32,
    pub(crate) peak: f32,
}

/// An utterance that may still go on.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) start: Position,
    /// Where it ends if nothing follows.
    last_speech: Position,
    sum: f32,
    frames: f32,
    peak: f32,
    /// Frames since the end that may turn out to be a pause: added to the sums only if speech goes on.
    pending: (f32, f32),
    /// Every frame of it (end, probability), for the cut of a speech without pauses.
    probabilities: Vec<(Position, f32)>,
}

/// Turns frames into utterances, one after the other.
#[derive(Debug)]
pub(crate) struct SpeechEdges {
    onset: f32,
    offset: f32,
    min_silence: i64,
    min_speech: i64,
    open: Option<Open>,
}

impl SpeechEdges {
    pub(crate) fn new(params: &WindowParams) -> Self {
        Self {
            onset: params.onset,
            offset: params.offset,
            min_silence: frames_of(params.min_silence_ms),
            min_speech: frames_of(params.min_speech_ms),
            open: None,
        }
    }

    /// The utterance going on, once it is long enough to be one.
    pub(crate) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Takes the frame `start..end`; gives the utterance that its silence ended.
    pub(crate) fn push(&mut self, start: Position, end: Position, probability: f32) -> Option<Speech> {
        let Some(open) = &mut self.open else {
            if probability >= self.onset {
                self.open = Some(Open::new(start, end, probability));
            }
            return None;
        };
        open.probabilities.push((end, probability));
        if probability >= self.offset {
            open.goes_on(end, probability);
            return None;
        }
        open.pending = (open.pending.0 + probability, open.pending.1 + 1.0);
        if end.since(open.last_speech) < self.min_silence {
            return None;
        }
        self.close()
    }

    /// Ends the utterance going on, as its last frame of speech was.
    pub(crate) fn close(&mut self) -> Option<Speech> {
        let open = self.open.take()?;
        let long_enough = open.last_speech.since(open.start) >= self.min_speech;
        long_enough.then(|| open.speech(open.last_speech))
    }
}

impl Open {
    fn new(start: Position, end: Position, probability: f32) -> Self {
        Self {
            start,
            last_speech: end,
            sum: probability,
            frames: 1.0,
            peak: probability,
            pending: (0.0, 0.0),
            probabilities: vec![(end, probability)],
        }
    }

    fn goes_on(&mut self, end: Position, probability: f32) {
        self.sum += self.pending.0 + probability;
        self.frames += self.pending.1 + 1.0;
        self.pending = (0.0, 0.0);
        self.peak = self.peak.max(probability);
        self.last_speech = end;
    }

    fn speech(&self, end: Position) -> Speech {
        Speech { start: self.start, end, mean: self.sum / self.frames, peak: self.peak }
    }

    /// Cuts a speech without pauses at its quietest frame behind `from`.
    pub(crate) fn cut_behind(&self, from: Position) -> Speech {
        let quietest = self
            .probabilities
            .iter()
            .filter(|(end, _)| *end > from)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(self.last_speech, |(end, _)| *end);
        self.speech(quietest)
    }
}

/// Frames of the grid in so many milliseconds.
pub(crate) fn frames_of(ms: u32) -> i64 {
    i64::from(ms) * 16
}

/// The start of the detector's frame that holds `position`.
pub(crate) fn frame_start(position: Position) -> Position {
    let frame = i64::try_from(FRAME).unwrap_or(512);
    Position(position.0.div_euclid(frame) * frame)
}
