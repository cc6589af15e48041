use crate::compile::Compiled;
use crate::page::{is_alive, segments};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;
use tantivy::query::EnableScoring;
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet};
use timeline::{Span, WallTime, local_day};

/// How many hits a local day has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// From midnight to midnight.
    pub span: Span,
    /// How many utterances that start on it match.
    pub hits: u64,
}

/// After so many blocks of documents it is asked whether anyone still wants to know.
const BLOCKS_BETWEEN_LOOKS: usize = 256;

/// The days with hits, in order of time; `None` where `is_cancelled` said so.
pub(crate) fn days(
    years: &[Snapshot],
    query: &Compiled,
    is_cancelled: &dyn Fn() -> bool,
) -> tantivy::Result<Option<Vec<Day>>> {
    let mut days = BTreeMap::new();
    for snapshot in years {
        let weight = query.query.weight(EnableScoring::disabled_from_searcher(snapshot))?;
        for segment in segments(snapshot, query)? {
            if is_cancelled() {
                return Ok(None);
            }
            let times = &segment.columns.times;
            let mut found = weight.scorer(segment.reader, 1.0)?;
            let mut block = [0; COLLECT_BLOCK_BUFFER_LEN];
            // The day of the documents up to `end`, and its hits: they lie in the order of time.
            let mut day: Option<(Span, DocId)> = None;
            let mut hits = 0;
            for looked in 1_usize.. {
                let filled = found.fill_buffer(&mut block);
                for document in
                    block.iter().take(filled).copied().filter(|document| is_alive(segment.reader, *document))
                {
                    if day.is_none_or(|(_, end)| document >= end) {
                        count(&mut days, day.map(|(span, _)| span), hits);
                        hits = 0;
                        let span = local_day(WallTime::from_micros(times.start(document)));
                        day = Some((span, times.first_before(span.start.as_micros())));
                    }
                    hits += 1;
                }
                if filled < block.len() {
                    break;
                }
                if looked % BLOCKS_BETWEEN_LOOKS == 0 && is_cancelled() {
                    return Ok(None);
                }
            }
            count(&mut days, day.map(|(span, _)| span), hits);
        }
    }
    Ok(Some(days.into_values().collect()))
}

fn count(days: &mut BTreeMap<WallTime, Day>, span: Option<Span>, hits: u64) {
    if let Some(span) = span {
        days.entry(span.start).or_insert(Day { span, hits: 0 }).hits += hits;
    }
}
