//! Many windows at once.

use crate::active::Active;
use crate::{Backend, Error, Heard, Mel, Row, Scores, Vocabulary, Window};
use kernels::Isa;
use std::collections::VecDeque;

/// Windows that wait, and those that are being decoded: one token each per step. Where one is done, the next takes its slot at once.
///
/// What becomes of a window doesn't depend on the others, nor on when it came.
#[derive(Debug)]
pub struct Batch<'a, B> {
    backend: B,
    vocabulary: &'a Vocabulary,
    isa: Isa,
    waiting: VecDeque<Active>,
    slots: Vec<Option<Active>>,
    /// 0, 1, 2, …: the lines of a window's first hypothesis.
    places: Vec<u16>,
    scores: Scores,
}

impl<'a, B: Backend> Batch<'a, B> {
    /// With as many slots as the backend has; `context` is the number of the decoder's positions.
    pub fn new(backend: B, vocabulary: &'a Vocabulary, context: usize) -> Self {
        let slots = std::iter::repeat_with(|| None).take(backend.slots()).collect();
        let places = (0..u16::try_from(context).unwrap_or(u16::MAX)).collect();
        let (waiting, scores) = (VecDeque::new(), Scores::default());
        Self { backend, vocabulary, isa: Isa::chosen(), waiting, slots, places, scores }
    }

    /// Adds a window to those that wait.
    ///
    /// # Errors
    /// [`Error::Language`] and [`Error::CannotTranslate`] where the model can't do what is asked.
    pub fn push(&mut self, window: Window) -> Result<(), Error> {
        self.waiting.push_back(Active::new(window, self.vocabulary, self.places.len())?);
        Ok(())
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.free() == self.slots.len()
    }

    /// Slots without a window: so many more could be begun at once.
    pub fn free(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_none()).count()
    }

    /// One token for every window under way; encodes those that have just got a slot. Gives the windows that are done with it.
    ///
    /// # Errors
    /// For a window alone [`Error::NoNumbers`]: it is done as well, and the others go on.
    pub fn step(&mut self) -> Vec<Result<Heard, Error>> {
        self.fill();
        if self.free() == self.slots.len() {
            return Vec::new();
        }
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (slot, active) in self.slots.iter().enumerate() {
            if let Some(active) = active {
                active.rows(slot, &self.places, &mut rows);
            }
        }
        self.backend.step(&rows, &mut self.scores);
        let mut first = 0;
        let mut done = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let Some(active) = slot else { continue };
            first += active.take(self.isa, self.vocabulary, &mut self.scores, first);
            if let Some(heard) = active.result(self.isa, &self.backend, at) {
                done.push(heard);
                *slot = None;
            }
        }
        done
    }

    /// Everything that waits, in the order in which it gets done.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn finish(&mut self) -> Vec<Result<Heard, Error>> {
        let mut done = Vec::new();
        while !self.is_idle() {
            done.append(&mut self.step());
        }
        done
    }

    fn fill(&mut self) {
        let mut new = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
            *slot = self.waiting.pop_front();
            if slot.is_some() {
                new.push(at);
            }
        }
        let mels = |at: &usize| Some((*at, &self.slots.get(*at)?.as_ref()?.window.mel));
        let windows: Vec<(usize, &Mel)> = new.iter().filter_map(mels).collect();
        if !windows.is_empty() {
            self.backend.encode(&windows);
        }
    }
}
