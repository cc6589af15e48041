//! Getting a model: resumed, hashed while it comes, and under its name only when it is whole.

use super::checksums::{hex, remember, sums};
use super::mirrors::Mirrors;
use super::part::Part;
use super::{ModelError, inspect, known_by_file, known_by_name};
use std::fs;
use std::path::{Path, PathBuf};

/// Which file, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name on the mirror and in the models folder.
    pub file: String,
    /// Its size, if known.
    pub bytes: Option<u64>,
    /// Its sum, if known. Without it the sum of what came is recorded, and compared from then on.
    pub sha256: Option<String>,
}

impl Wanted {
    /// A known model by its name (`base.en`) or file name, or any other file of the mirror, with its sum if the user gave it.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] for a text that is neither a known name nor a file name ending in `.bin`.
    pub fn new(name: &str, sha256: Option<&str>) -> Result<Self, ModelError> {
        if let Some(known) = known_by_name(name).or_else(|| known_by_file(name)) {
            let sha256 = sha256.unwrap_or(known.sha256).to_lowercase();
            return Ok(Self { file: known.file(), bytes: Some(known.bytes), sha256: Some(sha256) });
        }
        if Path::new(name).extension().is_none_or(|extension| extension != "bin") {
            return Err(ModelError::Unknown { name: name.to_owned() });
        }
        Ok(Self { file: name.to_owned(), bytes: None, sha256: sha256.map(str::to_lowercase) })
    }
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are here.
    pub have: u64,
    /// Bytes there will be, if known.
    pub of: Option<u64>,
}

/// A model that was fetched or was here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// Its file.
    pub path: PathBuf,
    /// Its sum.
    pub sha256: String,
    /// Whether anything had to be fetched.
    pub fetched: bool,
}

/// Fetches a model from the first mirror that has it into the models folder.
///
/// What comes is written to `FILE.part` and hashed on the way. A broken connection leaves the part, and the next mirror or the next
/// call goes on behind it. Only a file with the right sum that passes [`inspect()`] gets its name.
///
/// # Errors
/// Of the last mirror: [`ModelError::Http`], [`ModelError::Interrupted`] (call again), [`ModelError::Length`]. [`ModelError::Checksum`] and
/// [`ModelError::Broken`] (what came is thrown away), [`ModelError::Proxy`], [`ModelError::Record`], [`ModelError::Io`].
pub fn get(
    models: &Path,
    mirrors: &Mirrors,
    wanted: &Wanted,
    progress: &mut dyn FnMut(Progress),
) -> Result<Got, ModelError> {
    let path = models.join(plain(&wanted.file)?);
    if path.is_file() {
        let sha256 = super::verify(models, &path)?;
        // That compared it with what it was; this, with what was asked for.
        if let Some(expected) = wanted.sha256.clone().filter(|expected| *expected != sha256) {
            return Err(ModelError::Checksum { path, expected, found: sha256 });
        }
        return Ok(Got { path, sha256, fetched: false });
    }
    // Before anything is fetched: its sum couldn't be recorded.
    sums(models)?;
    let failed = |operation| io_error(&path, operation);
    home::files::create_dir_all(models).map_err(failed("create the folder of"))?;
    let part_path = models.join(format!("{}.part", wanted.file));
    let mut part = Part::open(&part_path).map_err(failed("write"))?;
    from_any(mirrors, wanted, &mut part, progress)?;
    part.file.sync_all().map_err(failed("write"))?;
    let sha256 = hex(part.hash);
    let right = wanted.sha256.as_ref().is_none_or(|expected| *expected == sha256);
    let checked = if right {
        inspect(&part_path).map(drop)
    } else {
        let expected = wanted.sha256.clone().unwrap_or_default();
        Err(ModelError::Checksum { path: path.clone(), expected, found: sha256.clone() })
    };
    if let Err(error) = checked {
        throw_away(&part_path);
        return Err(error);
    }
    home::files::rename_durably(&part_path, &path).map_err(failed("rename"))?;
    remember(models, &path, &sha256)?;
    Ok(Got { path, sha256, fetched: true })
}

/// Tries one mirror after the other.
fn from_any(
    mirrors: &Mirrors,
    wanted: &Wanted,
    part: &mut Part,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    let agent = mirrors.agent()?;
    let mut bases = mirrors.bases().peekable();
    while let Some(base) = bases.next() {
        let url = format!("{}/{}", base.trim_end_matches('/'), wanted.file);
        match part.download(&agent, &url, wanted.bytes, mirrors.silence, progress) {
            Err(error @ (ModelError::Http { .. } | ModelError::Interrupted { .. } | ModelError::Length { .. }))
                if bases.peek().is_some() =>
            {
                tracing::warn!(error = home::one_line(&error), "trying the next mirror");
            }
            done => return done,
        }
    }
    Ok(())
}

pub(super) fn throw_away(part: &Path) {
    #[expect(
        clippy::disallowed_methods,
        reason = "what came is not the model; kept, the next try would go on behind it"
    )]
    if let Err(error) = fs::remove_file(part) {
        tracing::warn!(%error, path = %part.display(), "a damaged download was not removed");
    }
}

/// A file name and nothing more.
pub(super) fn plain(file: &str) -> Result<&str, ModelError> {
    if home::is_plain_name(file) { Ok(file) } else { Err(ModelError::Name { name: file.to_owned() }) }
}

pub(super) fn io_error(path: &Path, operation: &'static str) -> impl Fn(std::io::Error) -> ModelError + use<> {
    let path = path.to_owned();
    move |source| ModelError::Io { path: path.clone(), operation, source }
}

pub(super) fn http_error(url: &str) -> impl Fn(ureq::Error) -> ModelError + use<> {
    let url = url.to_owned();
    move |source| ModelError::Http { url: url.clone(), source: Box::new(source) }
}
