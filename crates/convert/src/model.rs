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
            // whisper.cpp's published models of English, and what its script makes of a vocab.json, list the first special token as well.
            if self.tokens.len() >= words && self.tokens.get(words).is_none_or(|next| next == vocabulary::END.as_bytes()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Number, mel};
    use std::io::Write;
    use std::ops::ControlFlow;

    fn shape(vocabulary: u32, width: u32, layers: u32) -> Shape {
        Shape {
            vocabulary,
            audio_context: 1_500,
            width,
            audio_heads: width / 64,
            audio_layers: layers,
            text_context: 448,
            text_heads: width / 64,
            text_layers: layers,
            mel_bands: 80,
        }
    }

    /// A model of whisper.cpp in 16 bits, all of its weights zero.
    fn ggml_file(shape: &Shape, tokens: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        let head =
            [ggml::MAGIC, shape.vocabulary, shape.audio_context, shape.width, shape.audio_heads, shape.audio_layers];
        let text = [shape.text_context, shape.width, shape.text_heads, shape.text_layers, shape.mel_bands, 1];
        let mel = [shape.mel_bands, u32::try_from(mel::BINS).unwrap()];
        for number in head.iter().chain(&text).chain(&mel) {
            file.extend(number.to_le_bytes());
        }
        Number::F32.encode(&mel_filters(80), &mut file);
        file.extend(u32::try_from(tokens.len()).unwrap().to_le_bytes());
        for token in tokens {
            file.extend(u32::try_from(token.len()).unwrap().to_le_bytes());
            file.extend(token);
        }
        for tensor in expected(shape) {
            let number = Kind::F16.number_for(&tensor.name, tensor.dims.len());
            for head in [tensor.dims.len(), tensor.name.len(), usize::try_from(number.ggml().unwrap()).unwrap()] {
                file.extend(u32::try_from(head).unwrap().to_le_bytes());
            }
            for dim in tensor.dims.iter().rev() {
                file.extend(u32::try_from(*dim).unwrap().to_le_bytes());
            }
            file.extend(tensor.name.as_bytes());
            let bytes = number.bytes_of(tensor.dims.iter().product()).unwrap();
            file.resize(file.len() + usize::try_from(bytes).unwrap(), 0);
        }
        file
    }

    fn with_end(multilingual: bool) -> Vec<Vec<u8>> {
        let mut tokens = vocabulary::shipped(multilingual);
        tokens.push(vocabulary::END.as_bytes().to_vec());
        tokens
    }

    #[test]
    fn the_published_models_list_one_special_token_where_they_know_english_only() {
        // Name, vocabulary, width, layers, and the size of the file as it is published; a difference of one byte in what is listed would show.
        // A bias of a convolution has one more dimension there, of four bytes each.
        for (english, width, layers, bytes) in [
            (true, 384, 4, 77_704_715),
            (false, 384, 4, 77_691_713),
            (true, 512, 6, 147_964_211),
            (false, 512, 6, 147_951_465),
        ] {
            let (vocabulary, tokens) =
                if english { (51_864, with_end(false)) } else { (51_865, vocabulary::shipped(true)) };
            assert_eq!(ggml_file(&shape(vocabulary, width, layers), &tokens).len() + 2 * 4, bytes);
        }
    }

    #[test]
    fn a_model_is_taken_with_and_without_the_first_special_token_in_its_list_and_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let (file, out) = (dir.path().join("ggml-x.en.bin"), dir.path().join("out.bin"));
        let open = |vocabulary: u32, tokens: &[Vec<u8>]| {
            let bytes = ggml_file(&shape(vocabulary, 64, 1), tokens);
            home::files::create_or_truncate(&file).unwrap().write_all(&bytes).unwrap();
            Model::open(&file).unwrap()
        };
        for (vocabulary, multilingual) in [(51_864, false), (51_865, true), (51_866, true)] {
            let words = vocabulary::shipped(multilingual);
            open(vocabulary, &words).check_runs().unwrap();
            let model = open(vocabulary, &with_end(multilingual));
            model.check_runs().unwrap();
            let (draft, _) = model.write(&out, Kind::Q8_0, &mut |_| ControlFlow::Continue(())).unwrap();
            let smaller = Model::open(draft.path()).unwrap();
            assert_eq!(smaller.tokens, model.tokens, "as whisper.cpp's quantize leaves it");

            let other = [words.as_slice(), &[b"hello".to_vec()]].concat();
            let few = &words[1..];
            for (tokens, says) in [(other.as_slice(), words.len() + 1), (few, words.len() - 1)] {
                let text = open(vocabulary, tokens).check_runs().unwrap_err().to_string();
                assert!(text.contains(&format!("it has {says} tokens of text")), "{text}");
            }
        }
    }
}
