use crate::origin::Origin;
use crate::wav::WavHeader;
use resample::resampled_frames;
use std::path::PathBuf;
use timeline::{Position, SampleRate, SegmentName, Side, Span};

/// One WAV file of one track.
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
}

/// A name may be this much later than the first frame, where the name of that millisecond was taken.
pub(crate) const MAX_NAME_SHIFT_MICROS: i64 = 100_000;

impl Segment {
    /// A segment out of its file's name and header. The facts in the header go before those in the name, unless the
    /// file was renamed by hand.
    pub(crate) fn new(name: SegmentName, path: PathBuf, part: bool, header: &WavHeader) -> Self {
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
            name,
        };
        let anchor = start.plus_micros(segment.rate.micros(segment.first_frame).saturating_neg());
        segment.span = segment.span_from(anchor.position());
        segment
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
        let keep = end.since(self.position()).max(0).unsigned_abs();
        self.frames = self.frames.min(resampled_frames(keep, SampleRate::SPEECH.hz(), self.rate.hz()));
        self.span = self.span_from(anchor);
    }

    fn span_from(&self, anchor: Position) -> Span {
        let at = |frame: u64| anchor.plus(self.grid_frames(frame)).wall();
        Span::new(at(self.first_frame), at(self.first_frame.saturating_add(self.frames)))
    }

    /// Frames of the session as frames of the 16 kHz grid.
    fn grid_frames(&self, frames: u64) -> i64 {
        i64::try_from(resampled_frames(frames, self.rate.hz(), SampleRate::SPEECH.hz())).unwrap_or(i64::MAX)
    }
}
