//! The instructions in use.

use crate::{Level, UnusableIsa};
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

    /// What the environment variable `HEARSAY_ISA` names: `portable`, `neon`, `avx2`, `avxvnni`, `avx512` or `amx`, in any case. The [fastest](Self::fastest) where it
    /// isn't set, or empty.
    ///
    /// # Errors
    /// [`UnusableIsa`] where it names something else, or what this processor doesn't have.
    pub fn chosen() -> Result<Self, UnusableIsa> {
        Self::named(&env::var_os("HEARSAY_ISA").unwrap_or_default().to_string_lossy())
    }

    /// The fastest that this processor has: the last of [`Level::ALL`].
    ///
    /// Nothing is tried out for that, because where levels were measured beside each other the later one was faster, or as fast. On a Zen 4, which carries out 512 bits in two halves, products of bytes
    /// with 256 and with 512 bits took the same time within a tenth, those of words within a thirtieth, and AVX2 2.5 times as long; on a Sapphire Rapids 512 bits were 1.5 times as fast as 256.
    pub fn fastest() -> Self {
        Self::all().last().unwrap_or(Self(Level::Portable))
    }

    fn named(name: &str) -> Result<Self, UnusableIsa> {
        if name.is_empty() {
            return Ok(Self::fastest());
        }
        Level::named(name).and_then(Self::of).ok_or_else(|| UnusableIsa { name: name.to_owned() })
    }

    /// The same without products by tiles.
    pub(crate) fn without_tiles(self) -> Self {
        if self.0 == Level::Amx { Self(Level::Avx512) } else { self }
    }

    /// Whether products of bf16 are faster with it than those of f32.
    pub fn prefers_bfloats(self) -> bool {
        self.0 == Level::Amx
    }

    /// Its level.
    pub fn level(self) -> Level {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_used_or_an_error_that_says_what_there_is() {
        assert_eq!(Isa::named(""), Ok(Isa::fastest()));
        assert_eq!(Isa::named("Portable"), Ok(Isa(Level::Portable)));
        let error = Isa::named("avx-512").unwrap_err().to_string();
        assert_eq!(error, "HEARSAY_ISA is \"avx-512\", which is none of portable, neon, avx2, avxvnni, avx512, amx");
        for level in Level::ALL {
            match Isa::named(level.name()) {
                Ok(isa) => assert!(level.is_there() && isa.level() == level),
                Err(error) => {
                    let start =
                        format!("HEARSAY_ISA asks for {level}, which this processor does not have; it has portable");
                    assert!(!level.is_there() && error.to_string().starts_with(&start), "{error}");
                }
            }
        }
    }
}
