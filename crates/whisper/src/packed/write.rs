//! Packing.

use super::head::{Entry, Front};
use super::{LINE, state};
use crate::ggml::ModelFile;
use crate::pieces::Piece;
use crate::{Error, Numbers, parallel, parts};
use kernels::Isa;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// As [`Model::pack`](crate::Model::pack).
pub(super) fn pack(model: &Path, numbers: Numbers, key: &[u8], (out, path): (&File, &Path)) -> Result<(), Error> {
    let isa = Isa::chosen()?;
    let failed = |source| Error::Io { operation: "read", path: model.to_owned(), source };
    // Before it is read: what changes it meanwhile makes the packed one another model's.
    let mut front = Front::of(numbers, key, state(&fs::metadata(model).map_err(failed)?));
    let file = ModelFile::open(model)?;
    let parts = parts::all(&file.head.shape);
    front.head_len = file.head.len;
    let end = Mutex::new(front.parts(parts.len()) as u64);
    let failed = |source| Error::Io { operation: "write", path: path.to_owned(), source };
    let written = parallel::each(&parts, |part| {
        let piece = Piece::make(part, &file, isa, numbers)?;
        let table = if let Piece::Table(table) = &piece { Some(table.kind()) } else { None };
        Ok((append(&piece, &end, out).map_err(failed)?, table))
    })?;
    front.table = written.iter().find_map(|(_, table)| *table).unwrap_or_default();
    front.len = end.into_inner().unwrap_or_else(PoisonError::into_inner);
    let entries: Vec<Entry> = written.into_iter().map(|(entry, _)| entry).collect();
    write_at(out, 0, &front.bytes(file.head_bytes(), &entries)).map_err(failed)
}

/// Writes a part behind those that are there.
fn append(piece: &Piece, end: &Mutex<u64>, mut out: &File) -> io::Result<Entry> {
    let mut stretches = piece.bytes();
    let len: usize = stretches.iter().map(|bytes| bytes.len()).sum();
    stretches.push(vec![0; len.next_multiple_of(LINE) - len].into());
    let mut sum = crc32fast::Hasher::new();
    for bytes in &stretches {
        sum.update(bytes);
    }
    let lines = u32::try_from(len.div_ceil(LINE)).map_err(io::Error::other)?;
    // Held while it is written: the file has one place at which it is written.
    let mut end = end.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = Entry { at: *end, lines, sum: sum.finalize() };
    out.seek(SeekFrom::Start(entry.at))?;
    for bytes in &stretches {
        out.write_all(bytes)?;
    }
    *end += u64::from(lines) * LINE as u64;
    Ok(entry)
}

fn write_at(mut out: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    out.seek(SeekFrom::Start(at))?;
    out.write_all(bytes)
}
