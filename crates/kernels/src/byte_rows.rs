//! The left side of a product in eight bits.

use crate::byte_tile::Tile;
use crate::line::Line;
use crate::maths::nearest_byte;
use crate::{Isa, Level, Rows, byte_tile, tiles};

/// Rows of numbers in eight bits, each with a scale of its own: `number = scale · byte`, -127 to 127. So what a row is multiplied to doesn't depend on the others.
///
/// They lie as the kernels read them: tiles of a few rows, four numbers of each row side by side, or 64. How many rows is up to the instructions, so the rows know
/// which ones they were laid out for.
#[derive(Debug, Clone, Default)]
pub struct ByteRows {
    /// None before rows were taken.
    isa: Option<Isa>,
    quads: Vec<[i8; 4]>,
    /// In place of the quads: plain rows of words.
    words: Vec<[i16; 4]>,
    /// Likewise: tiles of 16 rows, see [`tiles`].
    lines: Vec<Line>,
    scales: Vec<f32>,
    sums: Vec<i32>,
    len: usize,
    /// One row's bytes.
    bytes: Vec<i8>,
    left: Vec<f32>,
}

impl ByteRows {
    /// Takes rows, each to the nearest of its 255 steps. A number that is none makes its row zeros.
    pub fn take(&mut self, isa: Isa, rows: Rows<'_>) {
        self.reset(isa, rows.rows(), rows.len());
        for row in 0..rows.rows() {
            let scale = self.bytes(isa, rows.row(row));
            self.place(row, rows.rows(), scale);
        }
    }

    /// Takes each row as two: the second holds what the first left over, in steps 254 times as fine. Their products added up are as good as with 16 bits.
    pub fn take_twice(&mut self, isa: Isa, rows: Rows<'_>) {
        let count = rows.rows() * 2;
        self.reset(isa, count, rows.len());
        for row in 0..rows.rows() {
            let numbers = rows.row(row);
            let scale = self.bytes(isa, numbers);
            self.place(row * 2, count, scale);
            let mut left = std::mem::take(&mut self.left);
            left.resize(numbers.len(), 0.0);
            leave(isa, numbers, &self.bytes, scale, &mut left);
            let scale = self.bytes(isa, &left);
            self.left = left;
            self.place(row * 2 + 1, count, scale);
        }
    }

    /// How many rows there are; twice as many as were given if they were taken twice.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// The instructions that they are laid out for.
    pub(crate) fn isa(&self) -> Option<Isa> {
        self.isa
    }

    /// The numbers of each.
    pub(crate) fn row_len(&self) -> usize {
        self.len
    }

    /// A tile of `height` rows from `row` on, where a tile begins.
    pub(crate) fn tile(&self, row: usize, height: usize) -> Tile<'_> {
        if self.isa.is_some_and(|isa| isa.level() == Level::Avx2) {
            let stride = self.word_stride();
            return Tile::Words(self.words.get(row * stride..).unwrap_or_default(), stride);
        }
        let quads = self.len.div_ceil(4);
        Tile::Quads(self.quads.get(row * quads..(row + height) * quads).unwrap_or_default())
    }

    /// How far apart plain rows begin, in quads.
    fn word_stride(&self) -> usize {
        self.len.div_ceil(4) + BETWEEN
    }

    /// Tiles of 16 rows from `row` on, where one begins, on the level that has them; the last one may hold anything behind the last row.
    pub(crate) fn lines(&self, row: usize, height: usize) -> &[Line] {
        let steps = self.len.div_ceil(Line::BYTES);
        self.lines.get(row * steps..(row + height.next_multiple_of(tiles::HIGH)) * steps).unwrap_or_default()
    }

    /// The scales from `row` on.
    pub(crate) fn scales(&self, row: usize) -> &[f32] {
        self.scales.get(row..).unwrap_or_default()
    }

    /// The sums of each row's bytes from `row` on.
    pub(crate) fn sums(&self, row: usize) -> &[i32] {
        self.sums.get(row..).unwrap_or_default()
    }

    fn reset(&mut self, isa: Isa, rows: usize, len: usize) {
        // The sums are the same, so which way is up to what is faster.
        let isa = if rows < WORTH_TILES { isa.without_tiles() } else { isa };
        self.isa = Some(isa);
        self.len = len;
        self.bytes.clear();
        if isa.level() == Level::Avx2 {
            self.words.resize(rows * self.word_stride(), [0; 4]);
            self.bytes.resize(len.next_multiple_of(4), 0);
        } else if isa.level() == Level::Amx {
            self.lines.resize(rows.next_multiple_of(tiles::HIGH) * len.div_ceil(Line::BYTES), Line::of(0));
            self.bytes.resize(len.next_multiple_of(Line::BYTES), 0);
        } else {
            self.quads.resize(rows * len.div_ceil(4), [0; 4]);
            self.bytes.resize(len.next_multiple_of(4), 0);
        }
        self.scales.clear();
        self.sums.clear();
    }

    /// Rounds a row into `bytes`; gives its scale.
    fn bytes(&mut self, isa: Isa, numbers: &[f32]) -> f32 {
        round(isa, numbers, &mut self.bytes)
    }

    /// Lays `bytes` where the kernels look for row `row` of `rows`.
    fn place(&mut self, row: usize, rows: usize, scale: f32) {
        self.scales.push(scale);
        self.sums.push(self.isa.map_or(0, |isa| total(isa, &self.bytes)));
        match self.isa {
            Some(isa) if isa.level() == Level::Amx => self.place_lines(row),
            Some(isa) if isa.level() == Level::Avx2 => self.place_words(isa, row),
            Some(isa) => self.place_quads(byte_tile::height(isa), row, rows),
            None => {}
        }
    }

    fn place_words(&mut self, isa: Isa, row: usize) {
        #[inline(always)]
        fn body<const FMA: bool>(bytes: &[i8], places: &mut [[i16; 4]]) {
            for (place, [first, second, third, fourth]) in places.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *place = [*first, *third, *second, *fourth].map(i16::from);
            }
        }
        let first = row * self.word_stride();
        let (bytes, places) = (self.bytes.as_slice(), self.words.get_mut(first..).unwrap_or_default());
        versions!(isa, body(bytes: &[i8], places: &mut [[i16; 4]]));
    }

    fn place_lines(&mut self, row: usize) {
        let (wholes, _) = self.bytes.as_chunks::<{ Line::BYTES }>();
        let first = row / tiles::HIGH * tiles::HIGH * wholes.len() + row % tiles::HIGH;
        let places = self.lines.get_mut(first..).unwrap_or_default().iter_mut().step_by(tiles::HIGH);
        for (place, bytes) in places.zip(wholes) {
            *place = Line::of_signed(bytes);
        }
    }

    fn place_quads(&mut self, high: usize, row: usize, rows: usize) {
        let first = row / high * high;
        let height = high.min(rows - first);
        let quads = self.bytes.len() / 4;
        let tile = self.quads.get_mut(first * quads..(first + height) * quads).unwrap_or_default();
        for (place, quad) in tile.chunks_exact_mut(height).zip(self.bytes.as_chunks::<4>().0) {
            if let Some(place) = place.get_mut(row - first) {
                *place = *quad;
            }
        }
    }
}

/// Rows from which on products by tiles are the faster ones, or as fast while another thread is busy on the same core.
const WORTH_TILES: usize = 5;

/// Quads between plain rows: a line of the cache, so that rows whose length is a power of two don't push each other out of it.
const BETWEEN: usize = 8;

/// The largest byte.
const MOST: f32 = 127.0;

/// What rounding to bytes of that scale left over.
fn leave(isa: Isa, numbers: &[f32], bytes: &[i8], scale: f32, left: &mut [f32]) {
    #[inline(always)]
    fn body<const FMA: bool>(numbers: &[f32], bytes: &[i8], scale: f32, left: &mut [f32]) {
        for ((place, number), byte) in left.iter_mut().zip(numbers).zip(bytes) {
            *place = number - scale * f32::from(*byte);
        }
    }
    versions!(isa, body(numbers: &[f32], bytes: &[i8], scale: f32, left: &mut [f32]));
}

/// Their sum.
fn total(isa: Isa, bytes: &[i8]) -> i32 {
    #[inline(always)]
    fn body<const FMA: bool>(bytes: &[i8]) -> i32 {
        bytes.iter().map(|byte| i32::from(*byte)).sum()
    }
    versions!(isa, body(bytes: &[i8]) -> i32)
}

/// Rounds numbers to bytes of one scale, and gives the scale.
pub(crate) fn round(isa: Isa, numbers: &[f32], bytes: &mut [i8]) -> f32 {
    versions!(isa, body(numbers: &[f32], bytes: &mut [i8]) -> f32)
}

#[inline(always)]
fn body<const FMA: bool>(numbers: &[f32], bytes: &mut [i8]) -> f32 {
    /// Four registers, so that none waits for the one before.
    const LANES: usize = 64;
    // By their bits, numbers without a sign keep their order, and what is no number comes last.
    let bits = |x: f32| x.abs().to_bits();
    let mut lanes = [0; LANES];
    let (chunks, rest) = numbers.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = bits(*x).max(*lane);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = bits(*x).max(*lane);
    }
    let most = f32::from_bits(lanes.iter().fold(0, |most, lane| most.max(*lane)));
    let by = if most.is_finite() && most > f32::MIN_POSITIVE * MOST { MOST / most } else { 0.0 };
    for (place, x) in bytes.iter_mut().zip(numbers) {
        let x = if by == 0.0 { 0.0 } else { *x };
        *place = nearest_byte(x * by);
    }
    if by == 0.0 { 0.0 } else { most / MOST }
}
