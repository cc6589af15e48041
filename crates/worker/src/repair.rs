//! Mends what [`check`](crate::check) names, where there is only one way to: never by guessing, and never by deleting.

use crate::check::modes;
use crate::{Database, Rebuild, Rebuilding, Rebuilt, WorkerError};
use archive::{Archive, Fault, FaultKind, repair, verify};
use home::{Home, Lock, LockError};
use std::io;
use std::path::{Path, PathBuf};
use timeline::WallTime;

/// What can be mended of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files and folders to take from other users.
    pub modes: Vec<PathBuf>,
    /// Segments whose header may be found again.
    pub segments: Vec<PathBuf>,
    /// Whether the database is made anew, because it can't be read or says something else than the words beside the sound.
    pub database: bool,
    /// Whether the words beside the sound are given back what they have lost, by a database that is whole.
    pub words: bool,
    /// Whether the index is made anew.
    pub index: bool,
}

/// What was mended.
#[derive(Debug, Default)]
pub struct Repaired {
    /// Segments whose header is right again.
    pub headers: Vec<PathBuf>,
    /// Segments that a recorder had left behind and that are finished now.
    pub adopted: Vec<PathBuf>,
    /// Segments that stay as they are: their sound is damaged, or more of their header than can be found again.
    pub left: Vec<PathBuf>,
    /// What was made anew.
    pub rebuilt: Option<Rebuilt>,
    /// What couldn't be done, and why.
    pub faults: Vec<Fault>,
}

impl Plan {
    /// What can be mended of these.
    pub fn of(home: &Home, faults: &[Fault]) -> Self {
        let paths = |kinds: &[FaultKind]| -> Vec<PathBuf> {
            faults.iter().filter(|fault| kinds.contains(&fault.kind)).map(|fault| fault.path.clone()).collect()
        };
        let any = |kind: FaultKind| faults.iter().any(|fault| fault.kind == kind);
        // A database that is made of words which have lost some would lack them: the contradiction then stays, and is named.
        let (contradict, lost) = (any(FaultKind::Contradiction), any(FaultKind::Words));
        Self {
            modes: if any(FaultKind::Open) { modes::paths_open_to_others(home.root()) } else { Vec::new() },
            segments: paths(&[FaultKind::Damaged, FaultKind::NotSound, FaultKind::Truncated]),
            database: any(FaultKind::Database) || (contradict && !lost),
            words: lost && !any(FaultKind::Database),
            index: any(FaultKind::Index),
        }
    }

    /// Whether nothing can be done.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Does it. Segments that a recorder left behind are finished as well, where none lives.
///
/// # Errors
/// [`WorkerError::SecondWorker`] where a worker lives, and what stops the making of a database or an index.
pub fn run(home: &Home, plan: &Plan, now: WallTime, tell: &mut dyn FnMut(Rebuilding)) -> Result<Repaired, WorkerError> {
    let mut repaired = Repaired::default();
    let lock = Lock::acquire(&home.worker_lock())?;
    for path in &plan.modes {
        if let Err(error) = take_from_others(path) {
            repaired.faults.push(Fault::unreadable(path, &error));
        }
    }
    for path in &plan.segments {
        match verify::mend_header(path) {
            Ok(true) => repaired.headers.push(path.clone()),
            Ok(false) => repaired.left.push(path.clone()),
            Err(error) => {
                let advice = "check its owner and permissions";
                repaired.faults.push(Fault::new(path, FaultKind::Unreadable, home::one_line(&error), advice));
            }
        }
    }
    match Lock::acquire(&home.recorder_lock()) {
        Ok(_lock) => {
            let found = repair::left_behind(&Archive::open(home))?;
            (repaired.adopted, repaired.faults) = (found.adopted, [repaired.faults, found.faults].concat());
        }
        Err(LockError::Held { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // Making anew takes the lock itself.
    drop(lock);
    if plan.database || plan.words || plan.index {
        let mut rebuild = Rebuild::look(home)?;
        if plan.database && rebuild.database == Database::Whole {
            let why = "it says something else than the words beside the sound".to_owned();
            rebuild.database = Database::Damaged { why };
        }
        repaired.rebuilt = Some(rebuild.run(now, tell)?);
    }
    Ok(repaired)
}

#[cfg(unix)]
fn take_from_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::symlink_metadata(path)?.permissions();
    permissions.set_mode(permissions.mode() & 0o700);
    std::fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn take_from_others(_: &Path) -> io::Result<()> {
    Ok(())
}
