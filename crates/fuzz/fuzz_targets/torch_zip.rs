//! A file with the name of a checkpoint of PyTorch that holds anything: every tensor in it can be read to its end, or the file is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

static PLACE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = dir.path().join("x.pt");
    (dir, file)
});

fuzz_target!(|bytes: &[u8]| {
    let (_dir, file) = &*PLACE;
    std::fs::write(file, bytes).unwrap();
    convert::Model::open(file).ok();
    for tensor in convert::pt::tensors(file).unwrap_or_default() {
        let mut read = 0;
        tensor
            .read(&mut |values| {
                read += values.len();
                Ok(())
            })
            .unwrap();
        assert_eq!(u64::try_from(read), Ok(tensor.len()));
        assert!(read <= bytes.len());
    }
});
