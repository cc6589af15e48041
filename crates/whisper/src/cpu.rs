//! The processor as a backend.

use crate::decoder::DecoderRoom;
use crate::encoder::EncoderRoom;
use crate::slot::Slot;
use crate::spent::Spent;
use crate::{Backend, Mel, Model, Row, Scores, Stage};
use kernels::Isa;

/// A model on this processor, one thread.
#[derive(Debug)]
pub struct Cpu<'a> {
    model: &'a Model,
    isa: Isa,
    slots: Vec<Slot>,
    encoder: EncoderRoom,
    decoder: DecoderRoom,
}

impl<'a> Cpu<'a> {
    /// With room for `slots` windows, at least one.
    pub fn new(model: &'a Model, slots: usize) -> Self {
        Self::with_isa(model, slots, model.isa())
    }

    /// As [`new`](Self::new), with these instructions.
    pub fn with_isa(model: &'a Model, slots: usize, isa: Isa) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(slots.max(1)).collect();
        Self { model, isa, slots, encoder: EncoderRoom::default(), decoder: DecoderRoom::default() }
    }

    /// Measures from now on how long each stage takes, by a clock that gives seconds.
    pub fn measure(&mut self, now: fn() -> f64) {
        self.encoder.spent = Spent::with(now);
        self.decoder.spent = Spent::with(now);
    }

    /// Seconds that a stage took, all windows together; 0 where nothing was [measured](Self::measure).
    pub fn spent(&self, stage: Stage) -> f64 {
        self.encoder.spent.seconds(stage) + self.decoder.spent.seconds(stage)
    }

    /// A window's features, without a slot: `audio context × width`. Zeros for a spectrogram of another model's size.
    pub fn features(&mut self, mel: &Mel) -> &[f32] {
        self.model.encoder.encode(self.isa, mel, &mut self.encoder)
    }
}

impl Backend for Cpu<'_> {
    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn encode(&mut self, windows: &[(usize, &Mel)]) {
        for (slot, mel) in windows {
            let features = self.model.encoder.encode(self.isa, mel, &mut self.encoder);
            if let Some(slot) = self.slots.get_mut(*slot) {
                self.model.decoder.hear(self.isa, features, slot, &mut self.decoder);
            }
        }
    }

    fn step(&mut self, rows: &[Row<'_>], scores: &mut Scores) {
        self.model.decoder.step(self.isa, rows, &mut self.slots, &mut self.decoder, scores);
    }

    fn looks(&self, slot: usize, line: u16) -> &[f32] {
        let looks = self.slots.get(slot).map(|slot| slot.looks.as_slice()).unwrap_or_default();
        looks.get(usize::from(line)).map(Vec::as_slice).unwrap_or_default()
    }

    fn heads(&self) -> usize {
        self.model.decoder.alignment.len()
    }

    fn look_bytes(&self) -> usize {
        self.heads() * self.model.shape().audio_context * size_of::<f32>()
    }

    fn forget(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.looks = Vec::new();
        }
    }

    fn isa(&self) -> Isa {
        self.isa
    }
}
