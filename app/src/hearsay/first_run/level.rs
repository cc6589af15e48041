//! What a device delivers, for three seconds. Opening one may hang with the sound system, so a thread does it (`hs-level`), which
//! is left alone where it doesn't answer.

use super::questions::Questions;
use anyhow::{Context as _, Result};
use capture::{Device, Source};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// How long is listened; a test has nothing to say.
const LISTEN_MICROS: i64 = if cfg!(test) { 200_000 } else { 3_000_000 };
/// How long a device may take to be opened.
const PATIENCE: Duration = Duration::from_secs(5);
/// Levels are shown so often.
const SHOW_EVERY: Duration = Duration::from_millis(100);
/// What is below counts as silence: a microphone that is on has noise of its own above it.
const SILENT_DB: f32 = -80.0;
/// Characters of the bar, and the level at which it is empty.
const BAR: usize = 24;
const FLOOR_DB: f32 = -60.0;
/// Levels that may wait to be shown.
const WAITING: usize = 64;

/// What came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Heard {
    /// Sound, and its loudest sample.
    Sound { peak_db: f32 },
    /// Samples, and nothing in them.
    Silence,
    /// Not one sample.
    Nothing,
}

/// Listens to a device, and shows how loud it is.
pub(super) fn test(source: &Arc<dyn Source>, device: &Device, call: &str, questions: &mut Questions) -> Result<Heard> {
    questions.say(&format!("Listening to {} for 3 s: {call}", device.name))?;
    let (send, peaks) = sync_channel(WAITING);
    let (source, device) = (Arc::clone(source), device.clone());
    let listen = move || listen(source.as_ref(), &device, &send);
    std::thread::Builder::new().name("hs-level".into()).spawn(listen).context("cannot start a thread")?;
    let mut loudest: Option<f32> = None;
    // The thread hangs up when it has listened long enough, or when the device can't be opened.
    while let Ok(peak) = peaks.recv_timeout(PATIENCE) {
        loudest = Some(loudest.map_or(peak, |loudest| loudest.max(peak)));
        questions.show(&format!("\r  {}", bar(decibels(peak))))?;
    }
    if loudest.is_some() {
        questions.show("\n")?;
    }
    Ok(match loudest.map(decibels) {
        None => Heard::Nothing,
        Some(peak_db) if peak_db > SILENT_DB => Heard::Sound { peak_db },
        Some(_) => Heard::Silence,
    })
}

/// Sends the loudest sample of every moment in which there were any.
fn listen(source: &dyn Source, device: &Device, peaks: &SyncSender<f32>) {
    let mut opened = match source.open(device) {
        Ok(opened) => opened,
        Err(error) => return tracing::warn!("{error}"),
    };
    let (begun, mut sound) = (SystemClock.boot_micros(), Vec::new());
    while SystemClock.boot_micros() - begun < LISTEN_MICROS {
        std::thread::sleep(SHOW_EVERY);
        let mut peak: Option<f32> = None;
        while opened.intake.next(&mut sound).is_some() {
            let loudest = sound.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
            peak = Some(peak.map_or(loudest, |peak| peak.max(loudest)));
        }
        // Nobody listens any more: then nothing is to be shown.
        if peak.is_some_and(|peak| peaks.send(peak).is_err()) {
            return;
        }
    }
}

fn decibels(peak: f32) -> f32 {
    20.0 * peak.max(1e-6).log10()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 24")]
fn bar(db: f32) -> String {
    let share = ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0);
    let full = (share * BAR as f32).round() as usize;
    format!("▕{}{}▏{db:>5.0} dB", "█".repeat(full), " ".repeat(BAR.saturating_sub(full)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use capture::{FakeSource, Kind};
    use timeline::SampleRate;

    #[test]
    fn sound_silence_and_nothing_are_told_apart() {
        let fake = FakeSource::new();
        fake.plug_in("usb", Kind::Microphone, SampleRate::new(16_000).unwrap(), 1);
        let device = fake.devices().unwrap().remove(0);
        for (sample, expected) in
            [(Some(0.5), Heard::Sound { peak_db: decibels(0.5) }), (Some(0.0), Heard::Silence), (None, Heard::Nothing)]
        {
            let source: Arc<dyn Source> = Arc::new(fake.clone());
            let deliver = || {
                // As soon as it is open.
                while !fake.is_open("usb") {
                    std::thread::sleep(Duration::from_millis(1));
                }
                if let Some(sample) = sample {
                    fake.deliver("usb", &[sample; 160], 0);
                }
            };
            let heard = std::thread::scope(|scope| {
                scope.spawn(deliver);
                test(&source, &device, "speak", &mut Questions::scripted("")).unwrap()
            });
            assert_eq!(heard, expected);
        }
        fake.set_refusing("usb", true);
        let source: Arc<dyn Source> = Arc::new(fake);
        assert_eq!(test(&source, &device, "speak", &mut Questions::scripted("")).unwrap(), Heard::Nothing);
    }

    #[test]
    fn a_bar_is_empty_at_60_db_below_and_full_at_0() {
        assert!(bar(-60.0).contains("▕                        ▏  -60 dB"), "{}", bar(-60.0));
        assert_eq!(bar(0.0).matches('█').count(), BAR);
        assert_eq!(bar(decibels(0.0)).matches('█').count(), 0);
    }
}
