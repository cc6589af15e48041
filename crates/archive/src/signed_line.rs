//! A line of one of our files: a JSON object that carries its checksum as the last field, `"sum":"1a2b3c4d"`, the first eight
//! hexadecimal digits of the SHA-256 over what stands before `,"sum":`.

use sha2::{Digest, Sha256};

/// What every line ends with: this, eight digits, and [`SUM_END`].
const SUM: &str = ",\"sum\":\"";
const SUM_END: &str = "\"}";
const SUM_DIGITS: usize = 8;

/// A row with its checksum, as a line.
pub(crate) fn signed(row: &str) -> String {
    let open = row.strip_suffix('}').unwrap_or(row);
    format!("{open}{SUM}{}{SUM_END}\n", sum(open.as_bytes()))
}

/// What was signed, if the line is as it was written; its end may be missing.
pub(crate) fn checked(line: &[u8]) -> Option<String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line).strip_suffix(SUM_END.as_bytes())?;
    let (open, digits) = line.split_at_checked(line.len().checked_sub(SUM_DIGITS)?)?;
    let open = open.strip_suffix(SUM.as_bytes())?;
    if sum(open).as_bytes() != digits {
        return None;
    }
    String::from_utf8([open, b"}"].concat()).ok()
}

fn sum(bytes: &[u8]) -> String {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(bytes).into();
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

/// The same for a file whose lines once carried none: one without is what it is.
pub(crate) fn checked_or_plain(line: &[u8]) -> Option<String> {
    let has_sum = line.windows(SUM.len()).any(|bytes| bytes == SUM.as_bytes());
    if has_sum { checked(line) } else { String::from_utf8(line.trim_ascii_end().to_vec()).ok() }
}
