use crate::ArchiveError;
use crate::compressed_sound::CompressedSound;
use crate::sound_file::SoundFile;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use timeline::SampleRate;

/// A recording from elsewhere, read once from its first frame to its last: WAV and FLAC as they are, and what is compressed with a loss.
pub(crate) struct Recording {
    sound: Sound,
    /// Frames a second.
    pub(crate) rate: SampleRate,
    /// Frames there are. Of a compressed one, all of it was decoded for that.
    pub(crate) frames: u64,
    /// What is wrong with it, where part of it can be read nevertheless.
    pub(crate) warning: Option<String>,
}

enum Sound {
    Exact { file: Box<SoundFile>, next: u64 },
    Compressed(CompressedSound),
}

impl Recording {
    /// Opens a file, whose form is read out of its first bytes.
    ///
    /// # Errors
    /// [`ArchiveError::NotSound`] where it is of no form that can be read, [`ArchiveError::Io`] where it can't be read.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        if is_compressed(path)? { Self::compressed(path) } else { Self::exact(path) }
    }

    fn exact(path: &Path) -> Result<Self, ArchiveError> {
        let file = SoundFile::open(path)?;
        let (rate, frames) = (file.header.rate, file.header.frames);
        let warning = file.header.is_truncated().then(|| {
            let seconds = frames / u64::from(rate.hz());
            format!("{} is cut short or was never finished; the {seconds} s that are there were read", path.display())
        });
        Ok(Self { sound: Sound::Exact { file: Box::new(file), next: 0 }, rate, frames, warning })
    }

    fn compressed(path: &Path) -> Result<Self, ArchiveError> {
        let mut counted = CompressedSound::open(path)?;
        let (mut frames, mut decoded) = (0, Vec::new());
        while counted.next(&mut decoded)? {
            frames += decoded.len() as u64;
            decoded.clear();
        }
        let warning = (counted.damaged > 0).then(|| {
            format!("{} is damaged; {} pieces of it can't be decoded and are left out", path.display(), counted.damaged)
        });
        let sound = CompressedSound::open(path)?;
        Ok(Self { rate: sound.rate, sound: Sound::Compressed(sound), frames, warning })
    }

    /// Puts at least `least` of the frames that follow into `out`, fewer only at the end; none behind it.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where it can't be read.
    pub(crate) fn next(&mut self, least: usize, out: &mut Vec<f32>) -> Result<(), ArchiveError> {
        out.clear();
        match &mut self.sound {
            Sound::Exact { file, next } => {
                let there = usize::try_from(self.frames - *next).unwrap_or(usize::MAX).min(least);
                out.resize(there, 0.0);
                file.read(*next, out)?;
                *next += there as u64;
            }
            Sound::Compressed(sound) => while out.len() < least && sound.next(out)? {},
        }
        Ok(())
    }
}

/// Whether a file is neither WAV nor FLAC by its first bytes. An empty one is no form at all.
fn is_compressed(path: &Path) -> Result<bool, ArchiveError> {
    let mut magic = Vec::new();
    let file = File::open(path).map_err(ArchiveError::io("open", path))?;
    file.take(4).read_to_end(&mut magic).map_err(ArchiveError::io("read", path))?;
    Ok(!matches!(magic.as_slice(), [] | b"RIFF" | b"RF64" | b"fLaC"))
}
