//! Echoes are taken out of a microphone's sound, and sound without an echo comes back as it was.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests of figures")]

use speech::RATE;
use speech::echo::clean;
use testkit::{Room, fixture, sound, speech_level};

/// As the worker cleans: blocks of a minute, with half a minute before each.
const CONTEXT: usize = 30 * RATE;
const BLOCK: usize = 60 * RATE;
/// What is to be taken out of an echo at least, in decibels, over the whole conversation.
const TAKEN_AT_LEAST_DB: f64 = 20.0;

fn day(name: &str) -> Vec<f32> {
    sound::read_wav(&fixture(&format!("days/{name}.wav"))).unwrap().0
}

fn power(sound: impl Iterator<Item = f32>) -> f64 {
    sound.map(|sample| f64::from(sample).powi(2)).sum()
}

/// The whole of it block by block, and how many blocks were touched.
fn all_cleaned(mic: &[f32], reference: &[f32]) -> (Vec<f32>, usize) {
    let (mut out, mut touched) = (Vec::new(), 0);
    for start in (0..mic.len()).step_by(BLOCK) {
        let (from, to) = (start.saturating_sub(CONTEXT), (start + BLOCK).min(mic.len()));
        let cleaned = clean(&mic[from..to], &reference[from..to], start - from..to - from);
        touched += usize::from(cleaned.samples.is_some());
        out.extend(cleaned.samples.unwrap_or_else(|| mic[start..to].to_vec()));
    }
    (out, touched)
}

#[test]
fn with_headphones_or_a_silent_loopback_nothing_is_touched() {
    for name in ["standup", "call"] {
        let (near, far) = (day(&format!("{name}.mic")), day(&format!("{name}.loopback")));
        for turned_s in [0, 3, 9] {
            let mut far = far.clone();
            far.rotate_right(turned_s * RATE);
            let (out, touched) = all_cleaned(&near, &far);
            assert_eq!(touched, 0, "{name}, turned by {turned_s} s");
            assert!(out == near, "bit for bit");
        }
        let (out, touched) = all_cleaned(&near, &vec![0.0; near.len()]);
        assert!(touched == 0 && out == near);
    }
}

#[test]
fn an_echo_is_taken_out_also_while_somebody_speaks_and_the_same_each_time() {
    let (near, mut far) = (day("standup.mic"), day("standup.loopback"));
    // Both speak at once.
    far.rotate_right(3 * RATE);
    for (sir_db, delay_ms, drift_ppm) in [(0.0, 3.0, 50.0), (6.0, 40.0, 0.0), (12.0, 120.0, -50.0)] {
        let echo = Room { delay_ms, drift_ppm, reverberation_ms: 300.0, seed: 5 }.hear(&far);
        let gain = speech_level(&near) / speech_level(&echo) / 10_f32.powf(sir_db / 20.0);
        let echo: Vec<f32> = echo.iter().map(|sample| gain * sample).collect();
        let mic: Vec<f32> = near.iter().zip(&echo).map(|(near, echo)| near + echo).collect();
        let (out, touched) = all_cleaned(&mic, &far);
        let left = power(out.iter().zip(&near).map(|(out, near)| out - near));
        let taken_db = 10.0 * (power(echo.iter().copied()) / left).log10();
        println!("{sir_db} dB, {delay_ms} ms, {drift_ppm} ppm: {touched} blocks touched, {taken_db:.1} dB taken out");
        assert!(taken_db >= TAKEN_AT_LEAST_DB, "{taken_db:.1} dB");
        assert!(out == all_cleaned(&mic, &far).0, "a function of the sound");
    }
}
