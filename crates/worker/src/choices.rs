use crate::WorkerError;
use archive::{ArchiveError, Choice, Choices, Chosen, Fault, FaultKind};
use home::Home;
use store::{Preference, Store};

/// Brings the database in line with the file of choices, which is the truth for them; what is wrong with the file. The index follows with the next
/// change.
///
/// A file that is gone is written anew of the database. While a line of it can't be read, only what it says was taken back is: the others may stand in that
/// line.
///
/// # Errors
/// [`WorkerError::Archive`] or [`WorkerError::Store`].
pub fn keep_choices(home: &Home, store: &mut Store) -> Result<Option<Fault>, WorkerError> {
    let choices = Choices::open(home);
    let mut fault = None;
    // Read behind the lock: who chose meanwhile has written his line before he waits for it.
    store.set_preferences(|before| -> Result<Vec<Preference>, WorkerError> {
        if !choices.path().exists() {
            for Preference { mark, pass, track, span, chosen } in before.iter().rev().cloned() {
                choices.add(&Choice { mark, pass, track, span, at: chosen })?;
            }
            return Ok(before.to_vec());
        }
        let Chosen { standing, undone, unreadable } = choices.read()?;
        let mut wanted: Vec<Preference> = standing.into_iter().map(preference).collect();
        if unreadable > 0 {
            let stands = |mark: u64| wanted.iter().any(|wanted| wanted.mark == mark);
            let kept: Vec<Preference> =
                before.iter().filter(|it| !stands(it.mark) && !undone.contains(&it.mark)).cloned().collect();
            wanted.extend(kept);
            fault = Some(unreadable_lines(&choices, unreadable));
        }
        Ok(wanted)
    })?;
    Ok(fault)
}

/// What is wrong with the file of choices. Changes nothing.
///
/// # Errors
/// [`ArchiveError::Io`] where it is there and can't be read.
pub(crate) fn check(home: &Home) -> Result<Option<Fault>, ArchiveError> {
    let choices = Choices::open(home);
    let unreadable = choices.read()?.unreadable;
    Ok((unreadable > 0).then(|| unreadable_lines(&choices, unreadable)))
}

fn unreadable_lines(choices: &Choices, unreadable: usize) -> Fault {
    let what = format!(
        "{unreadable} of its lines aren't as they were written: which pass you prefer somewhere may not be known"
    );
    let advice = "take those lines away, and `hearsay prefer` again what they may have said";
    Fault::new(choices.path(), FaultKind::Journal, what, advice)
}

fn preference(choice: Choice) -> Preference {
    let Choice { mark, pass, track, span, at } = choice;
    Preference { mark, pass, track, span, chosen: at }
}
