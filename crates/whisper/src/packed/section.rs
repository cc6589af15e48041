//! The bytes of a part.

use super::LINE;
use super::head::Entry;
use crate::Numbers;
use crate::Shape;
use crate::ggml::Table;
use crate::linear::{Linear, Weights};
use crate::parts::{Made, Part};
use crate::pieces::Piece;
use kernels::{BytePanels, FloatPanels, Map, PANEL};
use std::borrow::Cow;
use std::sync::Arc;

/// A part in the file, read from its front.
pub(super) struct Section<'a> {
    map: &'a Arc<Map>,
    at: usize,
    end: usize,
}

impl<'a> Section<'a> {
    /// None where the file has no such bytes, or their sum differs.
    pub(super) fn of(map: &'a Arc<Map>, entry: &Entry) -> Option<Self> {
        let at = usize::try_from(entry.at).ok()?;
        let end = at.checked_add(usize::try_from(entry.lines).ok()?.checked_mul(LINE)?)?;
        (crc32fast::hash(map.get(at..end)?) == entry.sum).then_some(Self { map, at, end })
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let end = self.at.checked_add(count.checked_mul(4)?)?;
        let bytes = self.map.get(self.at..end)?;
        self.at = end;
        Some(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    fn linear(&mut self, numbers: Numbers, inputs: usize, outputs: usize) -> Option<Linear> {
        let weights = match numbers {
            Numbers::Exact => {
                let numbers = self.floats(FloatPanels::count(inputs, outputs)?)?;
                Weights::Float(FloatPanels::of_numbers(inputs, outputs, numbers)?)
            }
            Numbers::Fast => {
                let at = self.at;
                self.at = at.checked_add(BytePanels::len_bytes(inputs, outputs)?)?;
                let scales = self.floats(outputs.next_multiple_of(PANEL))?;
                Weights::Byte(BytePanels::mapped(self.map, at, (inputs, outputs), scales)?)
            }
        };
        Some(Linear { weights, bias: self.floats(outputs)? })
    }

    /// Whether everything was read but what fills up the last line.
    fn is_done(&self) -> bool {
        self.at.next_multiple_of(LINE) == self.end
    }
}

impl Piece {
    /// None where the section is of another size than the part.
    pub(super) fn read(
        part: &Part,
        mut section: Section<'_>,
        shape: &Shape,
        numbers: Numbers,
        table: u32,
    ) -> Option<Self> {
        let piece = match &part.made {
            Made::Linear { outputs, inputs, matrices } => {
                Self::Linear(section.linear(numbers, *inputs, outputs * matrices.len())?)
            }
            Made::Convolution { outputs, channels } => {
                Self::Linear(section.linear(Numbers::Exact, channels * 3, *outputs)?)
            }
            Made::Scores => Self::Linear(section.linear(numbers, shape.width, shape.vocabulary)?),
            Made::Tokens => {
                let (table, end) = Table::at(section.map, section.at, table, (shape.vocabulary, shape.width))?;
                section.at = end;
                Self::Table(table)
            }
            Made::Numbers { rows, columns } => Self::Numbers(section.floats(rows * columns)?),
        };
        section.is_done().then_some(piece)
    }

    /// Its bytes, stretch by stretch; the last line isn't filled up.
    pub(super) fn bytes(&self) -> Vec<Cow<'_, [u8]>> {
        match self {
            Self::Linear(Linear { weights: Weights::Float(panels), bias }) => {
                vec![little(panels.numbers()), little(bias)]
            }
            Self::Linear(Linear { weights: Weights::Byte(panels), bias }) => {
                vec![panels.bytes().into(), little(panels.all_scales()), little(bias)]
            }
            Self::Numbers(numbers) => vec![little(numbers)],
            Self::Table(table) => vec![table.bytes().into()],
        }
    }
}

fn little(numbers: &[f32]) -> Cow<'_, [u8]> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>().into()
}
