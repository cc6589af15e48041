//! Takes what was deleted off the disk.
//!
//! A segment with deleted documents is merged with nothing but itself: its dictionary is then made of what is left. The old files go at once, not
//! when a later commit happens to look; a searcher that still reads them keeps what it has mapped, and no name leads there any more.

use crate::IndexError;
use crate::error::guarded;
use crate::year::Year;
use tantivy::IndexWriter;
use tantivy::index::SegmentMeta;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};

/// The least that tantivy takes; nothing is added.
const MEMORY_BYTES: usize = 15 << 20;

/// Writes every segment of a year anew that has deleted documents. Nobody may be writing it.
pub(crate) fn purge(year: &Year) -> Result<(), IndexError> {
    let operation = "taking out what was deleted";
    let writer = guarded(&year.path, operation, || {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(MEMORY_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let mut writer: IndexWriter = year.index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let metas = year.index.searchable_segment_metas()?;
        let with_deleted: Vec<_> =
            metas.iter().filter(|meta| meta.num_deleted_docs() > 0).map(SegmentMeta::id).collect();
        drop(metas);
        for segment in with_deleted {
            writer.merge(&[segment]).wait()?;
        }
        Ok(writer)
    })?;
    // tantivy deletes no file of a segment that anybody in this process still knows.
    year.snapshot()?;
    guarded(&year.path, operation, || {
        // Also what was left by one who was killed here before.
        writer.garbage_collect_files().wait()?;
        writer.wait_merging_threads()
    })
}
