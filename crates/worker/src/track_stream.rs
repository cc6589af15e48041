use crate::hearing::{Between, Hearing};
use crate::planned_window::PlannedWindow;
use crate::{TrackBacklog, WorkerError};
use archive::Segment;
use speech::{Vad, Window, WindowFinder, WindowParams};
use timeline::{Position, Side, Span, SpanSet, TrackName, WallTime};

/// A track as windows: what it holds and the pass doesn't cover, earliest first.
pub(crate) struct TrackStream {
    track: TrackName,
    side: Side,
    reader: Hearing,
    /// Where what was played is known up to; behind it nothing is heard yet.
    played_until: Option<WallTime>,
    sound: SpanSet,
    covered: SpanSet,
    left: SpanSet,
    /// Whether no more sound can follow the last that is there.
    ended: bool,
}

/// Frames read at once: one second.
const READ_FRAMES: usize = 16_000;

/// A window is longer than this in any case; a frame of the voice detector is 32 ms.
const LEAST_WINDOW_MICROS: i64 = 32_000;

impl TrackStream {
    pub(crate) fn new(backlog: TrackBacklog, ended: bool) -> Self {
        let TrackBacklog { track, side, segments, sound, covered, left } = backlog;
        let (reader, played_until) = (Hearing::new(segments, Vec::new()), None);
        Self { track, side, reader, played_until, sound, covered, left, ended }
    }

    /// The track without the echo of what `played` holds, which is known up to `played_until` if it may go on.
    pub(crate) fn without_echo(
        mut self,
        own: Vec<Segment>,
        played: Vec<Vec<Segment>>,
        until: Option<WallTime>,
    ) -> Self {
        self.reader = Hearing::new(own, played);
        let last = self.sound.iter().next_back().map(|span| span.end).filter(|_| !self.ended);
        self.played_until = [until, last].into_iter().flatten().min();
        self
    }

    /// Whose words it carries.
    pub(crate) fn side(&self) -> Side {
        self.side
    }

    /// What isn't dealt with begins here; `None` where nothing is left and nothing can follow.
    pub(crate) fn front(&self) -> Option<WallTime> {
        let last = self.sound.iter().next_back().map(|span| span.end).filter(|_| !self.ended);
        self.next_start().or(last)
    }

    /// Where the next window would begin.
    pub(crate) fn next_start(&self) -> Option<WallTime> {
        self.left.iter().next().map(|span| span.start)
    }

    /// Sound that is left, in microseconds.
    pub(crate) fn left_micros(&self) -> i64 {
        self.left.len_micros()
    }

    /// Whose sound it is.
    pub(crate) fn track(&self) -> &TrackName {
        &self.track
    }

    /// The next window; `None` where nothing is left, or what is left may still go on.
    pub(crate) fn next(
        &mut self,
        vad: &mut Vad,
        params: &WindowParams,
        between: Between<'_>,
    ) -> Result<Option<PlannedWindow>, WorkerError> {
        let Some(start) = self.next_start() else { return Ok(None) };
        let Some(last) = self.sound.iter().next_back() else { return Ok(None) };
        // Sound that was found late may lie before some that is covered already; a window ends there.
        let bound = self.covered.iter().map(|span| span.start).find(|covered| *covered > start);
        let whole = self.played_until.map(|until| Hearing::whole_until(until.position()));
        let whole = whole.filter(|whole| *whole < last.end.position());
        let (end, ended) = whole.map_or((last.end.position(), self.ended), |whole| (whole, false));
        let Some(mut window) = self.find(vad, params, (start, end), ended, between)? else {
            return Ok(None);
        };
        if let Some(bound) = bound.filter(|bound| bound.position() < window.span.1) {
            let Some(shorter) = self.find(vad, params, (start, bound.position()), true, between)? else {
                return Ok(None);
            };
            window = shorter;
        }
        let mut end = window.span.1.wall().max(start.plus_micros(LEAST_WINDOW_MICROS));
        if window.span.1 >= last.end.position() {
            // The last frame may begin a few microseconds before the sound ends.
            end = end.max(last.end);
        }
        let span = Span::new(start, bound.map_or(end, |bound| end.min(bound)));
        let sound = self.sound.within(&span);
        self.left.remove(span);
        self.covered.extend(sound.iter());
        let shares = window.pieces.iter().map(|piece| self.reader.echo(piece.speech, between));
        let echo = if self.side == Side::Said { Some(shares.collect::<Result<_, _>>()?) } else { None };
        let (track, side) = (self.track.clone(), self.side);
        Ok(Some(PlannedWindow { track, span, sound, window, language: None, side, echo }))
    }

    /// Reads from `start` until a window closes. Where `end` comes first, closes it there if the sound has `ended`.
    fn find(
        &mut self,
        vad: &mut Vad,
        params: &WindowParams,
        (start, end): (WallTime, Position),
        ended: bool,
        between: Between<'_>,
    ) -> Result<Option<Window>, WorkerError> {
        let mut finder = WindowFinder::new(start.position(), params);
        let mut at = finder.reads_from();
        let mut block = vec![0.0_f32; READ_FRAMES];
        while at < end {
            let wanted = usize::try_from(end.since(at)).map_or(READ_FRAMES, |left| left.min(READ_FRAMES));
            let Some(samples) = block.get_mut(..wanted) else { break };
            between();
            self.reader.read(at, samples, between)?;
            if let Some(window) = finder.push(vad, samples)? {
                return Ok(Some(window));
            }
            at = at.plus(i64::try_from(wanted).unwrap_or(0));
        }
        Ok(ended.then(|| finder.finish(end)))
    }
}
