use crate::origin::{ORIGIN_VERSION, Origin};
use crate::part_file::PartFile;
use crate::placement::{self, Placement, Step};
use crate::segment::MAX_NAME_SHIFT_MICROS;
use crate::{Archive, ArchiveError, Gap, Row, Session};
use std::io;
use std::path::{Path, PathBuf};
use timeline::{SampleRate, SegmentName, Side, Span, TrackName, WallTime};

/// How a recorder's files are cut and synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterSettings {
    /// Segments end on multiples of this many minutes of the wall clock.
    pub segment_minutes: u32,
    /// What was written is synced to the disk this often: all that a power cut may cost.
    pub sync_every_s: u32,
}

impl Default for WriterSettings {
    fn default() -> Self {
        Self { segment_minutes: 5, sync_every_s: 5 }
    }
}

impl From<&home::RecordConfig> for WriterSettings {
    fn from(config: &home::RecordConfig) -> Self {
        Self { segment_minutes: config.segment_minutes, sync_every_s: config.sync_every_s }
    }
}

/// Where a block went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The session's index of the block's first frame.
    pub frame: u64,
    /// What was missing before it.
    pub gap: Option<Gap>,
}

/// Writes one track of a session into segments.
///
/// Blocks are placed by the clock ([`placement`]), cut on wall-clock borders to the frame, and are in the file, header
/// included, when [`place`](Self::place) returns: a kill costs at most the block in flight. Dropped without
/// [`finish`](Self::finish) it leaves a `.part` file that can be read as it is, and that
/// [`repair::left_behind`](crate::repair::left_behind) adopts.
#[derive(Debug)]
pub struct TrackWriter {
    archive: Archive,
    session: Session,
    track: TrackName,
    side: Side,
    rate: SampleRate,
    settings: WriterSettings,
    placement: Placement,
    open: Option<Open>,
    /// Segments that couldn't be finished, mostly because the disk was full.
    unfinished: Vec<Open>,
    last_sync: Option<i64>,
    frames_written: u64,
}

#[derive(Debug)]
struct Open {
    name: SegmentName,
    part: PartFile,
    /// The session's index of its first frame.
    first: u64,
    /// The shift when it began.
    shift: i64,
    /// The session's index of the first frame after the segment.
    end: u64,
}

/// So many segments wait to be finished; an older one is left to the repair at the next start.
const MAX_UNFINISHED: usize = 64;

/// A segment whose border passed this long ago while nothing came is finished.
const TICK_MARGIN_MICROS: i64 = 2_000_000;

impl TrackWriter {
    /// A writer for one track at one rate. Touches nothing on disk before the first block.
    pub fn new(
        archive: &Archive,
        session: &Session,
        track: TrackName,
        side: Side,
        rate: SampleRate,
        settings: WriterSettings,
    ) -> Self {
        Self {
            archive: archive.clone(),
            session: session.clone(),
            track,
            side,
            rate,
            settings,
            placement: Placement::new(session.boot_micros(), rate),
            open: None,
            unfinished: Vec::new(),
            last_sync: None,
            frames_written: 0,
        }
    }

    /// Writes a block of mono frames whose first was captured at `captured`, in microseconds of the boot clock: when it
    /// left the device, as near as can be told. Uneven delivery below 200 ms moves nothing.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] with the path, where a file can't be written or finished. What of the block wasn't written is
    /// lost and counted: later sound keeps its place. The next call starts a fresh segment, so go on calling.
    pub fn place(&mut self, block: &[i16], captured: i64) -> Result<Placed, ArchiveError> {
        let before = self.placement.next_frame();
        let step = self.placement.step(captured, block.len() as u64);
        let frame = self.placement.next_frame() - block.len() as u64;
        let (gap, filled) = match step {
            Step::Start { .. } | Step::Append => (None, Ok(())),
            Step::Break { frames, from, to } => {
                let (gap, result) = self.gap(before, frames, (from, to));
                (Some(gap), result)
            }
        };
        let written = self.write(block, frame);
        let synced = self.sync_if_due(captured);
        filled.and(written).and(synced)?;
        Ok(Placed { frame, gap })
    }

    /// Moves the track on by frames that were captured behind the last block and couldn't be kept, however few: they
    /// are counted, and what comes later keeps its place. Nothing before the first block.
    ///
    /// # Errors
    /// As [`place`](Self::place).
    pub fn lose(&mut self, frames: u64) -> Result<Option<Gap>, ArchiveError> {
        let before = self.placement.next_frame();
        let Some(when) = self.placement.lose(frames) else { return Ok(None) };
        let (gap, result) = self.gap(before, frames, when);
        result.map(|()| Some(gap))
    }

    /// To be called about once a second, blocks or not: finishes a segment whose border has passed while nothing came,
    /// and syncs what is due.
    ///
    /// # Errors
    /// As [`place`](Self::place).
    pub fn tick(&mut self, now: i64) -> Result<(), ArchiveError> {
        let quiet = self.placement.due().is_some_and(|due| now.saturating_sub(due) > TICK_MARGIN_MICROS);
        let clock = self.placement.frame_at(now.saturating_sub(TICK_MARGIN_MICROS));
        if quiet && self.open.as_ref().is_some_and(|open| open.end <= clock) {
            self.finish()?;
        }
        self.sync_if_due(now)
    }

    /// Finishes the open segment now; the next block begins a new one without a gap.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn rotate(&mut self) -> Result<(), ArchiveError> {
        self.finish().map(|_| ())
    }

    /// Finishes the open segment: synced, and renamed from `.part` to its final name. Says where it lies, if one was open.
    ///
    /// # Errors
    /// [`ArchiveError::Io`]; the sound is then in the `.part` file.
    pub fn finish(&mut self) -> Result<Option<PathBuf>, ArchiveError> {
        let Some(mut open) = self.open.take() else { return Ok(None) };
        // A few milliseconds of drift are much to a short segment: the next one takes them.
        let long = self.rate.micros(open.part.frames()) >= LONG_MICROS;
        let shift = if long { self.placement.anchor() } else { self.placement.shift() };
        let path = self.archive.segment_path(&open.name);
        let end = end_by_clock(&open, shift, &self.session, self.rate);
        match open.part.end_at(end).and_then(|()| open.part.finish(&path)) {
            Ok(()) => Ok(Some(path)),
            Err(error) => {
                self.set_aside(open);
                Err(error)
            }
        }
    }

    /// Finishes what couldn't be finished before. To be called when the disk is well again; a new segment does it too.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] with the first that still can't be.
    pub fn retry_unfinished(&mut self) -> Result<(), ArchiveError> {
        let mut result = Ok(());
        for mut open in std::mem::take(&mut self.unfinished) {
            let path = self.archive.segment_path(&open.name);
            let finished = open.part.cut_to_header().and_then(|()| open.part.finish(&path));
            // One whose folder was taken away belongs to whoever took it.
            if let Err(error) = finished
                && open.part.path().exists()
            {
                self.unfinished.push(open);
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Lets go of a segment whose file is no longer where it was made: the folder was renamed or its disk taken away.
    /// What was written is whole and lies there. Says whether there was one; the next block begins a new segment.
    pub fn let_go_if_gone(&mut self) -> bool {
        let gone = self.open.as_ref().is_some_and(|open| !open.part.path().exists());
        if gone {
            self.open = None;
        }
        gone
    }

    fn set_aside(&mut self, open: Open) {
        if self.unfinished.len() < MAX_UNFINISHED {
            self.unfinished.push(open);
        }
    }

    /// The session's index of the frame that comes next.
    pub const fn next_frame(&self) -> u64 {
        self.placement.next_frame()
    }

    /// When the frame that comes next was captured at the earliest, in the session's wall time: where the sound ends.
    pub fn end(&self) -> timeline::WallTime {
        self.session.wall().plus_micros(self.rate.micros(self.next_frame()) + self.placement.shift())
    }

    /// Frames of sound that this writer has written, silence not counted.
    pub const fn frames_written(&self) -> u64 {
        self.frames_written
    }

    /// The file that is being written.
    pub fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|open| open.part.path())
    }

    /// The track.
    pub const fn track(&self) -> &TrackName {
        &self.track
    }

    /// The rate of its blocks.
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The journal's row that says which frame came when: `frame` of this track was captured at `boot_micros`, as the
    /// wall clock said `wall`.
    pub fn anchor(&self, frame: u64, boot_micros: i64, wall: timeline::WallTime) -> Row {
        Row::Anchor {
            at: wall,
            session: self.session.id().to_owned(),
            track: self.track.clone(),
            frame,
            boot_us: boot_micros,
            wall_us: wall.as_micros(),
        }
    }

    /// Fills a break: with silence inside a segment, else by ending the segment. Says whether silence was written.
    fn fill(&mut self, before: u64, frames: u64) -> (bool, Result<(), ArchiveError>) {
        match &mut self.open {
            Some(open) if before + frames <= open.end => {
                let result = open.part.write_silence(frames);
                if result.is_err() {
                    self.salvage();
                }
                (result.is_ok(), result)
            }
            Some(_) => (false, self.finish().map(|_| ())),
            None => (false, Ok(())),
        }
    }

    fn gap(&mut self, before: u64, frames: u64, (from, to): (i64, i64)) -> (Gap, Result<(), ArchiveError>) {
        let (written, result) = self.fill(before, frames);
        let span = Span::new(self.session.wall_at(from), self.session.wall_at(to));
        (Gap { span, frame: before, frames, written }, result)
    }

    /// After a write that failed: what the header counts is whole, and is finished now or later.
    fn salvage(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        let path = self.archive.segment_path(&open.name);
        if open.part.cut_to_header().and_then(|()| open.part.finish(&path)).is_err() {
            self.set_aside(open);
        }
    }

    /// Writes frames, cut at the borders. A failure to finish a segment is told only after the sound is safe.
    fn write(&mut self, block: &[i16], first: u64) -> Result<(), ArchiveError> {
        let (mut rest, mut frame, mut finished) = (block, first, Ok(()));
        while !rest.is_empty() {
            if self.open.as_ref().is_some_and(|open| open.end <= frame) {
                finished = finished.and(self.finish().map(|_| ()));
            }
            if self.open.is_none() {
                self.open = Some(self.create(frame)?);
            }
            let Some(open) = &mut self.open else { break };
            let fits = usize::try_from(open.end - frame).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(fits);
            if let Err(error) = open.part.write(now) {
                self.salvage();
                return Err(error);
            }
            self.frames_written += now.len() as u64;
            frame += now.len() as u64;
            rest = later;
        }
        finished
    }

    /// Creates the segment that begins at a frame. Where its name is taken, the next millisecond's is.
    fn create(&mut self, frame: u64) -> Result<Open, ArchiveError> {
        let shift = self.placement.shift();
        let session = self.session.wall().plus_micros(shift);
        let start = session.plus_micros(self.rate.micros(frame));
        let origin = Origin {
            v: ORIGIN_VERSION,
            session: self.session.id().to_owned(),
            track: self.track.clone(),
            side: self.side,
            first_frame: frame,
            start_us: start.as_micros(),
            end_us: None,
            end_frames: None,
            utc_offset_s: start.local_offset_s(),
            source: None,
            sum: None,
        };
        let end = placement::segment_end(session, self.rate, self.settings.segment_minutes, frame, shift != 0);
        let mut name = SegmentName { start, track: self.track.clone() };
        loop {
            let path = self.archive.segment_path(&name);
            let part_path = path.with_file_name(name.part_file_name());
            if let Some(folder) = part_path.parent() {
                self.archive.create_folder(folder)?;
            }
            let is_taken = |path: &Path| path.symlink_metadata().is_ok();
            // A packed segment has the name as well.
            let created = if is_taken(&path) || is_taken(&path.with_extension("flac")) {
                Err(ArchiveError::Io { operation: "create", path, source: io::ErrorKind::AlreadyExists.into() })
            } else {
                PartFile::create(&part_path, self.rate, origin.clone())
            };
            match created {
                Ok(part) => {
                    // A disk that takes a new segment takes the end of an old one. What it doesn't take stays set aside.
                    self.retry_unfinished().ok();
                    return Ok(Open { name, part, first: frame, shift, end });
                }
                Err(ArchiveError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists
                        && name.start.micros_since(start) < MAX_NAME_SHIFT_MICROS - 1_000 =>
                {
                    name.start = name.start.plus_micros(1_000);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn sync_if_due(&mut self, now: i64) -> Result<(), ArchiveError> {
        let every = i64::from(self.settings.sync_every_s).saturating_mul(1_000_000);
        let due = now.saturating_sub(*self.last_sync.get_or_insert(now)) >= every;
        if due && let Some(open) = &mut self.open {
            self.last_sync = Some(now);
            let end = end_by_clock(open, self.placement.shift_by_now(), &self.session, self.rate);
            open.part.end_at(end)?;
            open.part.sync()?;
        }
        Ok(())
    }
}

/// A segment that is as long as this may end with another shift than it began with.
const LONG_MICROS: i64 = 1_000_000;

/// When the frame behind a segment's last one is, where that isn't what the count says.
fn end_by_clock(open: &Open, shift: i64, session: &Session, rate: SampleRate) -> Option<WallTime> {
    let end = session.wall().plus_micros(rate.micros(open.first + open.part.frames()) + shift);
    (shift != open.shift && open.part.frames() > 0).then_some(end)
}
