//! Echoes are taken out of a microphone's sound, and sound without an echo comes back as it was.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_precision_loss, reason = "tests of figures")]

use speech::RATE;
use speech::echo::clean;
use testkit::{Room, fixture, sound, speech_level};

const CONTEXT_S: usize = 30;
const BLOCK_S: usize = 60;

fn day(name: &str) -> Vec<f32> {
    sound::read_wav(&fixture(&format!("days/{name}.wav"))).unwrap().0
}

fn power(sound: &[f32]) -> f64 {
    sound.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / sound.len() as f64
}

fn all_cleaned(mic: &[f32], reference: &[f32]) -> (Vec<f32>, usize) {
    let mut out = Vec::new();
    let mut touched = 0;
    for start in (0..mic.len()).step_by(BLOCK_S * RATE) {
        let from = start.saturating_sub(CONTEXT_S * RATE);
        let to = (start + BLOCK_S * RATE).min(mic.len());
        let cleaned = clean(&mic[from..to], &reference[from..to], start - from..to - from);
        touched += usize::from(cleaned.samples.is_some());
        out.extend(cleaned.samples.unwrap_or_else(|| mic[start..to].to_vec()));
    }
    (out, touched)
}

#[test]
fn probe() {
    for name in ["standup", "call"] {
        let (near, far) = (day(&format!("{name}.mic")), day(&format!("{name}.loopback")));
        for rotate in [0, 0, 3, 9] {
            let mut far = far.clone();
            far.rotate_right(rotate * RATE);
            let t = std::time::Instant::now();
            let (out, touched) = all_cleaned(&near, &far);
            assert_eq!(out.len(), near.len());
            println!(
                "{name} rotated {rotate}: no echo, touched {touched}, {:.0} x",
                near.len() as f64 / RATE as f64 / t.elapsed().as_secs_f64()
            );
        }
        for (sir, delay_ms, drift_ppm, rotate) in [
            (0.0, 3.0, 0.0, 0),
            (0.0, 40.0, 50.0, 0),
            (6.0, 120.0, -50.0, 0),
            (12.0, 3.0, 50.0, 0),
            (0.0, 40.0, 0.0, 3),
            (0.0, 40.0, 50.0, 3),
            (12.0, 120.0, -50.0, 3),
        ] {
            let mut far = far.clone();
            far.rotate_right(rotate * RATE);
            let room = Room { delay_ms, drift_ppm, reverberation_ms: 300.0, seed: 5 };
            let mut echo = room.hear(&far);
            let gain = speech_level(&near) / speech_level(&echo) / 10f32.powf(sir / 20.0);
            echo.iter_mut().for_each(|s| *s *= gain);
            let mic: Vec<f32> = near.iter().zip(&echo).map(|(n, e)| n + e).collect();
            let t = std::time::Instant::now();
            let (out, touched) = all_cleaned(&mic, &far);
            let x = near.len() as f64 / RATE as f64 / t.elapsed().as_secs_f64();
            let left: Vec<f32> = out.iter().zip(&near).map(|(o, n)| o - n).collect();
            let erle: Vec<String> = (0..mic.len())
                .step_by(15 * RATE)
                .map(|a| {
                    let b = (a + 15 * RATE).min(mic.len());
                    format!("{:.0}", 10.0 * (power(&echo[a..b]) / power(&left[a..b])).log10())
                })
                .collect();
            println!(
                "{name} sir {sir} delay {delay_ms} drift {drift_ppm} rotate {rotate}: touched {touched} ERLE {:.1} by 15 s {} ; {x:.0} x",
                10.0 * (power(&echo) / power(&left)).log10(),
                erle.join(" ")
            );
        }
    }
}
