//! Model files of whisper.cpp, to be written in another kind.
//!
//! ```text
//! magic "ggml" │ 11 × i32 shape │ mel: i32 bands, i32 bins, f32… │ vocabulary: i32 count, (u32 len, bytes)…
//! │ tensors to the end: i32 dims, i32 name length, i32 type, i32 per dim, name, payload
//! ```

use crate::error::{Fault, demand};
use crate::mel::BINS;
use crate::reader::Reader;
use crate::{Number, Shape, Tensor};
use std::path::Path;
use std::sync::Arc;

pub(crate) const MAGIC: u32 = 0x6767_6d6c;
const LONGEST_TOKEN: u64 = 1_024;
const LONGEST_NAME: u64 = 64;

/// What is in a file besides the weights, and where these lie.
pub(crate) struct Ggml {
    pub(crate) shape: Shape,
    pub(crate) filters: Vec<f32>,
    pub(crate) tokens: Vec<Vec<u8>>,
    pub(crate) tensors: Vec<Tensor>,
}

pub(crate) fn open(path: &Path) -> Result<Ggml, Fault> {
    let mut reader = Reader::open(path)?;
    demand(reader.u32()? == MAGIC, || "it does not begin like a model".to_owned())?;
    let shape = shape(&mut reader)?;
    let filters = filters(&mut reader, &shape)?;
    let tokens = tokens(&mut reader, &shape)?;
    let (mut tensors, most) = (Vec::new(), 15 * shape.audio_layers + 24 * shape.text_layers + 11);
    let file = Arc::from(path);
    while reader.left() > 0 {
        demand(u32::try_from(tensors.len()).is_ok_and(|len| len < most), || {
            format!("it has more than the {most} tensors of its shape")
        })?;
        tensors.push(tensor(&mut reader, &file)?);
    }
    Ok(Ggml { shape, filters, tokens, tensors })
}

fn shape(reader: &mut Reader) -> Result<Shape, Fault> {
    let mut next = || reader.u32();
    let (vocabulary, audio_context, width, audio_heads, audio_layers) = (next()?, next()?, next()?, next()?, next()?);
    let (text_context, text_width, text_heads, text_layers, mel_bands) = (next()?, next()?, next()?, next()?, next()?);
    // The kind; every tensor says its own.
    next()?;
    demand(text_width == width, || format!("its widths {width} and {text_width} differ"))?;
    let shape = Shape {
        vocabulary,
        audio_context,
        width,
        audio_heads,
        audio_layers,
        text_context,
        text_heads,
        text_layers,
        mel_bands,
    };
    shape.within_bounds()?;
    Ok(shape)
}

fn filters(reader: &mut Reader, shape: &Shape) -> Result<Vec<f32>, Fault> {
    let (bands, bins) = (reader.u32()?, reader.u32()?);
    demand(bands == shape.mel_bands && usize::try_from(bins) == Ok(BINS), || {
        format!("its mel filters are {bands} x {bins}")
    })?;
    let bytes = reader.bytes(u64::from(bands) * u64::from(bins) * 4, u64::MAX, "its mel filters")?;
    let mut filters = Vec::new();
    Number::F32.decode(&bytes, &mut filters);
    Ok(filters)
}

fn tokens(reader: &mut Reader, shape: &Shape) -> Result<Vec<Vec<u8>>, Fault> {
    let count = reader.u32()?;
    demand(count <= shape.vocabulary, || format!("its list of tokens has {count}"))?;
    let mut tokens = Vec::new();
    for _ in 0..count {
        let len = reader.u32()?;
        tokens.push(reader.bytes(u64::from(len), LONGEST_TOKEN, "a token")?);
    }
    Ok(tokens)
}

fn tensor(reader: &mut Reader, file: &Arc<Path>) -> Result<Tensor, Fault> {
    let (dims, name_len, kind) = (reader.u32()?, reader.u32()?, reader.i32()?);
    demand((1..=3).contains(&dims), || format!("a tensor has {dims} dimensions"))?;
    let mut sizes = Vec::new();
    for _ in 0..dims {
        sizes.push(u64::from(reader.u32()?));
    }
    // The innermost dimension comes first in the file.
    sizes.reverse();
    let name =
        String::from_utf8_lossy(&reader.bytes(u64::from(name_len), LONGEST_NAME, "a tensor's name")?).into_owned();
    let Some(number) = Number::of_ggml(kind) else {
        let hint = "begin with the f16 or f32 model";
        return Err(Fault::Unsuitable(
            format!("the numbers of {name} are of a kind that isn't read here ({kind})"),
            hint,
        ));
    };
    let bytes = sizes.iter().try_fold(1_u64, |len, dim| len.checked_mul(*dim)).and_then(|len| number.bytes_of(len));
    let bytes = bytes.ok_or_else(|| Fault::Broken(format!("{name} has an impossible size of {sizes:?}")))?;
    let at = reader.at();
    reader.skip(bytes)?;
    Ok(Tensor { name, dims: sizes, number, file: Arc::clone(file), at })
}
