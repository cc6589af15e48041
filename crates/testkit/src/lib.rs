//! What tests need and programs don't: a dev-dependency, never more.
//!
//! * [`Rig`]: a sound server of the test's own, with speakers and a microphone into which WAV files are played.
//! * [`Display`]: an X server of the test's own.
//! * [`fixture`], [`references`], [`WordErrors`]: the recordings, what was said in them, and how far a text is off.
//! * [`sound`]: WAV files as samples, and where one sound lies in another.
//!
//! What is missing on the machine is an error that names the package, never a reason to skip: a test that didn't run
//! looks like one that passed.

mod display;
mod process;
mod reference;
mod rig;
pub mod sound;
mod word_errors;

pub use display::Display;
pub use process::{Killed, TestkitError, output};
pub use reference::{Reference, fixture, references};
pub use rig::{Rig, Sink};
pub use word_errors::{WordErrors, normalise};
