//! Finished segments, packed: a WAV becomes the FLAC that stands for it, to the bit.
//!
//! ```text
//! X.wav ──encode──► X.flac.part, synced ──decode──► the same WAV file? ──rename──► X.flac ──► X.wav is removed
//! ```
//!
//! What is compared is the SHA-256 of the whole WAV file with that of the one which the FLAC gives back, header and samples, decoded by another library
//! than the one that encoded. So whatever kills this leaves the WAV, the FLAC, or both; where both are there readers take the WAV, and
//! doing it again finishes it. The `.flac.part` of a killed run is a copy, which the next one makes anew.
//!
//! Only what hearsay wrote itself is packed: a file that was put there by hand may hold more than its sound, and stays. Whether a pass has covered
//! it makes no difference, since a FLAC reads as its WAV did, frame by frame.
//!
//! To be called by the holder of the worker's lock.

use crate::flac_header::{APPLICATION, FlacHeader};
use crate::flac_sound::FlacSound;
use crate::part_file::rename_to_free;
use crate::sound_file::SoundFile;
use crate::sum::{self, Sum};
use crate::wav::{DATA_START, ORIGIN_BYTES, SampleForm, WavHeader};
use crate::{ArchiveError, Fault, FaultKind, Segment};
use crc32fast::Hasher;
use flac_codec::encode::{FlacSampleWriter, Options};
use flac_codec::metadata::Application;
use home::files;
use sha2::{Digest, Sha256};
use std::fs::{self, File, FileTimes};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use timeline::SampleRate;

/// What [`pack`] did with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// The FLAC stands for it now, and the WAV is gone. Both lengths in bytes.
    Packed {
        /// Of the WAV.
        before: u64,
        /// Of the FLAC.
        after: u64,
    },
    /// It can't be packed and stays as it is, with the reason.
    Left(Fault),
    /// It was called off; the WAV is as it was.
    Stopped,
}

/// Frames that are read and encoded at once: 4 s.
const STEP_FRAMES: u64 = 65_536;
/// Frames of a FLAC block, 0.13 s: with this many the fixtures became smallest, and a damaged block costs no more.
const BLOCK_FRAMES: u16 = 2_048;

/// Packs a segment. `stop` is asked every few seconds of sound.
///
/// # Errors
/// [`ArchiveError::Io`] where a file can't be read or written, with the WAV as it was.
pub fn pack(segment: &Segment, stop: &dyn Fn() -> bool) -> Result<Packed, ArchiveError> {
    match try_to_pack(segment, stop) {
        Ok((before, after)) => Ok(Packed::Packed { before, after }),
        Err(Unpacked::Left(fault)) => Ok(Packed::Left(fault)),
        Err(Unpacked::Stopped) => Ok(Packed::Stopped),
        Err(Unpacked::Failed(error)) => Err(error),
    }
}

/// Why a segment wasn't packed.
enum Unpacked {
    Left(Fault),
    Stopped,
    Failed(ArchiveError),
}

impl From<ArchiveError> for Unpacked {
    fn from(error: ArchiveError) -> Self {
        Self::Failed(error)
    }
}

fn left<T>(path: &Path, what: &str, advice: &str) -> Result<T, Unpacked> {
    Err(Unpacked::Left(Fault::new(path, FaultKind::Unpacked, format!("is not packed: {what}"), advice)))
}

fn try_to_pack(segment: &Segment, stop: &dyn Fn() -> bool) -> Result<(u64, u64), Unpacked> {
    let path = &segment.path;
    if segment.part || path.extension() != Some("wav".as_ref()) {
        return left(path, "it is no finished WAV file", "nothing needs to be done");
    }
    let mut wav = Wav::open(path)?;
    let flac = path.with_extension("flac");
    let part = path.with_extension("flac.part");
    remove_copy(&part)?;
    if flac.symlink_metadata().is_ok() {
        // Killed between the rename and the removal, or somebody else's: only what is the very same sound lets the WAV go.
        let digest = wav.digest(&mut |_| Ok(()), stop)?;
        if !is_file(&flac) || !stands_for(&flac, &digest)? {
            let what = "a FLAC file of its name is there and holds something else";
            return left(path, what, "look which of the two is right and move the other away");
        }
    } else {
        let packed = wav.encode(&part, stop).and_then(|digest| {
            if stands_for(&part, &digest)? {
                return Ok(rename_to_free(&part, &flac)?);
            }
            let what = "what was written does not decode to the same sound";
            left(path, what, "check the disk and the memory of this machine")
        });
        if let Err(error) = packed {
            remove_copy(&part)?;
            return Err(error);
        }
    }
    let after = flac.metadata().map_err(ArchiveError::io("read", &flac))?.len();
    remove_packed(path)?;
    Ok((wav.len, after))
}

/// A WAV file as the recorder writes it, to the byte: what a FLAC can stand for.
struct Wav {
    path: PathBuf,
    file: File,
    rate: SampleRate,
    header: Vec<u8>,
    /// The JSON of its `hsay` chunk, without the spaces behind.
    chunk: Vec<u8>,
    frames: u64,
    len: u64,
}

impl Wav {
    fn open(path: &Path) -> Result<Self, Unpacked> {
        if !is_file(path) {
            return left(path, "it is no file of its own", "put the file itself there, or use hearsay import");
        }
        let mut file = File::open(path).map_err(ArchiveError::io("open", path))?;
        let len = file.metadata().map_err(ArchiveError::io("read", path))?.len();
        let Ok(read) = WavHeader::read(&mut file, len) else {
            return left(path, "its header can't be read", "copy it again from where it came from, or take it away");
        };
        if read.origin.is_none() {
            return left(path, "it was put there by hand and may hold more than sound", "nothing needs to be done");
        }
        let mut header = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(ArchiveError::io("read", path))?;
        (&mut file).take(DATA_START).read_to_end(&mut header).map_err(ArchiveError::io("read", path))?;
        let chunk = WavHeader::chunk(&header).unwrap_or_default().trim_ascii_end().to_vec();
        let ours = header_of(read.rate, &chunk, read.frames);
        let is_ours = read.form == SampleForm::I16 && ours.as_ref() == Some(&header);
        if !is_ours || len != DATA_START + read.frames * 2 || read.frames == 0 {
            let advice = "what is there is used; if it came from elsewhere, copy it again";
            return left(path, "its header and what it holds don't agree", advice);
        }
        Ok(Self { path: path.to_owned(), file, rate: read.rate, header, chunk, frames: read.frames, len })
    }

    /// The SHA-256 of the whole file, whose sound is given to `take` on the way.
    fn digest(
        &mut self,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Unpacked>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, Unpacked> {
        let mut hash = Sha256::new_with_prefix(&self.header);
        let (mut bytes, mut left_bytes) = (Vec::new(), self.frames * 2);
        self.file.seek(SeekFrom::Start(DATA_START)).map_err(ArchiveError::io("read", &self.path))?;
        while left_bytes > 0 {
            if stop() {
                return Err(Unpacked::Stopped);
            }
            bytes.clear();
            let step = left_bytes.min(STEP_FRAMES * 2);
            (&mut self.file).take(step).read_to_end(&mut bytes).map_err(ArchiveError::io("read", &self.path))?;
            if bytes.len() as u64 != step {
                return left(&self.path, "it became shorter meanwhile", "look what else writes there");
            }
            hash.update(&bytes);
            take(&bytes)?;
            left_bytes -= step;
        }
        Ok(hash.finalize().to_vec())
    }

    /// Writes the FLAC, synced, and gives the digest of the WAV that it was made of.
    fn encode(&mut self, part: &Path, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, Unpacked> {
        let (path, hz, frames) = (self.path.clone(), self.rate.hz(), self.frames);
        let fail = |error: flac_codec::Error| match error {
            flac_codec::Error::Io(source) => {
                Unpacked::Failed(ArchiveError::Io { operation: "write", path: part.to_owned(), source })
            }
            error => {
                let (what, advice) = (format!("is not packed: {error}"), "nothing needs to be done");
                Unpacked::Left(Fault::new(&path, FaultKind::Unpacked, what, advice))
            }
        };
        // No seek table: a decoder finds a frame by halving, and a table that is damaged would mislead it.
        let application = Application { id: u32::from_be_bytes(APPLICATION), data: self.chunk.clone() };
        let options = Options::default().no_padding().no_seektable().application(application);
        let options = options.clone().block_size(BLOCK_FRAMES).unwrap_or(options);
        let file = files::create_new(part).map_err(ArchiveError::io("create", part))?;
        let mut out = BufWriter::new(file);
        let mut encoder = FlacSampleWriter::new(&mut out, options, hz, 16, 1, Some(frames)).map_err(fail)?;
        let mut samples = Vec::new();
        let mut take = |bytes: &[u8]| {
            samples.clear();
            samples.extend(bytes.chunks_exact(2).map(|pair| match *pair {
                [low, high] => i32::from(i16::from_le_bytes([low, high])),
                _ => 0,
            }));
            encoder.write(&samples).map_err(fail)
        };
        let digest = self.digest(&mut take, stop)?;
        encoder.finalize().map_err(fail)?;
        let file = out.into_inner().map_err(|error| ArchiveError::io("write", part)(error.into_error()))?;
        if let Ok(modified) = self.file.metadata().and_then(|metadata| metadata.modified()) {
            let times = FileTimes::new().set_modified(modified);
            file.set_times(times).map_err(ArchiveError::io("write", part))?;
        }
        file.sync_all().map_err(ArchiveError::io("sync", part))?;
        Ok(digest)
    }
}

/// Whether a FLAC gives back the WAV file of that digest.
fn stands_for(flac: &Path, digest: &[u8]) -> Result<bool, ArchiveError> {
    let mut hash = Sha256::new();
    Ok(unpack(flac, &mut |bytes| hash.update(bytes))? && hash.finalize().as_slice() == digest)
}

/// Gives the WAV file that a FLAC stands for to `take`, in pieces; `false` where it stands for none or is damaged.
fn unpack(flac: &Path, take: &mut dyn FnMut(&[u8])) -> Result<bool, ArchiveError> {
    let mut file = File::open(flac).map_err(ArchiveError::io("open", flac))?;
    let len = file.metadata().map_err(ArchiveError::io("read", flac))?.len();
    let Ok(header) = FlacHeader::read(&mut file, len) else { return Ok(false) };
    // One that was put there by hand stands for no WAV file.
    let Some(chunk) = header.chunk.as_deref() else { return Ok(false) };
    let wav = header_of(header.rate, chunk, header.frames);
    let Some(wav) = wav.filter(|_| header.bits == 16 && header.channels == 1) else { return Ok(false) };
    take(&wav);
    let mut sound = match FlacSound::open(flac, &header) {
        Ok(sound) => sound,
        Err(ArchiveError::NotSound { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    sound.read_all(&mut |samples| {
        bytes.clear();
        // Of 32 bits the upper 16 hold the sample.
        bytes.extend(samples.iter().flat_map(|sample| {
            let [_, _, low, high] = sample.to_le_bytes();
            [low, high]
        }));
        take(&bytes);
    })
}

/// Writes the WAV file that a FLAC stands for, synced, to a file that must not exist.
///
/// # Errors
/// [`ArchiveError::NotSound`] where the FLAC is damaged or stands for none, [`ArchiveError::Io`] where a file can't be read or written.
pub(crate) fn unpack_to(flac: &Path, wav: &Path) -> Result<(), ArchiveError> {
    let mut out = BufWriter::new(files::create_new(wav).map_err(ArchiveError::io("create", wav))?);
    let mut written = Ok(());
    let whole = unpack(flac, &mut |bytes| {
        if written.is_ok() {
            written = out.write_all(bytes);
        }
    })?;
    written.map_err(ArchiveError::io("write", wav))?;
    if !whole {
        let reason = "it is damaged and can't be unpacked; `hearsay check` says more".to_owned();
        return Err(ArchiveError::NotSound { path: flac.to_owned(), reason });
    }
    let file = out.into_inner().map_err(|error| ArchiveError::io("write", wav)(error.into_error()))?;
    file.sync_all().map_err(ArchiveError::io("sync", wav))
}

/// The header of the WAV file with that chunk and so many frames of 16 bits; `None` where there can be none.
fn header_of(rate: SampleRate, chunk: &[u8], frames: u64) -> Option<Vec<u8>> {
    let data_bytes = frames.checked_mul(2).and_then(|bytes| u32::try_from(bytes).ok())?;
    (chunk.len() <= ORIGIN_BYTES).then(|| WavHeader::with_chunk(rate, chunk, data_bytes))
}

/// What the checksum of a FLAC says: that of the WAV file which it stands for, and where there is none, whether it can be decoded.
pub(crate) fn check(flac: &Path) -> Result<Sum, ArchiveError> {
    let (mut header, mut data) = (None, Hasher::new());
    let whole = unpack(flac, &mut |bytes| match &header {
        None => header = Some(bytes.to_vec()),
        Some(_) => data.update(bytes),
    })?;
    if let Some(header) = header {
        return Ok(if whole { sum::of(&header, &data) } else { Sum::Wrong });
    }
    let mut sound = match SoundFile::open(flac) {
        Ok(sound) => sound,
        Err(ArchiveError::NotSound { .. }) => return Ok(Sum::Wrong),
        Err(error) => return Err(error),
    };
    Ok(if sound.is_whole()? { Sum::Foreign } else { Sum::Wrong })
}

/// Whether there is a file, and not a link to one.
pub(crate) fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Takes away the copy of a run that was broken off.
#[expect(clippy::disallowed_methods, reason = "an unfinished copy of our own that never had a segment's name")]
fn remove_copy(part: &Path) -> Result<(), Unpacked> {
    if part.symlink_metadata().is_err() {
        return Ok(());
    }
    if !is_file(part) {
        return left(part, "it is in the way of a copy and no file of ours", "take it away");
    }
    Ok(fs::remove_file(part).map_err(ArchiveError::io("remove", part))?)
}

/// Takes away a WAV whose FLAC is whole, synced and under its name.
#[expect(clippy::disallowed_methods, reason = "the user asked for FLAC, and the same sound lies beside it")]
fn remove_packed(wav: &Path) -> Result<(), ArchiveError> {
    fs::remove_file(wav).map_err(ArchiveError::io("remove", wav))?;
    wav.parent().map_or(Ok(()), |folder| files::sync_folder(folder).map_err(ArchiveError::io("sync", folder)))
}
