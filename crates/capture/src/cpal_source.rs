//! ALSA, WASAPI and Core Audio through cpal.
//!
//! On Windows and macOS an output device opened as an input is its own loopback; cpal sets WASAPI's flag and makes Core
//! Audio's tap. ALSA has no loopback: there a PCM counts as one if its name or description says `loopback` or
//! `monitor`, as in
//!
//! ```text
//! pcm.heard { type pulse device "@DEFAULT_MONITOR@" hint { show on description "Loopback of the speakers" } }
//! ```
//!
//! A WASAPI loopback delivers nothing at all while nothing plays; that is for whoever places blocks by the clock. Core
//! Audio ends a stream whose device gets another rate; it is opened again with that rate. Both are tried with a
//! [`FakeSource`](crate::FakeSource) that delivers like them.
//!
//! # Not tried on Windows and macOS
//!
//! No such machine was at hand. What is theirs alone, all of it in this file but for the clock
//! ([`timeline::SystemClock`]): outputs opened as loopbacks, the age of a block by the host's own timestamps
//! ([`age_micros`]), WASAPI's ring of a second ([`buffer_size`]), whether listing every 2 s is cheap there, and what the
//! hosts say of Bluetooth ([`is_bluetooth`]). Neither tells here whether a microphone is muted: on both it is silent.

use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Device, Feed, Intake, Kind, device, ring};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, InputCallbackInfo, InterfaceType, SampleFormat, SizedSample, StreamConfig,
};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use timeline::{Clock, SampleRate};

/// How long a host that honours it may take to open a device.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Devices of the platform's own sound system.
#[derive(Clone)]
pub struct CpalSource {
    clock: Arc<dyn Clock>,
}

impl CpalSource {
    /// ALSA on Linux, WASAPI on Windows, Core Audio on macOS; nothing is opened yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

/// The platform's own host: never a sound server, which has a source of its own.
fn host() -> Result<cpal::Host, CaptureError> {
    #[cfg(target_os = "linux")]
    let host = cpal::host_from_id(cpal::HostId::Alsa);
    #[cfg(not(target_os = "linux"))]
    let host = Ok::<_, cpal::Error>(cpal::default_host());
    host.map_err(|error| unreachable(&error))
}

impl Source for CpalSource {
    fn name(&self) -> &'static str {
        "cpal"
    }

    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        let _quiet = quiet();
        let host = host()?;
        let default = Defaults::of(&host);
        let devices = host.devices().map_err(|error| unreachable(&error))?;
        let mut devices: Vec<Device> = devices.filter_map(|device| describe(&device, &default)).collect();
        device::choose_defaults(&mut devices, |_| true);
        Ok(devices)
    }

    /// ALSA's default is always the PCM `default`, and its list takes 90 ms of a core.
    fn default_moves(&self) -> bool {
        !cfg!(target_os = "linux")
    }

    fn open(&self, device: &Device) -> Result<Opened, CaptureError> {
        let _quiet = quiet();
        let refused = |reason: String| CaptureError::Open { device: device.id.clone(), reason };
        let host = host()?;
        let found =
            host.devices().map_err(|error| unreachable(&error))?.find(|it| id_of(it) == Some(device.id.clone()));
        let found = found.ok_or_else(|| refused("it is not there any more".into()))?;
        let config = match device.kind {
            Kind::Loopback if !found.supports_input() => found.default_output_config(),
            _ => found.default_input_config(),
        };
        let config = config.map_err(|error| refused(said(&error)))?;
        let rate = SampleRate::new(config.sample_rate()).ok_or_else(|| refused("a rate of 0 Hz".into()))?;
        let (feed, intake) = ring(rate, usize::from(config.channels()));
        let ended = Arc::new(OnceLock::new());
        let build = Build { device: &found, config: config.config(), clock: self.clock.clone(), ended: ended.clone() };
        let stream = build.stream(config.sample_format(), feed).map_err(|error| refused(said(&error)))?;
        stream.play().map_err(|error| refused(said(&error)))?;
        Ok(opened(device, stream, ended, intake))
    }
}

fn opened(device: &Device, stream: cpal::Stream, ended: Arc<OnceLock<String>>, intake: Intake) -> Opened {
    Opened { stream: Box::new(CpalStream { device: device.id.clone(), ended, _stream: stream }), intake }
}

/// What the host calls its defaults.
struct Defaults {
    input: Option<String>,
    output: Option<String>,
}

impl Defaults {
    fn of(host: &cpal::Host) -> Self {
        let id = |device: Option<cpal::Device>| device.as_ref().and_then(id_of);
        Self { input: id(host.default_input_device()), output: id(host.default_output_device()) }
    }
}

fn id_of(device: &cpal::Device) -> Option<String> {
    device.id().ok().map(|id| id.to_string())
}

/// PCMs of ALSA's that convert or swallow sound instead of reaching a device.
const NO_DEVICES: [&str; 12] = [
    "null",
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "jack",
    "oss",
    "upmix",
    "vdownmix",
    "usbstream",
    "a52",
    "pipewire_dummy",
];

/// A device as cpal lists it; `None` for those that can't be recorded.
fn describe(device: &cpal::Device, default: &Defaults) -> Option<Device> {
    let id = id_of(device)?;
    let described = device.description().ok();
    // The description proper ends at the first line; ALSA's goes on with the kind of PCM.
    let name = described.as_ref().map_or(id.as_str(), |it| it.name()).lines().next().unwrap_or_default().to_owned();
    let pcm = id.split_once(':').map_or(id.as_str(), |(_, pcm)| pcm);
    let kind = if cfg!(target_os = "linux") {
        if !device.supports_input() || NO_DEVICES.contains(&pcm) {
            return None;
        }
        alsa_kind(pcm, &name)
    } else if device.supports_input() {
        Kind::Microphone
    } else {
        Kind::Loopback
    };
    let wanted = if kind == Kind::Microphone { &default.input } else { &default.output };
    let default = wanted.as_ref() == Some(&id);
    let said_by_host = described.as_ref().is_some_and(|it| it.interface_type() == InterfaceType::Bluetooth);
    let bluetooth = is_bluetooth(said_by_host, &id, described.as_ref().map_or("", |it| it.name()));
    Some(Device { id, name, kind, default, bluetooth, source: "cpal", detail: String::new() })
}

fn alsa_kind(pcm: &str, name: &str) -> Kind {
    let says = |word: &str| pcm.to_lowercase().contains(word) || name.to_lowercase().contains(word);
    if says("loopback") || says("monitor") { Kind::Loopback } else { Kind::Microphone }
}

/// Whether a device's description says that it is reached over Bluetooth. WASAPI says so by itself; ALSA and Core Audio
/// leave it to the name.
fn is_bluetooth(said_by_host: bool, id: &str, description: &str) -> bool {
    let says = |word: &str| id.to_lowercase().contains(word) || description.to_lowercase().contains(word);
    said_by_host || ["bluetooth", "bluealsa", "bluez", "hands-free", "airpods"].into_iter().any(says)
}

/// What a stream is built from.
struct Build<'a> {
    device: &'a cpal::Device,
    config: StreamConfig,
    clock: Arc<dyn Clock>,
    ended: Arc<OnceLock<String>>,
}

impl Build<'_> {
    fn stream(self, format: SampleFormat, feed: Feed) -> Result<cpal::Stream, cpal::Error> {
        match format {
            SampleFormat::I8 => self.of::<i8>(feed),
            SampleFormat::I16 => self.of::<i16>(feed),
            SampleFormat::I24 => self.of::<cpal::I24>(feed),
            SampleFormat::I32 => self.of::<i32>(feed),
            SampleFormat::I64 => self.of::<i64>(feed),
            SampleFormat::U8 => self.of::<u8>(feed),
            SampleFormat::U16 => self.of::<u16>(feed),
            SampleFormat::U24 => self.of::<cpal::U24>(feed),
            SampleFormat::U32 => self.of::<u32>(feed),
            SampleFormat::U64 => self.of::<u64>(feed),
            SampleFormat::F32 => self.of::<f32>(feed),
            SampleFormat::F64 => self.of::<f64>(feed),
            other => Err(cpal::Error::with_message(ErrorKind::UnsupportedConfig, format!("samples of form {other}"))),
        }
    }

    fn of<T>(self, mut feed: Feed) -> Result<cpal::Stream, cpal::Error>
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let Self { device, config, clock, ended } = self;
        let config = StreamConfig { buffer_size: buffer_size(), ..config };
        let on_data = move |samples: &[T], info: &InputCallbackInfo| {
            let now = clock.boot_micros();
            let captured = now - age_micros(info, samples.len(), &feed);
            feed.push(samples, cpal::Sample::to_sample::<f32>, captured);
        };
        let on_error = move |error: cpal::Error| match error.kind() {
            // The stream goes on; sound that is missing shows in the blocks' times.
            ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {
                tracing::warn!("{}", said(&error));
            }
            _ => drop(ended.set(said(&error))),
        };
        device.build_input_stream(config, on_data, on_error, Some(OPEN_TIMEOUT))
    }
}

/// How long ago a block's first frame was captured. ALSA's pulse plugin is 0.6 s off in its first second (seen with
/// 16.1), so there a block counts as captured when it was handed over; WASAPI and Core Audio know better.
fn age_micros(info: &InputCallbackInfo, samples: usize, feed: &Feed) -> i64 {
    if cfg!(target_os = "linux") {
        return feed.rate().micros((samples / feed.channels()) as u64);
    }
    let times = info.timestamp();
    i64::try_from(times.callback.duration_since(times.capture).as_micros()).unwrap_or(0)
}

/// WASAPI's default is its minimum, which drops sound when the machine is busy; there the value only sizes the ring.
fn buffer_size() -> BufferSize {
    if cfg!(windows) { BufferSize::Fixed(48_000) } else { BufferSize::Default }
}

/// An open stream of cpal's.
struct CpalStream {
    device: String,
    ended: Arc<OnceLock<String>>,
    _stream: cpal::Stream,
}

impl Stream for CpalStream {
    fn check(&self) -> Result<(), CaptureError> {
        match self.ended.get() {
            None => Ok(()),
            Some(reason) => Err(CaptureError::Ended { device: self.device.clone(), reason: reason.clone() }),
        }
    }
}

fn said(error: &cpal::Error) -> String {
    error.message().map_or_else(|| error.kind().to_string(), ToOwned::to_owned)
}

fn unreachable(error: &cpal::Error) -> CaptureError {
    let system = if cfg!(target_os = "linux") { "ALSA" } else { "the sound system" };
    CaptureError::Unreachable { system, reason: said(error) }
}

/// While it lives, ALSA's library doesn't write its own complaints about this thread's calls to stderr.
#[cfg(target_os = "linux")]
fn quiet() -> impl Drop {
    struct Quiet(
        #[expect(dead_code, reason = "held for its effect")] Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>,
    );
    impl Drop for Quiet {
        fn drop(&mut self) {}
    }
    Quiet(alsa::Output::local_error_handler().ok())
}

#[cfg(not(target_os = "linux"))]
fn quiet() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alsa_pcm_that_says_so_is_a_loopback() {
        assert_eq!(alsa_kind("hearsay_loopback", "what is heard"), Kind::Loopback);
        assert_eq!(alsa_kind("pulse_mon", "Monitor of the speakers"), Kind::Loopback);
        assert_eq!(alsa_kind("default", "Default device"), Kind::Microphone);
    }

    #[test]
    fn bluetooth_is_what_host_or_name_call_so() {
        for (host, id, description, wanted) in [
            (true, "wasapi:{0.0.1}", "Headset", true),
            (false, "alsa:bluealsa", "Headset", true),
            (false, "wasapi:{0.0.1}", "Headset (WH-1000XM4 Hands-Free AG Audio)", true),
            (false, "coreaudio:1", "Anna's AirPods", true),
            (false, "alsa:default", "Default device", false),
        ] {
            assert_eq!(is_bluetooth(host, id, description), wanted, "{id} {description}");
        }
    }
}
