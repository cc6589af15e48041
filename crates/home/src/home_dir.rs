use crate::files;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds everything hearsay keeps: `--home`, `HEARSAY_HOME`, or `hearsay` in the user's data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// Why the home can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Neither `--home` nor `HEARSAY_HOME` nor a user's folder is known. Name one.
    #[error("no home folder: neither HEARSAY_HOME nor HOME is set")]
    Unknown,
    /// A folder can't be made. Its parent may be read-only, full or a file.
    #[error("cannot create the folder {path:?}: {source}")]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Home {
    /// The home of a run: the flag goes before `HEARSAY_HOME`, which goes before the user's data folder
    /// (XDG Base Directory Specification 0.8 on Linux).
    ///
    /// # Errors
    /// [`HomeError::Unknown`] where nothing says where it could be.
    pub fn resolve(flag: Option<&Path>) -> Result<Self, HomeError> {
        let root = match (flag, absolute_env("HEARSAY_HOME")) {
            (Some(flag), _) => {
                std::path::absolute(flag).map_err(|source| HomeError::Create { path: flag.into(), source })?
            }
            (None, Some(env)) => env,
            (None, None) => data_folder().ok_or(HomeError::Unknown)?.join("hearsay"),
        };
        Ok(Self { root })
    }

    /// A home at that very path.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Makes the folders that are missing, for the user alone.
    ///
    /// # Errors
    /// [`HomeError::Create`], with the folder.
    pub fn ensure(&self) -> Result<(), HomeError> {
        for path in [self.root.clone(), self.audio(), self.models(), self.logs()] {
            files::create_dir_all(&path).map_err(|source| HomeError::Create { path, source })?;
        }
        Ok(())
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Segments and journals, by day.
    pub fn audio(&self) -> PathBuf {
        self.root.join("audio")
    }

    /// The words: an SQLite database.
    pub fn database(&self) -> PathBuf {
        self.root.join("archive.sqlite3")
    }

    /// Yesterday's copy of the words' database.
    pub fn snapshot(&self) -> PathBuf {
        self.root.join("archive.sqlite3.snapshot")
    }

    /// The full-text index; can be made anew from the database at any time.
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// Speech models.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// What the programs logged; never words of speech.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The home's own configuration, which goes before the one in the user's configuration folder.
    pub fn config_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// Which pass the user wants to read where: `choices.jsonl`.
    pub fn choices_file(&self) -> PathBuf {
        self.root.join("choices.jsonl")
    }

    /// The user's stars and notes: `marks.jsonl`.
    pub fn marks_file(&self) -> PathBuf {
        self.root.join("marks.jsonl")
    }

    /// Spans that no rule of retention touches.
    pub fn pins_file(&self) -> PathBuf {
        self.root.join("pins.jsonl")
    }

    /// When retention is due next.
    pub fn retain_file(&self) -> PathBuf {
        self.root.join("retain.json")
    }

    /// Where the viewer's window stood and which moment was read; no words.
    pub fn viewer_file(&self) -> PathBuf {
        self.root.join("viewer.json")
    }

    /// What whoever asks `hearsay serve` has to know.
    pub fn serve_token(&self) -> PathBuf {
        self.root.join("serve.token")
    }

    /// Held by whoever writes the index, JSONL and finished sound files.
    pub fn worker_lock(&self) -> PathBuf {
        self.root.join("worker.lock")
    }

    /// Held by the recorder.
    pub fn recorder_lock(&self) -> PathBuf {
        self.root.join("recorder.lock")
    }

    /// Where the recorder answers. In the runtime folder, its name a hash of the home, since a socket's
    /// path ends at 108 bytes.
    pub fn recorder_socket(&self) -> PathBuf {
        let root = std::fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let hash = digest.iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        let folder = absolute_env("XDG_RUNTIME_DIR").unwrap_or_else(std::env::temp_dir);
        folder.join(format!("hearsay-{hash:016x}.sock"))
    }
}

/// The user's configuration folder for hearsay.
pub(crate) fn config_folder() -> Option<PathBuf> {
    let base = if cfg!(windows) {
        absolute_env("APPDATA")?
    } else if cfg!(target_os = "macos") {
        absolute_env("HOME")?.join("Library/Application Support")
    } else {
        absolute_env("XDG_CONFIG_HOME").or_else(|| Some(absolute_env("HOME")?.join(".config")))?
    };
    Some(base.join("hearsay"))
}

fn data_folder() -> Option<PathBuf> {
    if cfg!(windows) {
        absolute_env("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        Some(absolute_env("HOME")?.join("Library/Application Support"))
    } else {
        absolute_env("XDG_DATA_HOME").or_else(|| Some(absolute_env("HOME")?.join(".local/share")))
    }
}

/// A folder named by the environment; relative ones are to be ignored, as the XDG specification says.
fn absolute_env(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
