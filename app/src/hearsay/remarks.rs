//! Stars and notes. What `hearsay star`, `note`, `marks` and the viewer do.

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use anyhow::Result;
use archive::{Remark, Remarks};
use home::Home;
use store::Utterance;
use timeline::{Span, TrackName, UtteranceId, WallTime};

/// The longest note, in bytes.
const MAX_NOTE_BYTES: usize = 16 << 10;

/// What a star or a note is put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// What was said on a track.
    Said(TrackName, Span),
    /// A span of all tracks.
    Span(Span),
}

impl Target {
    /// Reads an utterance's id or a span.
    ///
    /// # Errors
    /// Where it is neither, there is no such utterance, or the span has no beginning or end.
    pub(crate) fn read(typed: &str, context: &Context) -> Result<Self> {
        let mut library = Library::open(&context.home)?;
        if let Some(why) = library.no_transcript()? {
            return Err(Failure::not_found("there is nothing to mark yet").hint(why).into());
        }
        if let Ok(id) = typed.parse::<UtteranceId>() {
            let found = library.by_id(&id)?;
            let missing =
                || Failure::not_found(format!("there is no utterance {id}")).hint("`hearsay search` prints ids");
            return Ok(Self::of(&found.ok_or_else(missing)?));
        }
        let span = context.span(&[typed.to_owned()])?;
        if span.start == WallTime::MIN || span.end == WallTime::MAX {
            return Err(Failure::usage("from when to when?").hint("for example: hearsay star today").into());
        }
        Ok(Self::Span(span))
    }

    /// An utterance's moment.
    pub(crate) fn of(utterance: &Utterance) -> Self {
        Self::Said(utterance.track.clone(), utterance.span)
    }

    /// Whether a star or a note stands on it.
    fn has(&self, remark: &Remark) -> bool {
        match self {
            Self::Said(track, span) => worker::stored_remark(remark.clone()).is_of(track, span),
            Self::Span(span) => self.has_itself(remark) && remark.span == *span,
        }
    }

    /// Whether it was put on it, and not on a longer span.
    fn has_itself(&self, remark: &Remark) -> bool {
        matches!(self, Self::Said(..)) == remark.track.is_some()
    }

    fn remark(&self, note: Option<String>, now: WallTime) -> Remark {
        match self {
            Self::Said(track, span) => Remark::new(Some(track.clone()), *span, note, now),
            Self::Span(span) => Remark::new(None, *span, note, now),
        }
    }
}

/// Puts a star there; `false` where there is one.
///
/// # Errors
/// Where the file of marks can't be read or written.
pub(crate) fn star(home: &Home, target: &Target, now: WallTime) -> Result<bool> {
    let remarks = Remarks::open(home);
    if remarks.read()?.standing.iter().any(|remark| remark.note.is_none() && target.has(remark)) {
        return Ok(false);
    }
    remarks.add(&target.remark(None, now))?;
    Ok(true)
}

/// Notes something there, in the place of what was noted there before.
///
/// # Errors
/// Where it says nothing or too much, and where the file of marks can't be read or written.
pub(crate) fn note(home: &Home, target: &Target, text: &str, now: WallTime) -> Result<()> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(Failure::usage("the note says nothing").hint("`--remove` takes it away").into());
    }
    if text.len() > MAX_NOTE_BYTES {
        return Err(Failure::usage(format!("a note has at most {MAX_NOTE_BYTES} bytes")).into());
    }
    let remarks = Remarks::open(home);
    let standing = remarks.read()?.standing;
    let is_old = |remark: &&Remark| remark.note.is_some() && target.has(remark) && target.has_itself(remark);
    let mut new = target.remark(Some(text), now);
    for old in standing.iter().filter(is_old) {
        // Its words may have been heard anew, a little apart.
        new.span = old.span;
    }
    remarks.add(&new)?;
    standing.iter().filter(is_old).try_for_each(|old| Ok(remarks.undo(old.mark, now)?))
}

/// Which kind is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Star,
    Note,
}

impl Kind {
    const fn is_of(self, remark: &Remark) -> bool {
        matches!(self, Self::Star) == remark.note.is_none()
    }
}

/// Takes the stars or the notes away that stand there; whether there was any.
///
/// # Errors
/// Where the file of marks can't be read or written.
pub(crate) fn remove(home: &Home, kind: Kind, target: &Target, now: WallTime) -> Result<bool> {
    take_away(home, now, |remark| kind.is_of(remark) && target.has(remark))
}

/// Takes the star or the note of that mark away; whether there is one.
///
/// # Errors
/// As [`remove`].
pub(crate) fn remove_one(home: &Home, kind: Kind, mark: u64, now: WallTime) -> Result<bool> {
    take_away(home, now, |remark| kind.is_of(remark) && remark.mark == mark)
}

fn take_away(home: &Home, now: WallTime, goes: impl Fn(&Remark) -> bool) -> Result<bool> {
    let remarks = Remarks::open(home);
    let standing = remarks.read()?.standing;
    let mut any = false;
    for remark in standing.iter().filter(|remark| goes(remark)) {
        remarks.undo(remark.mark, now)?;
        any = true;
    }
    Ok(any)
}

/// How a star looks among words.
pub(crate) const STAR: &str = "\u{2605}";

/// What stands behind an utterance's words: that they were corrected, a star, what was noted of them.
pub(crate) fn behind(utterance: &Utterance, remarks: &[store::Remark]) -> String {
    let corrected = utterance.is_correction().then(|| " (corrected)".to_owned());
    let starred = is_starred(utterance, remarks).then(|| format!(" {STAR}"));
    let notes = notes(utterance, remarks).map(|note| format!(" (note: {note})"));
    corrected.into_iter().chain(starred).chain(notes).collect()
}

/// Whether a star is on an utterance's moment.
pub(crate) fn is_starred(utterance: &Utterance, remarks: &[store::Remark]) -> bool {
    of(utterance, remarks).any(|remark| remark.note.is_none())
}

/// What was noted of it.
pub(crate) fn notes<'a>(utterance: &Utterance, remarks: &'a [store::Remark]) -> impl Iterator<Item = &'a str> {
    of(utterance, remarks).filter_map(|remark| remark.note.as_deref())
}

/// What was noted of it alone, and not of a longer span.
pub(crate) fn own_note<'a>(utterance: &Utterance, remarks: &'a [store::Remark]) -> Option<&'a str> {
    of(utterance, remarks).filter(|remark| remark.track.is_some()).find_map(|remark| remark.note.as_deref())
}

fn of<'a>(utterance: &Utterance, remarks: &'a [store::Remark]) -> impl Iterator<Item = &'a store::Remark> {
    let (track, span) = (utterance.track.clone(), utterance.span);
    remarks.iter().filter(move |remark| remark.is_of(&track, &span))
}
