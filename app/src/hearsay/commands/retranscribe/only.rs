//! The utterances that `--where` picks out.

use crate::failure::Failure;
use crate::library::{Library, MAX_LIMIT, SearchOptions};
use crate::output;
use anyhow::Result;
use std::collections::BTreeMap;
use timeline::{Span, SpanSet, TrackName};

/// Where the utterances lie that a search finds, by track.
///
/// # Errors
/// A usage error where one day has more of them than one search gives.
pub(super) fn found(
    library: &mut Library,
    query: &str,
    span: &Span,
    tracks: &[TrackName],
) -> Result<BTreeMap<TrackName, SpanSet>> {
    let options = SearchOptions { span: Some(*span), limit: MAX_LIMIT, ..SearchOptions::default() };
    let days = library.days(query, &options, &|| false)?.unwrap_or_default();
    for note in &days.notes {
        output::note(note);
    }
    let mut found: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    for day in days.days {
        let Some(within) = day.span.widened(1).intersect(span) else { continue };
        let hits = library.search(query, &SearchOptions { span: Some(within), ..options.clone() })?.hits;
        if hits.len() >= MAX_LIMIT {
            return Err(Failure::usage(format!("more than {MAX_LIMIT} utterances of one day match {query:?}"))
                .hint("leave --where out, or make it narrower")
                .into());
        }
        for hit in hits.into_iter().map(|hit| hit.utterance) {
            if tracks.is_empty() || tracks.contains(&hit.track) {
                found.entry(hit.track).or_default().insert(hit.span);
            }
        }
    }
    Ok(found)
}
