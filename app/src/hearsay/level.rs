//! What a device delivers, for three seconds: before somebody chooses it, in the terminal and in the viewer. Opening one may hang with the
//! sound system, so a thread does it (`hs-level`), which is left alone where it doesn't answer.

use anyhow::{Context as _, Result};
use capture::{CaptureError, Device, Kind, Source};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// How long is listened where somebody speaks.
pub(crate) const LISTEN: Duration = Duration::from_secs(3);
/// How long a device may take to be opened.
const PATIENCE: Duration = Duration::from_secs(5);
/// Levels are told so often.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// What is below counts as silence: a microphone that is on has noise of its own above it.
const SILENT_DB: f32 = -80.0;
/// Levels that may wait to be shown.
const WAITING: usize = 64;

/// What came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Heard {
    /// Sound, and its loudest sample.
    Sound { peak_db: f32 },
    /// Samples, and nothing in them.
    Silence,
    /// Not one sample.
    Nothing,
}

impl Heard {
    /// What it means for a device of this kind.
    pub(crate) fn verdict(self, kind: Kind) -> String {
        match (self, kind) {
            (Self::Sound { peak_db }, _) => format!("It delivers sound: {peak_db:.0} dB at its loudest."),
            (Self::Silence, Kind::Microphone) => {
                "It delivers nothing but silence. Is it muted, or the switch on it off?".to_owned()
            }
            (Self::Silence, Kind::Loopback) => "It is silent, as it should be while nothing plays.".to_owned(),
            (Self::Nothing, Kind::Microphone) => "Nothing came from it. Is another program its owner?".to_owned(),
            (Self::Nothing, Kind::Loopback) => "Nothing came from it, as is usual while nothing plays.".to_owned(),
        }
    }
}

/// Listens to a device for so long, and tells how loud it is, in dB of full scale, every tenth of a second in which anything came.
///
/// # Errors
/// Where it can't be opened, or isn't within five seconds, and what `tell` says.
pub(crate) fn listen(
    source: &Arc<dyn Source>,
    device: &Device,
    length: Duration,
    mut tell: impl FnMut(f32) -> Result<()>,
) -> Result<Heard> {
    let (send, peaks) = sync_channel(WAITING);
    let (source, opened) = (Arc::clone(source), device.clone());
    let gather = move || {
        if let Err(error) = gather(source.as_ref(), &opened, length, &send) {
            // Nobody waits any more where this fails.
            drop(send.send(Err(error)));
        }
    };
    std::thread::Builder::new().name("hs-level".into()).spawn(gather).context("cannot start a thread")?;
    let mut loudest: Option<f32> = None;
    // The thread hangs up when it has listened long enough.
    loop {
        match peaks.recv_timeout(PATIENCE) {
            Ok(Ok(Some(peak))) => {
                loudest = Some(loudest.map_or(peak, |loudest| loudest.max(peak)));
                tell(decibels(peak))?;
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                anyhow::bail!("{} doesn't answer: nothing within {} s", device.name, PATIENCE.as_secs())
            }
        }
    }
    Ok(match loudest.map(decibels) {
        None => Heard::Nothing,
        Some(peak_db) if peak_db > SILENT_DB => Heard::Sound { peak_db },
        Some(_) => Heard::Silence,
    })
}

/// Sends the loudest sample of every moment, if there were any in it.
fn gather(
    source: &dyn Source,
    device: &Device,
    length: Duration,
    peaks: &SyncSender<Result<Option<f32>, CaptureError>>,
) -> Result<(), CaptureError> {
    let mut opened = source.open(device)?;
    let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    let (begun, mut sound) = (SystemClock.boot_micros(), Vec::new());
    while SystemClock.boot_micros() - begun < length {
        std::thread::sleep(TELL_EVERY);
        let mut peak: Option<f32> = None;
        while opened.intake.next(&mut sound).is_some() {
            let loudest = sound.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
            peak = Some(peak.map_or(loudest, |peak| peak.max(loudest)));
        }
        // Nobody listens any more.
        if peaks.send(Ok(peak)).is_err() {
            break;
        }
    }
    Ok(())
}

fn decibels(peak: f32) -> f32 {
    20.0 * peak.max(1e-6).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use capture::FakeSource;
    use timeline::SampleRate;

    #[test]
    fn sound_silence_nothing_and_a_refusal_are_told_apart() {
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
            let mut told = Vec::new();
            let heard = std::thread::scope(|scope| {
                scope.spawn(deliver);
                let tell = |db| {
                    told.push(db);
                    Ok(())
                };
                listen(&source, &device, Duration::from_millis(200), tell).unwrap()
            });
            assert_eq!(heard, expected);
            assert_eq!(told.is_empty(), expected == Heard::Nothing);
        }
        fake.set_refusing("usb", true);
        let source: Arc<dyn Source> = Arc::new(fake);
        assert!(listen(&source, &device, Duration::from_millis(200), |_| Ok(())).is_err());
    }
}
