//! A model, ready to compute.

use crate::alignment;
use crate::decoder::Decoder;
use crate::encoder::Encoder;
use crate::ggml::{Head, ModelFile, Shape};
use crate::mel::MelMaker;
use crate::pieces::Pieces;
use crate::{Error, Numbers, Vocabulary};
use kernels::Isa;
use std::path::Path;

/// The weights of a model, its tokens and its front end. Read-only: threads share it.
pub struct Model {
    shape: Shape,
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
    numbers: Numbers,
    vocabulary: Vocabulary,
    mels: MelMaker,
    isa: Isa,
}

impl Model {
    /// Loads a model from a file of whisper.cpp's, to be computed in these numbers. The file isn't needed any more after that.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be read, [`Error::Broken`] where it is not whole, [`Error::Isa`] where `HEARSAY_ISA` names no instructions of this
    /// processor's.
    pub fn open(path: &Path, numbers: Numbers) -> Result<Self, Error> {
        let isa = Isa::chosen()?;
        let file = ModelFile::open(path)?;
        let pieces = Pieces::of_file(&file, isa, numbers)?;
        Self::of_pieces(file.into_head(), pieces, numbers, isa)
    }

    pub(crate) fn of_pieces(head: Head, mut pieces: Pieces, numbers: Numbers, isa: Isa) -> Result<Self, Error> {
        let Head { shape, filters, words, .. } = head;
        let vocabulary = Vocabulary::new(&shape, words);
        let mels = MelMaker::new(&filters, shape.audio_context * 2);
        let encoder = Encoder::load(&mut pieces, &shape, numbers)?;
        let decoder = Decoder::load(&mut pieces, &shape, numbers, alignment::heads(&shape))?;
        Ok(Self { shape, encoder, decoder, numbers, vocabulary, mels, isa })
    }

    /// How large it is.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What it is computed with if nothing else is said: what [`Isa::chosen`] gave when it was opened.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The memory that a window takes while it is decoded greedily, at most: the keys and values of its sound and of its text, and where the alignment heads
    /// looked.
    pub fn slot_bytes(&self) -> usize {
        let shape = &self.shape;
        let sound = 2 * shape.audio_context * shape.width * self.numbers.sound_bytes();
        let text = 2 * shape.text_context * shape.width * size_of::<f32>();
        let looks = shape.text_context * shape.audio_context * self.decoder.alignment.len() * size_of::<f32>();
        shape.text_layers * (sound + text) + looks
    }

    /// Its tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Its front end.
    pub fn mels(&self) -> &MelMaker {
        &self.mels
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("shape", &self.shape).finish_non_exhaustive()
    }
}
