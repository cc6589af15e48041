//! Reading from the front, never beyond the end.

/// What is left of a file.
pub(super) struct Cursor<'a> {
    left: &'a [u8],
    len: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, len: bytes.len() }
    }

    /// From somewhere on; from the end on where it lies behind that.
    pub(super) fn behind(bytes: &'a [u8], at: usize) -> Self {
        Self { left: bytes.get(at..).unwrap_or_default(), len: bytes.len() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// How far it has come.
    pub(super) fn at(&self) -> usize {
        self.len - self.left.len()
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let (taken, left) = self.left.split_at_checked(len).ok_or("it ends too early")?;
        self.left = left;
        Ok(taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| "it ends too early")?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, String> {
        self.u32().map(u32::cast_signed)
    }
}
