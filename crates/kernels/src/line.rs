//! Lines of the cache.

/// 64 bytes that lie in one line of the cache: a register of 512 bits and a row of a tile are loaded from it at once.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; Line::BYTES]);

impl Line {
    pub(crate) const BYTES: usize = 64;

    /// One whose bytes are all the same.
    pub(crate) const fn of(byte: u8) -> Self {
        Self([byte; Self::BYTES])
    }

    pub(crate) fn of_signed(bytes: &[i8; Self::BYTES]) -> Self {
        Self(bytes.map(i8::cast_unsigned))
    }

    #[inline(always)]
    pub(crate) fn bytes(lines: &[Self]) -> &[u8] {
        // SAFETY: a line is 64 bytes without padding, so that these are the bytes of the lines.
        unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), size_of_val(lines)) }
    }

    #[inline(always)]
    pub(crate) fn bytes_mut(lines: &mut [Self]) -> &mut [u8] {
        // SAFETY: as above; any bytes make lines.
        unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), size_of_val(lines)) }
    }

    /// The line as 32 numbers of 16 bits.
    #[inline(always)]
    pub(crate) fn halves_mut(&mut self) -> &mut [u16; Self::BYTES / 2] {
        // SAFETY: as many bytes, better aligned, and any bytes make such numbers.
        unsafe { &mut *(&raw mut *self).cast() }
    }

    /// The line as 16 numbers of 32 bits.
    #[inline(always)]
    pub(crate) fn words(&self) -> [u32; Self::BYTES / 4] {
        // SAFETY: as many bytes, better aligned, and any bytes make such numbers.
        unsafe { (&raw const *self).cast::<[u32; Self::BYTES / 4]>().read() }
    }

    /// Lines as numbers of 32 bits.
    #[inline(always)]
    pub(crate) fn words_mut(lines: &mut [Self]) -> &mut [u32] {
        // SAFETY: likewise.
        unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), size_of_val(lines) / size_of::<u32>()) }
    }

    #[cfg(test)]
    fn is_aligned(lines: &[Self]) -> bool {
        lines.as_ptr().addr().is_multiple_of(Self::BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lie_side_by_side_where_lines_of_the_cache_begin() {
        let mut lines = vec![Line::of(3); 5];
        assert!(Line::is_aligned(&lines));
        assert_eq!(Line::bytes(&lines), [3; 320]);
        Line::bytes_mut(&mut lines)[64] = 4;
        lines[2].halves_mut()[31] = 0x0605;
        Line::words_mut(&mut lines)[16 * 3] = 0x0a09_0807;
        let bytes = Line::bytes(&lines);
        assert_eq!([bytes[63], bytes[64], bytes[65], bytes[3 * 64 - 2], bytes[3 * 64 - 1]], [3, 4, 3, 5, 6]);
        assert_eq!(bytes[3 * 64..3 * 64 + 5], [7, 8, 9, 10, 3]);
    }
}
