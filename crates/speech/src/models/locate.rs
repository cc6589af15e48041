//! Which models are here, and where.

use super::checksums::{sum_state, sums};
use super::{
    Known, ModelError, ModelInfo, Speed, SumState, checksum, inspect, known, known_by_file, known_by_name, speeds,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is suggested to someone who has none.
const FIRST_MODEL: &str = "base.en";

/// A line of `models list`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// `base.en`, or the file's name where it isn't a known model.
    pub name: String,
    /// Where it lies, if it is here.
    pub path: Option<PathBuf>,
    /// The size of its file.
    pub bytes: u64,
    /// The published sum.
    pub sha256: Option<&'static str>,
    /// `en` or `multilingual`; `None` for a file that isn't a whole model.
    pub languages: Option<&'static str>,
    /// What is known of its content, if it is here.
    pub state: Option<SumState>,
    /// How fast it was on this machine, if that was measured.
    pub speed: Option<Speed>,
}

/// A model that may be given to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// `base.en`, or the file's name without `ggml-` and `.bin`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// The sum of its content.
    pub sha256: String,
    /// Its shape.
    pub info: ModelInfo,
}

/// Finds a model by name or path, and makes sure that it is whole.
///
/// # Errors
/// What [`locate`], [`inspect()`] and [`checksum`] say.
pub fn prepare(models: &Path, name_or_path: &str) -> Result<Model, ModelError> {
    let path = locate(models, name_or_path)?;
    let info = inspect(&path)?;
    let sha256 = checksum(models, &path)?;
    Ok(Model { name: name_of(&path), path, sha256, info })
}

/// The model that was asked for, else the largest that is installed; checked, whole and hashed.
///
/// # Errors
/// As [`default_model`] and [`prepare`].
pub fn choose(models: &Path, asked: Option<&str>) -> Result<Model, ModelError> {
    match asked {
        Some(name) => prepare(models, name),
        None => prepare(models, &default_model(models)?.to_string_lossy()),
    }
}

/// Where a model lies: by its name in the models folder or another tool's cache, or by the path of any file.
///
/// # Errors
/// [`ModelError::Missing`] says how to get a known one, [`ModelError::Unknown`] that there is no such name or file.
pub fn locate(models: &Path, name_or_path: &str) -> Result<PathBuf, ModelError> {
    let as_path = Path::new(name_or_path);
    if as_path.is_file() {
        return Ok(as_path.to_owned());
    }
    for folder in folders(models) {
        for file in [format!("ggml-{name_or_path}.bin"), name_or_path.to_owned(), format!("{name_or_path}.bin")] {
            let path = folder.join(file);
            if path.is_file() {
                return Ok(path);
            }
        }
    }
    let known = known_by_name(name_or_path).or_else(|| known_by_file(name_or_path));
    Err(match known {
        Some(Known { name, bytes, .. }) => ModelError::Missing { name: (*name).to_owned(), bytes: *bytes },
        None => ModelError::Unknown { name: name_or_path.to_owned() },
    })
}

/// The model to use where none was chosen: the largest in the models folder, otherwise the largest of other tools.
///
/// # Errors
/// [`ModelError::None`] suggests which to get.
pub fn default_model(models: &Path) -> Result<PathBuf, ModelError> {
    for folder in folders(models) {
        let largest = files_in(&folder).into_iter().filter_map(|path| Some((inspect(&path).ok()?.bytes, path))).max();
        if let Some((_, path)) = largest {
            return Ok(path);
        }
    }
    let bytes = known_by_name(FIRST_MODEL).map_or(0, |known| known.bytes);
    Err(ModelError::None { suggestion: FIRST_MODEL, bytes })
}

/// Every known model, here or not, then the other files that lie where models lie.
///
/// # Errors
/// [`ModelError::Record`] where what is recorded of them can't be read.
pub fn list(models: &Path) -> Result<Vec<Listed>, ModelError> {
    let mut here: BTreeSet<PathBuf> = folders(models).iter().flat_map(|folder| files_in(folder)).collect();
    let (sums, speeds) = (sums(models)?, speeds::all(models)?);
    let known_of = |path: &Path| {
        let (state, sum) = sum_state(&sums, path);
        (Some(state), sum.and_then(|sum| speeds.get(&sum).cloned()))
    };
    let mut lines = Vec::new();
    for known in known() {
        let path = folders(models).into_iter().map(|folder| folder.join(known.file())).find(|path| here.remove(path));
        let (state, speed) = path.as_deref().map(known_of).unwrap_or_default();
        lines.push(Listed {
            name: known.name.to_owned(),
            path,
            state,
            speed,
            bytes: known.bytes,
            sha256: Some(known.sha256),
            languages: Some(known.languages()),
        });
    }
    lines.extend(here.into_iter().filter(|path| known_by_file(&file_name(path)).is_none()).map(|path| {
        let info = inspect(&path).ok();
        let (state, speed) = known_of(&path);
        Listed {
            state,
            speed,
            name: name_of(&path),
            bytes: std::fs::metadata(&path).map_or(0, |metadata| metadata.len()),
            sha256: None,
            languages: info.map(|info| if info.multilingual { "multilingual" } else { "en" }),
            path: Some(path),
        }
    }));
    Ok(lines)
}

/// Whether a file lies in the models folder, under whichever name of that: there nothing changes a model but damage, and there models are removed.
pub(super) fn lies_in(models: &Path, path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    folder.is_some() && folder == std::fs::canonicalize(models).ok()
}

/// The models folder, then where other whisper.cpp tools keep theirs.
fn folders(models: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| home.join(".cache")));
    let caches = cache.into_iter().flat_map(|cache| [cache.join("whisper"), cache.join("whisper.cpp")]);
    std::iter::once(models.to_owned()).chain(caches).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin") && path.is_file())
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn name_of(path: &Path) -> String {
    let file = file_name(path);
    let name = file.strip_suffix(".bin").unwrap_or(&file);
    name.strip_prefix("ggml-").unwrap_or(name).to_owned()
}
