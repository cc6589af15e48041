//! Whether a file is a whole model, without loading it.
//!
//! whisper.cpp trusts its files: most kinds of damage abort its process, divide by zero or read beyond memory, and a file cut at
//! the right place loads and never hears a word. This walks the same layout and refuses what doesn't add up; only
//! flipped bits inside the weights go unseen, which is what checksums are for.
//!
//! ```text
//! magic "ggml" │ 11 × i32 shape │ mel: i32 bands, i32 bins, f32… │ vocabulary: i32 count, (u32 len, bytes)…
//! │ tensors to the end: i32 dims, i32 name length, i32 type, i32 per dim, name, payload
//! ```

use super::ModelError;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

const MAGIC: u32 = 0x6767_6d6c;
const LONGEST_TOKEN: u32 = 1_024;
const LONGEST_NAME: i32 = 64;

/// What a model is, by its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// The size of its file.
    pub bytes: u64,
    /// Whether it knows other languages than English.
    pub multilingual: bool,
    /// Width of the decoder: 384 tiny, 512 base, 768 small, 1024 medium, 1280 large.
    pub width: u32,
    /// Layers of the encoder.
    pub encoder_layers: u32,
    /// Layers of the decoder.
    pub decoder_layers: u32,
    /// Frequency bands of its spectrogram: 80, or 128 since large-v3.
    pub mel_bands: u32,
}

/// Reads the model's layout.
///
/// # Errors
/// [`ModelError::Io`] where the file can't be read, [`ModelError::Broken`] with what doesn't add up.
pub fn inspect(path: &Path) -> Result<ModelInfo, ModelError> {
    let failed = |source| ModelError::Io { path: path.to_owned(), operation: "read", source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let broken = |reason: String| ModelError::Broken { path: path.to_owned(), reason };
    if !metadata.is_file() {
        return Err(broken("it is not a file".to_owned()));
    }
    if metadata.len() == 0 {
        return Err(broken("it is empty".to_owned()));
    }
    let mut walk = Walk { file: BufReader::with_capacity(1 << 16, file), at: 0, len: metadata.len() };
    walk.model().map_err(|stop| match stop {
        Stop::Io(source) if source.kind() == io::ErrorKind::UnexpectedEof => broken("it ends too early".to_owned()),
        Stop::Io(source) => failed(source),
        Stop::Wrong(reason) => broken(reason),
    })
}

enum Stop {
    Io(io::Error),
    Wrong(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn demand(holds: bool, reason: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Stop::Wrong(reason())) }
}

struct Shape {
    vocabulary: i32,
    audio_layers: i32,
    text_state: i32,
    text_layers: i32,
    mel_bands: i32,
}

struct Walk {
    file: BufReader<File>,
    at: u64,
    len: u64,
}

impl Walk {
    fn model(&mut self) -> Result<ModelInfo, Stop> {
        let magic = u32::from_le_bytes(self.bytes()?);
        demand(magic == MAGIC, || match magic.to_le_bytes() {
            [b'G', b'G', b'U', b'F'] => "it is a GGUF file; whisper.cpp reads ggml files".to_owned(),
            _ => "it does not begin like one".to_owned(),
        })?;
        let shape = self.shape()?;
        self.mel(&shape)?;
        self.vocabulary(&shape)?;
        let expected = i64::from(15 * shape.audio_layers + 24 * shape.text_layers + 11);
        let mut tensors = 0;
        while self.at < self.len {
            self.tensor()?;
            tensors += 1;
            demand(tensors <= expected, || format!("it has more than the {expected} tensors of its shape"))?;
        }
        demand(tensors == expected, || format!("it has {tensors} of the {expected} tensors of its shape"))?;
        let known = |value: i32| u32::try_from(value).unwrap_or(0);
        Ok(ModelInfo {
            bytes: self.len,
            multilingual: shape.vocabulary >= 51_865,
            width: known(shape.text_state),
            encoder_layers: known(shape.audio_layers),
            decoder_layers: known(shape.text_layers),
            mel_bands: known(shape.mel_bands),
        })
    }

    fn shape(&mut self) -> Result<Shape, Stop> {
        let mut numbers = [0; 11];
        for number in &mut numbers {
            *number = self.i32()?;
        }
        let [
            vocabulary,
            audio_ctx,
            audio_state,
            audio_heads,
            audio_layers,
            text_ctx,
            text_state,
            text_heads,
            text_layers,
            mel_bands,
            ftype,
        ] = numbers;
        let within = |name: &str, value: i32, from: i32, to: i32| {
            demand((from..=to).contains(&value), || format!("its {name} is {value}"))
        };
        within("vocabulary", vocabulary, 51_864, 51_866)?;
        within("audio context", audio_ctx, 1, 1_500)?;
        within("text context", text_ctx, 8, 448)?;
        within("number of encoder layers", audio_layers, 1, 64)?;
        within("number of decoder layers", text_layers, 1, 64)?;
        for (name, state, heads) in [("encoder", audio_state, audio_heads), ("decoder", text_state, text_heads)] {
            within("width", state, 64, 2_560)?;
            demand(heads > 0 && state % 64 == 0 && state / 64 == heads, || {
                format!("its {name} has {heads} heads for a width of {state}")
            })?;
        }
        demand(audio_state == text_state, || format!("its widths {audio_state} and {text_state} differ"))?;
        demand(mel_bands == 80 || mel_bands == 128, || format!("it has {mel_bands} mel bands"))?;
        // Thousands count the version of the quantisation.
        demand((0..10_000).contains(&ftype) && matches!(ftype % 1_000, 0..=3 | 7..=14), || {
            format!("its number format is {ftype}")
        })?;
        Ok(Shape { vocabulary, audio_layers, text_state, text_layers, mel_bands })
    }

    fn mel(&mut self, shape: &Shape) -> Result<(), Stop> {
        let (bands, bins) = (self.i32()?, self.i32()?);
        demand(bands == shape.mel_bands && bins == 201, || format!("its mel filters are {bands} x {bins}"))?;
        self.skip(u64::try_from(bands).unwrap_or(0) * 201 * 4)
    }

    fn vocabulary(&mut self, shape: &Shape) -> Result<(), Stop> {
        let count = self.i32()?;
        demand(count > 0 && count <= shape.vocabulary, || format!("its list of tokens has {count}"))?;
        for _ in 0..count {
            let len = u32::from_le_bytes(self.bytes()?);
            demand(len <= LONGEST_TOKEN, || format!("a token is {len} bytes long"))?;
            self.skip(u64::from(len))?;
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<(), Stop> {
        let (dims, name_len, kind) = (self.i32()?, self.i32()?, self.i32()?);
        demand((1..=3).contains(&dims), || format!("a tensor has {dims} dimensions"))?;
        demand((1..=LONGEST_NAME).contains(&name_len), || format!("a tensor's name is {name_len} bytes long"))?;
        let (block_len, block_bytes) =
            block(kind).ok_or_else(|| Stop::Wrong(format!("a tensor's number format is {kind}")))?;
        let mut elements: u64 = 1;
        for _ in 0..dims {
            let dim = self.i32()?;
            demand((1..=1 << 20).contains(&dim), || format!("a tensor's dimension is {dim}"))?;
            elements = elements.saturating_mul(u64::try_from(dim).unwrap_or(0));
        }
        demand(elements.is_multiple_of(block_len), || "a tensor's length doesn't fit its number format".to_owned())?;
        self.skip(u64::try_from(name_len).unwrap_or(0))?;
        self.skip((elements / block_len).saturating_mul(block_bytes))
    }

    fn i32(&mut self) -> Result<i32, Stop> {
        Ok(i32::from_le_bytes(self.bytes()?))
    }

    fn bytes(&mut self) -> Result<[u8; 4], Stop> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(bytes)
    }

    fn skip(&mut self, len: u64) -> Result<(), Stop> {
        demand(len <= self.len - self.at, || "it ends too early".to_owned())?;
        match i64::try_from(len) {
            Ok(len) => self.file.seek_relative(len)?,
            Err(_) => self.file.seek(SeekFrom::End(0)).map(drop)?,
        }
        self.at += len;
        Ok(())
    }
}

/// Numbers and bytes of one block of a ggml number format.
fn block(kind: i32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}
