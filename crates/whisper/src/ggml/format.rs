//! How numbers are written.

/// A number format of ggml. All but the first two write blocks of 32 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    F32,
    F16,
    /// scale f16 │ 16 × two numbers of 4 bits, less 8
    Q4_0,
    /// scale f16 │ least f16 │ 16 × two numbers of 4 bits
    Q4_1,
    /// scale f16 │ fifth bits u32 │ 16 × two numbers of 4 bits, less 16
    Q5_0,
    /// scale f16 │ least f16 │ fifth bits u32 │ 16 × two numbers of 4 bits
    Q5_1,
    /// scale f16 │ 32 × i8
    Q8_0,
}

impl Format {
    /// By ggml's own number.
    pub(super) fn numbered(kind: i32) -> Option<Self> {
        Some(match kind {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            _ => return None,
        })
    }

    /// ggml's own number.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
        }
    }

    /// Bytes of a row of so many numbers; none where they aren't whole blocks.
    pub(super) fn row_bytes(self, columns: usize) -> Option<usize> {
        let (numbers, bytes) = self.block();
        columns.is_multiple_of(numbers).then_some(columns / numbers * bytes)
    }

    /// Numbers and bytes of a block.
    pub(super) fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
        }
    }

    /// The numbers of whole blocks, as many as both sides hold.
    pub(super) fn read(self, bytes: &[u8], out: &mut [f32]) {
        match self {
            Self::F32 => {
                for (four, place) in bytes.as_chunks().0.iter().zip(out) {
                    *place = f32::from_le_bytes(*four);
                }
            }
            Self::F16 => {
                for (two, place) in bytes.as_chunks().0.iter().zip(out) {
                    *place = half_to_float(u16::from_le_bytes(*two));
                }
            }
            Self::Q4_0 => blocks::<18>(bytes, out, |[s0, s1, fours @ ..], out| {
                nibbles(fours, half(*s0, *s1), 0.0, 0, 8.0, out);
            }),
            Self::Q4_1 => blocks::<20>(bytes, out, |[s0, s1, l0, l1, fours @ ..], out| {
                nibbles(fours, half(*s0, *s1), half(*l0, *l1), 0, 0.0, out);
            }),
            Self::Q5_0 => blocks::<22>(bytes, out, |[s0, s1, a, b, c, d, fours @ ..], out| {
                nibbles(fours, half(*s0, *s1), 0.0, u32::from_le_bytes([*a, *b, *c, *d]), 16.0, out);
            }),
            Self::Q5_1 => blocks::<24>(bytes, out, |[s0, s1, l0, l1, a, b, c, d, fours @ ..], out| {
                nibbles(fours, half(*s0, *s1), half(*l0, *l1), u32::from_le_bytes([*a, *b, *c, *d]), 0.0, out);
            }),
            Self::Q8_0 => blocks::<34>(bytes, out, |[s0, s1, numbers @ ..], out| {
                let scale = half(*s0, *s1);
                for (place, number) in out.iter_mut().zip(numbers) {
                    *place = scale * f32::from(number.cast_signed());
                }
            }),
        }
    }
}

fn blocks<const BYTES: usize>(bytes: &[u8], out: &mut [f32], read: impl Fn(&[u8; BYTES], &mut [f32; 32])) {
    for (block, out) in bytes.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
        read(block, out);
    }
}

/// Low halves are the first sixteen numbers, high halves the others; bits of `fifth` count sixteen each.
fn nibbles(fours: &[u8], scale: f32, least: f32, fifth: u32, less: f32, out: &mut [f32; 32]) {
    let (first, second) = out.split_at_mut(16);
    for (at, ((byte, low), high)) in fours.iter().zip(first).zip(second).enumerate() {
        let bit = |at: usize| if fifth >> at & 1 == 1 { 16.0 } else { 0.0 };
        *low = (f32::from(byte & 15) + bit(at) - less) * scale + least;
        *high = (f32::from(byte >> 4) + bit(at + 16) - less) * scale + least;
    }
}

fn half(low: u8, high: u8) -> f32 {
    half_to_float(u16::from_le_bytes([low, high]))
}

/// An IEEE 754 number of 16 bits.
fn half_to_float(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let (exponent, fraction) = (u32::from(half >> 10 & 31), u32::from(half & 1_023));
    let bits = match exponent {
        // Zero, and numbers so small that they have no leading one: 2^-24 times the fraction.
        0 => return f32::from_bits(sign | (f32::from(half & 1_023) * f32::from_bits(103 << 23)).to_bits()),
        31 => 255 << 23 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_number() {
        let all = (0..100).filter_map(|number| Some((number, Format::numbered(number)?.number())));
        assert_eq!(all.filter(|(number, own)| u32::try_from(*number) == Ok(*own)).count(), 7);
    }

    #[test]
    fn halves_of_every_kind_are_read() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0400, 2.0_f32.powi(-14)),
            (0x0001, 2.0_f32.powi(-24)),
            (0x03ff, 1_023.0 * 2.0_f32.powi(-24)),
            (0x8000, -0.0),
            (0x7c00, f32::INFINITY),
            (0x3555, 0.333_251_95),
        ];
        for (half, want) in cases {
            assert_eq!(half_to_float(half).to_bits(), f32::to_bits(want), "{half:04x}");
        }
        assert!(half_to_float(0x7e00).is_nan());
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "small multiples of a half have no error")]
    fn blocks_are_read_as_ggml_writes_them() {
        // Scale 0.5 (0x3800), least 1.0 (0x3c00), fifth bits for numbers 0 and 17, bytes 0x21, 0x43, then zeros.
        let fours: [u8; 16] = std::array::from_fn(|at| match at {
            0 => 0x21,
            1 => 0x43,
            _ => 0,
        });
        let fifth = (1_u32 | 1 << 17).to_le_bytes();
        let (scale, least) = ([0, 0x38], [0, 0x3c]);
        let read = |format: Format, parts: &[&[u8]]| {
            let mut out = [f32::NAN; 32];
            format.read(&parts.concat(), &mut out);
            [out[0], out[1], out[2], out[16], out[17], out[31]]
        };
        assert_eq!(read(Format::Q4_0, &[&scale, &fours]), [-3.5, -2.5, -4.0, -3.0, -2.0, -4.0]);
        assert_eq!(read(Format::Q4_1, &[&scale, &least, &fours]), [1.5, 2.5, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(read(Format::Q5_0, &[&scale, &fifth, &fours]), [0.5, -6.5, -8.0, -7.0, 2.0, -8.0]);
        assert_eq!(read(Format::Q5_1, &[&scale, &least, &fifth, &fours]), [9.5, 2.5, 1.0, 2.0, 11.0, 1.0]);
        let mut bytes = [0_u8; 34];
        bytes[..2].copy_from_slice(&scale);
        (bytes[2], bytes[3], bytes[33]) = (0x80, 5, 0xff);
        assert_eq!(read(Format::Q8_0, &[&bytes]), [-64.0, 2.5, 0.0, 0.0, 0.0, -0.5]);
    }
}
