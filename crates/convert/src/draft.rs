use crate::ConvertError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A model file that is written but doesn't have its name yet. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    written: PathBuf,
    name: PathBuf,
    kept: bool,
}

impl Draft {
    /// Where to write what shall be called `name`.
    pub(crate) fn of(name: &Path) -> Result<Self, ConvertError> {
        if name.symlink_metadata().is_ok() {
            return Err(ConvertError::Exists { path: name.to_owned() });
        }
        let mut file: OsString = name.file_name().unwrap_or_default().to_owned();
        file.push(".converting");
        Ok(Self { written: name.with_file_name(file), name: name.to_owned(), kept: false })
    }

    /// The file as it lies there now.
    pub fn path(&self) -> &Path {
        &self.written
    }

    /// Gives it its name. After a power cut it has one of the two.
    ///
    /// # Errors
    /// [`ConvertError::Exists`] where something took the name meanwhile, [`ConvertError::Io`].
    pub fn keep(mut self) -> Result<PathBuf, ConvertError> {
        if self.name.symlink_metadata().is_ok() {
            return Err(ConvertError::Exists { path: self.name.clone() });
        }
        home::files::rename_durably(&self.written, &self.name).map_err(|source| ConvertError::Io {
            path: self.name.clone(),
            operation: "rename",
            source,
        })?;
        self.kept = true;
        Ok(self.name.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            #[expect(
                clippy::disallowed_methods,
                reason = "half a model, or one that was found unfit; what it was made of is still there"
            )]
            std::fs::remove_file(&self.written).ok();
        }
    }
}
