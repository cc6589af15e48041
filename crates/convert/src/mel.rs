//! The mel filters that Whisper hears through.
//!
//! They are those of librosa's `filters.mel(sr=16000, n_fft=400, n_mels=…)`: triangles on Slaney's scale, each of equal area, which
//! openai-whisper ships in `mel_filters.npz`. Computed here in the same steps and roundings, they are the same to the last bit.

/// Frequencies of a spectrum of 400 samples.
pub(crate) const BINS: usize = 201;
const RATE: f64 = 16_000.0;

/// Slaney's scale is linear up to here, with a mel per 200/3 Hz,
const LINEAR_TO_HZ: f64 = 1_000.0;
const HZ_PER_MEL: f64 = 200.0 / 3.0;

/// `bands` filters over 201 frequencies from 0 to 8 kHz, one filter after the other.
pub fn mel_filters(bands: usize) -> Vec<f32> {
    let most = mel(RATE / 2.0);
    let steps = bands + 1;
    let edges: Vec<f64> =
        (0..bands + 2).map(|at| hertz(if at == steps { most } else { float(at) * (most / float(steps)) })).collect();
    let mut filters = Vec::with_capacity(bands * BINS);
    for edge in edges.windows(3) {
        let &[low, middle, high] = edge else { continue };
        let area = 2.0 / (high - low);
        filters.extend((0..BINS).map(|bin| {
            let frequency = float(bin) * (RATE / 400.0);
            let (rise, fall) = (-(low - frequency) / (middle - low), (high - frequency) / (high - middle));
            let triangle = if rise < fall { rise } else { fall };
            // librosa keeps the triangle in 32 bits before it is scaled. Its very first zero is a negative one.
            single(f64::from(single(if triangle < 0.0 { 0.0 } else { triangle })) * area)
        }));
    }
    filters
}

fn mel(hertz: f64) -> f64 {
    if hertz < LINEAR_TO_HZ {
        hertz / HZ_PER_MEL
    } else {
        LINEAR_TO_HZ / HZ_PER_MEL + libm::log(hertz / LINEAR_TO_HZ) / step()
    }
}

fn hertz(mel: f64) -> f64 {
    let linear_to = LINEAR_TO_HZ / HZ_PER_MEL;
    if mel < linear_to { mel * HZ_PER_MEL } else { LINEAR_TO_HZ * libm::exp(step() * (mel - linear_to)) }
}

/// and above it logarithmic, with 27 mels to a factor of 6.4.
fn step() -> f64 {
    libm::log(6.4) / 27.0
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
fn float(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to 32 bits is what is meant")]
fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_filters_are_those_that_openai_ships_to_the_last_bit() {
        // SHA-256 over the arrays of mel_filters.npz in openai-whisper 20250625, as little-endian 32-bit floats.
        for (bands, sum) in [
            (80, "4f2701b1d287d74a0dc9871026e9519d98cb76426615f2539b0d151a0ae4ec2e"),
            (128, "2a5f9822897750e047c85dea37cc268d3be0ecfd23c28a5f10da129d99d05afe"),
        ] {
            let filters = mel_filters(bands);
            assert_eq!(filters.len(), bands * BINS);
            let bytes: Vec<u8> = filters.iter().flat_map(|filter| filter.to_le_bytes()).collect();
            assert_eq!(format!("{:x}", Sha256::digest(&bytes)), sum, "{bands} bands");
        }
    }
}
