//! The versions of what was said that several passes keep: where they differ, and which of them is read. What `hearsay compare`, `hearsay prefer` and the viewer do.

use crate::differences::{Counts, Difference, differences};
use crate::failure::Failure;
use anyhow::Result;
use archive::{Choice, Choices};
use home::Home;
use store::{Store, Utterance};
use timeline::{PassName, Span, SpanSet, TrackName, WallTime};
use worker::{follow_up, keep_choices, keep_remarks};

/// The sound within a span that two passes have both dealt with, by track.
pub(crate) fn common(store: &Store, left: i64, right: i64, span: &Span) -> Result<Vec<(TrackName, SpanSet)>> {
    let mut common = Vec::new();
    for (track, _) in store.tracks()? {
        let (own, other) = (store.coverage(left, &track)?, store.coverage(right, &track)?);
        common.push((track, own.within(span).minus(&own.minus(&other))));
    }
    Ok(common)
}

/// Where two passes differ within a span, of what is [`common`] to both, in the order of time; and the counts.
pub(crate) fn differ(
    store: &Store,
    (left, right): (i64, i64),
    common: &[(TrackName, SpanSet)],
    span: &Span,
) -> Result<(Vec<(TrackName, Difference)>, Counts)> {
    let (mut all, mut counts) = (Vec::new(), Counts::default());
    for (track, common) in common.iter().filter(|(_, common)| !common.within(span).is_empty()) {
        let read = |pass: i64| -> Result<Vec<Utterance>> {
            let mut utterances = store.of_pass_on(pass, track, span)?;
            utterances.retain(|utterance| common.contains(utterance.span.middle()));
            Ok(utterances)
        };
        let (found, of_track) = differences(&read(left)?, &read(right)?);
        counts.add(&of_track);
        all.extend(found.into_iter().map(|difference| (track.clone(), difference)));
    }
    all.sort_by_key(|(_, difference)| difference.span.start);
    Ok((all, counts))
}

/// Has a pass be read over a span, on each track (or the `only` one) where it has words there; its model and those tracks.
///
/// # Errors
/// Where there is no such pass, it only translates, or has no words there; and where a file can't be read or written.
pub(crate) fn prefer(
    home: &Home,
    pass: &PassName,
    only: Option<&TrackName>,
    span: &Span,
    now: WallTime,
) -> Result<(String, Vec<TrackName>)> {
    let store = Store::open_read_only(&home.database())?;
    let passes = store.passes()?;
    let Some(known) = passes.iter().find(|known| known.pass.name == *pass) else {
        return Err(Failure::not_found(format!("there is no pass {pass}")).hint("`hearsay passes` lists them").into());
    };
    if known.pass.translation {
        return Err(Failure::usage(format!("{pass} is a translation and never read in the place of what was said"))
            .hint("`hearsay show --translated` reads it")
            .into());
    }
    if known.pass.is_by_hand() {
        return Err(Failure::usage("what you corrected is read in any case")
            .hint("`hearsay correct ID --undo` takes a correction back")
            .into());
    }
    let mut chosen = Vec::new();
    for (track, _) in store.tracks()?.into_iter().filter(|(track, _)| only.is_none_or(|only| only == track)) {
        if store.found_words(pass, &track, span)? {
            // No sentence is cut in two, or both halves would be read, one from either pass.
            let span = store.widened_to_silence(&track, span)?;
            chosen.push((track.clone(), Choice::new(pass, Some(track), span, now)));
        }
    }
    if chosen.is_empty() {
        return Err(Failure::not_found(format!("pass {pass} has no words in that span"))
            .hint("`hearsay retranscribe` transcribes it with that model")
            .into());
    }
    let choices = Choices::open(home);
    for (_, choice) in &chosen {
        choices.add(choice)?;
    }
    Ok((known.pass.model.clone(), chosen.into_iter().map(|(track, _)| track).collect()))
}

/// Takes the last choice back that fits, on all tracks that it was made for; its pass and span.
///
/// # Errors
/// Where there is none, or a file can't be read or written.
pub(crate) fn undo(
    home: &Home,
    pass: Option<&PassName>,
    only: Option<&TrackName>,
    span: Option<&Span>,
    now: WallTime,
) -> Result<(PassName, Span)> {
    let choices = Choices::open(home);
    let standing = choices.read()?.standing;
    let is_it = |choice: &&Choice| {
        pass.is_none_or(|pass| choice.pass == *pass)
            && span.is_none_or(|span| choice.span.overlaps(span))
            && only.is_none_or(|track| choice.track.as_ref().is_none_or(|chosen| chosen == track))
    };
    let Some(last) = standing.iter().rev().find(is_it) else {
        return Err(Failure::not_found("there is no such choice to take back").into());
    };
    for choice in standing.iter().filter(|choice| choice.at == last.at && choice.pass == last.pass && is_it(choice)) {
        choices.undo(choice.mark, now)?;
    }
    Ok((last.pass.clone(), last.span))
}

/// Brings the database, and where no worker does it the index and the words beside the sound, in line with what the user has written; what is wrong with his
/// files.
///
/// # Errors
/// Where one of them can't be read or written.
pub(crate) fn follow(home: &Home) -> Result<Option<String>> {
    let mut store = Store::open(&home.database())?;
    let faults = [keep_choices(home, &mut store)?, keep_remarks(home, &mut store)?];
    follow_up(home, &mut store)?;
    Ok(faults.into_iter().flatten().map(|fault| fault.to_string()).reduce(|a, b| format!("{a}; {b}")))
}
