//! Text and sound to what comes next.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets into buffers whose sizes are made from the same shape a line above"
)]

use crate::ggml::{HEAD, Shape, Table};
use crate::linear::{Act, Linear};
use crate::norm::Norm;
use crate::pieces::Pieces;
use crate::slot::Slot;
use crate::spent::Spent;
use crate::{Error, Numbers, Row, Scores, Stage, parts};
use kernels::{ByteRows, Isa, Rows, gather_dots, gather_sum, softmax};

/// The decoder's weights.
#[derive(Debug)]
pub(crate) struct Decoder {
    shape: Shape,
    /// `text context × width`.
    places: Vec<f32>,
    blocks: Vec<Block>,
    norm: Norm,
    /// The table of tokens, as what is read.
    embedding: Table,
    /// The same, as the last layer.
    tokens: Linear,
    numbers: Numbers,
    /// Layer and head, of those that look where the sound of a token is.
    pub(crate) alignment: Vec<(usize, usize)>,
}

/// A layer: attention to the text before, attention to the sound, two linear layers; each added to what came in.
#[derive(Debug)]
struct Block {
    text_norm: Norm,
    qkv: Linear,
    text_out: Linear,
    sound_norm: Norm,
    query: Linear,
    sound: Linear,
    sound_out: Linear,
    norm: Norm,
    up: Linear,
    down: Linear,
}

/// What a step needs beside weights and slots; kept from step to step.
#[derive(Debug, Default)]
pub(crate) struct DecoderRoom {
    stream: Vec<f32>,
    normal: Vec<f32>,
    wide: Vec<f32>,
    scores: Vec<f32>,
    sound: Vec<f32>,
    bytes: ByteRows,
    halves: Vec<f32>,
    pub(crate) spent: Spent,
}

impl Decoder {
    pub(crate) fn load(
        pieces: &mut Pieces,
        shape: &Shape,
        numbers: Numbers,
        alignment: Vec<(usize, usize)>,
    ) -> Result<Self, Error> {
        Ok(Self {
            places: pieces.numbers("decoder.positional_embedding")?,
            blocks: (0..shape.text_layers).map(|layer| Block::load(pieces, layer)).collect::<Result<_, _>>()?,
            norm: Norm::load(pieces, "decoder.ln")?,
            embedding: pieces.table(parts::READ)?,
            tokens: pieces.linear(parts::SCORED)?,
            shape: shape.clone(),
            numbers,
            alignment,
        })
    }

    /// Fills a slot with what the layers look at in a window's features.
    pub(crate) fn hear(&self, isa: Isa, features: &[f32], slot: &mut Slot, room: &mut DecoderRoom) {
        let width = self.shape.width;
        room.spent.begin();
        slot.begin(self.blocks.len());
        room.sound.resize(features.len() * 2, 0.0);
        for (block, layer) in self.blocks.iter().zip(&mut slot.layers) {
            block.sound.apply(isa, Rows::dense(features, width), Act::Store, &mut room.sound, &mut room.bytes);
            layer.set_sound(isa, self.numbers, &room.sound, width);
        }
        room.spent.done(Stage::Sound);
    }

    /// As [`Backend::step`](crate::Backend::step). Rows of slots that don't exist, of unknown tokens or beyond the last position give zeros.
    pub(crate) fn step(
        &self,
        isa: Isa,
        rows: &[Row<'_>],
        slots: &mut [Slot],
        room: &mut DecoderRoom,
        scores: &mut Scores,
    ) {
        let width = self.shape.width;
        room.spent.begin();
        room.stream.clear();
        room.stream.resize(rows.len() * width, 0.0);
        room.normal.resize(rows.len() * width, 0.0);
        self.read(rows, &mut room.stream);
        for (at, block) in self.blocks.iter().enumerate() {
            self.look_at_text(isa, block, at, rows, slots, room);
            self.look_at_sound(isa, block, at, rows, slots, room);
            let DecoderRoom { stream, normal, wide, bytes, .. } = room;
            wide.resize(rows.len() * 4 * width, 0.0);
            block.norm.apply(isa, stream, normal);
            block.up.apply(isa, Rows::dense(normal, width), Act::Gelu, wide, bytes);
            block.down.apply(isa, Rows::dense(wide, 4 * width), Act::Add, stream, bytes);
        }
        room.spent.done(Stage::Decoder);
        self.score(isa, rows, room, scores);
        room.spent.done(Stage::Logits);
    }

    fn read(&self, rows: &[Row<'_>], stream: &mut [f32]) {
        let width = self.shape.width;
        for (row, place) in rows.iter().zip(stream.chunks_exact_mut(width)) {
            self.embedding.row(usize::try_from(row.token).unwrap_or(usize::MAX), place);
            let position = self.places.chunks_exact(width).nth(row.position()).unwrap_or_default();
            for (number, add) in place.iter_mut().zip(position) {
                *number += add;
            }
        }
    }

    fn look_at_text(
        &self,
        isa: Isa,
        block: &Block,
        layer: usize,
        rows: &[Row<'_>],
        slots: &mut [Slot],
        room: &mut DecoderRoom,
    ) {
        let width = self.shape.width;
        let DecoderRoom { stream, normal, wide, scores, bytes, .. } = room;
        wide.resize(rows.len() * 3 * width, 0.0);
        block.text_norm.apply(isa, stream, normal);
        block.qkv.apply(isa, Rows::dense(normal, width), Act::Store, wide, bytes);
        for (row, qkv) in rows.iter().zip(wide.chunks_exact(3 * width)) {
            let Some(layer) = slots.get_mut(row.slot).and_then(|slot| slot.layers.get_mut(layer)) else { continue };
            layer.set_line(row.own_line(), &qkv[width..2 * width], &qkv[2 * width..]);
        }
        for ((row, qkv), out) in rows.iter().zip(wide.chunks_exact(3 * width)).zip(normal.chunks_exact_mut(width)) {
            let Some(layer) = slots.get(row.slot).and_then(|slot| slot.layers.get(layer)) else { continue };
            scores.resize(row.lines.len(), 0.0);
            for head in (0..width).step_by(HEAD) {
                gather_dots(isa, &qkv[head..head + HEAD], &layer.keys[head..], width, row.lines, scores);
                softmax(isa, scores, row.lines.len(), row.lines.len());
                gather_sum(isa, scores, &layer.values[head..], width, row.lines, &mut out[head..head + HEAD]);
            }
        }
        block.text_out.apply(isa, Rows::dense(normal, width), Act::Add, stream, bytes);
    }

    fn look_at_sound(
        &self,
        isa: Isa,
        block: &Block,
        layer: usize,
        rows: &[Row<'_>],
        slots: &mut [Slot],
        room: &mut DecoderRoom,
    ) {
        let (width, positions) = (self.shape.width, self.shape.audio_context);
        let DecoderRoom { stream, normal, wide, scores, bytes, halves, .. } = room;
        wide.resize(rows.len() * width, 0.0);
        block.sound_norm.apply(isa, stream, normal);
        block.query.apply(isa, Rows::dense(normal, width), Act::Store, wide, bytes);
        let mut first = 0;
        for rows in rows.chunk_by(|a, b| a.slot == b.slot) {
            let queries = &wide[first * width..(first + rows.len()) * width];
            let out = &mut normal[first * width..(first + rows.len()) * width];
            first += rows.len();
            let Some(slot) = slots.get_mut(rows[0].slot) else { continue };
            scores.resize(rows.len() * positions, 0.0);
            for head in 0..self.shape.heads() {
                let Some(heard) = slot.layers.get(layer) else { continue };
                heard.sound_scores(isa, head, queries, width, scores, (bytes, halves));
                for (at, _) in self.alignment.iter().enumerate().filter(|(_, watched)| **watched == (layer, head)) {
                    for (row, scores) in rows.iter().zip(scores.chunks_exact(positions)).filter(|(row, _)| row.watched)
                    {
                        let look = slot.look(row.own_line(), self.alignment.len() * positions);
                        look[at * positions..][..positions].copy_from_slice(scores);
                    }
                }
                softmax(isa, scores, positions, positions);
                if let Some(heard) = slot.layers.get(layer) {
                    heard.sound_sum(isa, head, scores, width, out, (bytes, halves));
                }
            }
        }
        block.sound_out.apply(isa, Rows::dense(normal, width), Act::Add, stream, bytes);
    }

    fn score(&self, isa: Isa, rows: &[Row<'_>], room: &mut DecoderRoom, scores: &mut Scores) {
        let width = self.shape.width;
        let DecoderRoom { stream, normal, bytes, .. } = room;
        let mut asked = 0;
        for (at, _) in rows.iter().enumerate().filter(|(_, row)| row.scored) {
            stream.copy_within(at * width..(at + 1) * width, asked * width);
            asked += 1;
        }
        self.norm.apply(isa, &stream[..asked * width], &mut normal[..asked * width]);
        let out = scores.room(asked, self.shape.vocabulary);
        self.tokens.apply(isa, Rows::dense(&normal[..asked * width], width), Act::Store, out, bytes);
    }
}

impl Block {
    fn load(pieces: &mut Pieces, layer: usize) -> Result<Self, Error> {
        let name = |name: &str| format!("decoder.blocks.{layer}.{name}");
        Ok(Self {
            text_norm: Norm::load(pieces, &name("attn_ln"))?,
            qkv: pieces.linear(&name("attn.qkv"))?,
            text_out: pieces.linear(&name("attn.out"))?,
            sound_norm: Norm::load(pieces, &name("cross_attn_ln"))?,
            query: pieces.linear(&name("cross_attn.query"))?,
            sound: pieces.linear(&name("cross_attn.kv"))?,
            sound_out: pieces.linear(&name("cross_attn.out"))?,
            norm: Norm::load(pieces, &name("mlp_ln"))?,
            up: pieces.linear(&name("mlp.0"))?,
            down: pieces.linear(&name("mlp.2"))?,
        })
    }
}
