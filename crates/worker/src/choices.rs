use crate::WorkerError;
use archive::{Choice, Choices, Fault, FaultKind};
use home::Home;
use store::{Preference, Store};

/// Brings the database in line with the file of choices, which is the truth for them; what is wrong with the file. The index follows with the next
/// change.
///
/// A file that is gone is written anew of the database, and while a line of it can't be read nothing is taken for having been taken back.
///
/// # Errors
/// [`WorkerError::Archive`] or [`WorkerError::Store`].
pub fn keep_choices(home: &Home, store: &mut Store) -> Result<Option<Fault>, WorkerError> {
    let choices = Choices::open(home);
    let (standing, unreadable) = choices.read()?;
    let mut wanted: Vec<Preference> = standing.into_iter().map(preference).collect();
    if !choices.path().exists() {
        wanted = store.preferences()?;
        for Preference { mark, pass, track, span, chosen } in wanted.iter().rev().cloned() {
            choices.add(&Choice { mark, pass, track, span, at: chosen })?;
        }
    } else if unreadable > 0 {
        let kept = store.preferences()?;
        let known = |mark: u64| wanted.iter().any(|wanted| wanted.mark == mark);
        let kept: Vec<Preference> = kept.into_iter().filter(|kept| !known(kept.mark)).collect();
        wanted.extend(kept);
    }
    store.set_preferences(&wanted)?;
    let what = format!(
        "{unreadable} of its lines aren't as they were written: which pass you prefer somewhere may not be known"
    );
    let advice = "`hearsay prefer` it again";
    Ok((unreadable > 0).then(|| Fault::new(choices.path(), FaultKind::Journal, what, advice)))
}

fn preference(choice: Choice) -> Preference {
    let Choice { mark, pass, track, span, at } = choice;
    Preference { mark, pass, track, span, chosen: at }
}
