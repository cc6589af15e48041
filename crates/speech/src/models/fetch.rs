//! Getting a model: resumed, hashed while it comes, and under its name only when it is whole.

use super::checksums::{hash_rest, hex, remember};
use super::{ModelError, inspect, known_by_file, known_by_name};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a server may think before it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

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

/// Fetches a model from `mirror` (the base of its URL) into the models folder.
///
/// What comes is written to `FILE.part` and hashed on the way. A broken connection leaves the part, and the next call goes on
/// behind it. Only a file with the right sum that passes [`inspect()`] gets its name.
///
/// # Errors
/// [`ModelError::Http`], [`ModelError::Interrupted`] (call again), [`ModelError::Checksum`] and [`ModelError::Broken`] (what came is thrown
/// away), [`ModelError::Io`].
pub fn get(
    models: &Path,
    mirror: &str,
    wanted: &Wanted,
    progress: &mut dyn FnMut(Progress),
) -> Result<Got, ModelError> {
    let path = models.join(plain(&wanted.file)?);
    if path.is_file() {
        let sha256 = super::verify(models, &path)?;
        return Ok(Got { path, sha256, fetched: false });
    }
    let failed = |operation| io_error(&path, operation);
    home::files::create_dir_all(models).map_err(failed("create the folder of"))?;
    let part_path = models.join(format!("{}.part", wanted.file));
    let url = format!("{}/{}", mirror.trim_end_matches('/'), wanted.file);
    let mut part = Part::open(&part_path).map_err(failed("write"))?;
    let full = part.download(&url, wanted.bytes, progress)?;
    if full.is_some_and(|full| part.have < full) {
        return Err(ModelError::Interrupted { url, have: part.have, of: full });
    }
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
    remember(models, &path, &sha256);
    Ok(Got { path, sha256, fetched: true })
}

/// Copies a model file into the models folder, so that it is found by its name.
///
/// # Errors
/// [`ModelError::Broken`] where it isn't a whole model, [`ModelError::Checksum`] where it bears a known model's name and isn't it, [`ModelError::Io`].
pub fn add(models: &Path, from: &Path) -> Result<PathBuf, ModelError> {
    inspect(from)?;
    let sha256 = super::checksum(models, from)?;
    let file = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let path = models.join(plain(file)?);
    if fs::canonicalize(from).ok() == fs::canonicalize(&path).ok() {
        return Ok(path);
    }
    let failed = |operation| io_error(&path, operation);
    home::files::create_dir_all(models).map_err(failed("create the folder of"))?;
    let part = models.join(format!("{file}.part"));
    let mut to = home::files::create_or_truncate(&part).map_err(failed("write"))?;
    let mut source = File::open(from).map_err(io_error(from, "read"))?;
    std::io::copy(&mut source, &mut to).map_err(failed("write"))?;
    to.sync_all().map_err(failed("write"))?;
    home::files::rename_durably(&part, &path).map_err(failed("rename"))?;
    // Also where another file of that name was there before: this one is what the user wants now.
    super::checksums::remember(models, &path, &sha256);
    Ok(path)
}

/// What has come so far, with its hash.
struct Part {
    file: File,
    hash: Sha256,
    have: u64,
}

impl Part {
    fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = home::files::open_or_create(path)?;
        let mut hash = Sha256::new();
        let have = hash_rest(&mut file, &mut hash)?;
        Ok(Self { file, hash, have })
    }

    fn start_over(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hash = Sha256::new();
        self.have = 0;
        Ok(())
    }

    /// Fetches what is missing; gives the full size where anybody knows it. Ends without error where the connection breaks.
    fn download(
        &mut self,
        url: &str,
        expected: Option<u64>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Option<u64>, ModelError> {
        if expected.is_some_and(|expected| self.have > expected) {
            self.start_over().map_err(io_error(Path::new(url), "write"))?;
        }
        if expected == Some(self.have) {
            return Ok(expected);
        }
        let mut answer = self.ask(url)?;
        if answer.status() == 416 && self.have > 0 {
            // Nothing lies behind what is here: it is whole already, or it is something else. The sum can't tell which
            // without a size, so it is fetched anew.
            self.start_over().map_err(io_error(Path::new(url), "write"))?;
            answer = self.ask(url)?;
        }
        if !answer.status().is_success() {
            return Err(http_error(url)(ureq::Error::StatusCode(answer.status().as_u16())));
        }
        if answer.status() != 206 && self.have > 0 {
            // This server doesn't resume.
            self.start_over().map_err(io_error(Path::new(url), "write"))?;
        }
        let length: Option<u64> =
            answer.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        let full = expected.or(length.map(|length| self.have + length));
        let mut body = answer.into_body().into_reader();
        let mut bytes = vec![0; 1 << 17];
        progress(Progress { have: self.have, of: full });
        loop {
            let some = match body.read(&mut bytes) {
                Ok(0) => return Ok(full),
                Ok(some) => some,
                Err(error) => {
                    tracing::debug!(%error, "the connection broke");
                    return Err(ModelError::Interrupted { url: url.to_owned(), have: self.have, of: full });
                }
            };
            let new = bytes.get(..some).unwrap_or_default();
            self.file.write_all(new).map_err(io_error(Path::new(url), "write what came from"))?;
            self.hash.update(new);
            self.have += u64::try_from(some).unwrap_or(0);
            progress(Progress { have: self.have, of: full });
        }
    }

    fn ask(&self, url: &str) -> Result<ureq::http::Response<ureq::Body>, ModelError> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .build()
            .into();
        let mut request = agent.get(url);
        if self.have > 0 {
            request = request.header("Range", format!("bytes={}-", self.have));
        }
        request.call().map_err(http_error(url))
    }
}

fn throw_away(part: &Path) {
    #[expect(
        clippy::disallowed_methods,
        reason = "what came is not the model; kept, the next try would go on behind it"
    )]
    if let Err(error) = fs::remove_file(part) {
        tracing::warn!(%error, path = %part.display(), "a damaged download was not removed");
    }
}

/// A file name and nothing more.
fn plain(file: &str) -> Result<&str, ModelError> {
    let simple = !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
    if simple { Ok(file) } else { Err(ModelError::Name { name: file.to_owned() }) }
}

fn io_error(path: &Path, operation: &'static str) -> impl Fn(std::io::Error) -> ModelError + use<> {
    let path = path.to_owned();
    move |source| ModelError::Io { path: path.clone(), operation, source }
}

fn http_error(url: &str) -> impl Fn(ureq::Error) -> ModelError + use<> {
    let url = url.to_owned();
    move |source| ModelError::Http { url: url.clone(), source: Box::new(source) }
}
