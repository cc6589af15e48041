use crate::ArchiveError;
use crate::flac_header::FlacHeader;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use symphonia_bundle_flac::{FlacDecoder, FlacReader};
use symphonia_core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia_core::errors::Error;
use symphonia_core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia_core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia_core::units::Timestamp;

/// The frames of a FLAC file, from any place.
///
/// Reading goes on behind a damaged frame: what it held, a quarter of a second of ours, reads as silence, and the file is named once,
/// as an error. So one byte that a disk turned over costs that moment and not the segment.
pub(crate) struct FlacSound {
    path: PathBuf,
    channels: usize,
    frames: u64,
    may_seek: bool,
    reader: FlacReader<'static>,
    decoder: FlacDecoder,
    /// The frame that decoding comes to next.
    next: u64,
    /// Frames that were decoded last, as interleaved 32-bit samples, up to `next`.
    kept: Vec<i32>,
    samples: Vec<i32>,
    damaged: bool,
}

/// Frames that are kept of what was decoded: a reader that drifts goes back by a few for each of its steps.
const KEPT_FRAMES: usize = 16_384;
/// What lies no further ahead than this is decoded up to, which is quicker than looking for it.
const NEAR_FRAMES: u64 = 16_384;

impl std::fmt::Debug for FlacSound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlacSound").field("path", &self.path).field("next", &self.next).finish_non_exhaustive()
    }
}

impl FlacSound {
    /// Opens a file whose header was read.
    pub(crate) fn open(path: &Path, header: &FlacHeader) -> Result<Self, ArchiveError> {
        let (reader, decoder) = start(path, header.may_seek)?;
        Ok(Self {
            path: path.to_owned(),
            channels: usize::from(header.channels),
            frames: header.frames,
            may_seek: header.may_seek,
            reader,
            decoder,
            next: 0,
            kept: Vec::new(),
            samples: Vec::new(),
            damaged: false,
        })
    }

    /// Fills `out` with the frames from `from` on, channels averaged; what lies behind the end of the file, or is damaged, is zero.
    pub(crate) fn read(&mut self, from: u64, out: &mut [f32]) -> Result<(), ArchiveError> {
        out.fill(0.0);
        let end = from.saturating_add(out.len() as u64).min(self.frames);
        if from >= end {
            return Ok(());
        }
        let kept_from = self.next - self.kept_frames();
        if !(kept_from..=self.next.saturating_add(NEAR_FRAMES)).contains(&from) {
            self.seek(from)?;
        }
        let kept_from = self.next - self.kept_frames();
        copy(&self.kept, kept_from, self.channels, from, out);
        while self.next < end {
            let Some(start) = self.decode()? else {
                self.is_damaged();
                self.kept.clear();
                self.next = self.frames;
                break;
            };
            copy(&self.samples, start, self.channels, from, out);
        }
        Ok(())
    }

    /// Gives every frame to `take` in order, as interleaved 32-bit samples, and says whether none was damaged.
    pub(crate) fn read_all(&mut self, take: &mut dyn FnMut(&[i32])) -> Result<bool, ArchiveError> {
        self.seek(0)?;
        while self.next < self.frames && self.decode()?.is_some() {
            take(&self.samples);
        }
        if self.next != self.frames {
            self.is_damaged();
        }
        Ok(!self.damaged)
    }

    fn kept_frames(&self) -> u64 {
        (self.kept.len() / self.channels) as u64
    }

    /// Decodes the next frames; says where they begin, and `None` where nothing follows.
    fn decode(&mut self) -> Result<Option<u64>, ArchiveError> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                Err(error) => return self.unless_io(error).map(|()| None),
            };
            let start = packet.pts.get().unsigned_abs();
            self.samples.clear();
            match self.decoder.decode(&packet) {
                Ok(decoded) => decoded.copy_to_vec_interleaved::<i32>(&mut self.samples),
                Err(error) => {
                    self.unless_io(error)?;
                    continue;
                }
            }
            let len = (self.samples.len() / self.channels) as u64;
            if start < self.next || start.saturating_add(len) > self.frames {
                // It says it were where another was, or behind the end.
                self.is_damaged();
                continue;
            }
            if start > self.next {
                self.is_damaged();
                self.kept.clear();
            }
            self.next = start + len;
            self.kept.extend_from_slice(&self.samples);
            let most = KEPT_FRAMES.max(usize::try_from(len).unwrap_or(0)) * self.channels;
            self.kept.drain(..self.kept.len().saturating_sub(most));
            return Ok(Some(start));
        }
    }

    /// Goes to the frames that hold `frame`, or to the first behind it that can be read.
    fn seek(&mut self, frame: u64) -> Result<(), ArchiveError> {
        self.kept.clear();
        self.next = frame;
        if frame == 0 || !self.may_seek {
            (self.reader, self.decoder) = start(&self.path, self.may_seek)?;
            self.next = 0;
            while self.next < frame && self.decode()?.is_some() {}
            return Ok(());
        }
        let to = SeekTo::Timestamp { ts: Timestamp::new(i64::try_from(frame).unwrap_or(i64::MAX)), track_id: 0 };
        match self.reader.seek(SeekMode::Accurate, to) {
            Ok(found) => {
                self.decoder.reset();
                self.next = found.actual_ts.get().unsigned_abs();
                if self.next > frame {
                    self.is_damaged();
                }
                Ok(())
            }
            Err(error) => self.unless_io(error),
        }
    }

    /// A file that ends too soon or makes no sense is damaged; what else the system says is an error.
    fn unless_io(&mut self, error: Error) -> Result<(), ArchiveError> {
        match error {
            Error::IoError(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
                Err(ArchiveError::Io { operation: "read", path: self.path.clone(), source })
            }
            _ => {
                self.is_damaged();
                Ok(())
            }
        }
    }

    fn is_damaged(&mut self) {
        if !self.damaged {
            tracing::error!(
                "{} is damaged; the rest of it is read, and what can't be is silence; a copy of it from a backup mends it",
                self.path.display()
            );
        }
        self.damaged = true;
    }
}

/// Copies the part of `samples`, whose first frame is `start`, that lies in `out`, whose first frame is `from`, as mono floats.
fn copy(samples: &[i32], start: u64, channels: usize, from: u64, out: &mut [f32]) {
    let (skip, to) = (from.saturating_sub(start), start.saturating_sub(from));
    let (skip, to) = (usize::try_from(skip).unwrap_or(usize::MAX), usize::try_from(to).unwrap_or(usize::MAX));
    let frames = samples.chunks_exact(channels).skip(skip);
    for (frame, out) in frames.zip(out.iter_mut().skip(to)) {
        *out = mono(frame);
    }
}

/// The decoder gives samples of any depth as 32 bits, so that the value is the one that the same sample has in a WAV file.
#[expect(clippy::cast_precision_loss, reason = "an f32 holds 24 bits, more than the archive keeps of a sample")]
fn mono(frame: &[i32]) -> f32 {
    let sum: f32 = frame.iter().map(|sample| *sample as f32 / 2_147_483_648.0).sum();
    if frame.len() == 1 { sum } else { sum / frame.len() as f32 }
}

/// Opens a file at its first frame.
fn start(path: &Path, may_seek: bool) -> Result<(FlacReader<'static>, FlacDecoder), ArchiveError> {
    let file = File::open(path).map_err(ArchiveError::io("open", path))?;
    let source: Box<dyn MediaSource> = if may_seek { Box::new(file) } else { Box::new(ReadOnlySource::new(file)) };
    let fail = |error: Error| match error {
        Error::IoError(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
            ArchiveError::Io { operation: "read", path: path.to_owned(), source }
        }
        error => ArchiveError::NotSound { path: path.to_owned(), reason: error.to_string() },
    };
    let stream = MediaSourceStream::new(source, symphonia_core::io::MediaSourceStreamOptions::default());
    let reader = FlacReader::try_new(stream, FormatOptions::default()).map_err(fail)?;
    let params = reader.first_track(TrackType::Audio).and_then(|track| track.codec_params.as_ref()?.audio().cloned());
    let Some(params) = params else { return Err(fail(Error::Unsupported("no sound in it"))) };
    let decoder = FlacDecoder::try_new(&params, &AudioDecoderOptions::default()).map_err(fail)?;
    Ok((reader, decoder))
}
