use crate::ArchiveError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use timeline::SampleRate;

/// The sound of a file from elsewhere, MP3, M4A (AAC, ALAC) or Ogg Vorbis, from its first frame to its last: how many frames there are is known when
/// all of it was read. What can't be decoded in the middle is left out, as players do, and told.
pub(crate) struct CompressedSound {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Frames a second; one rate in all of the file.
    pub(crate) rate: SampleRate,
    samples: Vec<f32>,
    /// Packets that couldn't be decoded.
    pub(crate) damaged: u64,
}

impl std::fmt::Debug for CompressedSound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompressedSound").field("path", &self.path).field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl CompressedSound {
    /// Opens a file at its first frame. Its form is read out of its content; the name only helps.
    ///
    /// # Errors
    /// [`ArchiveError::NotSound`] where it is of no form that can be read, [`ArchiveError::Io`] where it can't be read.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(ArchiveError::io("open", path))?;
        let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let reader = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| match error {
                // What it says of that is about its own parts.
                Error::Unsupported(_) => ArchiveError::NotSound {
                    path: path.to_owned(),
                    reason: "it is none of WAV, FLAC, MP3, M4A and Ogg Vorbis".to_owned(),
                },
                error => not_sound(path, error),
            })?;
        let found =
            reader.first_track_known_codec(TrackType::Audio).map(|track| (track.id, track.codec_params.clone()));
        let (track, params) = match found {
            Some((id, Some(params))) => (id, params.audio().cloned()),
            _ => (0, None),
        };
        let Some(params) = params else { return Err(not_sound(path, Error::Unsupported("there is no sound in it"))) };
        let rate = params.sample_rate.and_then(SampleRate::new);
        let Some(rate) = rate else { return Err(not_sound(path, Error::Unsupported("it doesn't say at which rate"))) };
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&params, &AudioDecoderOptions::default())
            .map_err(|error| not_sound(path, error))?;
        Ok(Self { path: path.to_owned(), reader, decoder, track, rate, samples: Vec::new(), damaged: 0 })
    }

    /// Appends the next frames to `out`, channels averaged; `false` where nothing follows.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where it can't be read, [`ArchiveError::NotSound`] where its rate changes.
    pub(crate) fn next(&mut self, out: &mut Vec<f32>) -> Result<bool, ArchiveError> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(false),
                // Cut short: what is there was read.
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(Error::IoError(source)) => return Err(ArchiveError::io("read", &self.path)(source)),
                Err(_) => {
                    self.damaged += 1;
                    return Ok(false);
                }
            };
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(Error::IoError(source)) if source.kind() != io::ErrorKind::UnexpectedEof => {
                    return Err(ArchiveError::io("read", &self.path)(source));
                }
                Err(_) => {
                    self.damaged += 1;
                    continue;
                }
            };
            if decoded.spec().rate() != self.rate.hz() {
                return Err(not_sound(&self.path, Error::Unsupported("its rate changes on the way")));
            }
            let channels = decoded.num_planes().max(1);
            self.samples.clear();
            decoded.copy_to_vec_interleaved::<f32>(&mut self.samples);
            out.extend(self.samples.chunks_exact(channels).map(mono));
            return Ok(true);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few channels")]
fn mono(frame: &[f32]) -> f32 {
    let sum: f32 = frame.iter().filter(|sample| sample.is_finite()).sum();
    sum / frame.len() as f32
}

fn not_sound(path: &Path, error: Error) -> ArchiveError {
    match error {
        Error::IoError(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
            ArchiveError::io("read", path)(source)
        }
        error => ArchiveError::NotSound { path: path.to_owned(), reason: error.to_string() },
    }
}
