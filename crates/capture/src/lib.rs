//! Devices to blocks: microphones and loopbacks, opened through one small trait, watched, and reopened when they end.
//!
//! A [`Source`] lists [`Device`]s and opens them. An opened device fills a fixed ring with mono blocks, each with the
//! moment its first frame was captured on the boot clock; the other end of the ring is an [`Intake`]. A
//! [`Supervisor`] keeps one track's device open: it opens it in a thread that may hang, notices that it ended, that it
//! is no longer the default, or (for a microphone) that it delivers nothing or only digital zero, and opens it again,
//! always saying so as an [`Event`].
//!
//! * [`PulseSource`]: the PulseAudio protocol, spoken by PipeWire too. The default on Linux.
//! * [`CpalSource`]: ALSA, WASAPI (with its loopback) and Core Audio, one code for all.
//! * [`FakeSource`]: blocks that a test delivers by hand, and every fault; with a [`VirtualClock`] and
//!   [`Supervisor::inline`] days pass in seconds.
//!
//! Threads: `hs-mic` and `hs-loop` supervise; `hs-open`, `hs-list` and `hs-close` do for them what may hang; with
//! PulseAudio, `hs-pulse` reads the socket; cpal has threads of its own. The data callback only copies into the ring: no lock, no allocation, no log line. What
//! doesn't fit is counted ([`Block::lost_before`]), never waited for. This crate writes no file and resamples nothing.

mod choice;
pub mod control;
mod cpal_source;
mod device;
mod error;
mod fake;
#[cfg(target_os = "linux")]
mod pulse;
mod ring;
mod settle;
mod source;
mod supervisor;
mod virtual_clock;

pub use choice::Choice;
pub use cpal_source::CpalSource;
pub use device::{Device, Kind};
pub use error::CaptureError;
pub use fake::FakeSource;
#[cfg(target_os = "linux")]
pub use pulse::PulseSource;
pub use ring::{Block, Feed, Intake, ring};
pub use settle::{Settle, Settled};
pub use source::{Opened, Source, Stream, devices, source};
pub use supervisor::{Event, Supervisor, Watch};
pub use virtual_clock::VirtualClock;
