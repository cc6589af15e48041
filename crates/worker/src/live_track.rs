use crate::WorkerError;
use crate::planned_window::PlannedWindow;
use archive::{Archive, TrackTail};
use speech::{Vad, WindowFinder, WindowParams};
use timeline::{Position, Side, Span, SpanSet, TrackName, WallTime};

/// One track as it is being recorded, as windows.
pub(crate) struct LiveTrack {
    name: TrackName,
    tail: TrackTail,
    vad: Vad,
    params: WindowParams,
    start: WallTime,
    finder: WindowFinder,
    /// Up to where the finder has been given the sound.
    read_to: Position,
    ends: WallTime,
}

/// Who begins to watch sees what was said this long before.
const LOOK_BACK_MICROS: i64 = 10_000_000;
/// Where words come later than this the lane leaves out what lies between: the main pass deals with it.
const MOST_BEHIND_MICROS: i64 = 40_000_000;
/// The voice detector listens to this before a window.
const WARM_UP_MICROS: i64 = 11_000_000;
/// A window closes at the first pause; this is for one who speaks without any.
const LONGEST_WINDOW_MICROS: i64 = 90_000_000;
/// Frames read at once: one second.
const READ_FRAMES: usize = 16_000;

impl LiveTrack {
    /// Begins a few seconds before the end of the track's sound, behind what the pass has `covered`. `None` where it has no sound of late.
    pub(crate) fn begin(
        archive: &Archive,
        name: TrackName,
        params: WindowParams,
        vad: Vad,
        now: WallTime,
        covered: &SpanSet,
    ) -> Result<Option<(Self, Side)>, WorkerError> {
        let mut tail = TrackTail::new(archive, name.clone());
        let Some(ends) = tail.look(now.plus_micros(-LOOK_BACK_MICROS - WARM_UP_MICROS), now)? else { return Ok(None) };
        let looks_back = ends.plus_micros(-LOOK_BACK_MICROS);
        let start = covered.iter().map(|span| span.end).filter(|end| *end > looks_back).max().unwrap_or(looks_back);
        let side = tail.side().unwrap_or(Side::Both);
        let finder = WindowFinder::new(start.position(), &params);
        let read_to = finder.reads_from();
        Ok(Some((Self { name, tail, vad, params, start, finder, read_to, ends }, side)))
    }

    pub(crate) fn name(&self) -> &TrackName {
        &self.name
    }

    /// Where its sound ended when it last looked.
    pub(crate) fn ends(&self) -> WallTime {
        self.ends
    }

    /// The next window, if one has closed by now.
    pub(crate) fn next(&mut self, now: WallTime) -> Result<Option<PlannedWindow>, WorkerError> {
        let from = self.start.max(now.plus_micros(-LONGEST_WINDOW_MICROS)).plus_micros(-WARM_UP_MICROS);
        let Some(ends) = self.tail.look(from, now)? else { return Ok(None) };
        self.ends = ends;
        if ends.micros_since(self.read_to.wall()) > MOST_BEHIND_MICROS {
            self.begin_at(ends.plus_micros(-LOOK_BACK_MICROS).max(self.start));
        }
        let mut block = vec![0.0_f32; READ_FRAMES];
        loop {
            let there = usize::try_from(ends.position().since(self.read_to)).unwrap_or(0).min(READ_FRAMES);
            let Some(samples) = block.get_mut(..there).filter(|samples| !samples.is_empty()) else { return Ok(None) };
            self.tail.read(self.read_to, samples)?;
            self.read_to = self.read_to.plus(i64::try_from(there).unwrap_or(0));
            let Some(window) = self.finder.push(&mut self.vad, samples)? else { continue };
            let span = Span::new(self.start, window.span.1.wall().max(self.start.plus_micros(1_000)));
            let sound = self.tail.sound().within(&span);
            self.begin_at(span.end);
            if !sound.is_empty() {
                return Ok(Some(PlannedWindow {
                    track: self.name.clone(),
                    span,
                    sound,
                    window,
                    language: None,
                    side: self.tail.side().unwrap_or(Side::Both),
                    echo: None,
                }));
            }
        }
    }

    fn begin_at(&mut self, start: WallTime) {
        self.start = start;
        self.finder = WindowFinder::new(start.position(), &self.params);
        self.read_to = self.finder.reads_from();
    }
}
