use crate::fraction::{BEFORE, TAPS, value_at};
use crate::segment::Stretch;
use crate::sound_file::SoundFile;
use crate::{ArchiveError, Segment};
use resample::Resampler;
use timeline::{Position, SampleRate, Span, SpanSet};

/// Frames that are decoded at once where nothing is resampled: half a second.
const STRETCH_FRAMES: usize = 8_000;
/// Frames of a page of resampled sound: 10 s.
const PAGE_FRAMES: i64 = 160_000;
/// The end of a growing segment that still has to be resampled together with what follows is not offered as sound yet.
const UNSETTLED_MICROS: i64 = 60_000;

/// One track as one stream of mono frames on the absolute 16 kHz grid.
///
/// Where there is no sound it reads as zeros; [`sound`](Self::sound) says where there is. Segments that follow each other
/// read as if they were one file. What it gives depends on the files alone, never on where reading began: sound at
/// other rates is resampled in pages that lie on the session's own grid, and where a device drifted against the clock its
/// segment is read at the speed that lies between the segment's two ends. It sees the segments as they were when it was
/// made, the growing one included.
#[derive(Debug)]
pub struct TrackReader {
    segments: Vec<Segment>,
    sound: SpanSet,
    /// The file that was read last, by its segment's index.
    open: Option<(usize, SoundFile)>,
    cached: Cached,
}

/// Frames that were decoded last.
#[derive(Debug, Default)]
struct Cached {
    from: i64,
    frames: Vec<f32>,
    /// The segment (16 kHz) or the first one of the session (other rates) they belong to.
    segment: Option<usize>,
}

impl Cached {
    fn get(&self, segment: usize, at: i64, len: usize) -> Option<&[f32]> {
        let from = usize::try_from(at.checked_sub(self.from)?).ok().filter(|_| self.segment == Some(segment))?;
        let rest = self.frames.get(from..).filter(|rest| !rest.is_empty())?;
        rest.get(..len.min(rest.len()))
    }
}

impl TrackReader {
    /// A reader over segments of one track, as [`Archive::segments`](crate::Archive::segments) gives them.
    pub fn new(mut segments: Vec<Segment>) -> Self {
        segments.sort_by_key(|segment| segment.span.start);
        let settled = |segment: &Segment| {
            let unsettled = if segment.part && segment.rate != SampleRate::SPEECH { UNSETTLED_MICROS } else { 0 };
            Span::new(segment.span.start, segment.span.end.plus_micros(-unsettled))
        };
        let sound = |it: &Segment| SpanSet::from_iter([settled(it)]).minus(&it.forgotten).iter().collect::<Vec<_>>();
        let sound = segments.iter().flat_map(sound).collect();
        Self { segments, sound, open: None, cached: Cached::default() }
    }

    /// Where there is sound.
    pub fn sound(&self) -> &SpanSet {
        &self.sound
    }

    /// The segments it reads, in order of time.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Fills `out` with the frames from `from` on.
    ///
    /// # Errors
    /// [`ArchiveError`] where a file that was there can't be read any more; `out` then holds zeros from that place on.
    pub fn read(&mut self, from: Position, out: &mut [f32]) -> Result<(), ArchiveError> {
        out.fill(0.0);
        let mut done = 0;
        let first = self.segments.partition_point(|segment| segment.span.end.position() <= from);
        for index in first..self.segments.len() {
            let Some(segment) = self.segments.get(index) else { break };
            let (start, end) = (segment.position(), segment.span.end.position());
            if start >= from.plus(i64::try_from(out.len()).unwrap_or(i64::MAX)) {
                break;
            }
            // Two segments never overlap but by a frame of rounding, which the first one keeps.
            let begin = usize::try_from(start.since(from)).unwrap_or(0).max(done);
            let until = usize::try_from(end.since(from)).unwrap_or(0).min(out.len());
            while let Some(rest) = out.get_mut(done.max(begin)..until).filter(|rest| !rest.is_empty()) {
                let at = from.plus(i64::try_from(done.max(begin)).unwrap_or(i64::MAX));
                let got = self.read_of(index, at, rest)?;
                done = done.max(begin) + got.max(1);
            }
        }
        Ok(())
    }

    /// Copies what is decoded at `at` of a segment, decoding first where needed; says how many frames that were.
    fn read_of(&mut self, index: usize, at: Position, out: &mut [f32]) -> Result<usize, ArchiveError> {
        let Some(segment) = self.segments.get(index) else { return Ok(out.len()) };
        if let Some(stretch) = segment.stretch {
            return self.read_stretched(index, stretch, at.since(segment.position()), out);
        }
        let plain = segment.rate == SampleRate::SPEECH;
        let at = if plain { at.since(segment.position()) } else { at.since(segment.session_position()) };
        self.read_counted(index, at, out)
    }

    /// Reads a segment whose device drifted, from `at` frames of the grid behind its start on: between its counted
    /// frames, and over its borders where the sound goes on in its neighbours.
    fn read_stretched(
        &mut self,
        index: usize,
        stretch: Stretch,
        at: i64,
        out: &mut [f32],
    ) -> Result<usize, ArchiveError> {
        let len = out.len().min(STRETCH_FRAMES);
        let out = out.get_mut(..len).unwrap_or_default();
        let (first, _) = stretch.counted(at);
        let (last, _) = stretch.counted(at.saturating_add(i64::try_from(len).unwrap_or(0)));
        let lead = i64::try_from(BEFORE).unwrap_or(0) - 1;
        let mut counted = vec![0.0; usize::try_from(last - first).unwrap_or(0) + TAPS];
        self.gather_counted(index, first - lead, &mut counted)?;
        for (frame, out) in (at..).zip(out.iter_mut()) {
            let (whole, fraction) = stretch.counted(frame);
            let begin = usize::try_from(whole - first).unwrap_or(0);
            *out = value_at(counted.get(begin..begin + TAPS).unwrap_or_default(), fraction);
        }
        Ok(len)
    }

    /// Fills `out` with counted frames at 16 kHz, from `from` frames behind a segment's start (or before it) on.
    fn gather_counted(&mut self, index: usize, from: i64, out: &mut [f32]) -> Result<(), ArchiveError> {
        let Some(segment) = self.segments.get(index) else { return Ok(()) };
        let begin = segment.position().since(segment.session_position()) + from;
        if segment.rate == SampleRate::SPEECH {
            return self.gather(index, begin, out);
        }
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = begin + i64::try_from(done).unwrap_or(0);
            done += self.read_counted(index, at, rest)?.max(1);
        }
        Ok(())
    }

    /// Copies counted frames, decoding first where needed; says how many frames that were. `at` counts from the
    /// segment's start (16 kHz) or its session's (other rates).
    fn read_counted(&mut self, index: usize, at: i64, out: &mut [f32]) -> Result<usize, ArchiveError> {
        let plain = self.segments.get(index).is_none_or(|segment| segment.rate == SampleRate::SPEECH);
        let key = if plain { index } else { self.first_of_session(index) };
        if self.cached.get(key, at, out.len()).is_none() {
            // What is cached while decoding fails belongs to nothing.
            self.cached.segment = None;
            if plain {
                self.decode(index, at)?;
            } else {
                self.decode_page(index, at.div_euclid(PAGE_FRAMES))?;
            }
            self.cached.segment = Some(key);
        }
        let frames = self.cached.get(key, at, out.len()).unwrap_or_default();
        out.iter_mut().zip(frames).for_each(|(out, frame)| *out = *frame);
        Ok(frames.len())
    }

    /// Decodes half a second of a 16 kHz segment from `at` on.
    fn decode(&mut self, index: usize, at: i64) -> Result<(), ArchiveError> {
        let mut frames = std::mem::take(&mut self.cached.frames);
        frames.resize(STRETCH_FRAMES, 0.0);
        let left = self.segments.get(index).map_or(0, |segment| segment.frames).saturating_sub(at.unsigned_abs());
        frames.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.read_frames(index, at.unsigned_abs(), &mut frames);
        self.cached.frames = frames;
        self.cached.from = at;
        read
    }

    /// Resamples one page of the session that a segment belongs to. A page is made of the same input frames whoever
    /// asks for it: its own and as many before and after as the resampler's filter reaches.
    fn decode_page(&mut self, index: usize, page: i64) -> Result<(), ArchiveError> {
        let Some(segment) = self.segments.get(index) else { return Ok(()) };
        let hz = segment.rate.hz();
        let fail = |source| ArchiveError::Resample { path: segment.path.clone(), source };
        let mut resampler = Resampler::new(hz, SampleRate::SPEECH.hz()).map_err(fail)?;
        // The frames before begin where both grids meet, so that every page has the same phase.
        let meet = i64::from(hz / resample::gcd(hz, SampleRate::SPEECH.hz()));
        let reach = i64::try_from(resampler.reach_frames()).unwrap_or(i64::MAX / 4);
        let lead = (reach / meet + 1) * meet;
        let in_page = PAGE_FRAMES / i64::from(SampleRate::SPEECH.hz()) * i64::from(hz);
        let (begin, len) = (page * in_page - lead, usize::try_from(in_page + 2 * lead).unwrap_or(0));
        let mut input = vec![0.0; len];
        self.gather(index, begin, &mut input)?;
        let mut output = Vec::with_capacity(usize::try_from(2 * PAGE_FRAMES).unwrap_or(0));
        let path = self.segments.get(index).map(|segment| segment.path.clone()).unwrap_or_default();
        resampler.push(&input, &mut output).map_err(|source| ArchiveError::Resample { path: path.clone(), source })?;
        resampler.finish(&mut output).map_err(|source| ArchiveError::Resample { path, source })?;
        let skip = lead * i64::from(SampleRate::SPEECH.hz()) / i64::from(hz);
        output.drain(..usize::try_from(skip).unwrap_or(0).min(output.len()));
        output.truncate(usize::try_from(PAGE_FRAMES).unwrap_or(0));
        self.cached.from = page * PAGE_FRAMES;
        self.cached.frames = output;
        Ok(())
    }

    /// Fills `out` with the frames of a session from its frame `begin` on, whichever segments hold them.
    fn gather(&mut self, index: usize, begin: i64, out: &mut [f32]) -> Result<(), ArchiveError> {
        let end = begin.saturating_add(i64::try_from(out.len()).unwrap_or(i64::MAX));
        for other in self.first_of_session(index)..self.segments.len() {
            let Some(segment) = self.segments.get(other).filter(|_| self.is_one_stream(index, other)) else { continue };
            let first = i64::try_from(segment.first_frame).unwrap_or(i64::MAX);
            let last = first.saturating_add(i64::try_from(segment.frames).unwrap_or(i64::MAX));
            if first >= end {
                break;
            }
            let (from, to) = (first.max(begin), last.min(end));
            let place = usize::try_from(from - begin).unwrap_or(0)..usize::try_from(to - begin).unwrap_or(0);
            if let Some(out) = out.get_mut(place).filter(|out| !out.is_empty()) {
                self.read_frames(other, (from - first).unsigned_abs(), out)?;
            }
        }
        Ok(())
    }

    /// The index of the first segment of the session that a segment belongs to.
    fn first_of_session(&self, index: usize) -> usize {
        (0..index).find(|other| self.is_one_stream(index, *other)).unwrap_or(index)
    }

    fn is_one_stream(&self, a: usize, b: usize) -> bool {
        let (Some(a), Some(b)) = (self.segments.get(a), self.segments.get(b)) else { return false };
        a.path == b.path || (a.session.is_some() && a.session == b.session && a.rate == b.rate)
    }

    /// Reads a file's frames; those that were forgotten are silence already before they are overwritten.
    fn read_frames(&mut self, index: usize, from: u64, out: &mut [f32]) -> Result<(), ArchiveError> {
        self.file(index)?.read(from, out)?;
        let Some(segment) = self.segments.get(index) else { return Ok(()) };
        for frames in segment.forgotten.iter().map(|span| segment.frames_within(&span)) {
            let place = |frame: u64| usize::try_from(frame.saturating_sub(from)).unwrap_or(usize::MAX).min(out.len());
            let (begin, end) = (place(frames.start), place(frames.end));
            out.get_mut(begin..end).unwrap_or_default().fill(0.0);
        }
        Ok(())
    }

    fn file(&mut self, index: usize) -> Result<&mut SoundFile, ArchiveError> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != index) {
            let path = self.segments.get(index).map(|segment| segment.path.clone()).unwrap_or_default();
            self.open = Some((index, SoundFile::open(&path)?));
        }
        match &mut self.open {
            Some((_, file)) => Ok(file),
            None => {
                Err(ArchiveError::NotSound { path: std::path::PathBuf::new(), reason: "it is not open".to_owned() })
            }
        }
    }
}
