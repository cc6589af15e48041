//! A model's parts as they are computed with, in a file that is mapped: what loading would do each time is done once.
//!
//! ```text
//! magic, 16 bytes │ u32 layout │ u32 numbers │ u32 table's format │ u32 head's length │ u64 model's length │ u64 its time of change in ns
//! │ u64 this file's length │ u32 key's length │ u32 sum │ key, 64 bytes │ head of the model's file
//! │ for each part: u64 where, u32 lines of 64 bytes, u32 sum │ parts, each from a multiple of 64 on
//! ```
//!
//! Little-endian. The first sum is the CRC-32 of all that lies before the parts, itself as zeros, and every part has its own: all of the file is read and compared
//! before any of it is used, which costs what reading memory costs. A file that isn't as it was written, of another layout, of other numbers, with another key,
//! or of a model file of another length or time of change, is an error and not a model; whoever keeps it makes it anew.

mod head;
mod section;
mod write;

use crate::ggml::Head;
use crate::pieces::{Piece, Pieces};
use crate::{Error, Model, Numbers, parallel, parts};
use head::{Entry, Front};
use kernels::{Isa, Map};
use section::Section;
use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// Counts up when the parts of a model, or the bytes of panels, are laid out otherwise than before.
pub(crate) const LAYOUT: u32 = 1;
const LINE: usize = 64;

impl Model {
    /// Packs a model's file into an empty one, part by part, and in parallel. `key` is what [`open_packed`](Self::open_packed) has to be told, at most 64 bytes. What
    /// is written isn't synced.
    ///
    /// Memory is needed for a few parts at a time, never for all of the model.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`Error::Io`] for `path`, too, where the file that is written lies.
    pub fn pack(model: &Path, numbers: Numbers, key: &[u8], (file, path): (&File, &Path)) -> Result<(), Error> {
        write::pack(model, numbers, key, (file, path))
    }

    /// Loads a model out of a file that [`pack`](Self::pack) wrote of this very model file, with this key. The file stays mapped for as long as the model is there.
    ///
    /// # Errors
    /// [`Error::Io`] where one of the files can't be read, [`Error::Broken`] where it isn't of that model or not as it was written, [`Error::Isa`].
    pub fn open_packed(packed: &Path, model: &Path, numbers: Numbers, key: &[u8]) -> Result<Self, Error> {
        let isa = Isa::chosen()?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { operation: "read", path, source }
        };
        let of = std::fs::metadata(model).map_err(failed(model))?;
        let map = Arc::new(Map::open(packed).map_err(failed(packed))?);
        map.read_ahead();
        let broken = |reason: &str| Error::Broken { path: packed.to_owned(), reason: reason.to_owned() };
        let front = Front::read(&map).ok_or_else(|| broken("it begins like no packed one"))?;
        let wanted = Front::of(numbers, key, state(&of));
        if !front.is_of(&wanted) {
            return Err(broken("it was packed of another model, or otherwise"));
        }
        let head_bytes = map.get(head::LEN..head::LEN.saturating_add(front.head_len)).unwrap_or_default();
        let head = Head::read(head_bytes).map_err(|reason| broken(&reason))?;
        let parts = parts::all(&head.shape);
        let entries = front.entries(&map, parts.len()).ok_or_else(|| broken("its sum differs"))?;
        let things: Vec<_> = parts.iter().zip(entries).collect();
        let pieces = parallel::each(&things, |(part, entry): &(_, Entry)| {
            let section = Section::of(&map, entry).ok_or_else(|| broken("the sum of a part differs"))?;
            Piece::read(part, section, &head.shape, numbers, front.table)
                .ok_or_else(|| broken("a part is of another size"))
        })?;
        Self::of_pieces(head, Pieces::new(packed, parts, pieces), numbers, isa)
    }
}

/// A file's length and time of change in nanoseconds since the Unix epoch.
fn state(metadata: &Metadata) -> (u64, u64) {
    let changed = metadata.modified().ok().and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    let changed = changed.unwrap_or_default().as_nanos();
    (metadata.len(), u64::try_from(changed).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over the sums of all parts of the fixture's model.
    const SUM_OF_SUMS: u32 = 1_085_851_613;

    #[test]
    fn parts_that_are_laid_out_otherwise_have_another_layout_number() {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/fixture-q8.bin");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("packed");
        let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        Model::pack(&model, Numbers::Fast, &[], (&file, &path)).unwrap();
        let map = Map::open(&path).unwrap();
        let front = Front::read(&map).unwrap();
        let head = Head::read(&map[head::LEN..][..front.head_len]).unwrap();
        let mut sums = crc32fast::Hasher::new();
        for entry in front.entries(&map, parts::all(&head.shape).len()).unwrap() {
            sums.update(&entry.sum.to_le_bytes());
        }
        let sums = sums.finalize();
        assert_eq!((LAYOUT, sums), (1, SUM_OF_SUMS), "count LAYOUT up where the bytes of a part are others now");
    }
}
