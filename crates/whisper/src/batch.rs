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

    /// Adds a window to those that wait; an urgent one in front of the others.
    ///
    /// # Errors
    /// [`Error::Language`] and [`Error::CannotTranslate`] where the model can't do what is asked.
    pub fn push(&mut self, window: Window) -> Result<(), Error> {
        let urgent = window.urgent;
        let active = Active::new(window, self.vocabulary, self.places.len())?;
        let place = self.waiting.iter().position(|waiting| urgent && !waiting.window.urgent);
        self.waiting.insert(place.unwrap_or(self.waiting.len()), active);
        Ok(())
    }

    /// Takes a window back, wherever it is. It gives no result.
    pub fn cancel(&mut self, id: u64) {
        self.waiting.retain(|active| active.window.id != id);
        for slot in self.slots.iter_mut().filter(|slot| slot.as_ref().is_some_and(|active| active.window.id == id)) {
            *slot = None;
        }
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.free() == self.slots.len()
    }

    /// Slots without a window: so many more could be begun at once.
    pub fn free(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_none()).count()
    }

    /// One token for every window under way, or for the urgent ones alone; encodes those that have just got a slot. Gives the windows that are done with
    /// it.
    pub fn step(&mut self) -> Vec<Heard> {
        self.fill();
        let urgent = self.slots.iter().flatten().any(|active| active.window.urgent);
        let goes_on = |active: &Active| active.window.urgent || !urgent;
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (slot, active) in self.slots.iter().enumerate() {
            if let Some(active) = active.as_ref().filter(|active| goes_on(active)) {
                active.rows(slot, &self.places, &mut rows);
            }
        }
        if rows.is_empty() {
            return Vec::new();
        }
        self.backend.step(&rows, &mut self.scores);
        let mut first = 0;
        let mut done = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let Some(active) = slot.as_mut().filter(|active| goes_on(active)) else { continue };
            first += active.take(self.isa, self.vocabulary, &mut self.scores, first);
            if let Some(heard) = active.result(self.isa, &self.backend, at) {
                done.push(heard);
                *slot = None;
            }
        }
        done
    }

    /// Everything that waits, in the order in which it gets done.
    pub fn finish(&mut self) -> Vec<Heard> {
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
