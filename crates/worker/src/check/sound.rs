//! Whether the sound is there in which the words were heard.

use crate::WorkerError;
use archive::{Archive, Fault, FaultKind, Scan};
use std::collections::BTreeMap;
use store::Store;
use timeline::{SegmentName, Span, SpanSet, TrackName};

/// Shorter stretches without sound are borders: a window may begin a few frames before its segment does.
const SHORTEST_MICROS: i64 = 1_000_000;

/// A fault for every stretch that a pass has been over and of which there is no sound any more.
pub(super) fn missing(archive: &Archive, store: &Store, scan: &Scan) -> Result<Vec<Fault>, WorkerError> {
    let mut sound: BTreeMap<&TrackName, SpanSet> = BTreeMap::new();
    for segment in &scan.segments {
        sound.entry(&segment.name.track).or_default().insert(segment.span);
    }
    let mut retired: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    for gone in archive.retired(&Span::ALL)? {
        retired.entry(gone.track).or_default().insert(Span::new(gone.from, gone.to));
    }
    let mut faults = Vec::new();
    let passes = store.passes()?;
    for (track, _) in store.tracks()? {
        let mut heard = SpanSet::new();
        for pass in &passes {
            heard.extend(store.coverage(pass.pass.key, &track)?.iter());
        }
        let mut there = sound.get(&track).cloned().unwrap_or_default();
        // What a rule of the user's took away is missed by nobody.
        there.extend(retired.get(&track).into_iter().flat_map(SpanSet::iter));
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
