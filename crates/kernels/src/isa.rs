//! The instructions in use.

use crate::Level;
use std::env;

/// A [`Level`] that this processor has. Having one is the proof that its kernels may run, so there is no other way to make one than by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isa(Level);

impl Isa {
    /// The level, where this processor has it.
    pub fn of(level: Level) -> Option<Self> {
        level.is_there().then_some(Self(level))
    }

    /// All that this processor has, slowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        Level::ALL.into_iter().filter_map(Self::of)
    }

    /// What the environment variable `HEARSAY_ISA` names where the processor has it, else the fastest.
    pub fn chosen() -> Self {
        let forced = env::var("HEARSAY_ISA").ok().and_then(|name| Level::named(&name)).and_then(Self::of);
        forced.or_else(|| Self::all().last()).unwrap_or(Self(Level::Portable))
    }

    /// Its level.
    pub fn level(self) -> Level {
        self.0
    }
}
