use super::Archive;
use std::collections::{BTreeMap, BTreeSet};
use store::Document;
use timeline::Span;

/// Follows the changes as the index does.
#[derive(Default)]
pub(crate) struct Follower {
    seq: u64,
    pub(crate) held: BTreeMap<i64, Document>,
}

impl Follower {
    pub(crate) fn follow(&mut self, archive: &Archive) {
        let changes = archive.store.changes_after(self.seq, 1_000).unwrap();
        let keys: Vec<i64> = changes.iter().map(|change| change.key).collect();
        let documents = archive.store.documents(&keys).unwrap();
        let answered: BTreeSet<i64> = documents
            .current
            .iter()
            .chain(&documents.past)
            .map(|document| document.key)
            .chain(documents.gone.iter().copied())
            .collect();
        assert_eq!(answered, keys.iter().copied().collect(), "each key is answered");
        self.seq = changes.last().map_or(self.seq, |change| change.seq);
        for key in documents.gone.into_iter().chain(documents.past.iter().map(|document| document.key)) {
            self.held.remove(&key);
        }
        self.held.extend(documents.current.into_iter().map(|document| (document.key, document)));
    }

    /// What it holds is what an index built anew would hold, and is what a reader sees.
    pub(crate) fn assert_same_as_anew(&self, archive: &Archive) {
        let keys = archive.store.keys_after(0, 100_000).unwrap();
        let anew = archive.store.documents(&keys).unwrap();
        assert_eq!(self.held.values().cloned().collect::<Vec<_>>(), anew.current);
        let seen: BTreeSet<i64> = archive.store.utterances(&Span::ALL).unwrap().into_iter().map(|u| u.key).collect();
        assert_eq!(self.held.keys().copied().collect::<BTreeSet<_>>(), seen);
    }
}
