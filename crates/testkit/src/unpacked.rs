//! The sample day as WAV files: the fixtures hold it as FLAC, which is half as large and not what the tests read.

use crate::TestkitError;
use flac_codec::decode::FlacSampleReader;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the MD5 of the samples lies in a FLAC file: behind its mark, the head of the first block and what goes before it there
/// (RFC 9639, 8.2).
const MD5: std::ops::Range<usize> = 26..42;

/// The WAV file of a FLAC one, below `target/fixtures`, under the sum of its samples. The first who asks makes it; of several
/// who ask at once each makes one, and the same.
///
/// # Errors
/// [`TestkitError::File`] where the FLAC isn't there or isn't one, or the WAV can't be written.
pub(crate) fn wav_of(flac: &Path) -> Result<PathBuf, TestkitError> {
    let packed = fs::read(flac).map_err(|error| TestkitError::file(flac, error))?;
    let md5 = packed.get(MD5).ok_or_else(|| TestkitError::file(flac, "not a FLAC file"))?;
    let sum = md5.iter().fold(String::new(), |mut text, byte| {
        // A text takes whatever is written to it.
        write!(text, "{byte:02x}").ok();
        text
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fixtures").join(sum);
    let wav = folder.join(Path::new(flac.file_name().unwrap_or_default()).with_extension("wav"));
    if !wav.exists() {
        unpack(flac, &packed, &folder, &wav)?;
    }
    Ok(wav)
}

/// Written beside and renamed: nobody ever reads half of one.
fn unpack(flac: &Path, packed: &[u8], folder: &Path, wav: &Path) -> Result<(), TestkitError> {
    let of_flac = |error: flac_codec::Error| TestkitError::file(flac, error);
    let mut reader = FlacSampleReader::new(packed).map_err(of_flac)?;
    let mut samples = Vec::new();
    reader.read_to_end(&mut samples).map_err(of_flac)?;
    make_folder(folder).map_err(|error| TestkitError::file(folder, error))?;
    let beside = tempfile::NamedTempFile::new_in(folder).map_err(|error| TestkitError::file(folder, error))?;
    let of_wav = |error: hound::Error| TestkitError::file(wav, error);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::BufWriter::new(&beside), spec).map_err(of_wav)?;
    for sample in samples {
        writer.write_sample(sample).map_err(of_wav)?;
    }
    writer.finalize().map_err(of_wav)?;
    beside.persist(wav).map_err(|error| TestkitError::file(wav, error.error))?;
    Ok(())
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).create(folder)
}

#[cfg(test)]
mod tests {
    use crate::fixture;

    #[test]
    fn the_sample_day_comes_out_of_its_flac_whoever_asks_first() {
        let ask = || fixture("days/call.mic.wav");
        let paths: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(paths.iter().all(|path| *path == paths[0] && path.ends_with("call.mic.wav")), "{paths:?}");
        let wav = std::fs::read(&paths[0]).unwrap();
        // As the file was before it was packed: 44 bytes of header, 150 s, and these samples at its beginning.
        assert_eq!((wav.len(), &wav[44..52]), (4_800_044, [255, 255, 224, 255, 66, 0, 12, 0].as_slice()));
    }
}
