use super::pickle;
use super::value::{Id, Value, Values, View};
use super::zip::{self, Entry};
use crate::error::{ConvertError, Fault, demand};
use crate::reader::Reader;
use crate::{Number, Tensor};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The longest pickle; the largest Whisper's has 0.2 MB.
const LONGEST_PICKLE: u64 = 1 << 22;
/// More tensors than a Whisper within bounds can have.
const MOST_TENSORS: usize = 1 << 13;
/// Read at once when sums are compared.
const PIECE: u64 = 1 << 20;
const HINT: &str =
    "checkpoints that torch.save wrote since PyTorch 1.6 are read; load and save it once with a newer one";

/// A checkpoint's pickle, and where its numbers lie.
pub(crate) struct State {
    file: Arc<Path>,
    pub(super) values: Values,
    pub(super) root: Id,
    entries: BTreeMap<String, Entry>,
    folder: String,
}

/// The tensors of a checkpoint that is nothing but tensors: `pytorch_model.bin` of a Hugging Face folder. Every storage is compared with its checksum.
///
/// # Errors
/// [`ConvertError::Broken`] where something doesn't add up, [`ConvertError::Unsuitable`] for what isn't a dictionary of tensors or for numbers that
/// aren't read here, [`ConvertError::Io`] where the file can't be read.
pub fn tensors(path: &Path) -> Result<Vec<Tensor>, ConvertError> {
    let read = || {
        let state = State::open(path)?;
        let tensors = state.tensors(state.root)?;
        state.verify()?;
        Ok(tensors)
    };
    read().map_err(|fault: Fault| fault.of(path))
}

impl State {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let entries = zip::entries(path)?;
        let pickle = entries.iter().find(|(name, _)| name.ends_with("/data.pkl"));
        let Some((name, entry)) = pickle else {
            return Err(Fault::Unsuitable("it is a zip without a data.pkl".to_owned(), HINT));
        };
        let folder = name.trim_end_matches("data.pkl").to_owned();
        let mut reader = Reader::open(path)?;
        if let Some(order) = entries.get(&format!("{folder}byteorder")) {
            reader.seek(order.at)?;
            let order = reader.bytes(order.len, 16, "its byte order")?;
            if order != b"little" {
                return Err(Fault::Unsuitable("it was saved on a machine with the other byte order".to_owned(), HINT));
            }
        }
        reader.seek(entry.at)?;
        let bytes = reader.bytes(entry.len, LONGEST_PICKLE, "its pickle")?;
        has_sum(name, crc32fast::hash(&bytes), entry)?;
        let (values, root) = pickle::read(&bytes)?;
        Ok(Self { file: Arc::from(path), values, root, entries, folder })
    }

    /// The tensors of a dictionary, in its order.
    pub(super) fn tensors(&self, dict: Id) -> Result<Vec<Tensor>, Fault> {
        let Some(entries) = self.values.entries(dict) else {
            return Err(Fault::Unsuitable("its pickle is not a dictionary of tensors".to_owned(), HINT));
        };
        // Else one tensor could be named a million times.
        demand(entries.len() <= MOST_TENSORS, || format!("it names {} tensors", entries.len()))?;
        let mut tensors = Vec::new();
        for (key, value) in entries {
            if let (Some(name), Value::View(view)) = (self.values.text(*key), self.values.get(*value)) {
                tensors.push(self.tensor(name, view)?);
            }
        }
        Ok(tensors)
    }

    fn tensor(&self, name: &str, view: &View) -> Result<Tensor, Fault> {
        let Value::Storage(storage) = self.values.get(view.storage) else {
            return Err(Fault::Broken(format!("{name} has no storage")));
        };
        let hint = "save the checkpoint with .half().contiguous() tensors";
        let Some(number) = storage.number else {
            return Err(Fault::Unsuitable(
                format!("the numbers of {name} are neither 32 nor 16 bits with a fraction"),
                hint,
            ));
        };
        let (dims, strides) = self.values.numbers(view.dims).zip(self.values.numbers(view.strides)).unwrap_or_default();
        if !is_plain(&dims, &strides) {
            return Err(Fault::Unsuitable(format!("the numbers of {name} don't lie in their order"), hint));
        }
        let key = self.values.text(storage.key).unwrap_or_default();
        let entry = self.entries.get(&format!("{}data/{key}", self.folder));
        let entry = entry.ok_or_else(|| Fault::Broken(format!("the numbers of {name} are missing")))?;
        let (from, until) =
            stretch(number, view.from, &dims).ok_or_else(|| Fault::Broken(format!("{name} has an impossible size")))?;
        demand(until <= entry.len, || format!("{name} needs {until} bytes of a storage of {}", entry.len))?;
        Ok(Tensor { name: name.to_owned(), dims, number, file: Arc::clone(&self.file), at: entry.at + from })
    }

    /// Compares every storage with its sum in the zip.
    pub(super) fn verify(&self) -> Result<(), Fault> {
        let mut reader = Reader::open(&self.file)?;
        let data = format!("{}data/", self.folder);
        let whole = self.entries.values().fold(0_u64, |whole, entry| whole.saturating_add(entry.len));
        // Else a small file could name one stretch of itself ten thousand times.
        demand(whole <= reader.len(), || "its files would be longer than itself".to_owned())?;
        for (name, entry) in self.entries.iter().filter(|(name, _)| name.starts_with(&data)) {
            reader.seek(entry.at)?;
            let mut sum = crc32fast::Hasher::new();
            let mut left = entry.len;
            while left > 0 {
                let bytes = reader.bytes(left.min(PIECE), PIECE, "a storage")?;
                left -= left.min(PIECE);
                sum.update(&bytes);
            }
            has_sum(name, sum.finalize(), entry)?;
        }
        Ok(())
    }
}

fn has_sum(name: &str, sum: u32, entry: &Entry) -> Result<(), Fault> {
    demand(sum == entry.sum, || format!("{name} doesn't have the checksum that its directory says"))
}

/// Whether a view's numbers lie one after the other in their order.
fn is_plain(dims: &[u64], strides: &[u64]) -> bool {
    let mut next = 1_u64;
    for (dim, stride) in dims.iter().zip(strides).rev() {
        if *dim != 1 && *stride != next {
            return false;
        }
        next = next.saturating_mul(*dim);
    }
    dims.len() == strides.len()
}

/// The bytes of a storage that a view takes: from and until.
fn stretch(number: Number, from: u64, dims: &[u64]) -> Option<(u64, u64)> {
    let len = dims.iter().try_fold(1_u64, |len, dim| len.checked_mul(*dim))?;
    let from = number.bytes_of(from)?;
    Some((from, from.checked_add(number.bytes_of(len)?)?))
}
