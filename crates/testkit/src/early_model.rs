use crate::fixture;
use flate2::read::ZlibDecoder;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes the model as it was earlier in its training, and less accurate, into a folder: `ggml-fixture-early.bin`.
///
/// The fixtures hold how it differs from the other one, byte by byte, which is much smaller than itself.
///
/// # Errors
/// Where a fixture can't be read or the file not be written.
pub fn early_model(folder: &Path) -> io::Result<PathBuf> {
    let mut model = fs::read(fixture("models/fixture-q8.bin"))?;
    let mut other = Vec::with_capacity(model.len());
    ZlibDecoder::new(fs::File::open(fixture("models/fixture-early.xor.z"))?).read_to_end(&mut other)?;
    if other.len() != model.len() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "fixture-early.xor.z isn't of fixture-q8.bin"));
    }
    model.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    let path = folder.join("ggml-fixture-early.bin");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(&model)?;
    Ok(path)
}
