use crate::origin::Origin;
use crate::sound_header::SoundHeader;
use resample::resampled_frames;
use std::ops::Range;
use std::path::PathBuf;
use timeline::{Position, SampleRate, SegmentName, Side, Span, SpanSet, WallTime};

/// One file of one track, WAV or FLAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What its file is called: when it starts, and its track.
    pub name: SegmentName,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is still being written (or was left behind by a recorder that died).
    pub part: bool,
    /// The time its sound covers, on the frames of the 16 kHz grid: segments that follow each other without a gap
    /// share the moment between them exactly.
    pub span: Span,
    /// Frames per second in the file.
    pub rate: SampleRate,
    /// Frames in the file that can be read and are used.
    pub frames: u64,
    /// The recorder's session, or `import-TIME`; `None` for a file that was put there by hand.
    pub session: Option<String>,
    /// The index of its first frame in the session.
    pub first_frame: u64,
    /// Whose words it carries.
    pub side: Side,
    /// What of its time was forgotten. May reach beyond it.
    pub(crate) forgotten: SpanSet,
    /// How its frames lie on the grid where the clock says something else than their count.
    pub(crate) stretch: Option<Stretch>,
}

/// So many frames by the count were so many frames of the grid by the clock: the device drifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    count: i64,
    grid: i64,
}

/// A header that claims a drift beyond this share of its length lies; it is read by its count.
const MAX_STRETCH_SHARE: i64 = 50;
/// Unless it is no more than this, 10 ms, which a break in a short segment may bring.
const MAX_STRETCH_FRAMES: i64 = 160;

impl Stretch {
    fn new(count: i64, grid: i64) -> Option<Self> {
        let most = (count / MAX_STRETCH_SHARE).max(MAX_STRETCH_FRAMES);
        let believable = count > 0 && grid > 0 && (grid - count).abs() <= most;
        (believable && grid != count).then_some(Self { count, grid })
    }

    /// Where a frame of the grid lies among the counted ones, both from the segment's start: a whole frame, and how far
    /// behind it (0 to 1).
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share of a frame")]
    pub(crate) fn counted(self, grid: i64) -> (i64, f32) {
        let product = i128::from(grid) * i128::from(self.count);
        let whole = product.div_euclid(i128::from(self.grid));
        let rest = product.rem_euclid(i128::from(self.grid));
        (i64::try_from(whole).unwrap_or(i64::MAX), (rest as f64 / self.grid as f64) as f32)
    }

    /// How many frames of the grid so many counted ones are.
    fn on_grid(self, count: i64) -> i64 {
        let doubled = 2 * i128::from(count) * i128::from(self.grid) + i128::from(self.count);
        i64::try_from(doubled.div_euclid(2 * i128::from(self.count))).unwrap_or(i64::MAX)
    }
}

/// A name may be this much later than the first frame, where the name of that millisecond was taken.
pub(crate) const MAX_NAME_SHIFT_MICROS: i64 = 100_000;

impl Segment {
    /// A segment out of its file's name and header. The facts in the header go before those in the name, unless the
    /// file was renamed by hand.
    pub(crate) fn new(name: SegmentName, path: PathBuf, part: bool, header: &SoundHeader) -> Self {
        let named = |origin: &&Origin| {
            let shift = name.start.micros_since(origin.start());
            origin.track == name.track && (-999..=MAX_NAME_SHIFT_MICROS).contains(&shift)
        };
        let origin = header.origin.as_ref().filter(named);
        let start = origin.map_or(name.start, Origin::start);
        let usual = name.track.usual_side().unwrap_or(Side::Both);
        let mut segment = Self {
            path,
            part,
            span: Span::new(start, start),
            rate: header.rate,
            frames: header.frames,
            session: origin.map(|origin| origin.session.clone()),
            first_frame: origin.map_or(0, |origin| origin.first_frame),
            side: origin.map_or(usual, |origin| origin.side),
            forgotten: SpanSet::new(),
            stretch: None,
            name,
        };
        let begin = segment.position_of(start, segment.first_frame);
        // While a segment grows its end moves about; only a finished one is read by it.
        if let Some(origin) = origin.filter(|_| !part)
            && let Some(end_us) = origin.end_us
        {
            let frames = origin.end_frames.or(header.claimed_frames).unwrap_or(header.frames);
            let end = segment.position_of(WallTime::from_micros(end_us), segment.first_frame.saturating_add(frames));
            segment.stretch = Stretch::new(segment.grid_frames_of(frames), end.since(begin));
        }
        segment.span = segment.span_from(begin.plus(segment.grid_frames(segment.first_frame).saturating_neg()));
        segment
    }

    /// When it has sound: its span without what was forgotten.
    pub fn sound(&self) -> SpanSet {
        SpanSet::from_iter([self.span]).minus(&self.forgotten)
    }

    /// The file's frames that hold sound of `span`: whole ones, and at another rate than 16 kHz or of a device that drifts one more at
    /// either end, for their borders lie between the grid's frames.
    pub(crate) fn frames_within(&self, span: &Span) -> Range<u64> {
        let on_grid = |at: WallTime| at.position().since(self.position()).max(0);
        let (from, to) = (on_grid(span.start), on_grid(span.end));
        let plain = self.stretch.is_none() && self.rate == SampleRate::SPEECH;
        let margin = u64::from(!plain);
        let counted = |grid: i64| self.stretch.map_or(grid, |stretch| stretch.counted(grid).0).max(0);
        let in_file = |grid: i64| {
            let frames = i128::from(counted(grid)) * i128::from(self.rate.hz()) / i128::from(SampleRate::SPEECH.hz());
            u64::try_from(frames).unwrap_or(u64::MAX)
        };
        let (first, last) = (in_file(from).saturating_sub(margin), in_file(to).saturating_add(2 * margin));
        // What is behind the last frame of the grid is of it as well.
        let last = if span.end >= self.span.end { u64::MAX } else { last };
        first..last
    }

    /// Where a frame of its session that is at a moment lies on the 16 kHz grid: by way of the session's frame 0, so
    /// that a segment's end and the start of the next are rounded to the same frame.
    fn position_of(&self, at: WallTime, frame: u64) -> Position {
        at.plus_micros(self.rate.micros(frame).saturating_neg()).position().plus(self.grid_frames(frame))
    }

    /// Where frame 0 of its session lies on the 16 kHz grid.
    pub(crate) fn session_position(&self) -> Position {
        self.span.start.position().plus(self.grid_frames(self.first_frame).saturating_neg())
    }

    /// Where its first frame lies on the 16 kHz grid.
    pub(crate) fn position(&self) -> Position {
        self.span.start.position()
    }

    /// Keeps only what lies before `end`.
    pub(crate) fn end_at(&mut self, end: Position) {
        let anchor = self.session_position();
        let keep = end.since(self.position()).max(0);
        let keep = self.stretch.map_or(keep, |stretch| stretch.counted(keep).0).unsigned_abs();
        self.frames = self.frames.min(resampled_frames(keep, SampleRate::SPEECH.hz(), self.rate.hz()));
        self.span = self.span_from(anchor);
    }

    fn span_from(&self, anchor: Position) -> Span {
        let start = anchor.plus(self.grid_frames(self.first_frame));
        let count = self.grid_frames_of(self.frames);
        let len = self.stretch.map_or(count, |stretch| stretch.on_grid(count));
        Span::new(start.wall(), start.plus(len).wall())
    }

    /// Its first so many frames as frames of the 16 kHz grid, by their count.
    fn grid_frames_of(&self, frames: u64) -> i64 {
        self.grid_frames(self.first_frame.saturating_add(frames)) - self.grid_frames(self.first_frame)
    }

    /// Frames of the session as frames of the 16 kHz grid.
    fn grid_frames(&self, frames: u64) -> i64 {
        i64::try_from(resampled_frames(frames, self.rate.hz(), SampleRate::SPEECH.hz())).unwrap_or(i64::MAX)
    }
}
