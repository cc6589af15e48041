use crate::failure::Failure;
use anyhow::{Context as _, Result};
use home::{Home, files};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// What whoever asks has to know: a line of 64 hexadecimal digits in a file of the home that is the user's alone. Of it only the sum is kept.
#[derive(Clone)]
pub(crate) struct Token {
    sum: [u8; 32],
    path: PathBuf,
}

/// Random bytes of a token.
const BYTES: usize = 32;
/// A file that is longer holds no token.
const LONGEST_FILE: u64 = 1_024;
/// What somebody may have chosen himself is no shorter than this.
const SHORTEST: usize = 32;

impl Token {
    /// The home's token, made where there is none.
    ///
    /// # Errors
    /// Where its file can't be read or written, others than the user may read it, or what it holds is too short to be one.
    pub(crate) fn of(home: &Home) -> Result<Self> {
        let path = home.serve_token();
        let text = match read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => make(home, &path)?,
            read => read.with_context(|| format!("cannot read the token {}", path.display()))?,
        };
        let text = text.trim();
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = format!("{} holds no token: at least {SHORTEST} letters and digits", path.display());
            return Err(Failure::new(what).hint("delete it, and a new one is made").into());
        }
        Ok(Self { sum: sum(text), path })
    }

    /// Whether this is it. What is compared are sums, so how long it takes tells nothing of the token.
    pub(crate) fn is(&self, presented: &str) -> bool {
        sum(presented) == self.sum
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn sum(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn read(path: &Path) -> std::io::Result<String> {
    let file = files::open(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
        return Err(std::io::Error::new(ErrorKind::PermissionDenied, "others may read it: `chmod 600` it"));
    }
    let mut text = String::new();
    file.take(LONGEST_FILE).read_to_string(&mut text)?;
    Ok(text)
}

fn make(home: &Home, path: &Path) -> Result<String> {
    let failed = || format!("cannot make the token {}", path.display());
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).with_context(failed)?;
    let mut text = String::with_capacity(2 * BYTES);
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    files::create_dir_all(home.root()).with_context(failed)?;
    let mut file = files::create_new(path).with_context(failed)?;
    file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_all()).with_context(failed)?;
    files::sync_folder(home.root()).with_context(failed)?;
    Ok(text)
}
