//! WAV files as samples, and where one sound lies in another.

use crate::TestkitError;
use std::path::Path;

/// Frames that are averaged into one for the first, rough search.
const COARSE: usize = 8;

/// Where a sound was found in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The frame of the longer sound at which the shorter one begins.
    pub at: usize,
    /// How alike they are there: 1 is the same up to loudness, 0 has nothing in common.
    pub alike: f64,
}

/// Reads a mono WAV file with 16-bit samples: its frames (±1) and rate.
///
/// # Errors
/// [`TestkitError::File`] where it isn't one.
pub fn read_wav(path: &Path) -> Result<(Vec<f32>, u32), TestkitError> {
    let mut reader = hound::WavReader::open(path).map_err(|error| TestkitError::file(path, error))?;
    let spec = reader.spec();
    if spec.channels != 1 || spec.bits_per_sample != 16 {
        return Err(TestkitError::file(path, format!("not mono with 16 bits: {spec:?}")));
    }
    let samples: Result<Vec<f32>, _> =
        reader.samples::<i16>().map(|sample| sample.map(|sample| f32::from(sample) / 32768.0)).collect();
    Ok((samples.map_err(|error| TestkitError::file(path, error))?, spec.sample_rate))
}

/// Where in `long` the sound `short` lies: where their normalised correlation is largest. `None` where it is longer.
pub fn find(short: &[f32], long: &[f32]) -> Option<Found> {
    let (rough_short, rough_long) = (coarse(short), coarse(long));
    let rough = best(&rough_short, &rough_long, 0..rough_long.len().checked_sub(rough_short.len())? + 1)?;
    let around = (rough.at * COARSE).saturating_sub(2 * COARSE)..(rough.at + 2) * COARSE + 1;
    best(short, long, around)
}

#[expect(clippy::cast_precision_loss, reason = "8")]
fn coarse(sound: &[f32]) -> Vec<f32> {
    sound.chunks_exact(COARSE).map(|frames| frames.iter().sum::<f32>() / COARSE as f32).collect()
}

fn best(short: &[f32], long: &[f32], at: std::ops::Range<usize>) -> Option<Found> {
    let found = at.filter_map(|at| {
        let there = long.get(at..at + short.len())?;
        Some(Found { at, alike: alike(short, there) })
    });
    found.max_by(|a, b| a.alike.total_cmp(&b.alike))
}

/// The normalised correlation of two sounds of one length.
fn alike(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| -> f64 {
        // Blocks in f32, which compilers vectorise; their sums in f64.
        let blocks = x.chunks(256).zip(y.chunks(256));
        blocks.map(|(x, y)| f64::from(x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>())).sum()
    };
    let energy = dot(a, a) * dot(b, b);
    if energy > 0.0 { dot(a, b) / energy.sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_found_to_the_frame_and_a_strange_one_is_not() {
        let mut state = 1u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(i16::from_le_bytes([state.to_le_bytes()[2], state.to_le_bytes()[3]])) / 65_536.0
        };
        let long: Vec<f32> = (0..40_000).map(|_| noise()).collect();
        let quiet: Vec<f32> = long[12_345..28_345].iter().map(|sample| sample * 0.1).collect();
        let found = find(&quiet, &long).unwrap();
        assert_eq!(found.at, 12_345);
        assert!(found.alike > 0.9999, "{found:?}");
        let strange: Vec<f32> = (0..16_000).map(|_| noise()).collect();
        assert!(find(&strange, &long).unwrap().alike < 0.1);
        assert_eq!(find(&long, &quiet), None);
    }
}
