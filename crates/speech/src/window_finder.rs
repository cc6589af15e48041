//! Sound to windows.
//!
//! A window is a pure function of the track's sound, the start and the parameters. To that end the detector's frames lie
//! on the absolute grid, and every window begins with a fresh detector that hears the 10 s before its start.

use crate::speech_edges::{Speech, SpeechEdges, frame_start, frames_of};
use crate::vad::BATCH;
use crate::{FRAME, Piece, Vad, VadError, Window, WindowParams};
use timeline::Position;

/// How much sound before a window the detector hears, in frames of the grid: 10 s.
const WARM_UP: i64 = 160_000;

/// Finds one window, from its start to where it closes.
///
/// Memory: the sound since the first utterance, at most `max_wait` of it (4 bytes a sample).
#[derive(Debug)]
pub struct WindowFinder {
    start: Position,
    params: WindowParams,
    edges: SpeechEdges,
    speeches: Vec<Speech>,
    /// Sound from `sound_start` on.
    sound: Vec<f32>,
    sound_start: Position,
    /// Where the next detector frame begins.
    next_frame: Position,
    fresh: bool,
}

impl WindowFinder {
    /// A window that begins at `start`, which may be any position.
    pub fn new(start: Position, params: &WindowParams) -> Self {
        let reads_from = frame_start(start.plus(-WARM_UP));
        Self {
            start,
            params: *params,
            edges: SpeechEdges::new(params),
            speeches: Vec::new(),
            sound: Vec::new(),
            sound_start: reads_from,
            next_frame: reads_from,
            fresh: true,
        }
    }

    /// Where the sound given to [`push`](Self::push) must begin: 10 s before the start, on the detector's grid.
    pub fn reads_from(&self) -> Position {
        frame_start(self.start.plus(-WARM_UP))
    }

    /// Takes the next samples of the track, any number of them, and gives the window once it is closed. What was pushed behind
    /// its end is not part of it; the next window reads it again.
    ///
    /// # Errors
    /// As [`Vad::probability`].
    pub fn push(&mut self, vad: &mut Vad, samples: &[f32]) -> Result<Option<Window>, VadError> {
        if std::mem::take(&mut self.fresh) {
            vad.reset();
        }
        self.sound.extend_from_slice(samples);
        let mut probabilities = Vec::with_capacity(BATCH);
        loop {
            vad.probabilities(self.frames(), &mut probabilities)?;
            if probabilities.is_empty() {
                break;
            }
            for probability in &probabilities {
                let (from, to) = (self.next_frame, self.next_frame.plus(frame_len()));
                self.next_frame = to;
                if to > self.start
                    && let Some(end) = self.take(from.max(self.start), to, *probability)
                {
                    return Ok(Some(self.window(end)));
                }
            }
        }
        self.forget();
        Ok(None)
    }

    /// Closes the window at `end`, because no more sound will come.
    #[must_use]
    pub fn finish(mut self, end: Position) -> Window {
        let end = end.max(self.start);
        if let Some(speech) = self.edges.close() {
            self.speeches.push(Speech { end: speech.end.min(end), ..speech });
        }
        self.next_frame = end;
        self.window(end)
    }

    /// Takes one frame's probability; gives the window's end if that closed it.
    fn take(&mut self, from: Position, to: Position, probability: f32) -> Option<Position> {
        if let Some(speech) = self.edges.push(from, to, probability) {
            self.speeches.push(speech);
        }
        let open = self.edges.open();
        match (self.speeches.first(), self.speeches.last()) {
            (Some(first), Some(last)) => {
                let too_long = open.is_some_and(|open| self.packed_len(Some((open.start, to))) > self.longest());
                let waited = to.since(first.start) >= frames_of(self.params.max_wait_ms);
                (too_long || waited).then_some(last.end)
            }
            _ => match open {
                Some(open) if to.since(open.start) + 2 * self.pad() >= self.longest() => {
                    let cut = open.cut_behind(open.start.plus(self.longest() / 2));
                    self.speeches.push(cut);
                    Some(cut.end)
                }
                Some(_) => None,
                None => (to.since(self.start) >= frames_of(self.params.nothing_after_ms)).then_some(to),
            },
        }
    }

    /// Closes the window at `end`.
    fn window(&self, end: Position) -> Window {
        let spans = self.kept(None);
        let mut window = Window { span: (self.start, end), pieces: Vec::new(), samples: Vec::new() };
        for (speech, (from, to)) in self.speeches.iter().zip(spans) {
            let packed_start = window.samples.len();
            window.samples.extend_from_slice(self.sound_between(from, to));
            window.pieces.push(Piece {
                packed: packed_start..window.samples.len(),
                speech: (speech.start, speech.end),
                sound_start: from.max(self.sound_start),
                vad_mean: speech.mean,
                vad_peak: speech.peak,
            });
        }
        window
    }

    /// How long the window is with its utterances so far, and `more`.
    fn packed_len(&self, more: Option<(Position, Position)>) -> i64 {
        self.kept(more).iter().map(|(from, to)| to.since(*from)).sum()
    }

    /// The sound that is kept of every utterance: with its pads, which meet in the middle of a short pause.
    fn kept(&self, more: Option<(Position, Position)>) -> Vec<(Position, Position)> {
        let speech: Vec<_> = self.speeches.iter().map(|s| (s.start, s.end)).chain(more).collect();
        let pad = self.pad();
        let mut kept = Vec::with_capacity(speech.len());
        for (at, (start, end)) in speech.iter().enumerate() {
            let before =
                at.checked_sub(1).and_then(|at| speech.get(at)).map_or(self.start, |(_, end)| middle(*end, *start));
            let after = speech.get(at + 1).map_or(Position(i64::MAX), |(next, _)| middle(*end, *next));
            // Never beyond what the detector has dealt with: how much more was pushed is chance.
            kept.push((start.plus(-pad).max(before), end.plus(pad).min(after).min(self.next_frame)));
        }
        kept
    }

    fn sound_between(&self, from: Position, to: Position) -> &[f32] {
        let at =
            |position: Position| usize::try_from(position.since(self.sound_start)).unwrap_or(0).min(self.sound.len());
        self.sound.get(at(from)..at(to)).unwrap_or_default()
    }

    /// The next frames that are there, as many as the detector likes to deal with at once.
    fn frames(&self) -> &[[f32; FRAME]] {
        let at = usize::try_from(self.next_frame.since(self.sound_start)).unwrap_or(usize::MAX);
        let frames = self.sound.get(at..).unwrap_or_default().as_chunks().0;
        frames.get(..BATCH).unwrap_or(frames)
    }

    /// Drops sound that no utterance can need any more.
    fn forget(&mut self) {
        if !self.speeches.is_empty() || self.edges.open().is_some() {
            return;
        }
        let needless = self.next_frame.plus(-self.pad()).since(self.sound_start);
        if let Ok(count @ 1..) = usize::try_from(needless) {
            self.sound.drain(..count.min(self.sound.len()));
            self.sound_start = self.sound_start.plus(needless);
        }
    }

    fn pad(&self) -> i64 {
        frames_of(self.params.pad_ms)
    }

    fn longest(&self) -> i64 {
        frames_of(self.params.max_window_ms)
    }
}

fn frame_len() -> i64 {
    i64::try_from(FRAME).unwrap_or(512)
}

fn middle(a: Position, b: Position) -> Position {
    a.plus(b.since(a) / 2)
}
