use crate::error::{Fault, demand};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// A file that is read forwards and never believed: nothing longer than what is left is made room for.
pub(crate) struct Reader {
    file: BufReader<File>,
    at: u64,
    len: u64,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        demand(metadata.is_file(), || "it is not a file".to_owned())?;
        Ok(Self { file: BufReader::with_capacity(1 << 16, file), at: 0, len: metadata.len() })
    }

    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn left(&self) -> u64 {
        self.len.saturating_sub(self.at)
    }

    pub(crate) fn seek(&mut self, to: u64) -> Result<(), Fault> {
        demand(to <= self.len, || format!("it points at byte {to}, behind its end"))?;
        self.file.seek(SeekFrom::Start(to))?;
        self.at = to;
        Ok(())
    }

    pub(crate) fn skip(&mut self, len: u64) -> Result<(), Fault> {
        demand(len <= self.left(), || "it ends too early".to_owned())?;
        match i64::try_from(len) {
            Ok(len) => self.file.seek_relative(len)?,
            Err(_) => drop(self.file.seek(SeekFrom::Start(self.at + len))?),
        }
        self.at += len;
        Ok(())
    }

    /// `len` bytes, of which there may be `most`.
    pub(crate) fn bytes(&mut self, len: u64, most: u64, what: &str) -> Result<Vec<u8>, Fault> {
        demand(len <= self.left(), || format!("{what} would have {len} bytes and the file has {} more", self.left()))?;
        demand(len <= most, || format!("{what} would have {len} bytes"))?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        self.file.read_exact(&mut bytes)?;
        self.at += len;
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at = self.at.saturating_add(u64::try_from(N).unwrap_or(0));
        Ok(bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Fault> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}
