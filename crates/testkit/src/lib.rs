//! What tests need and programs don't: a dev-dependency, never more.
//!
//! * [`Rig`]: a sound server of the test's own, with speakers and a microphone into which WAV files are played.
//! * [`Display`]: an X server of the test's own.
//! * [`fixture`], [`references`], [`WordErrors`]: the recordings, what was said in them, and how far a text is off.
//! * [`early_model()`]: the model at an earlier, less accurate state of its training.
//! * [`sound`]: WAV files as samples, and where one sound lies in another.
//! * [`Noise`]: hours in which nobody speaks.
//! * [`Ramp`], [`read_by_all`]: sound that counts its frames, and files as other people's programs read them.
//! * [`SmallDisk`], [`power_cut`], [`busy_cores`]: a disk that gets full, power that fails, a machine without time.
//! * [`HttpServer`]: a server that does what it is told, well or badly.
//! * [`wait_until`], [`files_below`], [`wav_frames`]: waiting for processes, and looking at what they write.
//! * [`documents`]: the command lines and links of a page.
//! * [`count`], [`Chance`]: how often a test repeats, and its random moments.
//!
//! What is missing on the machine is an error that names the package, never a reason to skip: a test that didn't run
//! looks like one that passed.

mod busy;
mod chance;
mod display;
pub mod documents;
mod early_model;
mod http_server;
mod noise;
pub mod power_cut;
mod process;
mod ramp;
mod readers;
mod reference;
mod rig;
mod room;
mod small_disk;
pub mod sound;
mod unpacked;
mod watching;
mod word_errors;

pub use busy::busy_cores;
pub use chance::{Chance, count};
pub use display::Display;
pub use early_model::early_model;
pub use http_server::{HttpReply, HttpRequest, HttpServer};
pub use noise::Noise;
pub use process::{Killed, TestkitError, output};
pub use ramp::{Ramp, Wrong};
pub use readers::read_by_all;
pub use reference::{Reference, fixture, references};
pub use rig::{Rig, Sink};
pub use room::{Room, speech_level};
pub use small_disk::SmallDisk;
pub use watching::{files_below, wait_until, wav_frames};
pub use word_errors::{WordErrors, normalise};
