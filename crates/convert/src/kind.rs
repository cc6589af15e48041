use crate::Number;
use std::fmt;
use std::str::FromStr;

/// What a model file is made of: the number format of its matrices.
///
/// Sizes are those of base beside its f16 file, as published or by the same layout. Errors were measured on hearsay's own small model (128 wide, 4 + 4 layers): root mean square over all weights,
/// relative to the f16 file's. What a model of people's voices loses, [`Report`](crate::Report) says; how many words it costs was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Everything in 32 bits.
    F32,
    /// Matrices in 16 bits: as the models of OpenAI are.
    F16,
    /// 0.55 of f16; an error of 0.58 %.
    Q8_0,
    /// 0.40 of f16; an error of 3.5 %.
    Q5_1,
    /// 0.37 of f16; an error of 4.3 %.
    Q5_0,
    /// 0.31 of f16; an error of 9.3 %.
    Q4_0,
}

/// Tensors that whisper.cpp reads in 32 bits, whatever the file is made of.
const KEPT_EXACT: [&str; 4] =
    ["encoder.conv1.bias", "encoder.conv2.bias", "encoder.positional_embedding", "decoder.positional_embedding"];
/// The version of ggml's blocks (`GGML_QNT_VERSION`), counted in thousands of the file's format number.
const BLOCKS_VERSION: i32 = 2_000;

impl Kind {
    /// All there are, the most exact first.
    pub const ALL: [Self; 6] = [Self::F32, Self::F16, Self::Q8_0, Self::Q5_1, Self::Q5_0, Self::Q4_0];

    /// As it is typed: `q8_0`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q5_1 => "q5_1",
            Self::Q5_0 => "q5_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// The format number of the file's header (`enum ggml_ftype`).
    pub(crate) fn ftype(self) -> i32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => BLOCKS_VERSION + 2,
            Self::Q8_0 => BLOCKS_VERSION + 7,
            Self::Q5_0 => BLOCKS_VERSION + 8,
            Self::Q5_1 => BLOCKS_VERSION + 9,
        }
    }

    fn matrices(self) -> Number {
        match self {
            Self::F32 => Number::F32,
            Self::F16 => Number::F16,
            Self::Q8_0 => Number::Q8_0,
            Self::Q5_1 => Number::Q5_1,
            Self::Q5_0 => Number::Q5_0,
            Self::Q4_0 => Number::Q4_0,
        }
    }

    /// How a tensor of so many dimensions is stored: the choice of whisper.cpp's scripts and of its `quantize`. Only matrices are
    /// quantised; the convolutions (three dimensions) are in 16 bits then, which is what whisper.cpp reads.
    pub(crate) fn number_for(self, name: &str, dims: usize) -> Number {
        match self {
            _ if dims < 2 || KEPT_EXACT.contains(&name) => Number::F32,
            Self::F32 => Number::F32,
            _ if dims > 2 => Number::F16,
            _ => self.matrices(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("{text:?} is none of {}", names.join(", "))
        })
    }
}
