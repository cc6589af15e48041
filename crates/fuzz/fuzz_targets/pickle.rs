//! A checkpoint of PyTorch whose pickle holds anything: every tensor that it describes lies within the file, or it is refused. The zip around it is
//! made here with the right checksums, since no mutation would get past these.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

#[path = "../../convert/tests/checkpoints/torch_zip.rs"]
#[allow(dead_code)]
mod torch_zip;

static PLACE: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = dir.path().join("x.pt");
    (dir, file)
});

fuzz_target!(|bytes: &[u8]| {
    let (_dir, file) = &*PLACE;
    let mut files = vec![("a/data.pkl".to_owned(), bytes.to_vec())];
    files.extend(["0", "1", "2"].map(|key| (format!("a/data/{key}"), vec![0; 4_096])));
    std::fs::write(file, torch_zip::zip(&files)).unwrap();
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
        assert!(read <= 2_048);
    }
});
