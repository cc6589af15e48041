//! A track's frames into its segments, and a row for every moment that has none.

use crate::causes::{Causes, Missing};
use crate::condition::Piece;
use crate::context::Context;
use crate::level::Level;
use archive::{ArchiveError, Gap, GapCause, GapRow, Row, TrackWriter};
use std::path::PathBuf;
use timeline::{SampleRate, Side, TrackName};

/// Anchors come this often.
const ANCHOR_EVERY_MICROS: i64 = 10_000_000;
/// Where a track begins this much later than it should have, that is a gap.
const BREAK_MICROS: i64 = archive::placement::BREAK_MICROS;
/// Devices take a while to deliver at first: a track begins with its first frame, if that comes within so long.
const FIRST_MICROS: i64 = 5_000_000;
/// A track whose last frame is older than this when it ends has a gap up to its end.
const TAIL_MICROS: i64 = 1_000_000;
/// After the disk refused, it is tried again this much later: once a second, not with every block.
const RETRY_MICROS: i64 = 1_000_000;

/// One track's way to the disk.
pub(super) struct Writing {
    name: TrackName,
    side: Side,
    /// The rate of what comes.
    rate: Option<SampleRate>,
    writer: Option<TrackWriter>,
    pub(super) causes: Causes,
    /// Up to this moment of the boot clock the track's time is accounted for, as sound or as a gap.
    accounted: i64,
    /// Nothing of the track came yet.
    first: bool,
    /// Since then (boot clock) the disk has refused sound, and until the second moment it isn't tried again.
    refused_until: Option<i64>,
    /// Sound was thrown away since the last that was written.
    thrown: bool,
    failing: bool,
    level: Level,
    last_anchor: Option<i64>,
    /// Frames of sound that were written.
    pub(super) frames: u64,
    /// Frames that came and couldn't be kept: the ring was full, the disk refused.
    pub(super) lost_frames: u64,
    /// The segments that the last stretch ended with.
    pub(super) paths: Vec<PathBuf>,
}

impl Writing {
    /// Of a track of which everything up to a moment of the boot clock is accounted for.
    pub(super) fn new(name: TrackName, side: Side, accounted: i64) -> Self {
        let usual = if side == Side::Heard { GapCause::Idle } else { GapCause::Stalled };
        Self {
            name,
            side,
            rate: None,
            writer: None,
            causes: Causes::new(usual),
            accounted,
            first: true,
            refused_until: None,
            thrown: false,
            failing: false,
            level: Level::default(),
            last_anchor: None,
            frames: 0,
            lost_frames: 0,
            paths: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &TrackName {
        &self.name
    }

    /// What the track is called from the next session on.
    pub(super) fn rename(&mut self, name: TrackName) {
        self.name = name;
    }

    pub(super) fn accounted(&self) -> i64 {
        self.accounted
    }

    /// Something was to be recorded since that moment, and is missing for that reason.
    pub(super) fn missing_since(&mut self, at: i64, cause: GapCause) {
        self.accounted = self.accounted.min(at);
        self.first = false;
        self.causes.since(at, cause);
    }

    pub(super) fn level_db(&self) -> Option<f32> {
        self.level.db()
    }

    /// Whether sound is refused by the disk.
    pub(super) fn is_failing(&self) -> bool {
        self.failing
    }

    pub(super) fn next_frame(&self) -> u64 {
        self.writer.as_ref().map_or(0, TrackWriter::next_frame)
    }

    /// What comes from now on has that rate. Another rate on disk is another file, of the same session.
    pub(super) fn has_rate(&mut self, rate: SampleRate, context: &mut Context) {
        if self.rate.replace(rate).is_some_and(|before| before != rate) {
            self.finish_writer(context);
        }
    }

    /// Takes frames whose first was captured at a moment of the boot clock.
    pub(super) fn sound(&mut self, (captured, frames): &Piece, context: &mut Context) {
        let Some(rate) = self.rate else { return };
        self.level.push(frames, rate);
        let end = captured + rate.micros(frames.len() as u64);
        if context.disk.state().stops() || self.refused_until.is_some_and(|until| *captured < until) {
            return self.throw_away(*captured, end, frames.len());
        }
        let begins = self.writer.is_none();
        let captured = if begins { self.behind_what_is_there(*captured, context) } else { *captured };
        let writer = self.writer.get_or_insert_with(|| {
            let (archive, session) = (&context.archive, &context.session);
            TrackWriter::new(archive, session, self.name.clone(), self.side, rate, context.settings)
        });
        match writer.place(frames, captured) {
            Ok(placed) => {
                self.frames += frames.len() as u64;
                context.ledger.written(&self.name, frames.len() as u64, rate, context.clock.wall());
                self.refused_until = None;
                if std::mem::take(&mut self.failing) {
                    tracing::warn!("{}: the disk takes sound again", self.name);
                }
                self.note_missing(captured, placed.gap.as_ref(), placed.frame, begins, context);
                self.note_anchor(placed.frame, captured, context);
                self.is_accounted(end, context);
            }
            Err(error) => {
                self.throw_away(captured, end, frames.len());
                self.refused_until = Some(captured + RETRY_MICROS);
                self.refused(&error);
            }
        }
    }

    /// Frames were delivered from `at` on and couldn't be taken.
    pub(super) fn lost(&mut self, frames: u64, at: i64, context: &mut Context) {
        self.lost_frames += frames;
        tracing::error!("{}: {frames} frames lost, the writer was too slow", self.name);
        let Some(rate) = self.rate else { return };
        let end = at + rate.micros(frames);
        match self.writer.as_mut().filter(|_| !self.thrown).map(|writer| writer.lose(frames)) {
            Some(Ok(Some(gap))) => {
                context.ledger.append(&gap.row(&context.session, &self.name, GapCause::Overrun));
                self.is_accounted(end, context);
            }
            Some(Err(error)) => {
                self.causes.between(at, end, GapCause::Overrun);
                self.thrown = true;
                self.refused(&error);
            }
            Some(Ok(None)) | None => self.causes.between(at, end, GapCause::Overrun),
        }
    }

    /// To be called about once a second or more often, sound or not.
    pub(super) fn tick(&mut self, now: i64) {
        if let Some(Err(error)) = self.writer.as_mut().map(|writer| writer.tick(now)) {
            self.refused(&error);
        }
    }

    /// To be called about once a second: a segment that was taken away is let go, and one that couldn't be finished is.
    pub(super) fn look_at_files(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        if writer.let_go_if_gone() {
            tracing::warn!("{}: the folder of its segment is gone; another begins", self.name);
        }
        if let Err(error) = writer.retry_unfinished() {
            self.refused(&error);
        }
    }

    /// Finishes the open segment; what comes next goes into a new one.
    pub(super) fn rotate(&mut self) {
        if let Some(Err(error)) = self.writer.as_mut().map(TrackWriter::rotate) {
            self.refused(&error);
        }
    }

    /// The session or the recorder ends: accounts for the time up to now, and finishes the segment.
    pub(super) fn end(&mut self, context: &mut Context) {
        let now = context.boot();
        if self.thrown || now - self.accounted > TAIL_MICROS {
            let from = self.accounted.min(now);
            let (frame, written) = (self.next_frame(), false);
            for part in self.causes.split(from, now) {
                self.append_gap(part, (frame, 0, written), context);
            }
            self.accounted = now;
            self.first = false;
            self.thrown = false;
        }
        self.finish_writer(context);
    }

    /// Ends the track's file, without a word in the ledger.
    fn finish_writer(&mut self, context: &mut Context) {
        self.last_anchor = None;
        let Some(mut writer) = self.writer.take() else { return };
        match writer.finish() {
            Ok(path) => self.paths = path.into_iter().collect(),
            Err(error) => self.refused(&error),
        }
        context.marks.reach(&self.name, writer.end());
    }

    /// Sound came that isn't written.
    fn throw_away(&mut self, captured: i64, end: i64, frames: usize) {
        self.lost_frames += frames as u64;
        self.thrown = true;
        self.causes.between(captured.max(self.accounted), end, GapCause::Disk);
    }

    fn refused(&mut self, error: &ArchiveError) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!("{}: {error}; sound is lost until it can be written", self.name);
        }
    }

    /// A stream may seem to begin a moment before the end of the one before it. No two sounds of a track overlap.
    fn behind_what_is_there(&self, captured: i64, context: &Context) -> i64 {
        // A frame's place is rounded to the nearest one, so it takes one more to be behind.
        let frame = self.rate.map_or(0, |rate| rate.micros(1));
        context.marks.end(&self.name).map_or(captured, |end| captured.max(context.boot_at(end) + frame))
    }

    fn is_accounted(&mut self, end: i64, context: &mut Context) {
        self.accounted = end;
        self.first = false;
        self.thrown = false;
        self.causes.sound(end);
        if let Some(writer) = &self.writer {
            context.marks.reach(&self.name, writer.end());
        }
    }

    /// Writes rows for what is missing before sound that was placed.
    fn note_missing(&mut self, to: i64, gap: Option<&Gap>, frame: u64, begins: bool, context: &mut Context) {
        let allowed = if self.first { FIRST_MICROS } else { BREAK_MICROS };
        let from = match gap {
            Some(gap) if !self.thrown => context.boot_at(gap.span.start),
            _ if self.thrown || (begins && to - self.accounted > allowed) => self.accounted,
            _ => return,
        };
        let moved = match (gap, self.rate) {
            (Some(gap), _) if !self.thrown => gap.frames,
            (_, Some(rate)) => rate.frames(to - from.max(context.session.boot_micros())).min(frame),
            _ => 0,
        };
        let written = gap.is_some_and(|gap| gap.written);
        let (mut first, end) = (frame - moved.min(frame), frame);
        let parts = self.causes.split(from, to);
        let last = parts.len().saturating_sub(1);
        for (n, part) in parts.into_iter().enumerate() {
            let share = self.rate.map_or(0, |rate| rate.frames(part.to - part.from));
            let frames = if n == last { end - first } else { share.min(end - first) };
            self.append_gap(part, (first, frames, written), context);
            first += frames;
        }
    }

    fn append_gap(&self, part: Missing, (frame, frames, written): (u64, u64, bool), context: &mut Context) {
        let (from, to) = (context.session.wall_at(part.from), context.session.wall_at(part.to));
        if part.cause.is_loss() {
            let seconds = (part.to - part.from) / 1_000_000;
            tracing::warn!("{}: a gap of {seconds} s up to {to}: {}", self.name, part.cause.as_str());
        }
        let (session, track, cause) = (context.session_id(), self.name.clone(), part.cause);
        context.ledger.append(&Row::Gap(GapRow { at: to, session, track, cause, from, to, frame, frames, written }));
    }

    fn note_anchor(&mut self, frame: u64, captured: i64, context: &mut Context) {
        if self.last_anchor.is_some_and(|last| captured - last < ANCHOR_EVERY_MICROS) {
            return;
        }
        self.last_anchor = Some(captured);
        let (wall, boot) = (context.wall(), context.boot());
        context.ledger.append(&Row::Anchor {
            at: context.at(),
            session: context.session_id(),
            track: self.name.clone(),
            frame,
            boot_us: captured,
            wall_us: wall.plus_micros(captured - boot).as_micros(),
        });
    }
}
