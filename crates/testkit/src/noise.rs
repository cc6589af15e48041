//! Sound without speech: what fills most hours of a day, made from a seed.

use crate::Chance;
use std::f64::consts::TAU;

/// Frames per second.
const RATE: f64 = 16_000.0;

/// A kind of sound in which nobody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Zeros, as from a muted device.
    DigitalSilence,
    /// A quiet room: pink noise at -55 dBFS.
    Room,
    /// A loud one: pink noise at -35 dBFS.
    LoudRoom,
    /// Mains hum at 50 Hz with its overtones over a little hiss.
    Hum,
    /// A fan: low noise whose loudness goes round with the blades, and their tone.
    Fan,
    /// Somebody types: clicks of a few milliseconds, several a second, in bursts.
    Keyboard,
    /// Crickets and birds: pulses and sweeps between 2 and 6 kHz.
    Chirps,
    /// Music without voices: chords with overtones, struck and fading.
    Chords,
    /// A line that drops out: noise that is cut off and comes back at random.
    Dropouts,
    /// White noise at -40 dBFS: a bad preamplifier.
    Hiss,
}

impl Noise {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::DigitalSilence,
        Self::Room,
        Self::LoudRoom,
        Self::Hum,
        Self::Fan,
        Self::Keyboard,
        Self::Chirps,
        Self::Chords,
        Self::Dropouts,
        Self::Hiss,
    ];

    /// So many frames of it at 16 kHz; the same seed gives the same sound.
    pub fn frames(self, len: usize, seed: u64) -> Vec<f32> {
        let mut chance = Chance::new(seed ^ (0x5011_ABCD * (1 + self as u64)));
        let sound = match self {
            Self::DigitalSilence => vec![0.0; len],
            Self::Room => pink(len, -55.0, &mut chance),
            Self::LoudRoom => pink(len, -35.0, &mut chance),
            Self::Hum => hum(len, &mut chance),
            Self::Fan => fan(len, &mut chance),
            Self::Keyboard => keyboard(len, &mut chance),
            Self::Chirps => chirps(len, &mut chance),
            Self::Chords => chords(len, &mut chance),
            Self::Dropouts => dropouts(len, &mut chance),
            Self::Hiss => white(len, -40.0, &mut chance),
        };
        sound.into_iter().map(quantised).collect()
    }
}

/// As a 16-bit file keeps it.
#[expect(clippy::cast_possible_truncation, reason = "clamped to ±1")]
fn quantised(value: f64) -> f32 {
    ((value.clamp(-1.0, 1.0) * 32_767.0).round() / 32_768.0) as f32
}

/// Between 0 and 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
fn unit(chance: &mut Chance) -> f64 {
    (chance.any() >> 11) as f64 / (1_u64 << 53) as f64
}

fn between(chance: &mut Chance, from: f64, to: f64) -> f64 {
    from + (to - from) * unit(chance)
}

/// Amplitude of a level in dBFS.
fn level(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// Seconds to frames.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a test")]
fn frames(seconds: f64) -> usize {
    (seconds.max(0.0) * RATE) as usize
}

#[expect(clippy::cast_precision_loss, reason = "frames of a test")]
fn seconds(frame: usize) -> f64 {
    frame as f64 / RATE
}

/// White noise of that level (RMS).
fn white(len: usize, db: f64, chance: &mut Chance) -> Vec<f64> {
    // Evenly distributed between ±√3 has the power 1.
    (0..len).map(|_| between(chance, -1.0, 1.0) * 3.0_f64.sqrt() * level(db)).collect()
}

/// Pink noise of that level (RMS): Paul Kellet's three poles.
fn pink(len: usize, db: f64, chance: &mut Chance) -> Vec<f64> {
    let mut poles = [0.0; 3];
    let mut sound: Vec<f64> = (0..len)
        .map(|_| {
            let white = between(chance, -1.0, 1.0);
            poles[0] = 0.997_65 * poles[0] + white * 0.099_046;
            poles[1] = 0.963 * poles[1] + white * 0.296_516_4;
            poles[2] = 0.57 * poles[2] + white * 1.052_691_3;
            poles.iter().sum::<f64>() + white * 0.1848
        })
        .collect();
    scale(&mut sound, db);
    sound
}

/// Brings a sound to a level (RMS).
fn scale(sound: &mut [f64], db: f64) {
    let power: f64 = sound.iter().map(|sample| sample * sample).sum::<f64>() / seconds(sound.len().max(1)) / RATE;
    let gain = level(db) / power.sqrt().max(1e-12);
    for sample in sound {
        *sample *= gain;
    }
}

fn add(sound: &mut [f64], at: usize, other: impl Iterator<Item = f64>) {
    sound.iter_mut().skip(at).zip(other).for_each(|(sound, other)| *sound += other);
}

fn hum(len: usize, chance: &mut Chance) -> Vec<f64> {
    let mut sound = pink(len, -62.0, chance);
    for (overtone, db) in [(1.0, -36.0), (2.0, -42.0), (3.0, -44.0), (4.0, -54.0), (5.0, -50.0), (7.0, -56.0)] {
        let phase = between(chance, 0.0, TAU);
        let tone = move |frame| level(db) * 1.414 * (TAU * 50.0 * overtone * seconds(frame) + phase).sin();
        add(&mut sound, 0, (0..len).map(tone));
    }
    sound
}

fn fan(len: usize, chance: &mut Chance) -> Vec<f64> {
    let mut low = 0.0;
    let mut sound = white(len, 0.0, chance);
    for (frame, sample) in sound.iter_mut().enumerate() {
        low += 0.06 * (*sample - low);
        *sample = low * (1.0 + 0.3 * (TAU * 23.0 * seconds(frame)).sin());
    }
    scale(&mut sound, -40.0);
    add(&mut sound, 0, (0..len).map(|frame| level(-56.0) * (TAU * 161.0 * seconds(frame)).sin()));
    sound
}

fn keyboard(len: usize, chance: &mut Chance) -> Vec<f64> {
    let mut sound = pink(len, -58.0, chance);
    let mut at = 0;
    while at < len {
        let loud = level(between(chance, -32.0, -16.0));
        let ring = between(chance, 1_500.0, 4_500.0);
        let click: Vec<f64> = (0..frames(0.03))
            .map(|frame| {
                let t = seconds(frame);
                let body = 0.5 * (TAU * ring * t).sin() + between(chance, -1.0, 1.0);
                loud * body * (-t / 0.004).exp()
            })
            .collect();
        add(&mut sound, at, click.into_iter());
        // A word's worth of keys, then a thought.
        let wait = if chance.below(9) == 0 { between(chance, 0.6, 4.0) } else { between(chance, 0.06, 0.25) };
        at += frames(wait);
    }
    sound
}

fn chirps(len: usize, chance: &mut Chance) -> Vec<f64> {
    let mut sound = pink(len, -60.0, chance);
    let mut at = 0;
    while at < len {
        let cricket = chance.below(2) == 0;
        let (loud, base) = (level(between(chance, -38.0, -24.0)), between(chance, 2_200.0, 4_800.0));
        let pulses = 3 + chance.below(5);
        for _ in 0..pulses {
            let length = if cricket { 0.018 } else { between(chance, 0.05, 0.15) };
            let sweep = if cricket { 0.0 } else { between(chance, -9_000.0, 9_000.0) };
            let tone = |frame| {
                let t = seconds(frame);
                let envelope = (std::f64::consts::PI * t / length).sin().max(0.0);
                loud * envelope * (TAU * (base + sweep * t / 2.0) * t).sin()
            };
            add(&mut sound, at, (0..frames(length)).map(tone));
            at += frames(length + if cricket { 0.022 } else { between(chance, 0.02, 0.1) });
        }
        at += frames(between(chance, 0.3, 2.5));
    }
    sound
}

fn chords(len: usize, chance: &mut Chance) -> Vec<f64> {
    const STEPS: [[f64; 3]; 4] = [[0.0, 4.0, 7.0], [0.0, 3.0, 7.0], [0.0, 5.0, 9.0], [0.0, 4.0, 10.0]];
    let mut sound = pink(len, -65.0, chance);
    let mut at = 0;
    while at < len {
        let root = 110.0 * 2.0_f64.powf(between(chance, 0.0, 24.0).floor() / 12.0);
        let chord = STEPS.get(usize::try_from(chance.below(4)).unwrap_or(0)).copied().unwrap_or_default();
        let (loud, length) = (level(between(chance, -34.0, -22.0)), between(chance, 0.4, 2.4));
        for step in chord {
            let pitch = root * 2.0_f64.powf(step / 12.0);
            let tone = |frame| {
                let t = seconds(frame);
                let envelope = (t / 0.01).min(1.0) * (-t / 0.8).exp();
                let voice: f64 = (1..6).map(|n| (TAU * pitch * f64::from(n) * t).sin() / f64::from(n * n)).sum();
                loud * envelope * voice
            };
            add(&mut sound, at, (0..frames(length + 1.0)).map(tone));
        }
        at += frames(length);
    }
    sound
}

fn dropouts(len: usize, chance: &mut Chance) -> Vec<f64> {
    let mut sound = pink(len, -42.0, chance);
    let mut at = 0;
    while at < len {
        let there = frames(between(chance, 0.02, 3.0));
        let gone = frames(between(chance, 0.005, 0.8));
        sound.iter_mut().skip(at + there).take(gone).for_each(|sample| *sample = 0.0);
        at += there + gone;
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noises_are_there_differ_and_are_the_same_again() {
        let rms = |sound: &[f32]| {
            let power: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
            10.0 * (power / seconds(sound.len()) / RATE).log10()
        };
        for noise in Noise::ALL {
            let sound = noise.frames(160_000, 1);
            assert_eq!(sound.len(), 160_000);
            assert_eq!(sound, noise.frames(160_000, 1));
            if noise != Noise::DigitalSilence {
                assert_ne!(sound, noise.frames(160_000, 2), "{noise:?}");
                assert!((-70.0..-20.0).contains(&rms(&sound)), "{noise:?} at {} dBFS", rms(&sound));
            }
        }
        assert!((rms(&Noise::Room.frames(160_000, 1)) + 55.0).abs() < 0.5);
    }
}
