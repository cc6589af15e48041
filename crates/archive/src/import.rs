//! Recordings from elsewhere: copied and converted to 16 kHz mono segments, never moved.
//!
//! The whole file or nothing: segments are written under hidden names, which no scan looks at, and get their final names
//! when the last one is whole. Importing the same file at the same time again finds it already there.
//! As everything that makes finished sound files it is to be called by the holder of the worker's lock.

use crate::origin::{ORIGIN_VERSION, Origin};
use crate::part_file::{PartFile, rename_to_free};
use crate::placement;
use crate::recording::Recording;
use crate::sound_header::SoundHeader;
use crate::{Archive, ArchiveError, ForgottenLog, Segment};
use resample::{Resampler, resampled_frames};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use timeline::{SampleRate, SegmentName, Side, Span, TrackName, WallTime};

/// Imported segments end on multiples of this many minutes, as recorded ones do by default.
const SEGMENT_MINUTES: u32 = 5;
/// Frames that are read and converted at once, about: 3 s at 16 kHz, 1 s at 48 kHz.
const STEP_FRAMES: usize = 48_000;

/// How far an import is, in frames of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Frames that were converted.
    pub done: u64,
    /// Frames there are.
    pub total: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The segments that hold the recording now.
    pub segments: Vec<Segment>,
    /// Whether they were all there before, from the same file at the same time.
    pub already_there: bool,
    /// What was wrong with the source, where part of it could be read nevertheless.
    pub warning: Option<String>,
}

/// Copies a WAV, FLAC, MP3, M4A or Ogg Vorbis file of any rate, number of channels and sample format into the archive, as sound of `track` from `at` on
/// (to the millisecond).
///
/// # Errors
/// [`ArchiveError::NotSound`] where the source can't be read as sound, [`ArchiveError::Overlap`] where the track has sound
/// at that time, [`ArchiveError::Forgotten`] where that time was forgotten, [`ArchiveError::Io`] where a file can't be read or written. The archive is then as it was.
pub fn import(
    archive: &Archive,
    source: &Path,
    track: &TrackName,
    side: Side,
    at: WallTime,
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, ArchiveError> {
    let recording = Recording::open(source)?;
    let at = at.plus_micros(-at.as_micros().rem_euclid(1_000));
    let frames = resampled_frames(recording.frames, recording.rate.hz(), SampleRate::SPEECH.hz());
    if frames == 0 {
        return Err(ArchiveError::NotSound { path: source.to_owned(), reason: "it holds no sound".to_owned() });
    }
    let span = Span::new(at, at.plus_micros(SampleRate::SPEECH.micros(frames)));
    if span.end >= WallTime::MAX || i64::try_from(frames).is_err() {
        return Err(ArchiveError::OutOfTime { path: source.to_owned() });
    }
    if let Some(gone) = ForgottenLog::open(archive).all()?.of(track).within(&span).iter().next() {
        return Err(ArchiveError::Forgotten { track: track.clone(), span: gone });
    }
    let warning = recording.warning.clone();
    let mut copy = Copy {
        archive,
        track,
        side,
        at,
        session: format!("import-{}", at.compact()),
        source_hash: hash(source)?,
        frame: 0,
        open: None,
        finished: Vec::new(),
        there: Vec::new(),
    };
    copy.there = copy.already_there(&span)?;
    let already_there = copy.there.iter().map(|segment| segment.frames).sum::<u64>() == frames;
    if !already_there && let Err(error) = copy.convert(recording, source, progress).and_then(|()| copy.publish()) {
        copy.remove_unfinished();
        return Err(error);
    }
    let mut segments = archive.segments(track, &span)?;
    segments.retain(|segment| segment.session.as_ref() == Some(&copy.session));
    Ok(Imported { segments, already_there, warning })
}

/// How long a recording lasts, in microseconds.
///
/// # Errors
/// [`ArchiveError::NotSound`] where it can't be read as sound, [`ArchiveError::Io`].
pub fn length_micros(source: &Path) -> Result<i64, ArchiveError> {
    let recording = Recording::open(source)?;
    Ok(recording.rate.micros(recording.frames))
}

/// SHA-256 of a file, in hexadecimal.
fn hash(path: &Path) -> Result<String, ArchiveError> {
    let mut file = File::open(path).map_err(ArchiveError::io("open", path))?;
    let (mut hasher, mut bytes) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        let len = file.read(&mut bytes).map_err(ArchiveError::io("read", path))?;
        if len == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        hasher.update(bytes.get(..len).unwrap_or_default());
    }
}

/// One import under way.
struct Copy<'a> {
    archive: &'a Archive,
    track: &'a TrackName,
    side: Side,
    at: WallTime,
    session: String,
    source_hash: String,
    /// Frames written so far.
    frame: u64,
    open: Option<Open>,
    /// Whole segments that are still hidden, with the names they will get.
    finished: Vec<(PathBuf, PathBuf)>,
    /// Segments that an earlier import of the same file left.
    there: Vec<Segment>,
}

struct Open {
    /// Nothing where the segment is already there.
    part: Option<(PartFile, PathBuf)>,
    end: u64,
}

impl Copy<'_> {
    /// The segments in the way, if all of them are from this very import.
    fn already_there(&self, span: &Span) -> Result<Vec<Segment>, ArchiveError> {
        let there = self.archive.segments(self.track, span)?;
        for segment in &there {
            if segment.session.as_ref() != Some(&self.session) || source_of(segment).as_ref() != Some(&self.source_hash)
            {
                return Err(ArchiveError::Overlap {
                    track: self.track.clone(),
                    span: segment.span.intersect(span).unwrap_or(segment.span),
                    path: segment.path.clone(),
                });
            }
        }
        Ok(there)
    }

    fn convert(
        &mut self,
        mut recording: Recording,
        source: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ArchiveError> {
        let fail = |error| ArchiveError::Resample { path: source.to_owned(), source: error };
        let (rate, total) = (recording.rate, recording.frames);
        let mut resampler = Resampler::new(rate.hz(), SampleRate::SPEECH.hz()).map_err(fail)?;
        let (mut input, mut output, mut done) = (Vec::new(), Vec::new(), 0);
        while done < total {
            recording.next(STEP_FRAMES, &mut input)?;
            if input.is_empty() {
                let reason = "it became shorter while it was read".to_owned();
                return Err(ArchiveError::NotSound { path: source.to_owned(), reason });
            }
            done += input.len() as u64;
            output.clear();
            resampler.push(&input, &mut output).map_err(fail)?;
            if done >= total {
                resampler.finish(&mut output).map_err(fail)?;
            }
            self.write(&output)?;
            progress(Progress { done, total });
        }
        self.close()
    }

    fn write(&mut self, frames: &[f32]) -> Result<(), ArchiveError> {
        let frames: Vec<i16> = frames.iter().map(|frame| sample(*frame)).collect();
        let mut rest = frames.as_slice();
        while !rest.is_empty() {
            if self.open.as_ref().is_some_and(|open| open.end <= self.frame) {
                self.close()?;
            }
            if self.open.is_none() {
                self.open = Some(self.create()?);
            }
            let Some(open) = &mut self.open else { break };
            let fits = usize::try_from(open.end - self.frame).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(fits);
            if let Some((part, _)) = &mut open.part {
                part.write(now)?;
            }
            self.frame += now.len() as u64;
            rest = later;
        }
        Ok(())
    }

    fn create(&mut self) -> Result<Open, ArchiveError> {
        let start = self.at.plus_micros(SampleRate::SPEECH.micros(self.frame));
        let end = placement::segment_end(self.at, SampleRate::SPEECH, SEGMENT_MINUTES, self.frame, false);
        if self.there.iter().any(|segment| segment.first_frame == self.frame) {
            return Ok(Open { part: None, end });
        }
        let origin = Origin {
            v: ORIGIN_VERSION,
            session: self.session.clone(),
            track: self.track.clone(),
            side: self.side,
            first_frame: self.frame,
            start_us: start.as_micros(),
            end_us: None,
            end_frames: None,
            utc_offset_s: start.local_offset_s(),
            source: Some(self.source_hash.clone()),
            sum: None,
        };
        let path = self.archive.segment_path(&SegmentName { start, track: self.track.clone() });
        let hidden = hidden(&path);
        if hidden.symlink_metadata().is_ok() {
            // An import of this very segment was killed; its copy was never whole and nobody has seen it.
            remove(&hidden)?;
        }
        if let Some(folder) = hidden.parent() {
            self.archive.create_folder(folder)?;
        }
        let part = PartFile::create(&hidden, SampleRate::SPEECH, origin)?;
        Ok(Open { part: Some((part, path)), end })
    }

    /// Puts the open segment with those that are whole.
    fn close(&mut self) -> Result<(), ArchiveError> {
        let Some((mut part, path)) = self.open.take().and_then(|open| open.part) else { return Ok(()) };
        self.finished.push((part.path().to_owned(), path));
        part.seal()
    }

    /// Gives every segment its final name, in order.
    fn publish(&mut self) -> Result<(), ArchiveError> {
        for (_, path) in &self.finished {
            if path.symlink_metadata().is_ok() {
                let source = std::io::ErrorKind::AlreadyExists.into();
                return Err(ArchiveError::Io { operation: "create", path: path.clone(), source });
            }
        }
        while !self.finished.is_empty() {
            if let Some((hidden, path)) = self.finished.first() {
                rename_to_free(hidden, path)?;
            }
            self.finished.remove(0);
        }
        Ok(())
    }

    /// Takes the copies away that never got their names.
    fn remove_unfinished(&mut self) {
        let open = self.open.take().and_then(|open| open.part).map(|(part, _)| part.path().to_owned());
        for hidden in self.finished.drain(..).map(|(hidden, _)| hidden).chain(open) {
            if let Err(error) = remove(&hidden) {
                tracing::error!("{error}");
            }
        }
    }
}

/// `.20261123T091500.000Z.mic.wav.importing`: no scan looks at hidden files.
fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.importing"))
}

#[expect(clippy::disallowed_methods, reason = "an unfinished copy of our own that never had a segment's name")]
fn remove(path: &Path) -> Result<(), ArchiveError> {
    fs::remove_file(path).map_err(ArchiveError::io("remove", path))
}

/// The hash of the file that a segment was imported from.
fn source_of(segment: &Segment) -> Option<String> {
    let mut file = File::open(&segment.path).ok()?;
    let len = file.metadata().ok()?.len();
    SoundHeader::read(&mut file, len).ok()?.origin?.source
}

#[expect(clippy::cast_possible_truncation, reason = "the value was clamped to the range")]
fn sample(value: f32) -> i16 {
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
