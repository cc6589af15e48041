use std::ops::Range;
use timeline::Position;

/// What the recogniser is given at once, and where its parts lie on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The stretch of the track this window deals with; where it ends the next one starts.
    pub span: (Position, Position),
    /// The utterances in it, in order, without overlap. None: nothing was said in the span.
    pub pieces: Vec<Piece>,
    /// Their sound, one after the other: 16 kHz, -1 to 1.
    pub samples: Vec<f32>,
}

/// One utterance inside a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Where its sound lies in the window's samples. Pieces follow each other without a hole.
    pub packed: Range<usize>,
    /// Where speech begins and ends by the voice detector, without pads.
    pub speech: (Position, Position),
    /// Where on the timeline the first of its samples lies.
    pub sound_start: Position,
    /// Mean probability of its frames, 0 to 1.
    pub vad_mean: f32,
    /// Highest probability of its frames.
    pub vad_peak: f32,
}

impl Window {
    /// Microseconds of sound in it.
    pub fn packed_micros(&self) -> i64 {
        i64::try_from(self.samples.len()).unwrap_or(i64::MAX).saturating_mul(125) / 2
    }

    /// Microseconds of speech in it, pads not counted.
    pub fn speech_micros(&self) -> i64 {
        self.pieces.iter().map(|piece| piece.speech.1.since(piece.speech.0).saturating_mul(125) / 2).sum()
    }
}

impl Piece {
    /// The place on the timeline of a sample of the window, moved into the piece's speech where it lies outside.
    pub fn place(&self, sample: usize) -> Position {
        let offset = i64::try_from(sample).unwrap_or(i64::MAX) - i64::try_from(self.packed.start).unwrap_or(i64::MAX);
        self.sound_start.plus(offset).clamp(self.speech.0, self.speech.1)
    }

    /// The sample of the window that lies at a place on the timeline, within the piece's sound.
    pub fn sample_of(&self, position: Position) -> usize {
        let offset = usize::try_from(position.since(self.sound_start)).unwrap_or(0);
        self.packed.start.saturating_add(offset).min(self.packed.end)
    }
}
