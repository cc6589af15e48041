//! A copy of the home in another folder, made while everything goes on, and brought up to date by making it again.
//!
//! ```text
//! audio/  ──► what is new or has changed, each file under a hidden name and then renamed
//! archive.sqlite3 ──► one state of it, later than the words just copied; what they lack is noted in the copy
//! audio/  ──► the segments that were finished meanwhile
//! config.toml, models/ (when asked for)
//! ```
//!
//! The index isn't copied, for it is made of the database. The copy is a home: a worker or `hearsay rebuild` completes it. A file
//! that has gone from the home stays in the copy, since that may be just what the copy is for; except a growing segment that has
//! been finished since.

use crate::own_file::{self, failed};
use crate::{WorkerError, stated};
use archive::{Archive, Fault, WordsLog, verify};
use home::{Home, Lock, files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileTimes, Metadata};
use std::io::{self, Read as _, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use store::{Store, StoreError};
use timeline::SegmentName;

/// How far it is, in bytes of what has to be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copying {
    /// Bytes that are copied.
    pub done: u64,
    /// Of how many, the database left out.
    pub of: u64,
}

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files that were copied.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Files that were in the copy already, as they are.
    pub unchanged: u64,
    /// Whether the database is in the copy.
    pub database: bool,
    /// Files that couldn't be read, or that are damaged; all others were copied.
    pub faults: Vec<Fault>,
    /// Whether it was broken off; doing it again goes on from there.
    pub broken_off: bool,
}

/// Copies `home` into `to`, which may be an earlier copy.
///
/// # Errors
/// [`WorkerError::Inside`] where one lies in the other, [`WorkerError::SecondWorker`] where a worker or another backup is at the copy, and what
/// can't be read or written. What was copied until then is whole.
pub fn backup(
    home: &Home,
    to: &Path,
    with_models: bool,
    tell: &mut dyn FnMut(Copying) -> ControlFlow<()>,
) -> Result<Copied, WorkerError> {
    files::create_dir_all(to).map_err(failed("create", to))?;
    refuse_inside(home.root(), to)?;
    let copy = Home::at(to);
    refuse_another(home, &copy)?;
    copy.ensure()?;
    let _lock = Lock::acquire(&copy.worker_lock())?;
    let mut backup =
        Backup { from: home.root(), to, copied: Copied::default(), progress: Copying { done: 0, of: 0 }, tell };
    let (mut found, words) =
        (sound(home, &|name| !name.ends_with(".flac.part"))?, WordsLog::open(&Archive::open(home)));
    if with_models {
        found.extend(below(&home.models())?);
    }
    found.extend(one(&home.config_file())?);
    found.extend(one(&home.pins_file())?);
    found.extend(one(&home.choices_file())?);
    found.extend(one(&home.marks_file())?);
    let before = lengths(&words)?;
    backup.copy(&found)?;
    // The second look sees all of it again.
    let unchanged = backup.copied.unchanged;
    if !backup.copied.broken_off {
        backup.copied.database = copy_database(home, &copy, &words, &before)?;
        let finished = sound(home, &|name| SegmentName::parse(name).is_some_and(|(_, part)| !part))?;
        backup.copy(&finished)?;
    }
    Ok(Copied { unchanged, ..backup.copied })
}

struct Backup<'a> {
    from: &'a Path,
    to: &'a Path,
    copied: Copied,
    progress: Copying,
    tell: &'a mut dyn FnMut(Copying) -> ControlFlow<()>,
}

/// A file to be copied, and what it was when it was found.
type Found = (PathBuf, Metadata);

impl Backup<'_> {
    fn copy(&mut self, found: &[Found]) -> Result<(), WorkerError> {
        let mut todo = Vec::new();
        for (path, metadata) in found {
            let to = self.to.join(path.strip_prefix(self.from).unwrap_or(path));
            if is_as(&to, metadata) { self.copied.unchanged += 1 } else { todo.push((path, to, metadata)) }
        }
        self.progress.of += todo.iter().map(|(.., metadata)| metadata.len()).sum::<u64>();
        for (path, to, metadata) in todo {
            if (self.tell)(self.progress).is_break() {
                self.copied.broken_off = true;
                return Ok(());
            }
            match copy_file(path, &to)? {
                Read::Copied => {
                    self.copied.files += 1;
                    self.copied.bytes += metadata.len();
                    self.copied.faults.extend(remove_replaced(&to)?);
                }
                Read::Gone => {}
                Read::Failed(error) => self.copied.faults.push(Fault::unreadable(path, &error)),
            }
            self.progress.done += metadata.len();
        }
        Ok(())
    }
}

/// The files in the folders of days.
fn sound(home: &Home, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Found>, WorkerError> {
    let (archive, mut found) = (Archive::open(home), Vec::new());
    for day in archive.days()? {
        found.extend(below(&archive.day_folder(&day))?);
    }
    found.retain(|(path, _)| path.file_name().and_then(|name| name.to_str()).is_some_and(wanted));
    Ok(found)
}

/// The files of a folder; hidden ones are nobody's yet, and links are not followed.
fn below(folder: &Path) -> Result<Vec<Found>, WorkerError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("list", folder))? {
        let entry = entry.map_err(failed("list", folder))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Taken away since it was listed: a growing segment that was finished.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() && !hidden {
            found.push((entry.path(), metadata));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn one(path: &Path) -> Result<Option<Found>, WorkerError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.is_file().then(|| (path.to_owned(), metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Copies one state of the database, if there is one, and in it a note of all that the copied words don't have, so that the copy's worker writes it.
fn copy_database(
    home: &Home,
    copy: &Home,
    words: &WordsLog,
    before: &BTreeMap<PathBuf, u64>,
) -> Result<bool, WorkerError> {
    let new = copy.root().join(".archive.sqlite3.copying");
    own_file::remove(&new)?;
    match Store::copy(&home.database(), &new) {
        Err(StoreError::Missing { .. }) => return Ok(false),
        copied => copied?,
    }
    let mut store = Store::open(&new)?;
    let after = lengths(words)?;
    let copied = WordsLog::open(&Archive::open(copy));
    let changed: BTreeSet<&PathBuf> =
        after.iter().filter(|(path, len)| before.get(*path) != Some(len)).map(|(path, _)| path).collect();
    for file in store.plain_files()? {
        if changed.contains(&words.path(file.day, &file.pass)) {
            let (_, stretches) = stated::standing(&copied, &copied.path(file.day, &file.pass), &mut Vec::new());
            store.note_unstated(&file, &stretches, true)?;
        }
    }
    store.close()?;
    File::open(&new).and_then(|file| file.sync_all()).map_err(failed("sync", &new))?;
    for beside in ["archive.sqlite3-wal", "archive.sqlite3-shm"] {
        // What a worker left there belongs to the state before.
        own_file::remove(&copy.root().join(beside))?;
    }
    files::rename_durably(&new, &copy.database()).map_err(failed("rename", &new))?;
    Ok(true)
}

/// How long every file of words is.
fn lengths(words: &WordsLog) -> Result<BTreeMap<PathBuf, u64>, WorkerError> {
    let len = |path: PathBuf| {
        let len = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        (path, len)
    };
    Ok(words.files()?.into_iter().map(len).collect())
}

/// What came of reading a file that is to be copied.
enum Read {
    Copied,
    /// It was taken away since it was listed.
    Gone,
    Failed(io::Error),
}

/// Copies a file under a hidden name, its time with it, and renames it.
///
/// # Errors
/// Where the copy can't be written.
fn copy_file(from: &Path, to: &Path) -> Result<Read, WorkerError> {
    let folder = to.parent().unwrap_or(to);
    files::create_dir_all(folder).map_err(failed("create", folder))?;
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hidden = to.with_file_name(format!(".{name}.copying"));
    let opened = files::open(from).and_then(|file| Ok((file.metadata()?.modified()?, file)));
    let (modified, mut source) = match opened {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Read::Gone),
        Err(error) => return Ok(Read::Failed(error)),
    };
    let mut copy = files::create_or_truncate(&hidden).map_err(failed("write", &hidden))?;
    let mut bytes = vec![0; STEP];
    loop {
        match source.read(&mut bytes) {
            Ok(0) => break,
            Ok(len) => {
                copy.write_all(bytes.get(..len).unwrap_or_default()).map_err(failed("write", &hidden))?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                own_file::remove(&hidden)?;
                return Ok(Read::Failed(error));
            }
        }
    }
    let finished = copy.set_times(FileTimes::new().set_modified(modified)).and_then(|()| copy.sync_all());
    finished.map_err(failed("write", &hidden))?;
    files::rename_durably(&hidden, to).map_err(failed("rename", &hidden))?;
    Ok(Read::Copied)
}

/// Bytes that are read at once.
const STEP: usize = 1 << 20;

/// Whether a file is there with that length and time.
fn is_as(path: &Path, metadata: &Metadata) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| {
        there.is_file() && there.len() == metadata.len() && there.modified().ok() == metadata.modified().ok()
    })
}

/// Takes away what the copy of a finished segment replaces: that of the growing one, and of the WAV that was packed since; nothing where the new
/// one is damaged, which is told.
fn remove_replaced(copied: &Path) -> Result<Option<Fault>, WorkerError> {
    let is_segment =
        copied.file_name().and_then(|name| SegmentName::parse(name.to_str()?)).is_some_and(|(_, part)| !part);
    if !is_segment {
        return Ok(None);
    }
    let mut part = copied.as_os_str().to_owned();
    part.push(".part");
    let (part, wav) = (PathBuf::from(part), copied.with_extension("wav"));
    let packed = copied.extension() == Some("flac".as_ref());
    if !(part.exists() || packed && wav.exists()) {
        return Ok(None);
    }
    if let Some(fault) = verify::verify(copied) {
        return Ok(Some(fault));
    }
    own_file::remove(&part)?;
    if packed {
        own_file::remove(&wav)?;
    }
    Ok(None)
}

/// A folder that holds another archive isn't written into: its words would be lost.
fn refuse_another(home: &Home, copy: &Home) -> Result<(), WorkerError> {
    let id = |home: &Home| match Store::open_read_only(&home.database()) {
        Ok(store) => store.database_id().map(Some),
        Err(StoreError::Missing { .. } | StoreError::Older { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    match (id(home)?, id(copy)?) {
        (Some(ours), Some(theirs)) if ours == theirs => Ok(()),
        (_, None) => Ok(()),
        _ => Err(WorkerError::Another { to: copy.root().to_owned() }),
    }
}

fn refuse_inside(home: &Path, to: &Path) -> Result<(), WorkerError> {
    let whole = |path: &Path| path.canonicalize().map_err(failed("read", path));
    let (home, to) = (whole(home)?, whole(to)?);
    if home.starts_with(&to) || to.starts_with(&home) { Err(WorkerError::Inside { home, to }) } else { Ok(()) }
}
