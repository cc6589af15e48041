//! What the processor can do at most.

use crate::{Isa, Level};

/// How wide the numbers are that a product multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Eight bits: [`byte_product`](crate::byte_product()).
    Bytes,
    /// Sixteen bits: [`word_product`](crate::word_product()).
    Words,
}

/// Sums that are added up side by side, so that none waits for itself.
const CHAINS: usize = 12;

/// Multiplies numbers of registers `12 · rounds` times with the instructions that products of this width use, and does nothing else; gives how many products that were. `None` where
/// no loop is written for the level: for portable code, and for tiles.
pub fn multiply_in_registers(isa: Isa, width: Width, rounds: usize) -> Option<usize> {
    let per_instruction = match (isa.level(), width) {
        // SAFETY: an `Isa` of these levels exists only where the processor has these features.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx2, _) => unsafe { x86::words_avx2(rounds) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Level::AvxVnni, _) if is_x86_feature_detected!("avxvnni") => unsafe { x86::short(rounds, width) },
        // SAFETY: as above; without AVX-VNNI the level means these.
        #[cfg(target_arch = "x86_64")]
        (Level::AvxVnni, _) => unsafe { x86::long(rounds, width) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        (Level::Avx512, _) => unsafe { x86::wide(rounds, width) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        (Level::Neon, _) => unsafe { arm::neon(rounds, width) },
        _ => return None,
    };
    Some(per_instruction * CHAINS * rounds)
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, Width};
    use std::arch::x86_64::{
        _mm256_add_epi32, _mm256_dpbusd_avx_epi32, _mm256_dpbusd_epi32, _mm256_dpwssd_avx_epi32, _mm256_dpwssd_epi32,
        _mm256_madd_epi16, _mm256_set1_epi32, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_set1_epi32,
    };
    use std::hint::black_box;

    /// Different numbers: equal ones would be added up once.
    fn seeds() -> [i32; CHAINS] {
        black_box(std::array::from_fn(|at| i32::try_from(at).unwrap_or(0)))
    }

    /// Both widths are multiplied as words.
    #[target_feature(enable = "avx2")]
    pub(super) fn words_avx2(rounds: usize) -> usize {
        let mut sums = seeds().map(|seed| _mm256_set1_epi32(seed));
        let factors = _mm256_set1_epi32(black_box(3));
        for _ in 0..rounds {
            for sum in &mut sums {
                // Of the sum itself, or it would be done once for all rounds.
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*sum, factors));
            }
        }
        black_box(sums);
        16
    }

    /// Defines the loops with one encoding of the instructions.
    macro_rules! vnni {
        ($name:ident, $features:literal, $set:ident, $bytes:ident, $words:ident, $lanes:literal) => {
            #[target_feature(enable = $features)]
            pub(super) fn $name(rounds: usize, width: Width) -> usize {
                let mut sums = seeds().map(|seed| $set(seed));
                let factors = $set(black_box(3));
                match width {
                    Width::Bytes => {
                        for _ in 0..rounds {
                            for sum in &mut sums {
                                *sum = $bytes(*sum, factors, factors);
                            }
                        }
                    }
                    Width::Words => {
                        for _ in 0..rounds {
                            for sum in &mut sums {
                                *sum = $words(*sum, factors, factors);
                            }
                        }
                    }
                }
                black_box(sums);
                match width {
                    Width::Bytes => 4 * $lanes,
                    Width::Words => 2 * $lanes,
                }
            }
        };
    }

    vnni!(short, "avx2,avxvnni", _mm256_set1_epi32, _mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32, 8);
    vnni!(long, "avx2,avx512vl,avx512vnni", _mm256_set1_epi32, _mm256_dpbusd_epi32, _mm256_dpwssd_epi32, 8);
    vnni!(wide, "avx512f,avx512vnni", _mm512_set1_epi32, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, 16);
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::{CHAINS, Width};
    use crate::byte_tile::neon::dot;
    use std::arch::aarch64::{vdupq_n_s32, vget_low_s16, vmlal_s16, vreinterpretq_s8_s32, vreinterpretq_s16_s32};
    use std::hint::black_box;

    #[target_feature(enable = "neon,dotprod")]
    pub(super) fn neon(rounds: usize, width: Width) -> usize {
        let seeds: [i32; CHAINS] = black_box(std::array::from_fn(|at| i32::try_from(at).unwrap_or(0)));
        let mut sums = seeds.map(|seed| vdupq_n_s32(seed));
        let factors = vdupq_n_s32(black_box(3));
        let (bytes, words) = (vreinterpretq_s8_s32(factors), vget_low_s16(vreinterpretq_s16_s32(factors)));
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = match width {
                    Width::Bytes => dot(*sum, bytes, bytes),
                    Width::Words => vmlal_s16(*sum, words, words),
                };
            }
        }
        black_box(sums);
        match width {
            Width::Bytes => 16,
            Width::Words => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_multiplied_is_counted_wherever_there_is_a_loop() {
        for isa in Isa::all() {
            let counts = [Width::Bytes, Width::Words].map(|width| multiply_in_registers(isa, width, 10));
            let want = match isa.level() {
                Level::Portable | Level::Amx => [None, None],
                Level::Neon => [Some(1_920), Some(480)],
                Level::Avx2 => [Some(1_920), Some(1_920)],
                Level::AvxVnni => [Some(3_840), Some(1_920)],
                Level::Avx512 => [Some(7_680), Some(3_840)],
            };
            assert_eq!(counts, want, "{isa:?}");
        }
    }
}
