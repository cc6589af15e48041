use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

/// tantivy's directory of mapped files, but every file is 0600 from the moment it exists: the terms in
/// them are what was said.
#[derive(Debug, Clone)]
pub(crate) struct PrivateDirectory {
    files: MmapDirectory,
    root: PathBuf,
}

impl PrivateDirectory {
    pub(crate) fn open(root: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { files: MmapDirectory::open(root)?, root: root.to_owned() })
    }
}

impl Directory for PrivateDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let create = || home::files::create_new(&self.root.join(path));
        let is_there = |e: &io::Error| e.kind() == io::ErrorKind::AlreadyExists;
        let created = match create() {
            // Which documents of a segment are deleted is written to a file that is named after the operation, and operations are
            // counted on from the last commit: one who was killed before committing left this very name, and nobody reads it.
            Err(e) if is_there(&e) && path.extension() == Some("del".as_ref()) && self.files.delete(path).is_ok() => {
                create()
            }
            created => created,
        };
        match created {
            Ok(file) => Ok(BufWriter::new(Box::new(SyncedFile(file)))),
            Err(e) if is_there(&e) => Err(OpenWriteError::FileAlreadyExists(path.to_owned())),
            Err(e) => Err(OpenWriteError::wrap_io_error(e, path.to_owned())),
        }
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        // Through a temporary file, which is always 0600.
        self.files.atomic_write(path, data)
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        // tantivy would make the file with whatever mode the umask leaves. A reader may not be allowed to, and finds it made.
        drop(home::files::open_or_create(&self.root.join(&lock.filepath)));
        self.files.acquire_lock(lock)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// A file whose data is on the disk when tantivy says that it is complete.
struct SyncedFile(std::fs::File);

impl Write for SyncedFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SyncedFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.sync_data()
    }
}
