//! Where the files of a zip lie, as far as `torch.save` writes zips: nothing compressed, nothing encrypted, of any length.

use crate::error::{Fault, demand};
use crate::reader::Reader;
use std::collections::BTreeMap;
use std::path::Path;

const END: u32 = 0x0605_4b50;
const END_LEN: u64 = 22;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;
const LOCATOR64_LEN: u64 = 20;
const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// The field of an entry that has the numbers which don't fit into 32 bits.
const EXTRA64: u16 = 1;
/// The longest directory; the largest Whisper's has 0.1 MB.
const LONGEST_DIRECTORY: u64 = 1 << 23;
const LONGEST_NAME: u64 = 1 << 16;
/// More files than a Whisper has tensors. Each is looked up where it lies, which takes a read.
const MOST_FILES: usize = 1 << 14;

/// A file in the zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its first byte in the zip's file.
    pub(crate) at: u64,
    /// Its length.
    pub(crate) len: u64,
    /// Its CRC-32.
    pub(crate) sum: u32,
}

/// All files by name.
pub(crate) fn entries(path: &Path) -> Result<BTreeMap<String, Entry>, Fault> {
    let mut reader = Reader::open(path)?;
    let (directory_at, directory_len) = directory(&mut reader)?;
    demand(directory_len <= LONGEST_DIRECTORY, || format!("its directory would have {directory_len} bytes"))?;
    let until = directory_at.checked_add(directory_len).filter(|until| *until <= reader.len());
    let until = until.ok_or_else(|| Fault::Broken("its directory lies behind its end".to_owned()))?;
    reader.seek(directory_at)?;
    let mut listed = Vec::new();
    while reader.at() < until {
        demand(listed.len() < MOST_FILES, || format!("it holds more than {MOST_FILES} files"))?;
        listed.push(entry(&mut reader)?);
    }
    let mut entries = BTreeMap::new();
    for (name, local, len, sum) in listed {
        let at = data(&mut reader, local, &name)?;
        demand(at.checked_add(len).is_some_and(|until| until <= reader.len()), || {
            format!("{name} lies behind its end")
        })?;
        entries.insert(name, Entry { at, len, sum });
    }
    Ok(entries)
}

/// Where the directory lies, and its length.
fn directory(reader: &mut Reader) -> Result<(u64, u64), Fault> {
    let tail = reader.len().min(END_LEN + u64::from(u16::MAX));
    reader.seek(reader.len() - tail)?;
    let bytes = reader.bytes(tail, tail, "its end")?;
    let found = bytes.windows(4).rposition(|four| four == END.to_le_bytes().as_slice());
    let found = found.and_then(|at| u64::try_from(at).ok());
    let end_at = found.ok_or_else(|| Fault::Broken("it has no directory, as if its end were cut off".to_owned()))?
        + reader.len()
        - tail;
    demand(reader.len() - end_at >= END_LEN, || "its directory is cut off".to_owned())?;
    reader.seek(end_at + 12)?;
    let (len, at) = (reader.u32()?, reader.u32()?);
    if len != u32::MAX && at != u32::MAX {
        return Ok((u64::from(at), u64::from(len)));
    }
    let locator =
        end_at.checked_sub(LOCATOR64_LEN).ok_or_else(|| Fault::Broken("its directory is not found".to_owned()))?;
    reader.seek(locator)?;
    demand(reader.u32()? == LOCATOR64, || "its directory is not found".to_owned())?;
    reader.skip(4)?;
    let end64_at = reader.u64()?;
    reader.seek(end64_at)?;
    demand(reader.u32()? == END64, || "its directory is not found".to_owned())?;
    reader.skip(36)?;
    let (len, at) = (reader.u64()?, reader.u64()?);
    Ok((at, len))
}

/// A line of the directory: name, where the file's own header lies, length, sum.
fn entry(reader: &mut Reader) -> Result<(String, u64, u64, u32), Fault> {
    demand(reader.u32()? == ENTRY, || "its directory is damaged".to_owned())?;
    reader.skip(4)?;
    let (flags, method) = (reader.u16()?, reader.u16()?);
    reader.skip(4)?;
    let (sum, packed, len) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (name_len, extra_len, comment_len) = (reader.u16()?, reader.u16()?, reader.u16()?);
    reader.skip(8)?;
    let local = reader.u32()?;
    let name = String::from_utf8_lossy(&reader.bytes(u64::from(name_len), LONGEST_NAME, "a name")?).into_owned();
    let extra = reader.bytes(u64::from(extra_len), LONGEST_NAME, "a field")?;
    reader.skip(u64::from(comment_len))?;
    if method != 0 || flags & 1 != 0 {
        let hint = "torch.save compresses nothing; save the checkpoint with it";
        return Err(Fault::Unsuitable(format!("{name} is compressed or encrypted"), hint));
    }
    let mut longer = longer(&extra).into_iter();
    let mut whole =
        |short: u32| if short == u32::MAX { longer.next().ok_or_else(|| broken(&name)) } else { Ok(u64::from(short)) };
    let (len, packed, local) = (whole(len)?, whole(packed)?, whole(local)?);
    demand(len == packed, || format!("{name} has two lengths"))?;
    Ok((name, local, len, sum))
}

fn broken(name: &str) -> Fault {
    Fault::Broken(format!("what its directory says of {name} is cut off"))
}

/// The 64-bit numbers of an entry, in the order in which 32 bits had no room for them.
fn longer(mut extra: &[u8]) -> Vec<u64> {
    while let Some(([a, b, c, d], rest)) = extra.split_first_chunk() {
        let (id, len) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let Some((field, next)) = rest.split_at_checked(len) else { break };
        if id == EXTRA64 {
            return field.as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect();
        }
        extra = next;
    }
    Vec::new()
}

/// Where a file's bytes begin: behind its own header, whose padding the directory doesn't tell.
fn data(reader: &mut Reader, local: u64, name: &str) -> Result<u64, Fault> {
    reader.seek(local)?;
    demand(reader.u32()? == LOCAL, || format!("{name} is not where its directory says"))?;
    reader.skip(22)?;
    let (name_len, extra_len) = (reader.u16()?, reader.u16()?);
    Ok(reader.at() + u64::from(name_len) + u64::from(extra_len))
}
