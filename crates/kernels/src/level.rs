//! Sets of instructions, by name.

use crate::tiles;
use std::fmt;

/// A set of instructions that kernels are written for; later ones are faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What the compiler makes of plain Rust for the build's target.
    Portable,
    /// NEON with dot products of bytes, on Arm: Apple since the M1, servers and most phones since 2018, Raspberry Pi 5.
    Neon,
    /// AVX2, FMA and F16C: Intel since 2013, AMD since 2015.
    Avx2,
    /// AVX2 with VNNI on 256 bits: Intel's desktop processors since 2021, AMD since Zen 5; also everything that has [`Avx512`](Self::Avx512).
    AvxVnni,
    /// AVX-512 F, BW, DQ, VL and VNNI: Intel servers since 2019, AMD since Zen 4.
    Avx512,
    /// AMX with bytes and bf16, on Linux: Intel servers since 2023. It multiplies by tiles where there are rows enough; everything else is as with
    /// [`Avx512`](Self::Avx512).
    Amx,
}

impl Level {
    /// All of them, slowest first.
    pub const ALL: [Self; 6] = [Self::Portable, Self::Neon, Self::Avx2, Self::AvxVnni, Self::Avx512, Self::Amx];

    /// The level of this name, as in `HEARSAY_ISA`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name))
    }

    /// `portable`, `neon`, `avx2`, `avxvnni`, `avx512`, `amx`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avxvnni",
            Self::Avx512 => "avx512",
            Self::Amx => "amx",
        }
    }

    /// Whether this processor has it; of [`Amx`](Self::Amx) also whether the system lets this process use it, and whether products that were tried came
    /// out right.
    pub fn is_there(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Neon => neon(),
            Self::Avx2 => avx2(),
            Self::AvxVnni => avx_vnni(),
            Self::Avx512 => avx512(),
            Self::Amx => avx512() && tiles::are_there(),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(target_arch = "aarch64")]
fn neon() -> bool {
    std::arch::is_aarch64_feature_detected!("neon") && std::arch::is_aarch64_feature_detected!("dotprod")
}

#[cfg(not(target_arch = "aarch64"))]
fn neon() -> bool {
    false
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

#[cfg(target_arch = "x86_64")]
fn avx_vnni() -> bool {
    avx512() || avx2() && is_x86_feature_detected!("avxvnni")
}

#[cfg(target_arch = "x86_64")]
fn avx512() -> bool {
    avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn avx_vnni() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn avx512() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_found_by_its_name() {
        for level in Level::ALL {
            assert_eq!(Level::named(&level.to_string().to_uppercase()), Some(level));
        }
        assert_eq!(Level::named("mmx"), None);
    }
}
