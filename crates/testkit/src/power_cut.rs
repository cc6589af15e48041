//! What a power cut would leave of a program's files.
//!
//! A small library (`power_cut.c`, compiled by the test) is loaded into the program and keeps what `fsync` and
//! `fdatasync` made durable: the contents of files by inode, the names in folders by the folder's inode. Out of both a
//! folder is put together as a file system might have it after the cut. Stricter than the usual ones, which write data
//! and names after some seconds on their own: here nothing survives that the program didn't ask for.

use crate::TestkitError;
use crate::process::output;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many bytes at a file's start lie in one sector with its header.
const HEADER_BYTES: usize = 512;

/// What had reached the disk when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What was synced, and nothing later.
    Synced,
    /// What was synced, and the first 512 bytes of each file as they were last written: a header that claims more sound
    /// than the file has. Disks and file systems write in the order they like.
    NewestHeaders,
}

/// Watches what a program makes durable.
#[derive(Debug)]
pub struct PowerCut {
    library: PathBuf,
    kept: PathBuf,
}

impl PowerCut {
    /// Compiles the library into a folder, where what is kept will lie too.
    ///
    /// # Errors
    /// [`TestkitError`] where there is no C compiler, or it refuses.
    pub fn prepare(folder: &Path) -> Result<Self, TestkitError> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/power_cut.c");
        let library = folder.join("power_cut.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source).arg("-ldl");
        output(&mut cc, "gcc")?;
        let kept = folder.join("kept");
        for folder in [&kept, &kept.join("contents"), &kept.join("names")] {
            create_folder(folder)?;
        }
        Ok(Self { library, kept })
    }

    /// What the program needs in its environment.
    pub fn env(&self) -> [(&'static str, OsString); 2] {
        [("LD_PRELOAD", self.library.clone().into()), ("POWER_CUT", self.kept.clone().into())]
    }

    /// Puts together in `to` what would be left of `folder`. To be called once the program is dead.
    ///
    /// # Errors
    /// [`TestkitError::File`].
    pub fn reconstruct(&self, folder: &Path, to: &Path, view: View) -> Result<(), TestkitError> {
        let newest = if view == View::NewestHeaders { newest(folder)? } else { BTreeMap::new() };
        let inode = fs::metadata(folder).map_err(|error| TestkitError::file(folder, error))?.ino();
        // The folder itself is taken to have been there before.
        create_folder(to)?;
        self.fill(inode, to, &newest)
    }

    fn fill(&self, folder: u64, to: &Path, newest: &BTreeMap<u64, PathBuf>) -> Result<(), TestkitError> {
        // A folder that was never synced has no names in it.
        let names = fs::read_to_string(self.kept.join("names").join(folder.to_string())).unwrap_or_default();
        for line in names.lines() {
            let Some((inode, name)) = line.split_once(' ') else { continue };
            let (inode, path): (u64, _) = (inode.parse().unwrap_or(0), to.join(name.trim_end_matches('/')));
            if name.ends_with('/') {
                create_folder(&path)?;
                self.fill(inode, &path, newest)?;
                continue;
            }
            // The name of a file that was never synced is that of an empty one.
            let mut bytes = fs::read(self.kept.join("contents").join(inode.to_string())).unwrap_or_default();
            if let Some(header) = newest.get(&inode).filter(|_| !bytes.is_empty()) {
                let header = fs::read(header).map_err(|error| TestkitError::file(header, error))?;
                for (old, new) in bytes.iter_mut().zip(header.iter().take(HEADER_BYTES)) {
                    *old = *new;
                }
            }
            let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let written = file.and_then(|mut file| file.write_all(&bytes));
            written.map_err(|error| TestkitError::file(&path, error))?;
        }
        Ok(())
    }
}

/// The WAV files below a folder as they were last written, by inode.
fn newest(folder: &Path) -> Result<BTreeMap<u64, PathBuf>, TestkitError> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| TestkitError::file(folder, error))? {
        let path = entry.map_err(|error| TestkitError::file(folder, error))?.path();
        let metadata = fs::symlink_metadata(&path).map_err(|error| TestkitError::file(&path, error))?;
        if metadata.is_dir() {
            found.extend(newest(&path)?);
        } else if path.to_string_lossy().contains(".wav") {
            found.insert(metadata.ino(), path);
        }
    }
    Ok(found)
}

fn create_folder(path: &Path) -> Result<(), TestkitError> {
    let created = fs::DirBuilder::new().mode(0o700).create(path);
    created.map_err(|error| TestkitError::file(path, error))
}
