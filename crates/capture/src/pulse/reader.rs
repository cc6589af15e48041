//! The thread that reads a stream's socket.

use super::connection::{Connection, plain};
use super::latency::{Latency, Timing};
use crate::Feed;
use pulseaudio::protocol::{
    self, Command, CommandReply, DESCRIPTOR_SIZE, GetSourceInfo, LatencyParams, ProtocolError, RecordLatency,
    SourceInfo, TagStructReader,
};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};
use timeline::Clock;

/// What is read at once: more than a second of eight channels at 48 kHz.
const READ_BYTES: usize = 1 << 20;
/// A message longer than this is not one of PulseAudio's, whose blocks end at 64 KiB.
const MESSAGE_BYTES: usize = READ_BYTES - DESCRIPTOR_SIZE;
/// How often the server is asked about latency and mute, and how soon a closed stream is noticed at the latest.
const ASK_EVERY: Duration = Duration::from_secs(1);
const ASK_EVERY_MICROS: i64 = 1_000_000;

/// What the reader shares with the stream's handle.
#[derive(Debug)]
pub(super) struct Seen {
    /// Why the stream is over, once it is.
    pub(super) ended: OnceLock<String>,
    /// Whether the server says that the source is muted.
    pub(super) muted: AtomicBool,
}

/// Reads blocks and replies until the stream is over.
pub(super) struct Reader {
    connection: Connection,
    channel: u32,
    source: u32,
    feed: Feed,
    clock: Arc<dyn Clock>,
    seen: Arc<Seen>,
    latency: Latency,
    latency_reply: Option<u32>,
    mute_reply: Option<u32>,
    asked: i64,
}

impl Reader {
    pub(super) fn new(
        connection: Connection,
        channel: u32,
        source: &SourceInfo,
        feed: Feed,
        clock: Arc<dyn Clock>,
    ) -> (Self, Arc<Seen>) {
        let seen = Arc::new(Seen { ended: OnceLock::new(), muted: AtomicBool::new(source.muted) });
        let reader = Self {
            latency: Latency::new(feed.rate()),
            connection,
            channel,
            source: source.index,
            feed,
            clock,
            seen: seen.clone(),
            latency_reply: None,
            mute_reply: None,
            asked: 0,
        };
        (reader, seen)
    }

    pub(super) fn run(mut self) {
        let reason = match self.read_all() {
            Ok(never) => match never {},
            Err(reason) => reason,
        };
        // Set once: this is the only place.
        drop(self.seen.ended.set(reason));
    }

    fn read_all(&mut self) -> Result<std::convert::Infallible, String> {
        self.connection.set_read_timeout(ASK_EVERY).map_err(|error| error.to_string())?;
        let mut bytes = vec![0; READ_BYTES];
        let mut filled = 0;
        loop {
            self.ask_now_and_then()?;
            let room = bytes.get_mut(filled..).unwrap_or_default();
            match self.connection.read(room) {
                Ok(0) => return Err("the sound server closed the connection".into()),
                Ok(more) => filled += more,
                Err(error) if is_pause(&error) => continue,
                Err(error) => return Err(error.to_string()),
            }
            let used = self.take_messages(bytes.get(..filled).unwrap_or_default())?;
            bytes.copy_within(used..filled, 0);
            filled -= used;
        }
    }

    /// Deals with every whole message; returns how many bytes they had.
    fn take_messages(&mut self, bytes: &[u8]) -> Result<usize, String> {
        let mut used = 0;
        while let Some((header, rest)) = bytes.get(used..).and_then(|left| left.split_at_checked(DESCRIPTOR_SIZE)) {
            let header = protocol::read_descriptor(&mut &*header).map_err(|error| plain(&error))?;
            let len = usize::try_from(header.length).unwrap_or(usize::MAX);
            if len > MESSAGE_BYTES {
                return Err(format!("the sound server sent a message of {len} bytes"));
            }
            let Some(body) = rest.get(..len) else { break };
            if header.channel == self.channel {
                self.take_sound(body);
            } else if header.channel == u32::MAX {
                self.take_command(body)?;
            }
            used += DESCRIPTOR_SIZE + len;
        }
        Ok(used)
    }

    fn take_sound(&mut self, body: &[u8]) {
        let (samples, _) = body.as_chunks::<2>();
        let now = self.clock.boot_micros();
        let frames = samples.len() / self.feed.channels();
        if !self.latency.has_begun() {
            // What the server said before is no longer so.
            self.asked = now - ASK_EVERY_MICROS;
        }
        let captured = self.latency.captured(now, frames as u64);
        self.feed.push(samples, |sample| f32::from(i16::from_le_bytes(sample)) / 32768.0, captured);
    }

    fn take_command(&mut self, body: &[u8]) -> Result<(), String> {
        let mut cursor = body;
        let Ok((sequence, command)) = Command::read_tag_prefixed(&mut cursor, self.connection.version()) else {
            // A message that the protocol crate doesn't know, from a newer server: none that we asked for.
            return Ok(());
        };
        match command {
            Command::RecordStreamKilled(channel) if channel == self.channel => {
                Err("the sound server took the device away".into())
            }
            Command::Reply if Some(sequence) == self.latency_reply => {
                let latency: RecordLatency = self.reply(cursor)?;
                tracing::trace!(
                    "latency of the source {} us, of its sink {} us",
                    latency.source_usec,
                    latency.sink_usec
                );
                let frame_bytes = 2 * self.feed.channels() as u64;
                let written = u64::try_from(latency.write_offset).unwrap_or(0) / frame_bytes;
                let timing = Timing { source: micros(latency.source_usec), sink: micros(latency.sink_usec), written };
                self.latency.told(self.clock.boot_micros(), timing);
                self.latency_reply = None;
                Ok(())
            }
            Command::Reply if Some(sequence) == self.mute_reply => {
                let source: SourceInfo = self.reply(cursor)?;
                self.seen.muted.store(source.muted, Relaxed);
                self.mute_reply = None;
                Ok(())
            }
            Command::Error(error) if Some(sequence) == self.latency_reply || Some(sequence) == self.mute_reply => {
                Err(format!("the sound server says: {error}"))
            }
            _ => Ok(()),
        }
    }

    fn reply<R: CommandReply>(&self, mut body: &[u8]) -> Result<R, String> {
        TagStructReader::new(&mut body, self.connection.version()).read().map_err(|error: ProtocolError| plain(&error))
    }

    /// Asks for latency and mute once a second and when sound begins, if the last questions were answered.
    fn ask_now_and_then(&mut self) -> Result<(), String> {
        let now = self.clock.boot_micros();
        let due = now - self.asked >= ASK_EVERY_MICROS;
        if !due || self.latency_reply.is_some() || self.mute_reply.is_some() {
            return Ok(());
        }
        self.asked = now;
        let latency = Command::GetRecordLatency(LatencyParams { channel: self.channel, now: UNIX_EPOCH });
        let source = Command::GetSourceInfo(GetSourceInfo { index: Some(self.source), name: None });
        self.latency_reply = Some(self.connection.send(&latency).map_err(|error| plain(&error))?);
        self.mute_reply = Some(self.connection.send(&source).map_err(|error| plain(&error))?);
        Ok(())
    }
}

/// Nothing has come yet, or a signal came instead: a stopped and continued process sees that.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn micros(usec: u64) -> i64 {
    i64::try_from(usec).unwrap_or(0)
}
