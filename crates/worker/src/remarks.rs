use crate::WorkerError;
use archive::{ArchiveError, Fault, FaultKind, Noted, Remarks};
use home::Home;
use store::{Remark, Store};

/// Brings the database in line with the file of stars and notes, which is the truth for them; what is wrong with the file. The index follows with the next
/// change.
///
/// A file that is gone is written anew of the database. While a line of it can't be read, only what it says was taken back is: the others may stand in that
/// line.
///
/// # Errors
/// [`WorkerError::Archive`] or [`WorkerError::Store`].
pub fn keep_remarks(home: &Home, store: &mut Store) -> Result<Option<Fault>, WorkerError> {
    let remarks = Remarks::open(home);
    let mut fault = None;
    // Read behind the lock: who wrote meanwhile has written his line before he waits for it.
    store.set_remarks(|before| -> Result<Vec<Remark>, WorkerError> {
        if !remarks.path().exists() {
            let mut oldest_first = before.to_vec();
            oldest_first.sort_by_key(|remark| (remark.made, remark.mark));
            for Remark { mark, track, span, note, made } in oldest_first {
                remarks.add(&archive::Remark { mark, track, span, note, at: made })?;
            }
            return Ok(before.to_vec());
        }
        let Noted { standing, undone, unreadable } = remarks.read()?;
        let mut wanted: Vec<Remark> = standing.into_iter().map(stored_remark).collect();
        if unreadable > 0 {
            let stands = |mark: u64| wanted.iter().any(|wanted| wanted.mark == mark);
            let kept: Vec<Remark> =
                before.iter().filter(|it| !stands(it.mark) && !undone.contains(&it.mark)).cloned().collect();
            wanted.extend(kept);
            fault = Some(unreadable_lines(&remarks, unreadable));
        }
        Ok(wanted)
    })?;
    Ok(fault)
}

/// What is wrong with the file of stars and notes. Changes nothing.
///
/// # Errors
/// [`ArchiveError::Io`] where it is there and can't be read.
pub(crate) fn check(home: &Home) -> Result<Option<Fault>, ArchiveError> {
    let remarks = Remarks::open(home);
    let unreadable = remarks.read()?.unreadable;
    Ok((unreadable > 0).then(|| unreadable_lines(&remarks, unreadable)))
}

fn unreadable_lines(remarks: &Remarks, unreadable: usize) -> Fault {
    let what = format!("{unreadable} of its lines aren't as they were written: a star or a note may not be known");
    let advice = "put the file back from a copy, or take those lines away and make again what they may have said";
    Fault::new(remarks.path(), FaultKind::Journal, what, advice)
}

/// A star or a note of the file, as the database has it.
pub fn stored_remark(remark: archive::Remark) -> Remark {
    let archive::Remark { mark, track, span, note, at } = remark;
    Remark { mark, track, span, note, made: at }
}
