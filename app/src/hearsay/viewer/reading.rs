//! What the library has, as hits and lines.

use super::state::{AROUND_MICROS, Found, Line, SpokenWord};
use super::text;
use crate::library::{Hit, Library, SearchOptions};
use crate::remarks;
use std::ops::Range;
use store::{Remark, State as Belief, Utterance, Word};
use timeline::{Span, WallTime, local_day};

/// Hits that a search gives to the window at once.
pub(crate) const HITS: usize = 400;
/// Words less probable than this are shaded, and where the day's words are less probable than elsewhere, those below this share of what is usual.
pub(super) const DOUBTFUL_BELOW: f32 = 0.5;
const DOUBTFUL_SHARE: f32 = 0.55;
const DOUBTFUL_AT_LEAST: f32 = 0.2;
/// How often the neighbourhood is doubled in which the next lines are looked for: 120 s × 2^17, half a year.
const DOUBLINGS: u32 = 17;

/// Some hits of a search, the latest first.
pub(super) fn search(library: &mut Library, text: &str, options: &SearchOptions) -> anyhow::Result<Found> {
    let found = library.search(text, &SearchOptions { limit: HITS, ..options.clone() })?;
    let cut = found.hits.len() >= HITS;
    let mut hits = Vec::new();
    for Hit { utterance, highlights, .. } in found.hits {
        let mut hit = line(library, utterance, DOUBTFUL_BELOW, &found.remarks)?;
        hit.found = highlights;
        // Thousands are listed, and only an open conversation plays words.
        hit.words = Vec::new();
        hits.push(hit);
    }
    Ok(Found { hits, notes: found.notes, took: found.took, cut })
}

/// The lines of a span; with those that are `hidden`, if they are wanted.
pub(super) fn lines(library: &mut Library, span: Span, hidden: bool) -> anyhow::Result<Vec<Line>> {
    let utterances = if hidden { library.everything(span)? } else { library.conversation(span)? };
    let remarks = library.remarks_of(&utterances)?;
    let below = doubtful_below(library, span)?;
    utterances.into_iter().map(|utterance| line(library, utterance, below, &remarks)).collect()
}

/// Words less probable than this are shaded: by what is usual on that day, so that a noisy one isn't all shade, nor a clear one all light.
fn doubtful_below(library: &mut Library, span: Span) -> anyhow::Result<f32> {
    let usual = library.usual_p(&local_day(span.middle()))?;
    Ok(usual.map_or(DOUBTFUL_BELOW, |usual| (usual * DOUBTFUL_SHARE).clamp(DOUBTFUL_AT_LEAST, DOUBTFUL_BELOW)))
}

/// The line nearest to a moment, `None` where nothing was ever said.
pub(super) fn nearest(library: &mut Library, time: WallTime) -> anyhow::Result<Option<Line>> {
    let Some(utterance) = library.nearest(time)? else { return Ok(None) };
    let remarks = library.remarks_of(std::slice::from_ref(&utterance))?;
    Ok(Some(line(library, utterance, DOUBTFUL_BELOW, &remarks)?))
}

/// The lines next to `span` and the span they fill, `None` where there are none within half a year.
pub(super) fn more(
    library: &mut Library,
    span: Span,
    later: bool,
    hidden: bool,
) -> anyhow::Result<Option<(Span, Vec<Line>)>> {
    let Some((_, filled)) = next(library, span, later, hidden)? else { return Ok(None) };
    Ok(Some((filled, lines(library, filled, hidden)?)))
}

/// The first line behind `span`, or the last before it, and what lies between with some more of its neighbourhood. `None` where there is none within half a
/// year: a neighbourhood is doubled until something was said in it.
pub(super) fn next(
    library: &mut Library,
    span: Span,
    later: bool,
    hidden: bool,
) -> anyhow::Result<Option<(Line, Span)>> {
    for doubling in 0..DOUBLINGS {
        let near = if doubling == 0 { 0 } else { AROUND_MICROS << (doubling - 1) };
        let far = AROUND_MICROS << doubling;
        let looked_at = if later {
            Span::new(span.end.plus_micros(near), span.end.plus_micros(far))
        } else {
            Span::new(span.start.plus_micros(-far), span.start.plus_micros(-near))
        };
        let found = lines(library, looked_at, hidden)?;
        let beyond = |line: &&Line| if later { line.span.start >= span.end } else { line.span.end <= span.start };
        let next = if later { found.iter().find(beyond) } else { found.iter().rfind(beyond) };
        let Some(next) = next else { continue };
        let filled = if later {
            Span::new(span.end, next.span.start.plus_micros(AROUND_MICROS))
        } else {
            Span::new(next.span.end.plus_micros(-AROUND_MICROS), span.start)
        };
        return Ok(Some((next.clone(), filled)));
    }
    Ok(None)
}

/// An utterance as a line; its words that are less probable than `below` are doubtful.
pub(super) fn line(
    library: &mut Library,
    utterance: Utterance,
    below: f32,
    remarks: &[Remark],
) -> anyhow::Result<Line> {
    let heard = if utterance.is_correction() { Some(library.heard_under(&utterance)?) } else { None };
    let origin = origin(library, &utterance)?;
    let starred = remarks::is_starred(&utterance, remarks);
    let notes = remarks::notes(&utterance, remarks).map(str::to_owned).collect();
    let own_note = remarks::own_note(&utterance, remarks).map(str::to_owned);
    let places = text::places(&utterance.text, utterance.words.iter().map(|word| word.text.as_str()));
    let words = places.into_iter().zip(&utterance.words).filter_map(|(place, word)| Some((place?, word)));
    let words: Vec<(Range<usize>, &Word)> = words.collect();
    let probabilities: Vec<_> = words.iter().map(|(place, word)| (place.clone(), word.p)).collect();
    let doubtful_words = text::doubtful_words(&utterance.text, &probabilities, below);
    let words = words.into_iter().map(|(range, word)| SpokenWord { range, span: word.span }).collect();
    let hidden = utterance.state == Belief::Hidden;
    let doubt = (utterance.state != Belief::Shown)
        .then(|| utterance.reason.unwrap_or_else(|| "it may not be what was said".to_owned()));
    let Utterance { key, side, span, text, .. } = utterance;
    let found = Vec::new();
    Ok(Line {
        key,
        side,
        span,
        text,
        found,
        doubtful_words,
        words,
        doubt,
        hidden,
        origin,
        heard,
        starred,
        notes,
        own_note,
    })
}

/// In which language something was said, and who heard it so.
fn origin(library: &mut Library, utterance: &Utterance) -> anyhow::Result<String> {
    if utterance.is_correction() {
        return Ok("written by you".to_owned());
    }
    let heard = match library.model_of(&utterance.pass)? {
        Some(model) => format!("heard by {model}, pass {}", utterance.pass),
        None => format!("heard by pass {}", utterance.pass),
    };
    Ok(utterance.language.as_ref().map_or_else(|| heard.clone(), |language| format!("{language}, {heard}")))
}
