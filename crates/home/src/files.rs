//! Creating files (0600) and folders (0700), and making a rename survive a power cut. A link in the place of a file is never followed:
//! what it leads to isn't the home's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Creates a folder and its missing parents, for the user alone. What it created survives a power cut: a file that is
/// synced is lost all the same where the folder above it isn't.
///
/// # Errors
/// As [`DirBuilder::create`] and [`sync_folder`]; a folder that exists is fine.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    for parent in missing.iter().filter_map(|created| created.parent()) {
        sync_folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    }
    Ok(())
}

/// Creates a file for reading and writing that must not exist yet.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where it does; otherwise as [`OpenOptions::open`].
pub fn create_new(path: &Path) -> io::Result<File> {
    private().read(true).write(true).create_new(true).open(path)
}

/// Opens a file for reading and writing, empty: created where it is missing, emptied where it isn't.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn create_or_truncate(path: &Path) -> io::Result<File> {
    private().read(true).write(true).create(true).truncate(true).open(path)
}

/// Opens a file for reading and writing as it is, created where it is missing.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn open_or_create(path: &Path) -> io::Result<File> {
    private().read(true).write(true).create(true).truncate(false).open(path)
}

/// Opens a file for reading and writing that must exist.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn open_existing(path: &Path) -> io::Result<File> {
    private().read(true).write(true).open(path)
}

/// Opens a file whose every write goes to its end, created where it is missing.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn open_append(path: &Path) -> io::Result<File> {
    private().read(true).append(true).create(true).open(path)
}

/// Opens a file for reading.
///
/// # Errors
/// As [`OpenOptions::open`]; a link is an error.
pub fn open(path: &Path) -> io::Result<File> {
    private().read(true).open(path)
}

/// Reads a file to its end.
///
/// # Errors
/// As [`open`] and [`Read::read_to_end`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves a file whose content is already synced, and syncs the folder, so that after a power cut it has
/// one of the two names. Replaces `to` where it exists.
///
/// # Errors
/// As [`fs::rename`] and [`sync_folder`].
pub fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes the names in a folder survive a power cut.
///
/// # Errors
/// As [`File::sync_all`].
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows can't sync a folder; NTFS journals its names.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn everything_is_for_the_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("a/b"), dir.path().join("a/b/c"));
        create_dir_all(&folder).unwrap();
        create_new(&file).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("..")), mode(&file)), (0o700, 0o700, 0o600));
        assert_eq!(create_new(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
