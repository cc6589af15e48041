//! Where tensors lie in a safetensors file.
//!
//! ```text
//! u64 length of the header │ header: JSON, {"NAME": {"dtype", "shape", "data_offsets": [from, to]}, …, "__metadata__": {…}} │ data
//! ```

use crate::error::{ConvertError, Fault, demand};
use crate::reader::Reader;
use crate::{Number, Tensor};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The longest header; that of the largest Whisper has 0.2 MB.
const LONGEST_HEADER: u64 = 1 << 22;
/// More dimensions than a Whisper has.
const MOST_DIMS: usize = 8;

/// An entry of the header.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// Every tensor of a file, by name. Nothing but the header is read.
///
/// # Errors
/// [`ConvertError::Broken`] where lengths don't add up, [`ConvertError::Unsuitable`] for numbers that aren't read here,
/// [`ConvertError::Io`] where the file can't be read.
pub fn tensors(path: &Path) -> Result<Vec<Tensor>, ConvertError> {
    let file: Arc<Path> = Arc::from(path);
    read(&file).map_err(|fault| fault.of(path))
}

fn read(file: &Arc<Path>) -> Result<Vec<Tensor>, Fault> {
    let mut reader = Reader::open(file)?;
    let len = reader.u64()?;
    let header = reader.bytes(len, LONGEST_HEADER, "its header")?;
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)
        .map_err(|error| Fault::Broken(format!("its header is no JSON object: {error}")))?;
    let (start, room) = (reader.at(), reader.left());
    let mut tensors = Vec::with_capacity(header.len());
    for (name, value) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
        let entry: Entry = serde_json::from_value(value)
            .map_err(|error| Fault::Broken(format!("what its header says of {name:?} is not understood: {error}")))?;
        tensors.push(tensor(name, entry, file, start, room)?);
    }
    Ok(tensors)
}

fn tensor(name: String, entry: Entry, file: &Arc<Path>, start: u64, room: u64) -> Result<Tensor, Fault> {
    let number = match entry.dtype.as_str() {
        "F32" => Number::F32,
        "F16" => Number::F16,
        "BF16" => Number::Bf16,
        other => {
            let hint = "numbers in F32, F16 and BF16 are read; save the checkpoint in one of them";
            return Err(Fault::Unsuitable(format!("the numbers of {name} are {other:?}"), hint));
        }
    };
    let Entry { shape, data_offsets: [from, to], .. } = entry;
    demand(shape.len() <= MOST_DIMS, || format!("{name} has {} dimensions", shape.len()))?;
    demand(from <= to && to <= room, || format!("{name} lies at {from} to {to} of {room} bytes"))?;
    let needs = shape.iter().try_fold(1_u64, |len, dim| len.checked_mul(*dim)).and_then(|len| number.bytes_of(len));
    demand(needs == Some(to - from), || format!("{name} has {} bytes for a shape of {shape:?}", to - from))?;
    Ok(Tensor { name, dims: shape, number, file: Arc::clone(file), at: start + from })
}
