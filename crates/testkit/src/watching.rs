//! Waiting for real processes, and looking at the files they write.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long anything may take that is waited for: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until something is so.
///
/// # Panics
/// Where it isn't within 30 s, with what was waited for.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a test waits in real time for a real process")]
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The files below a folder whose names end so, in order; none where there is no folder. One that is taken away while it
/// is looked for isn't there.
pub fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Frames in a WAV file, as an independent reader finds them; 0 where it can't be read (yet).
pub fn wav_frames(path: &Path) -> u32 {
    hound::WavReader::open(path).map_or(0, |reader| reader.duration())
}
