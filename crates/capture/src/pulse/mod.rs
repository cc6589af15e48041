//! The PulseAudio protocol, which PipeWire speaks too, on a socket and a thread of our own.
//!
//! The `pulseaudio` crate gives the messages; its client is not used, because its reactor ignores that a stream was
//! killed, ends at the first interrupted system call, runs on a thread without a name and clears a megabyte per wake-up.
//!
//! A stream is opened with `no_move`, since the server would otherwise move a recording to another device when its own
//! vanishes, silently; with fragments of at most [`FRAGMENT_MS`], so that a crash costs little; and with the longest
//! queue the server has, since with a short one it drops sound without a word.

mod connection;
mod latency;
mod reader;
mod server;
#[cfg(test)]
mod tests;

use crate::source::{Opened, Source, Stream};
use crate::{CaptureError, Device, Kind, device, ring};
use connection::Connection;
use pulseaudio::protocol::{
    ChannelMap, Command, CreateRecordStreamReply, Prop, RecordStreamParams, SampleFormat, SampleSpec, ServerInfo,
    SinkInfo, SinkInfoList, SinkInputInfo, SinkInputInfoList, SourceInfo, SourceInfoList, stream::BufferAttr,
    stream::StreamFlags,
};
use reader::Reader;
use std::ffi::{CStr, CString, OsString};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use timeline::{Clock, SampleRate};

/// The longest block the server may deliver.
const FRAGMENT_MS: u32 = 40;

/// What an environment says about the server; tests have one of their own.
type Env = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Devices of a PulseAudio or PipeWire server.
#[derive(Clone)]
pub struct PulseSource {
    clock: Arc<dyn Clock>,
    /// A connection for questions, since connecting costs more than asking.
    questions: Arc<Mutex<Option<Connection>>>,
    env: Arc<Env>,
}

impl PulseSource {
    /// The user's sound server; nothing is contacted yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_env(clock, |name| std::env::var_os(name))
    }

    fn with_env(clock: Arc<dyn Clock>, env: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        Self { clock, questions: Arc::default(), env: Arc::new(env) }
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// [`CaptureError::Unreachable`] with what is wrong.
    pub fn probe(&self) -> Result<(), CaptureError> {
        self.connect().map(drop)
    }

    fn connect(&self) -> Result<Connection, CaptureError> {
        Connection::open(self.env.as_ref())
    }

    /// Asks on the connection that was kept; on a new one where there is none, or where it no longer answers, as after
    /// the server was restarted.
    fn ask<T>(&self, question: impl Fn(&mut Connection) -> Result<T, CaptureError>) -> Result<T, CaptureError> {
        // Taken out while it is used: a server that hangs holds up only those who ask it.
        let kept = self.questions().take();
        if let Some(mut kept) = kept
            && let Ok(answer) = question(&mut kept)
        {
            *self.questions() = Some(kept);
            return Ok(answer);
        }
        let mut fresh = self.connect()?;
        let answer = question(&mut fresh)?;
        *self.questions() = Some(fresh);
        Ok(answer)
    }

    fn questions(&self) -> MutexGuard<'_, Option<Connection>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for PulseSource {
    fn name(&self) -> &'static str {
        "pulse"
    }

    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        let (server, sources): (ServerInfo, SourceInfoList) = self.ask(|connection| {
            Ok((connection.ask(&Command::GetServerInfo)?, connection.ask(&Command::GetSourceInfoList)?))
        })?;
        Ok(listed(&sources, &server))
    }

    /// Only streams of programs count: those of the server's own modules pass on what another output has.
    fn playing(&self) -> Result<Vec<String>, CaptureError> {
        let (streams, sinks): (SinkInputInfoList, SinkInfoList) = self.ask(|connection| {
            let streams: SinkInputInfoList = connection.ask(&Command::GetSinkInputInfoList)?;
            // Mostly nothing plays, and that is one question instead of two.
            let sinks = if streams.is_empty() { Vec::new() } else { connection.ask(&Command::GetSinkInfoList)? };
            Ok((streams, sinks))
        })?;
        let plays = |sink: &SinkInfo| {
            let heard = |it: &SinkInputInfo| !it.corked && !it.muted && it.client_index.is_some();
            streams.iter().any(|stream| stream.sink_index == sink.index && heard(stream))
        };
        Ok(sinks
            .iter()
            .filter(|sink| plays(sink))
            .filter_map(|sink| sink.monitor_source_name.as_ref().map(text))
            .collect())
    }

    fn open(&self, device: &Device) -> Result<Opened, CaptureError> {
        let refused = |reason: String| CaptureError::Open { device: device.id.clone(), reason };
        let mut connection = self.connect()?;
        let sources: SourceInfoList = connection.ask(&Command::GetSourceInfoList)?;
        let info = sources.iter().find(|source| source.name.to_bytes() == device.id.as_bytes());
        let info = info.ok_or_else(|| refused("it is not there any more".into()))?;
        let params = stream_params(info);
        let reply: CreateRecordStreamReply =
            connection.ask(&Command::CreateRecordStream(params)).map_err(|error| refused(error.to_string()))?;
        let spec = reply.sample_spec;
        let rate = SampleRate::new(spec.sample_rate).filter(|_| spec.format == SampleFormat::S16Le);
        let rate = rate.ok_or_else(|| refused(format!("the server offers {spec:?}")))?;
        let (feed, intake) = ring(rate, usize::from(spec.channels));
        let socket = connection.handle().map_err(|error| refused(error.to_string()))?;
        let (reader, seen) = Reader::new(connection, reply.channel, info, feed, self.clock.clone());
        let thread = std::thread::Builder::new()
            .name("hs-pulse".into())
            .spawn(move || reader.run())
            .map_err(|error| CaptureError::Thread { reason: error.to_string() })?;
        let stream = PulseStream { device: device.id.clone(), socket, seen, thread: Some(thread) };
        Ok(Opened { stream: Box::new(stream), intake })
    }
}

/// What is asked of the server: the device's own rate and channels, so that it resamples and remixes nothing.
fn stream_params(info: &SourceInfo) -> RecordStreamParams {
    let spec = SampleSpec { format: SampleFormat::S16Le, ..info.sample_spec };
    let channel_map =
        if info.channel_map.num_channels() == spec.channels { info.channel_map } else { ChannelMap::mono() };
    let channels = channel_map.num_channels();
    let fragment_size = spec.sample_rate / 1000 * FRAGMENT_MS * u32::from(channels) * 2;
    RecordStreamParams {
        sample_spec: SampleSpec { channels, ..spec },
        channel_map,
        source_name: Some(info.name.clone()),
        buffer_attr: BufferAttr { max_length: u32::MAX, fragment_size, ..BufferAttr::default() },
        flags: StreamFlags { no_move: true, adjust_latency: true, ..StreamFlags::default() },
        ..RecordStreamParams::default()
    }
}

/// Devices as the server lists them, with hearsay's defaults.
fn listed(sources: &[SourceInfo], server: &ServerInfo) -> Vec<Device> {
    let mut devices: Vec<Device> = sources.iter().map(|source| describe(source, server)).collect();
    let unplugged: Vec<String> = sources.iter().filter(|it| is_unplugged(it)).map(|it| text(&it.name)).collect();
    device::choose_defaults(&mut devices, |device| !unplugged.contains(&device.id));
    devices
}

/// A source as the server lists it. The default loopback is the monitor of the default output.
fn describe(source: &SourceInfo, server: &ServerInfo) -> Device {
    let (kind, default) = match &source.monitor_of_sink_name {
        Some(sink) => (Kind::Loopback, Some(sink) == server.default_sink_name.as_ref()),
        None => (Kind::Microphone, Some(&source.name) == server.default_source_name.as_ref()),
    };
    let id = text(&source.name);
    let name = source.description.as_deref().map_or_else(|| id.clone(), text);
    let detail = format!("{} × {} Hz", source.sample_spec.channels, source.sample_spec.sample_rate);
    let bluetooth = is_bluetooth(source, &id);
    Device { id, name, kind, default, bluetooth, source: "pulse", detail }
}

fn is_bluetooth(source: &SourceInfo, id: &str) -> bool {
    // The server's strings end with a zero.
    let bus = source.props.get(Prop::DeviceBus).map(|bus| bus.strip_suffix(b"\0").unwrap_or(bus));
    bus == Some(b"bluetooth") || id.starts_with("bluez")
}

/// Whether the server knows that nothing is in the socket of the source: the jack of a desktop without a microphone.
fn is_unplugged(source: &SourceInfo) -> bool {
    // `PA_PORT_AVAILABLE_NO`; the crate has an enum for it and doesn't export it.
    source.ports.get(source.active_port).is_some_and(|port| port.available as u8 == 1)
}

fn text(bytes: impl AsRef<CStr>) -> String {
    bytes.as_ref().to_string_lossy().into_owned()
}

/// The name that other programs see.
fn client_name() -> CString {
    c"hearsay".to_owned()
}

/// An open stream. Dropping it closes the socket, which ends the stream on the server and the reader here.
struct PulseStream {
    device: String,
    socket: UnixStream,
    seen: Arc<reader::Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Stream for PulseStream {
    fn check(&self) -> Result<(), CaptureError> {
        match self.seen.ended.get() {
            None => Ok(()),
            Some(reason) => Err(CaptureError::Ended { device: self.device.clone(), reason: reason.clone() }),
        }
    }

    fn muted(&self) -> bool {
        self.seen.muted.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        if let Err(error) = self.socket.shutdown(std::net::Shutdown::Both) {
            tracing::debug!("closing {}: {error}", self.device);
        }
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the reader of {} panicked", self.device);
        }
    }
}
