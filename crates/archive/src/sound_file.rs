use crate::ArchiveError;
use crate::flac_header::FlacHeader;
use crate::flac_sound::FlacSound;
use crate::packing::is_file;
use crate::sound_header::{SoundHeader, is_flac};
use crate::wav::{WavError, WavHeader};
use crate::wav_sound::WavSound;
use std::fs::File;
use std::path::{Path, PathBuf};

/// An open file of sound, read as mono frames from any place: the one place that tells WAV from FLAC.
#[derive(Debug)]
pub(crate) struct SoundFile {
    pub(crate) header: SoundHeader,
    sound: Sound,
}

#[derive(Debug)]
enum Sound {
    Wav(Box<WavSound>),
    Flac(Box<FlacSound>),
}

impl SoundFile {
    /// Opens a file; a `.part` that was finished since it was listed, and a WAV that was packed, are found under their new names.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let (path, mut file) = open_as_it_is_called_now(path).map_err(ArchiveError::io("open", path))?;
        let len = file.metadata().map_err(ArchiveError::io("read", &path))?.len();
        let fail = |error| match error {
            WavError::Io(source) => ArchiveError::Io { operation: "read", path: path.clone(), source },
            error => ArchiveError::NotSound { path: path.clone(), reason: error.to_string() },
        };
        if is_flac(&mut file).map_err(|source| fail(source.into()))? {
            let header = FlacHeader::read(&mut file, len).map_err(fail)?;
            let sound = Sound::Flac(Box::new(FlacSound::open(&path, &header)?));
            return Ok(Self { header: header.into(), sound });
        }
        let header = WavHeader::read(&mut file, len).map_err(fail)?;
        Ok(Self { header: (&header).into(), sound: Sound::Wav(Box::new(WavSound::new(&path, file, header))) })
    }

    /// Reads all of a FLAC and says whether no frame of it is damaged; of a WAV nobody can say.
    pub(crate) fn is_whole(&mut self) -> Result<bool, ArchiveError> {
        match &mut self.sound {
            Sound::Wav(_) => Ok(true),
            Sound::Flac(sound) => sound.read_all(&mut |_| {}),
        }
    }

    /// Fills `out` with the frames from `from` on, channels averaged; what lies behind the end of the file is zero.
    pub(crate) fn read(&mut self, from: u64, out: &mut [f32]) -> Result<(), ArchiveError> {
        match &mut self.sound {
            Sound::Wav(sound) => sound.read(from, out),
            Sound::Flac(sound) => sound.read(from, out),
        }
    }
}

/// Opens a file and says under which name it was found: between the listing and now the recorder may have finished it, and
/// retention may have packed it.
pub(crate) fn open_as_it_is_called_now(path: &Path) -> std::io::Result<(PathBuf, File)> {
    let mut path = path.to_owned();
    loop {
        let next = match (File::open(&path), path.extension().and_then(|extension| extension.to_str())) {
            (Err(error), Some("part")) if error.kind() == std::io::ErrorKind::NotFound => path.with_extension(""),
            (Err(error), Some("wav")) if error.kind() == std::io::ErrorKind::NotFound => {
                let packed = path.with_extension("flac");
                if !is_file(&packed) {
                    return Err(error);
                }
                packed
            }
            (opened, _) => return Ok((path, opened?)),
        };
        path = next;
    }
}
