//! How fast the disk below the home takes what a recorder writes: a little at a time, synced.

use super::finding::Finding;
use home::Home;
use std::io::{self, Write};
use timeline::{Clock as _, SystemClock};

const TOPIC: &str = "disk speed";
/// Written in so many pieces, each synced as the recorder's are.
const PIECES: u32 = 8;
const PIECE: usize = 1 << 20;
/// Both tracks at 48 kHz are 192 kB a second; a disk that is barely faster leaves nothing for the rest.
const SLOW_BYTES_PER_S: i64 = 2_000_000;
/// A sync that takes as long as syncs are apart (5 s) can't be kept up with.
const SLOW_SYNC_MICROS: i64 = 1_000_000;

/// What was measured.
#[derive(Debug, Clone, Copy)]
struct Timed {
    bytes_per_s: i64,
    longest_sync_micros: i64,
}

/// Times it, where there is a home. Where nothing can be written there, that is said elsewhere.
pub(super) fn of(home: &Home) -> Option<Finding> {
    if !home.root().is_dir() {
        return None;
    }
    Some(match time(home) {
        Ok(timed) => told(timed),
        Err(error) => {
            let advice = "the recorder can write nothing there either; is the disk full, read-only or another user's?";
            Finding::bad(TOPIC, format!("cannot write to {}: {error}", home.root().display()), advice)
        }
    })
}

fn time(home: &Home) -> io::Result<Timed> {
    let path = home.root().join(format!(".doctor-{}", std::process::id()));
    let mut file = home::files::create_new(&path)?;
    #[expect(clippy::disallowed_methods, reason = "our own, made a moment ago")]
    let nameless = std::fs::remove_file(&path);
    nameless?;
    // Not zeros: some disks and file systems keep those for nothing.
    let mut state = 1_u32;
    let piece: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes().first().copied().unwrap_or_default()
    })
    .take(PIECE)
    .collect();
    let (begun, mut longest) = (SystemClock.boot_micros(), 0);
    for _ in 0..PIECES {
        file.write_all(&piece)?;
        let synced = SystemClock.boot_micros();
        file.sync_data()?;
        longest = longest.max(SystemClock.boot_micros() - synced);
    }
    let took = (SystemClock.boot_micros() - begun).max(1);
    let bytes = i64::from(PIECES) * i64::try_from(PIECE).unwrap_or(i64::MAX);
    Ok(Timed { bytes_per_s: bytes.saturating_mul(1_000_000) / took, longest_sync_micros: longest })
}

fn told(timed: Timed) -> Finding {
    let Timed { bytes_per_s, longest_sync_micros } = timed;
    let text = format!("{} MB/s, synced in {} ms at most", bytes_per_s / 1_000_000, longest_sync_micros / 1_000);
    if bytes_per_s < SLOW_BYTES_PER_S || longest_sync_micros > SLOW_SYNC_MICROS {
        let advice = "nothing is lost while it is slow for seconds; if it is so again later, keep the home on another disk (HEARSAY_HOME)";
        return Finding::note(TOPIC, text, advice);
    }
    Finding::good(TOPIC, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn a_home_is_timed_and_nothing_is_left_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert!(of(&home).unwrap().text.contains(" MB/s, synced in "));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(of(&Home::at(&folder.path().join("not there"))), None);
    }

    #[test]
    fn a_disk_that_hardly_keeps_up_is_noted() {
        let fast = Timed { bytes_per_s: 200_000_000, longest_sync_micros: 9_000 };
        assert_eq!(told(fast), Finding::good(TOPIC, "200 MB/s, synced in 9 ms at most"));
        assert_eq!(told(Timed { bytes_per_s: 1_000_000, ..fast }).verdict, Verdict::Note);
        assert_eq!(told(Timed { longest_sync_micros: 3_000_000, ..fast }).verdict, Verdict::Note);
    }
}
