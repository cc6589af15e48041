//! A safetensors file that holds anything: every tensor in it lies within the file and can be read to its end, or the file is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

static PLACE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = dir.path().join("model.safetensors");
    (dir, file)
});

fuzz_target!(|bytes: &[u8]| {
    let (_dir, file) = &*PLACE;
    std::fs::write(file, bytes).unwrap();
    for tensor in convert::safetensors::tensors(file).unwrap_or_default() {
        let mut read = 0;
        tensor
            .read(&mut |values| {
                read += values.len();
                Ok(())
            })
            .unwrap();
        assert_eq!(u64::try_from(read), Ok(tensor.len()));
        // Two bytes a number at least, and what two tensors share is counted twice.
        assert!(read <= bytes.len());
    }
});
