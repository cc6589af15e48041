//! A Whisper checkpoint as Hugging Face lays it out.
//!
//! ```text
//! config.json                                            its shape
//! vocab.json, added_tokens.json | tokenizer.json         its tokens
//! model.safetensors | model.safetensors.index.json and what it names | pytorch_model.bin | its index
//! ```

use crate::config::Config;
use crate::error::{ConvertError, Fault};
use crate::expected::{TIED, expected};
use crate::reader::Reader;
use crate::{Shape, Tensor, pt, safetensors, vocabulary};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The longest vocabulary or index that is read: ten times Whisper's tokenizer.json.
const LONGEST_TEXT: u64 = 1 << 25;
/// The longest configuration that is read; Whisper's have some kilobytes.
const LONGEST_CONFIG: u64 = 1 << 20;
/// More parts than any Whisper comes in.
const MOST_PARTS: usize = 256;

const WHERE_HINT: &str =
    "take the whole folder of a Whisper checkpoint: config.json, vocab.json or tokenizer.json, and *.safetensors";
const ADAPTER_HINT: &str = "merge the adapter into its model first (merge_and_unload of peft), then convert that";

/// `*.index.json`: which tensor lies in which file.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// What is in a folder.
pub(crate) struct Folder {
    pub(crate) shape: Shape,
    pub(crate) tokens: Vec<Vec<u8>>,
    /// Under whisper.cpp's names.
    pub(crate) tensors: Vec<Tensor>,
}

pub(crate) fn open(folder: &Path) -> Result<Folder, ConvertError> {
    let config_file = folder.join("config.json");
    let adapter = folder.join("adapter_config.json");
    if !config_file.is_file() && adapter.is_file() {
        return Err(Fault::Unsuitable(
            "it is an adapter, a change to a model that lies elsewhere".to_owned(),
            ADAPTER_HINT,
        )
        .of(folder));
    }
    let config = text(&config_file, LONGEST_CONFIG)?;
    let config = Config::read(&config).map_err(|fault| fault.of(&config_file))?;
    let shape = config.shape().map_err(|fault| fault.of(&config_file))?;
    let tokens = tokens(folder, &config)?;
    let tensors = ours(weights(folder)?, &shape).map_err(|fault| fault.of(folder))?;
    Ok(Folder { shape, tokens, tensors })
}

fn tokens(folder: &Path, config: &Config) -> Result<Vec<Vec<u8>>, ConvertError> {
    let (vocab, added, tokenizer) =
        (folder.join("vocab.json"), folder.join("added_tokens.json"), folder.join("tokenizer.json"));
    if vocab.is_file() {
        let more = if added.is_file() { Some(text(&added, LONGEST_TEXT)?) } else { None };
        return vocabulary::of_vocab(&text(&vocab, LONGEST_TEXT)?, more.as_deref(), config)
            .map_err(|fault| fault.of(&vocab));
    }
    vocabulary::of_tokenizer(&text(&tokenizer, LONGEST_TEXT)?, config).map_err(|fault| fault.of(&tokenizer))
}

/// All tensors of the folder's files.
fn weights(folder: &Path) -> Result<Vec<Tensor>, ConvertError> {
    for (single, read) in
        [("model.safetensors", safetensors::tensors as fn(&Path) -> _), ("pytorch_model.bin", pt::tensors)]
    {
        let (whole, index) = (folder.join(single), folder.join(format!("{single}.index.json")));
        if whole.is_file() {
            return read(&whole);
        }
        if index.is_file() {
            let mut tensors = Vec::new();
            for part in parts(folder, &index)? {
                tensors.extend(read(&part)?);
            }
            return Ok(tensors);
        }
    }
    Err(Fault::Unsuitable("it has neither model.safetensors nor pytorch_model.bin".to_owned(), WHERE_HINT).of(folder))
}

fn parts(folder: &Path, index: &Path) -> Result<Vec<PathBuf>, ConvertError> {
    let parsed = serde_json::from_slice(&text(index, LONGEST_TEXT)?);
    let Index { weight_map } =
        parsed.map_err(|error| Fault::Broken(format!("it is not an index: {error}")).of(index))?;
    let files: BTreeSet<String> = weight_map.into_values().collect();
    if files.len() > MOST_PARTS || !files.iter().all(|file| home::is_plain_name(file)) {
        return Err(Fault::Broken("it names files that can't be parts of a model".to_owned()).of(index));
    }
    Ok(files.iter().map(|file| folder.join(file)).collect())
}

/// The tensors a Whisper has, renamed, in the order in which whisper.cpp's script writes them.
fn ours(tensors: Vec<Tensor>, shape: &Shape) -> Result<Vec<Tensor>, Fault> {
    let mut by_name: BTreeMap<String, Tensor> = BTreeMap::new();
    for tensor in tensors {
        let name = tensor.name.strip_prefix("model.").unwrap_or(&tensor.name).to_owned();
        if let Some(twice) = by_name.insert(name, tensor) {
            return Err(Fault::Broken(format!("{} is there twice", twice.name)));
        }
    }
    let mut ours = Vec::new();
    for expected in expected(shape) {
        let Some(tensor) = by_name.remove(&expected.hugging) else {
            return Err(Fault::Broken(format!("model.{} is missing", expected.hugging)));
        };
        ours.push(Tensor { name: expected.name, ..tensor });
    }
    if let Some((name, _)) = by_name.into_iter().find(|(name, _)| !TIED.contains(&name.as_str())) {
        return Err(Fault::Unsuitable(format!("it holds {name:?}, which Whisper doesn't have"), WHERE_HINT));
    }
    Ok(ours)
}

/// A whole file, of which there may be `most` bytes.
fn text(path: &Path, most: u64) -> Result<Vec<u8>, ConvertError> {
    let read = || {
        let mut reader = Reader::open(path)?;
        let len = reader.len();
        if len > most {
            return Err(Fault::Unsuitable(format!("it has {len} bytes, and {most} are read at most"), WHERE_HINT));
        }
        reader.bytes(len, most, "it")
    };
    read().map_err(|fault: Fault| fault.of(path))
}
