//! Asking the system's own programs, which may be missing or hang.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;
use timeline::{Clock as _, SystemClock};

/// How long a program may take to answer. One that asks a bus that nobody serves would take 25 s.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// More than any of them says; a pipe holds more.
const LONGEST: u64 = 4_096;

/// The first line that a program prints, where it ends well and soon.
pub(super) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let begun = SystemClock.boot_micros();
    let status = loop {
        if let Some(status) = child.try_wait().ok()? {
            break status;
        }
        if SystemClock.boot_micros() - begun > i64::try_from(PATIENCE.as_micros()).unwrap_or(i64::MAX) {
            // It may have ended meanwhile.
            child.kill().ok();
            child.wait().ok();
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let mut said = String::new();
    child.stdout.take()?.take(LONGEST).read_to_string(&mut said).ok()?;
    (status.success()).then(|| said.lines().next().map(|line| line.trim().to_owned()))?
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_missing_fails_or_hangs_says_nothing() {
        assert_eq!(first_line("sh", &["-c", "echo yes; echo more"]).as_deref(), Some("yes"));
        assert_eq!(first_line("sh", &["-c", "echo yes; exit 1"]), None);
        assert_eq!(first_line("no-such-program-anywhere", &[]), None);
        assert_eq!(first_line("sleep", &["60"]), None);
    }
}
