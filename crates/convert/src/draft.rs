use crate::ConvertError;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Names that are tried for a draft: others of this process may be at work, and what a killed one left stays where it is.
const TRIES: u32 = 16;

/// A model file that is written but doesn't have its name yet. Dropped, it is gone.
///
/// It lies beside its name, as `FILE.PROCESS.converting`, and was made by us: what lies under such a name already isn't ours to touch.
#[derive(Debug)]
pub struct Draft {
    written: PathBuf,
    name: PathBuf,
    kept: bool,
}

impl Draft {
    /// Creates the file that shall be called `name`.
    pub(crate) fn of(name: &Path) -> Result<(Self, File), ConvertError> {
        if name.symlink_metadata().is_ok() {
            return Err(ConvertError::Exists { path: name.to_owned() });
        }
        let mut taken = None;
        for attempt in 1..=TRIES {
            let written = beside(name, attempt);
            match home::files::create_new(&written) {
                Ok(file) => return Ok((Self { written, name: name.to_owned(), kept: false }, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(written),
                Err(source) => return Err(ConvertError::Io { path: written, operation: "create", source }),
            }
        }
        Err(ConvertError::Exists { path: taken.unwrap_or_default() })
    }

    /// The file as it lies there now.
    pub fn path(&self) -> &Path {
        &self.written
    }

    /// Gives it its name. After a power cut it has one of the two, or both.
    ///
    /// # Errors
    /// [`ConvertError::Exists`] where something took the name meanwhile, [`ConvertError::Io`].
    pub fn keep(mut self) -> Result<PathBuf, ConvertError> {
        let failed = |source| ConvertError::Io { path: self.name.clone(), operation: "rename", source };
        // A second name can't take another file's place, as renaming would. The first one goes when this is dropped.
        match std::fs::hard_link(&self.written, &self.name) {
            Ok(()) => home::files::sync_folder(folder_of(&self.name)).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(ConvertError::Exists { path: self.name.clone() });
            }
            // Not every file system knows files with two names.
            Err(_) if self.name.symlink_metadata().is_ok() => {
                return Err(ConvertError::Exists { path: self.name.clone() });
            }
            Err(_) => {
                std::fs::rename(&self.written, &self.name).map_err(failed)?;
                self.kept = true;
                home::files::sync_folder(folder_of(&self.name)).map_err(failed)?;
            }
        }
        Ok(self.name.clone())
    }
}

/// `FILE.PROCESS.converting`; with a number where that is taken.
fn beside(name: &Path, attempt: u32) -> PathBuf {
    let mut file: OsString = name.file_name().unwrap_or_default().to_owned();
    file.push(format!(".{}", std::process::id()));
    if attempt > 1 {
        file.push(format!("-{attempt}"));
    }
    file.push(".converting");
    name.with_file_name(file)
}

fn folder_of(name: &Path) -> &Path {
    name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            #[expect(
                clippy::disallowed_methods,
                reason = "we made it: half a model, one that was found unfit, or the first name of one that has its own; what it was made of is still there"
            )]
            std::fs::remove_file(&self.written).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn put(path: &Path, text: &str) {
        home::files::create_new(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_lies_under_a_drafts_name_is_neither_overwritten_nor_removed() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().join("x.bin");
        let strangers = [dir.path().join("x.bin.converting"), beside(&name, 1), beside(&name, 2)];
        for path in &strangers {
            put(path, "a stranger's");
        }
        let (draft, mut file) = Draft::of(&name).unwrap();
        assert_eq!(draft.path(), beside(&name, 3));
        file.write_all(b"ours").unwrap();
        draft.keep().unwrap();
        assert_eq!(std::fs::read_to_string(&name).unwrap(), "ours");
        assert_eq!(names(dir.path()).len(), 4, "{:?}", names(dir.path()));
        assert!(strangers.iter().all(|path| std::fs::read_to_string(path).unwrap() == "a stranger's"));

        let other = dir.path().join("y.bin");
        for attempt in 1..=TRIES {
            put(&beside(&other, attempt), "");
        }
        let before = names(dir.path());
        assert!(matches!(Draft::of(&other), Err(ConvertError::Exists { .. })));
        assert_eq!(names(dir.path()), before);
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_stays_with_whoever_took_it() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().join("x.bin");
        let (draft, _) = Draft::of(&name).unwrap();
        put(&name, "a stranger's");
        assert!(matches!(draft.keep(), Err(ConvertError::Exists { path }) if path == name));
        assert_eq!(std::fs::read_to_string(&name).unwrap(), "a stranger's");
        assert_eq!(names(dir.path()), ["x.bin"]);
    }
}
