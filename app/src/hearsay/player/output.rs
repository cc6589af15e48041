//! Where the frames go: the default output device, or nowhere, in time.

use super::head::{Frame, Head, Place};
use anyhow::Context as _;
use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedBufferSize};
use rtrb::{Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// The ring holds this much of a second: longer than any usual stall of the disk's cache, shorter than anyone waits.
const RING_PARTS: u32 = 4;

/// The device asks this many times a second, where it can be told.
const CALLBACKS_PER_S: u32 = 25;

/// Frames per second of [`Output::Silent`], and how often it takes some.
const SILENT_HZ: u32 = 48_000;
const SILENT_EVERY: Duration = Duration::from_millis(10);

/// Failures that may wait to be read.
const FAILURES: usize = 4;

/// The device is there and doesn't work with us, or another program has it to itself.
const SHUT: &str = "the sound output does not open";

/// Where the sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The default output device.
    Device,
    /// Nowhere, at the pace of the clock: for pictures and for machines without a device.
    Silent,
}

/// An open device. Dropping it closes it.
pub(crate) struct Opened {
    /// Ready frames go in here.
    pub(crate) ring: Producer<Frame>,
    /// Frames per second.
    pub(crate) rate_hz: u32,
    /// What the device reported; after one of these no sound comes any more.
    pub(crate) failures: Receiver<String>,
    _running: Running,
}

/// What keeps the device going.
enum Running {
    Stream { _stream: cpal::Stream },
    Silent(Arc<AtomicBool>),
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Silent(stop) = self {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Output {
    /// Opens the device; it starts to ask for frames at once.
    pub(crate) fn open(self, place: &Arc<Place>) -> anyhow::Result<Opened> {
        match self {
            Self::Device => open_device(place),
            Self::Silent => open_silent(place),
        }
    }
}

fn open_device(place: &Arc<Place>) -> anyhow::Result<Opened> {
    let device = cpal::default_host().default_output_device().context("there is no sound output device")?;
    let supported = device.default_output_config().context(SHUT)?;
    let mut config = supported.config();
    if let SupportedBufferSize::Range { min, max } = *supported.buffer_size() {
        config.buffer_size = BufferSize::Fixed((config.sample_rate / CALLBACKS_PER_S).clamp(min, max.max(min)));
    }
    match supported.sample_format() {
        SampleFormat::F32 => open_as::<f32>(&device, config, place),
        SampleFormat::I16 => open_as::<i16>(&device, config, place),
        SampleFormat::I24 => open_as::<cpal::I24>(&device, config, place),
        SampleFormat::I32 => open_as::<i32>(&device, config, place),
        SampleFormat::U8 => open_as::<u8>(&device, config, place),
        SampleFormat::U16 => open_as::<u16>(&device, config, place),
        other => anyhow::bail!("the sound output wants samples as {other}, which hearsay cannot make"),
    }
}

fn open_as<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    place: &Arc<Place>,
) -> anyhow::Result<Opened> {
    let (rate_hz, channels) = (config.sample_rate, usize::from(config.channels.max(1)));
    let (ring, mut head) = ring(rate_hz, place);
    let (failed, failures) = sync_channel(FAILURES);
    let stream = device.build_output_stream(
        config,
        move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
            let times = info.timestamp();
            let delay = times.playback.duration_since(times.callback).as_micros();
            let heard_at = SystemClock.boot_micros().saturating_add(i64::try_from(delay).unwrap_or(0));
            let mut frames = out.chunks_exact_mut(channels);
            head.take(frames.len(), heard_at, |sample| {
                if let Some(frame) = frames.next() {
                    frame.fill(T::from_sample(sample));
                }
            });
        },
        move |error| report(&failed, &error),
        None,
    );
    let stream = stream.context(SHUT)?;
    stream.play().context(SHUT)?;
    Ok(Opened { ring, rate_hz, failures, _running: Running::Stream { _stream: stream } })
}

fn report(failed: &SyncSender<String>, error: &cpal::Error) {
    // These pass; the stream goes on.
    if matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged) {
        return;
    }
    if failed.try_send(error.to_string()).is_err() {
        tracing::debug!("the sound output failed once more: {error}");
    }
}

fn open_silent(place: &Arc<Place>) -> anyhow::Result<Opened> {
    let (ring, mut head) = ring(SILENT_HZ, place);
    let (_never, failures) = sync_channel(FAILURES);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    std::thread::Builder::new().name("hs-silent".to_owned()).spawn(move || {
        let mut then = SystemClock.boot_micros();
        while !stopped.load(Ordering::Relaxed) {
            std::thread::sleep(SILENT_EVERY);
            let now = SystemClock.boot_micros();
            let frames = now.saturating_sub(then).max(0) * i64::from(SILENT_HZ) / 1_000_000;
            then = now;
            head.take(usize::try_from(frames).unwrap_or(0), now, |_| {});
        }
    })?;
    Ok(Opened { ring, rate_hz: SILENT_HZ, failures, _running: Running::Silent(stop) })
}

fn ring(rate_hz: u32, place: &Arc<Place>) -> (Producer<Frame>, Head) {
    let (producer, ring) = RingBuffer::new(usize::try_from(rate_hz / RING_PARTS).unwrap_or(4_096).max(64));
    (producer, Head { ring, place: Arc::clone(place), rate_hz, before: None })
}
