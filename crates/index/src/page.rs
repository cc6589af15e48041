//! The first hits of a query, by time or by score, without looking at more than it takes.

use crate::compile::Compiled;
use crate::snapshot::{Columns, Snapshot};
use crate::statistics::Statistics;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use tantivy::query::EnableScoring;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

/// Where a document lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    year: usize,
    segment: usize,
    document: DocId,
}

/// A hit of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) key: i64,
    pub(crate) score: Score,
}

/// The `limit` newest of what matches in `years`, which come newest first.
pub(crate) fn newest(years: &[Snapshot], query: &Compiled, limit: usize) -> tantivy::Result<Vec<Found>> {
    let mut page = BinaryHeap::new();
    for (year, snapshot) in years.iter().enumerate() {
        // What starts in an earlier year is older than all that is here.
        if page.len() >= limit {
            break;
        }
        let weight = query.query.weight(EnableScoring::disabled_from_searcher(snapshot))?;
        for segment in segments(snapshot, query)? {
            let is_on_page = |start: i64, page: &BinaryHeap<Reverse<(i64, i64, Place)>>| {
                page.len() < limit || page.peek().is_some_and(|Reverse((oldest, ..))| start >= *oldest)
            };
            let Columns { times, keys } = segment.columns;
            if !is_on_page(times.newest(), &page) {
                break;
            }
            let mut found = weight.scorer(segment.reader, 1.0)?;
            let mut document = found.doc();
            while document != TERMINATED {
                let start = times.start(document);
                if !is_on_page(start, &page) {
                    break;
                }
                if is_alive(segment.reader, document) {
                    let place = Place { year, segment: segment.number, document };
                    page.push(Reverse((start, keys.get_val(document), place)));
                    if page.len() > limit {
                        page.pop();
                    }
                }
                document = found.advance();
            }
        }
    }
    // Ascending in what is reversed: the newest first.
    let page: Vec<(i64, Place)> =
        page.into_sorted_vec().into_iter().map(|Reverse((_, key, place))| (key, place)).collect();
    scored(years, query, &page)
}

/// The `limit` best of what matches in `years`, which come newest first; of equally good ones the newer.
pub(crate) fn best(years: &[Snapshot], query: &Compiled, limit: usize) -> tantivy::Result<Vec<Found>> {
    let statistics = Statistics::of(years);
    let mut page: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
    let mut threshold = Score::MIN;
    for (year, snapshot) in years.iter().enumerate() {
        let scoring = EnableScoring::enabled_from_statistics_provider(&statistics, snapshot);
        let weight = query.query.weight(scoring)?;
        for segment in segments(snapshot, query)? {
            weight.for_each_pruning(threshold, segment.reader, &mut |document, score| {
                if is_alive(segment.reader, document) {
                    let place = Place { year, segment: segment.number, document };
                    page.push(Reverse(Ranked { score, start: segment.columns.times.start(document), place }));
                    if page.len() > limit {
                        page.pop();
                    }
                    if page.len() == limit {
                        threshold = page.peek().map_or(Score::MIN, |Reverse(worst)| worst.score);
                    }
                }
                threshold
            })?;
        }
    }
    let mut found = Vec::new();
    for Reverse(Ranked { score, place, .. }) in page.into_sorted_vec() {
        let Some(year) = years.get(place.year) else { continue };
        if let Some(columns) = year.columns()?.get(place.segment) {
            found.push(Found { key: columns.keys.get_val(place.document), score });
        }
    }
    Ok(found)
}

/// A segment that a query may find something in.
pub(crate) struct Segment<'a> {
    number: usize,
    pub(crate) reader: &'a SegmentReader,
    pub(crate) columns: &'a Columns,
}

/// The segments of a year that a query has to look into, the newest first.
pub(crate) fn segments<'a>(year: &'a Snapshot, query: &Compiled) -> tantivy::Result<Vec<Segment<'a>>> {
    let mut segments = Vec::new();
    for (number, (reader, columns)) in year.segment_readers().iter().zip(year.columns()?).enumerate() {
        if query.span.is_none_or(|span| columns.times.reach(&span)) {
            segments.push(Segment { number, reader, columns });
        }
    }
    segments.sort_by_key(|segment| Reverse(segment.columns.times.newest()));
    Ok(segments)
}

pub(crate) fn is_alive(reader: &SegmentReader, document: DocId) -> bool {
    reader.alive_bitset().is_none_or(|alive| alive.is_alive(document))
}

/// By score, and among equals by time.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    score: Score,
    start: i64,
    place: Place,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then(self.start.cmp(&other.start)).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// The scores of hits that were not found by score, in the order given: a few dozen seeks instead of scoring every
/// document that matches.
fn scored(years: &[Snapshot], query: &Compiled, page: &[(i64, Place)]) -> tantivy::Result<Vec<Found>> {
    let mut by_place: Vec<(Place, usize)> = page.iter().enumerate().map(|(rank, (_, place))| (*place, rank)).collect();
    by_place.sort_unstable();
    let mut scores = vec![0.0; page.len()];
    let statistics = Statistics::of(years);
    for of_year in by_place.chunk_by(|(a, _), (b, _)| a.year == b.year) {
        let Some(snapshot) = of_year.first().and_then(|(place, _)| years.get(place.year)) else { continue };
        let scoring = EnableScoring::enabled_from_statistics_provider(&statistics, snapshot);
        let weight = query.query.weight(scoring)?;
        for of_segment in of_year.chunk_by(|(a, _), (b, _)| a.segment == b.segment) {
            let reader = of_segment.first().and_then(|(place, _)| snapshot.segment_readers().get(place.segment));
            let Some(reader) = reader else { continue };
            let mut scorer = weight.scorer(reader, 1.0)?;
            for (place, rank) in of_segment {
                // A scorer goes forward only, and stands on its first document.
                if scorer.doc() < place.document {
                    scorer.seek(place.document);
                }
                if let (true, Some(score)) = (scorer.doc() == place.document, scores.get_mut(*rank)) {
                    *score = scorer.score();
                }
            }
        }
    }
    Ok(page.iter().zip(scores).map(|((key, _), score)| Found { key: *key, score }).collect())
}
