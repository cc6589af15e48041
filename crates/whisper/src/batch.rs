//! Many windows at once.

use crate::active::Active;
use crate::{Backend, Error, Heard, Mel, Model, Row, Scores, Window};
use std::collections::VecDeque;

/// Bytes at most in which is noted where windows under way looked ([words](crate::Decode::words)). One that may need more than is left waits, but never
/// for an empty batch.
///
/// Greedy windows of large-v2, which has the most heads, take 31 MB each at most: sixteen have room, or six with five beams.
const MOST_LOOKS: usize = 1 << 30;

/// Windows that wait, and those that are being decoded: one token each per step. Where one is done, the next takes its slot at once.
///
/// What becomes of a window doesn't depend on the others, nor on when it came.
#[derive(Debug)]
pub struct Batch<'a, B> {
    backend: B,
    model: &'a Model,
    waiting: VecDeque<Active>,
    slots: Vec<Option<Active>>,
    /// 0, 1, 2, …: the lines of a window's first hypothesis.
    places: Vec<u16>,
    scores: Scores,
}

impl<'a, B: Backend> Batch<'a, B> {
    /// With as many slots as the backend, which computes this model, has.
    pub fn new(backend: B, model: &'a Model) -> Self {
        let slots = std::iter::repeat_with(|| None).take(backend.slots()).collect();
        let places = (0..u16::try_from(model.shape().text_context).unwrap_or(u16::MAX)).collect();
        let (waiting, scores) = (VecDeque::new(), Scores::default());
        Self { backend, model, waiting, slots, places, scores }
    }

    /// Adds a window to those that wait.
    ///
    /// # Errors
    /// [`Error::Language`] and [`Error::CannotTranslate`] where the model can't do what is asked, [`Error::Spectrogram`] where another model's front end made
    /// the spectrogram.
    pub fn push(&mut self, window: Window) -> Result<(), Error> {
        let active = self.active(window)?;
        self.waiting.push_back(active);
        Ok(())
    }

    /// As [`push`](Self::push), for a window that somebody waits for: it goes before those that wait, and the others' tokens wait until it is done.
    ///
    /// # Errors
    /// As there.
    pub fn push_urgent(&mut self, window: Window) -> Result<(), Error> {
        let mut active = self.active(window)?;
        active.urgent = true;
        let place = self.waiting.iter().position(|waiting| !waiting.urgent).unwrap_or(self.waiting.len());
        self.waiting.insert(place, active);
        Ok(())
    }

    fn active(&self, window: Window) -> Result<Active, Error> {
        self.model.mels().check(&window.mel)?;
        Active::new(window, self.model.vocabulary(), self.places.len())
    }

    /// Takes a window back, wherever it is. It gives no result.
    pub fn cancel(&mut self, id: u64) {
        self.waiting.retain(|active| active.window.id != id);
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if slot.as_ref().is_some_and(|active| active.window.id == id) {
                *slot = None;
                self.backend.forget(at);
            }
        }
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.free() == self.slots.len()
    }

    /// What computes.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Slots without a window: so many more could be begun at once, where their word times have room.
    pub fn free(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_none()).count()
    }

    /// One token for every window under way, or for the urgent ones alone; encodes those that have just got a slot. Gives the windows that are done with
    /// it.
    ///
    /// # Errors
    /// For a window alone [`Error::NoNumbers`]: it is done as well, and the others go on.
    pub fn step(&mut self) -> Vec<Result<Heard, Error>> {
        self.fill();
        if self.free() == self.slots.len() {
            return Vec::new();
        }
        let urgent = self.slots.iter().flatten().any(|active| active.urgent);
        let goes_on = |active: &Active| active.urgent || !urgent;
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (slot, active) in self.slots.iter().enumerate() {
            if let Some(active) = active.as_ref().filter(|active| goes_on(active)) {
                active.rows(slot, &self.places, &mut rows);
            }
        }
        self.backend.step(&rows, &mut self.scores);
        let (isa, vocabulary) = (self.backend.isa(), self.model.vocabulary());
        let mut first = 0;
        let mut done = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let Some(active) = slot.as_mut().filter(|active| goes_on(active)) else { continue };
            first += active.take(isa, vocabulary, &mut self.scores, first);
            let Some(heard) = active.result(isa, &self.backend, at) else { continue };
            self.backend.forget(at);
            let settled = heard.map(|heard| active.settle(heard, vocabulary)).transpose();
            if let Some(heard) = settled {
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
        let look_bytes = self.backend.look_bytes();
        let bytes = |active: &Active| active.most_looks().saturating_mul(look_bytes);
        let mut held = self.slots.iter().flatten().map(bytes).fold(0, usize::saturating_add);
        let mut new = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
            let Some(next) = self.waiting.front() else { break };
            let together = held.saturating_add(bytes(next));
            if held > 0 && together > MOST_LOOKS {
                break;
            }
            held = together;
            *slot = self.waiting.pop_front();
            new.push(at);
        }
        let mels = |at: &usize| Some((*at, &self.slots.get(*at)?.as_ref()?.window.mel));
        let windows: Vec<(usize, &Mel)> = new.iter().filter_map(mels).collect();
        if !windows.is_empty() {
            self.backend.encode(&windows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mel::{BINS, MelMaker};
    use crate::{Cpu, Decode, Numbers};
    use kernels::Isa;
    use std::path::Path;
    use std::sync::LazyLock;

    static MODEL: LazyLock<Model> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/fixture-q8.bin");
        Model::open(&path, Numbers::Fast).unwrap()
    });

    fn window(id: u64, words: bool) -> Window {
        let decode = Decode { words, most_tokens: 4, ..Decode::default() };
        Window { id, mel: MODEL.mels().mel(&[]), decode }
    }

    /// A backend without arithmetic, that notes so much of each line.
    struct Nothing {
        look_bytes: usize,
        forgotten: Vec<usize>,
    }

    impl Backend for Nothing {
        fn slots(&self) -> usize {
            4
        }

        fn encode(&mut self, _windows: &[(usize, &Mel)]) {}

        fn step(&mut self, rows: &[Row<'_>], scores: &mut Scores) {
            let asked = rows.iter().filter(|row| row.scored).count();
            scores.room(asked, MODEL.shape().vocabulary).fill(0.5);
        }

        fn looks(&self, _slot: usize, _line: u16) -> &[f32] {
            &[]
        }

        fn heads(&self) -> usize {
            1
        }

        fn look_bytes(&self) -> usize {
            self.look_bytes
        }

        fn forget(&mut self, slot: usize) {
            self.forgotten.push(slot);
        }

        fn isa(&self) -> Isa {
            Isa::fastest()
        }
    }

    #[test]
    fn windows_whose_looks_have_no_room_wait_and_all_get_done() {
        let most_lines = Active::new(window(0, true), MODEL.vocabulary(), 448).unwrap().most_looks();
        for (look_bytes, words, at_once) in [
            (0, true, 4),
            (MOST_LOOKS / most_lines / 4, true, 4),
            (MOST_LOOKS / most_lines / 2, true, 2),
            // Too large for all the room there is, and still done.
            (MOST_LOOKS, true, 1),
            (usize::MAX, true, 1),
            (usize::MAX, false, 4),
        ] {
            let mut batch = Batch::new(Nothing { look_bytes, forgotten: Vec::new() }, &MODEL);
            for id in 0..6 {
                batch.push(window(id, words)).unwrap();
            }
            let mut done = batch.step();
            assert_eq!(4 - batch.free(), at_once, "{look_bytes} bytes a line");
            done.extend(batch.finish());
            assert_eq!(done.len(), 6);
            assert_eq!(batch.backend.forgotten.len(), 6, "what was noted for a window goes with it");
        }
    }

    #[test]
    fn looks_are_no_more_than_was_reckoned_with_and_go_with_the_window() {
        let mut batch = Batch::new(Cpu::new(&MODEL, 1), &MODEL);
        let Window { id, mel, decode } = window(0, true);
        batch.push(Window { id, mel, decode: Decode { beams: 3, ..decode } }).unwrap();
        let looks = |batch: &Batch<'_, Cpu<'_>>| {
            let looks = (0..u16::MAX).map(|line| batch.backend.looks(0, line)).filter(|look| !look.is_empty());
            looks.map(size_of_val).fold((0, 0), |(count, bytes), look| (count + 1, bytes + look))
        };
        let mut most = 0;
        while batch.step().is_empty() {
            let (lines, bytes) = looks(&batch);
            most = most.max(lines);
            assert_eq!(bytes, lines * batch.backend.look_bytes());
            let reckoned = batch.slots.iter().flatten().map(Active::most_looks).sum();
            assert!(lines <= reckoned, "{lines} of {reckoned}");
        }
        assert!(most > 0);
        assert_eq!(looks(&batch), (0, 0));
    }

    #[test]
    fn spectrograms_of_another_models_size_are_refused() {
        let mut batch = Batch::new(Cpu::new(&MODEL, 1), &MODEL);
        for (bands, frames) in [(128, 3_000), (80, 2_998), (80, 4)] {
            let mel = MelMaker::new(&vec![0.1; bands * BINS], frames).mel(&[0.5; 1_600]);
            assert!(batch.backend.features(&mel).iter().all(|feature| *feature == 0.0));
            let error = batch.push(Window { mel, ..window(0, false) }).unwrap_err().to_string();
            assert_eq!(error, format!("a spectrogram of {frames} frames and {bands} bands is another model's"));
        }
        assert!(batch.is_idle());
    }
}
