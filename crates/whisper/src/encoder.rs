//! Sound to what the decoder looks at.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::attention::Attention;
use crate::linear::{Act, Linear};
use crate::norm::Norm;
use crate::pieces::Pieces;
use crate::spent::Spent;
use crate::{Error, Mel, Numbers, Shape, Stage};
use kernels::{ByteRows, Isa, Rows};

/// The encoder's weights.
#[derive(Debug)]
pub(crate) struct Encoder {
    first: Linear,
    second: Linear,
    /// `positions × width`.
    places: Vec<f32>,
    blocks: Vec<Block>,
    norm: Norm,
    numbers: Numbers,
    width: usize,
    bands: usize,
}

/// A layer: attention, then two linear layers with GELU between them, each added to what came in.
#[derive(Debug)]
struct Block {
    attention_norm: Norm,
    qkv: Linear,
    out: Linear,
    norm: Norm,
    up: Linear,
    down: Linear,
}

/// What encoding needs beside the weights; kept from window to window.
#[derive(Debug, Default)]
pub(crate) struct EncoderRoom {
    convolved: Vec<f32>,
    stream: Vec<f32>,
    normal: Vec<f32>,
    wide: Vec<f32>,
    attention: Attention,
    bytes: ByteRows,
    pub(crate) spent: Spent,
}

impl Encoder {
    pub(crate) fn load(pieces: &mut Pieces, shape: &Shape, numbers: Numbers) -> Result<Self, Error> {
        Ok(Self {
            first: pieces.linear("encoder.conv1")?,
            second: pieces.linear("encoder.conv2")?,
            places: pieces.numbers("encoder.positional_embedding")?,
            blocks: (0..shape.audio_layers).map(|layer| Block::load(pieces, layer)).collect::<Result<_, _>>()?,
            norm: Norm::load(pieces, "encoder.ln_post")?,
            numbers,
            width: shape.width,
            bands: shape.bands,
        })
    }

    /// A window's features: `positions × width`. Zeros for a spectrogram of another size.
    pub(crate) fn encode<'a>(&self, isa: Isa, mel: &Mel, room: &'a mut EncoderRoom) -> &'a [f32] {
        let (width, positions) = (self.width, self.places.len() / self.width);
        room.spent.begin();
        // One position of zeros in front, for the second convolution; the one behind is never looked at.
        room.convolved.resize((2 * positions + 1) * width, 0.0);
        room.convolved[..width].fill(0.0);
        room.stream.resize(positions * width, 0.0);
        room.normal.resize(positions * width, 0.0);
        if (mel.bands, mel.frames()) != (self.bands, 2 * positions) {
            room.normal.fill(0.0);
            return &room.normal;
        }
        let windows = Rows::new(&mel.padded, 2 * positions, mel.bands, 3 * mel.bands);
        if let Some(rows) = windows {
            self.first.apply(isa, rows, Act::Gelu, &mut room.convolved[width..], &mut room.bytes);
        }
        if let Some(rows) = Rows::new(&room.convolved, positions, 2 * width, 3 * width) {
            self.second.apply(isa, rows, Act::Gelu, &mut room.stream, &mut room.bytes);
        }
        room.spent.done(Stage::Products);
        for (number, place) in room.stream.iter_mut().zip(&self.places) {
            *number += place;
        }
        for block in &self.blocks {
            block.apply(isa, self.numbers, width, room);
        }
        self.norm.apply(isa, &room.stream, &mut room.normal);
        room.spent.done(Stage::Rest);
        &room.normal
    }
}

impl Block {
    fn load(pieces: &mut Pieces, layer: usize) -> Result<Self, Error> {
        let name = |name: &str| format!("encoder.blocks.{layer}.{name}");
        Ok(Self {
            attention_norm: Norm::load(pieces, &name("attn_ln"))?,
            qkv: pieces.linear(&name("attn.qkv"))?,
            out: pieces.linear(&name("attn.out"))?,
            norm: Norm::load(pieces, &name("mlp_ln"))?,
            up: pieces.linear(&name("mlp.0"))?,
            down: pieces.linear(&name("mlp.2"))?,
        })
    }

    fn apply(&self, isa: Isa, numbers: Numbers, width: usize, room: &mut EncoderRoom) {
        let EncoderRoom { stream, normal, wide, attention, bytes, spent, .. } = room;
        let positions = stream.len() / width;
        wide.resize(positions * 4 * width, 0.0);
        self.attention_norm.apply(isa, stream, normal);
        spent.done(Stage::Rest);
        let qkv = &mut wide[..positions * 3 * width];
        self.qkv.apply(isa, Rows::dense(normal, width), Act::Store, qkv, bytes);
        spent.done(Stage::Products);
        attention.apply(isa, numbers, qkv, width, normal);
        spent.done(Stage::Attention);
        self.out.apply(isa, Rows::dense(normal, width), Act::Add, stream, bytes);
        spent.done(Stage::Products);
        self.norm.apply(isa, stream, normal);
        spent.done(Stage::Rest);
        self.up.apply(isa, Rows::dense(normal, width), Act::Gelu, wide, bytes);
        self.down.apply(isa, Rows::dense(wide, 4 * width), Act::Add, stream, bytes);
        spent.done(Stage::Products);
    }
}
