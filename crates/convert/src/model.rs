use crate::error::{ConvertError, Fault, demand};
use crate::expected::expected;
use crate::folder::{self, Folder};
use crate::ggml::{self, Ggml};
use crate::mel::mel_filters;
use crate::reader::Reader;
use crate::{Shape, Source, Tensor, pt, vocabulary};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A checkpoint that was found to be complete: what it is, and where its weights lie.
#[derive(Debug, Clone)]
pub struct Model {
    /// What was opened.
    pub path: PathBuf,
    /// In which form it came.
    pub source: Source,
    /// Its shape.
    pub shape: Shape,
    /// Its mel filters, one after the other.
    pub(crate) filters: Vec<f32>,
    /// The text of its tokens, by number.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// Its tensors under whisper.cpp's names, in the order in which they are written.
    pub tensors: Vec<Tensor>,
}

const FORMS_HINT: &str =
    "a folder of Hugging Face, a .pt of OpenAI and an f16 or f32 model of whisper.cpp can be converted";

impl Model {
    /// Reads what a folder of Hugging Face, a `.pt` of OpenAI or a ggml file says about itself, and compares it with what must be
    /// there. What it is shows in the file, not in its name.
    ///
    /// # Errors
    /// [`ConvertError::Broken`] with what is missing or doesn't add up, [`ConvertError::Unsuitable`] for what isn't a Whisper or is
    /// kept in a form that isn't read here, [`ConvertError::Io`].
    pub fn open(path: &Path) -> Result<Self, ConvertError> {
        let mut model = if path.is_dir() { Self::of_folder(path)? } else { Self::of_file(path)? };
        model.complete().map_err(|fault| fault.of(path))?;
        Ok(model)
    }

    /// Demands a shape that whisper.cpp can run, before anything is written for nothing.
    ///
    /// # Errors
    /// [`ConvertError::Unsuitable`] with what is different.
    pub fn check_runs(&self) -> Result<(), ConvertError> {
        let words = self.shape.words();
        self.shape.runs().and_then(|()| {
            let hint = "special tokens begin at fixed numbers in whisper.cpp; a model with another vocabulary can't be converted";
            if self.tokens.len() == words {
                return Ok(());
            }
            Err(Fault::Unsuitable(format!("it has {} tokens of text, Whisper has {words}", self.tokens.len()), hint))
        })
        .map_err(|fault| fault.of(&self.path))
    }

    fn of_folder(path: &Path) -> Result<Self, ConvertError> {
        let Folder { shape, tokens, tensors } = folder::open(path)?;
        Ok(Self::new(path, Source::HuggingFace, shape, tokens, tensors))
    }

    fn of_file(path: &Path) -> Result<Self, ConvertError> {
        let magic = Reader::open(path).and_then(|mut reader| reader.array::<4>()).map_err(|fault| fault.of(path))?;
        match &magic {
            b"PK\x03\x04" => {
                let (shape, tensors) = pt::checkpoint(path)?;
                Ok(Self::new(path, Source::OpenAi, shape, vocabulary::shipped(shape.multilingual()), tensors))
            }
            magic if u32::from_le_bytes(*magic) == ggml::MAGIC => {
                let Ggml { shape, filters, tokens, tensors } = ggml::open(path).map_err(|fault| fault.of(path))?;
                Ok(Self { filters, ..Self::new(path, Source::Ggml, shape, tokens, tensors) })
            }
            b"GGUF" => Err(Fault::Unsuitable("it is a GGUF file".to_owned(), FORMS_HINT).of(path)),
            [0x80, ..] => {
                let hint = "load and save it once with PyTorch 1.6 or newer, which writes a zip";
                Err(Fault::Unsuitable("it is a bare pickle, as PyTorch wrote before 1.6".to_owned(), hint).of(path))
            }
            _ => {
                let hint = if path.extension().is_some_and(|extension| extension == "safetensors") {
                    "give the folder that it lies in: shape and tokens are in the files beside it"
                } else {
                    FORMS_HINT
                };
                Err(Fault::Unsuitable("it is not a checkpoint that is known here".to_owned(), hint).of(path))
            }
        }
    }

    fn new(path: &Path, source: Source, shape: Shape, tokens: Vec<Vec<u8>>, tensors: Vec<Tensor>) -> Self {
        let bands = usize::try_from(shape.mel_bands).unwrap_or(0);
        Self { path: path.to_owned(), source, shape, filters: mel_filters(bands), tokens, tensors }
    }

    /// Every tensor of the shape once, and none besides; each with its size. A bias of a convolution is a column in whisper.cpp.
    fn complete(&mut self) -> Result<(), Fault> {
        let mut expected: BTreeMap<String, Vec<u64>> =
            expected(&self.shape).into_iter().map(|tensor| (tensor.name, tensor.dims)).collect();
        for tensor in &mut self.tensors {
            let dims = expected.remove(&tensor.name);
            let dims = dims.ok_or_else(|| Fault::Broken(format!("{:?} is one tensor too many", tensor.name)))?;
            let bare: Vec<u64> = tensor.dims.iter().copied().filter(|dim| *dim != 1).collect();
            let same = bare.iter().eq(dims.iter().filter(|dim| **dim != 1));
            demand(same, || format!("{} has the shape {:?}, it should be {dims:?}", tensor.name, tensor.dims))?;
            tensor.dims = dims;
            if matches!(tensor.name.as_str(), "encoder.conv1.bias" | "encoder.conv2.bias") {
                tensor.dims.push(1);
            }
        }
        match expected.into_keys().next() {
            Some(name) => Err(Fault::Broken(format!("{name} is missing"))),
            None => Ok(()),
        }
    }
}
