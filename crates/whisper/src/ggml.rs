//! whisper.cpp's model files.
//!
//! ```text
//! magic "ggml" │ 11 × i32 shape │ mel: i32 bands, i32 bins, f32… │ vocabulary: i32 count, (u32 len, bytes)…
//! │ tensors to the end: i32 dims, i32 name length, i32 type, i32 per dim, name, payload
//! ```
//!
//! Little-endian, nothing aligned. Every length is compared with what is left of the file before it is used, every tensor's shape with what the header
//! makes of it, and their number with what a model with so many layers has; so damage is an error, and the weights, in another format, are most of what is
//! allocated: beside them are a list of some thousand tensors and one of some ten thousand tokens at most.

mod cursor;
mod format;
mod shape;
mod table;
mod tensor;

pub(crate) use shape::HEAD;

pub use shape::Shape;
pub(crate) use table::Table;
pub(crate) use tensor::Tensor;

use crate::Error;
use crate::mel::BINS;
use cursor::Cursor;
use format::Format;
use kernels::Map;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tensor::Place;

const MAGIC: u32 = 0x6767_6d6c;
const LONGEST_TOKEN: usize = 1_024;
const LONGEST_NAME: usize = 64;

/// What a model file says before its weights.
pub(crate) struct Head {
    pub(crate) shape: Shape,
    /// `bands × 201`, row by row.
    pub(crate) filters: Vec<f32>,
    /// The bytes of each token of text, by its number.
    pub(crate) words: Vec<Box<[u8]>>,
    /// Its length in bytes.
    pub(crate) len: usize,
}

impl Head {
    /// # Errors
    /// What doesn't add up.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut cursor = Cursor::new(bytes);
        if cursor.u32()? != MAGIC {
            return Err("it does not begin like one".to_owned());
        }
        let shape = Shape::read(&mut cursor)?;
        let filters = filters(&mut cursor, &shape)?;
        let words = words(&mut cursor, &shape)?;
        Ok(Self { shape, filters, words, len: cursor.at() })
    }
}

/// A model file, mapped and looked through; to be dropped once everything is taken out of it.
pub(crate) struct ModelFile {
    path: PathBuf,
    bytes: Arc<Map>,
    pub(crate) head: Head,
    tensors: HashMap<String, Place>,
}

impl ModelFile {
    /// Maps a file and looks through all of it but the weights.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be read, [`Error::Broken`] with what doesn't add up.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { operation: "read", path: path.to_owned(), source };
        let bytes = Arc::new(Map::open(path).map_err(failed)?);
        let broken = |reason| Error::Broken { path: path.to_owned(), reason };
        let head = Head::read(&bytes).map_err(broken)?;
        let tensors = places(&mut Cursor::behind(&bytes, head.len), head.shape.tensors()).map_err(broken)?;
        Ok(Self { path: path.to_owned(), head, tensors, bytes })
    }

    /// What it says before its weights; it is needed for nothing else any more.
    pub(crate) fn into_head(self) -> Head {
        self.head
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What lies before the weights, as it is written.
    pub(crate) fn head_bytes(&self) -> &[u8] {
        self.bytes.get(..self.head.len).unwrap_or_default()
    }

    /// The tensor won't be looked at any more: the memory that its bytes took is given back.
    pub(crate) fn let_go(&self, name: &str) {
        if let Some(place) = self.tensors.get(name) {
            place.let_go(&self.bytes);
        }
    }

    /// A matrix of `rows × columns` (a row lies in one piece).
    ///
    /// # Errors
    /// [`Error::Broken`] where it is missing or of another size.
    pub(crate) fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Tensor<'_>, Error> {
        let broken = |reason| Error::Broken { path: self.path.clone(), reason };
        let Some((name, place)) = self.tensors.get_key_value(name) else {
            return Err(broken(format!("it has no {name}")));
        };
        let tensor = place.tensor(&self.bytes, (&self.path, name), rows, columns);
        tensor.map_err(|reason| broken(format!("its {name} {reason}")))
    }

    /// A row of `len` numbers.
    ///
    /// # Errors
    /// As [`matrix`](Self::matrix), and where they aren't numbers.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, Error> {
        self.table(name, 1, len)
    }

    /// All rows of a matrix, one behind the other.
    ///
    /// # Errors
    /// As [`vector`](Self::vector).
    pub(crate) fn table(&self, name: &str, rows: usize, columns: usize) -> Result<Vec<f32>, Error> {
        let matrix = self.matrix(name, rows, columns)?;
        let mut numbers = vec![0.0; rows * columns];
        for (row, place) in numbers.chunks_exact_mut(columns).enumerate() {
            matrix.row(row, place)?;
        }
        Ok(numbers)
    }
}

fn filters(cursor: &mut Cursor<'_>, shape: &Shape) -> Result<Vec<f32>, String> {
    let (bands, bins) = (cursor.i32()?, cursor.i32()?);
    if usize::try_from(bands) != Ok(shape.bands) || usize::try_from(bins) != Ok(BINS) {
        return Err(format!("its mel filters are {bands} x {bins}"));
    }
    let bytes = cursor.take(shape.bands * BINS * 4)?;
    let filters: Vec<f32> = bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    if filters.iter().all(|filter| filter.is_finite()) {
        Ok(filters)
    } else {
        Err("its mel filters are no numbers".to_owned())
    }
}

fn words(cursor: &mut Cursor<'_>, shape: &Shape) -> Result<Vec<Box<[u8]>>, String> {
    let count = cursor.i32()?;
    // Some files name the end of the text, most don't; the tokens behind it have no bytes.
    let count = usize::try_from(count)
        .ok()
        .filter(|count| (256..=shape.vocabulary).contains(count))
        .ok_or_else(|| format!("its list of tokens has {count}"))?;
    (0..count)
        .map(|_| {
            let len = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
            if len > LONGEST_TOKEN {
                return Err(format!("a token is {len} bytes long"));
            }
            Ok(cursor.take(len)?.into())
        })
        .collect()
}

fn places(cursor: &mut Cursor<'_>, most: usize) -> Result<HashMap<String, Place>, String> {
    let mut places = HashMap::new();
    while !cursor.is_done() {
        if places.len() == most {
            return Err(format!("it has more than the {most} tensors of a model with its layers"));
        }
        let (dims, name_len, kind) = (cursor.i32()?, cursor.i32()?, cursor.i32()?);
        let dims = usize::try_from(dims).ok().filter(|dims| (1..=3).contains(dims));
        let dims = dims.ok_or("a tensor has another number of dimensions than 1 to 3")?;
        let name_len = usize::try_from(name_len).ok().filter(|len| (1..=LONGEST_NAME).contains(len));
        let name_len = name_len.ok_or("a tensor's name is too long, or empty")?;
        let format = Format::numbered(kind).ok_or_else(|| format!("a tensor's number format is {kind}"))?;
        let mut shape = [1; 3];
        for dim in shape.iter_mut().take(dims) {
            let value = cursor.i32()?;
            *dim =
                usize::try_from(value).ok().filter(|dim| (1..=1 << 20).contains(dim)).ok_or("a tensor has no size")?;
        }
        let name = String::from_utf8(cursor.take(name_len)?.to_vec()).map_err(|_| "a tensor's name is no text")?;
        let place = Place::read(cursor, format, shape)?;
        if places.insert(name, place).is_some() {
            return Err("two of its tensors have one name".to_owned());
        }
    }
    Ok(places)
}
