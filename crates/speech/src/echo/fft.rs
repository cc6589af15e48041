use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Real sound to spectra of one length and back, with its scratch space.
pub(super) struct Fft {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex32>,
    scale: f32,
}

impl Fft {
    #[expect(clippy::cast_precision_loss, reason = "lengths are below 2^24")]
    pub(super) fn new(len: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(len), planner.plan_fft_inverse(len));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self { forward, inverse, scratch: vec![Complex32::default(); scratch], scale: 1.0 / len as f32 }
    }

    /// How many samples a spectrum is made of.
    pub(super) fn len(&self) -> usize {
        self.forward.len()
    }

    /// How many values a spectrum has.
    pub(super) fn bins(&self) -> usize {
        self.len() / 2 + 1
    }

    /// `sound` to `spectrum`; `sound` is used up.
    pub(super) fn forward(&mut self, sound: &mut [f32], spectrum: &mut [Complex32]) {
        let scratch = self.scratch.get_mut(..self.forward.get_scratch_len()).unwrap_or_default();
        // It fails only where a length is not the plan's.
        if self.forward.process_with_scratch(sound, spectrum, scratch).is_err() {
            spectrum.fill(Complex32::default());
        }
    }

    /// `spectrum` to `sound`, scaled so that there and back changes nothing; `spectrum` is used up.
    pub(super) fn inverse(&mut self, spectrum: &mut [Complex32], sound: &mut [f32]) {
        // The first and the last value of a real sound's spectrum are real; rounding may have left a trace.
        for edge in [0, self.bins() - 1] {
            if let Some(value) = spectrum.get_mut(edge) {
                value.im = 0.0;
            }
        }
        let scratch = self.scratch.get_mut(..self.inverse.get_scratch_len()).unwrap_or_default();
        if self.inverse.process_with_scratch(spectrum, sound, scratch).is_err() {
            sound.fill(0.0);
        }
        for sample in sound {
            *sample *= self.scale;
        }
    }
}

impl std::fmt::Debug for Fft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fft").field("len", &self.len()).finish_non_exhaustive()
    }
}
