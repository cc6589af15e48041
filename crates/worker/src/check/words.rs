//! Whether the database and the words beside the sound say the same.

use super::{Checked, Checking};
use crate::{WorkerError, stated};
use archive::{Archive, Fault, FaultKind, WordsLog};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use store::{Comparison, Store, StoreError, Stretch, UnwrittenFile};
use timeline::{PassName, Span, TrackName, WallTime};

/// Reads every file of words, and compares it with the database where there is one.
pub(super) fn check(
    archive: &Archive,
    (store, database): (Option<&Store>, &Path),
    checked: &mut Checked,
    tell: &mut dyn FnMut(Checking) -> ControlFlow<()>,
) -> Result<(), WorkerError> {
    let (log, mut store) = (WordsLog::open(archive), store);
    let mut paths: BTreeSet<PathBuf> = log.files()?.into_iter().collect();
    checked.words = paths.len();
    if let Some(store) = store {
        paths.extend(store.plain_files()?.iter().map(|file| log.path(file.day, &file.pass)));
    }
    for (done, path) in paths.iter().enumerate() {
        if tell(Checking::Words { done, of: paths.len() }).is_break() {
            break;
        }
        let (mut stretches, mut faults) = read(&log, path);
        if !faults.is_empty() {
            // It may have been seen half written.
            let (again, still) = read(&log, path);
            faults.retain(|fault| still.contains(fault));
            stretches = again;
        }
        if let Some(known) = store.filter(|_| faults.is_empty()) {
            match compare(&log, known, path, &stretches) {
                Ok(Comparison { lacking, differing }) => {
                    checked.faults.extend(lacking.iter().map(|(track, span)| lacks(path, track, *span)));
                    checked.faults.extend(differing.iter().map(|(track, span)| contradicts(path, track, *span)));
                }
                // SQLite takes what stands in a row for what it is; the words in it have a form of their own.
                Err(WorkerError::Store(error @ StoreError::Damaged { .. })) => {
                    checked.faults.push(super::unusable(database, &error));
                    store = None;
                }
                Err(error) => return Err(error),
            }
        }
        checked.faults.extend(faults);
    }
    Ok(())
}

fn read(log: &WordsLog, path: &Path) -> (Vec<Stretch>, Vec<Fault>) {
    let mut faults = Vec::new();
    let (_, stretches) = stated::standing(log, path, &mut faults);
    (stretches, faults)
}

/// Where the two don't agree. A worker may be writing: only what is so twice is told.
fn compare(log: &WordsLog, store: &Store, path: &Path, stretches: &[Stretch]) -> Result<Comparison, WorkerError> {
    let compare = |stretches: &[Stretch]| {
        if let Some(file) = file_of(store, path)? {
            return store.compare(&file, stretches);
        }
        let differing = stretches.iter().map(|stretch| (stretch.track.clone(), stretch.span)).collect();
        Ok(Comparison { differing, ..Comparison::default() })
    };
    let mut first = compare(stretches)?;
    if first != Comparison::default() {
        let second = compare(&read(log, path).0)?;
        first.lacking.retain(|stretch| second.lacking.contains(stretch));
        first.differing.retain(|stretch| second.differing.contains(stretch));
    }
    Ok(first)
}

/// The day and pass of a file of words, out of its path.
fn file_of(store: &Store, path: &Path) -> Result<Option<UnwrittenFile>, store::StoreError> {
    let name = |path: Option<&Path>| path.and_then(Path::file_name).and_then(|name| name.to_str().map(str::to_owned));
    let day = name(path.parent()).and_then(|day| WallTime::parse_rfc3339(&format!("{day}T00:00:00Z")).ok());
    let pass = name(Some(path)).and_then(|name| PassName::new(name.strip_prefix("words.")?.strip_suffix(".jsonl")?));
    match (day, pass) {
        (Some(day), Some(pass)) => store.plain_file(day, &pass),
        _ => Ok(None),
    }
}

fn lacks(path: &Path, track: &TrackName, span: Span) -> Fault {
    let what =
        format!("lacks what the database has of {track} from {} to {}", span.start.rfc3339(), span.end.rfc3339());
    Fault::new(path, FaultKind::Words, what, "`hearsay repair` writes it there again")
}

fn contradicts(path: &Path, track: &TrackName, span: Span) -> Fault {
    let what = format!(
        "says something else than the database about {track} from {} to {}",
        span.start.rfc3339(),
        span.end.rfc3339()
    );
    let advice = "one of the two was changed; `hearsay repair` lets this file, whose lines carry checksums, go before the database";
    Fault::new(path, FaultKind::Contradiction, what, advice)
}
