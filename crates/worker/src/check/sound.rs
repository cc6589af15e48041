//! Whether the sound is there in which the words were heard.

use crate::WorkerError;
use archive::{Archive, Fault, FaultKind};
use std::collections::BTreeMap;
use store::Store;
use timeline::{SegmentName, Span, SpanSet, TrackName};

/// Shorter stretches without sound are borders: a window may begin a few frames before its segment does.
const SHORTEST_MICROS: i64 = 1_000_000;

/// A fault for every stretch that a pass has been over and of which there is no sound any more.
pub(super) fn missing(archive: &Archive, store: &Store) -> Result<Vec<Fault>, WorkerError> {
    // What was covered first, and then what there is: the recorder and the worker go on meanwhile.
    let mut passes = store.passes()?;
    // Who corrects hears nothing that a model didn't.
    passes.retain(|it| !it.pass.is_by_hand());
    let mut heard: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    for (track, _) in store.tracks()? {
        for pass in &passes {
            heard.entry(track.clone()).or_default().extend(store.coverage(pass.pass.key, &track)?.iter());
        }
    }
    let scan = archive.scan()?;
    let mut there: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    for segment in &scan.segments {
        there.entry(segment.name.track.clone()).or_default().insert(segment.span);
    }
    // What a rule of the user's took away is missed by nobody.
    for gone in archive.retired(&Span::ALL)? {
        there.entry(gone.track).or_default().insert(Span::new(gone.from, gone.to));
    }
    let mut faults = Vec::new();
    for (track, heard) in heard {
        let there = there.get(&track).cloned().unwrap_or_default();
        let missing = heard.minus(&there).minus(&scan.forgotten.of(&track));
        for span in missing.iter().filter(|span| span.len_micros() >= SHORTEST_MICROS) {
            let name = SegmentName { start: span.start, track: track.clone() };
            let what =
                format!("has no sound of {track} from {} to {} any more", span.start.rfc3339(), span.end.rfc3339());
            let advice = "its words are there; put the segment back from a copy if there is one";
            faults.push(Fault::new(&archive.folder().join(name.folder()), FaultKind::NoSound, what, advice));
        }
    }
    Ok(faults)
}
