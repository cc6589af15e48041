//! Stdout for data, stderr for everything else.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use timeline::WallTime;

/// Widths between which lines are laid out, whatever the terminal says.
const MIN_WIDTH: usize = 40;
const MAX_WIDTH: usize = 160;
/// The width where stdout is no terminal.
const PLAIN_WIDTH: usize = 80;

/// Stdout, and what it can show.
pub(crate) struct Out {
    writer: BufWriter<StdoutLock<'static>>,
    /// Whether emphasis may be used: a terminal, and the user hasn't set `NO_COLOR`.
    pub(crate) styled: bool,
    /// How many columns there are.
    pub(crate) width: usize,
}

impl Out {
    /// The process's stdout.
    pub(crate) fn stdout() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let styled = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = if terminal { columns.or_else(measured) } else { columns }.unwrap_or(PLAIN_WIDTH);
        Self { writer: BufWriter::new(stdout.lock()), styled, width: width.clamp(MIN_WIDTH, MAX_WIDTH) }
    }

    /// One JSON object on a line of its own.
    pub(crate) fn json(&mut self, row: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.writer, row)?;
        self.writer.write_all(b"\n")
    }

    /// Text that stands back: ids, units.
    pub(crate) fn dim(&self, text: &str) -> String {
        if self.styled { format!("\x1b[2m{text}\x1b[22m") } else { text.to_owned() }
    }

    /// Text that stands out: what was searched for.
    pub(crate) fn bold(&self, text: &str) -> String {
        if self.styled { format!("\x1b[1;33m{text}\x1b[22;39m") } else { text.to_owned() }
    }

    /// `text` with the given byte ranges standing out. Ranges that don't fit the text are left alone.
    pub(crate) fn highlighted(&self, text: &str, ranges: &[std::ops::Range<usize>]) -> String {
        if !self.styled {
            return text.to_owned();
        }
        let (mut shown, mut done) = (String::new(), 0);
        for range in ranges {
            if range.start < done {
                continue;
            }
            if let (Some(before), Some(hit)) = (text.get(done..range.start), text.get(range.clone())) {
                shown.push_str(before);
                shown.push_str(&self.bold(hit));
                done = range.end;
            }
        }
        shown.push_str(text.get(done..).unwrap_or_default());
        shown
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A line on stderr for whoever is watching. Where stderr is gone, there is nobody to tell.
pub(crate) fn say(text: &str) {
    writeln!(io::stderr(), "{text}").ok();
}

/// `note: …` on stderr: it went on, but not quite as asked.
pub(crate) fn note(text: &str) {
    say(&format!("note: {text}"));
}

/// `error: …` on stderr.
pub(crate) fn error(text: &str) {
    say(&format!("error: {text}"));
}

/// `hint: …` on stderr.
pub(crate) fn hint(text: &str) {
    say(&format!("hint: {text}"));
}

/// `2026-11-23 09:15:12`: local time for people.
pub(crate) fn local(time: WallTime) -> String {
    time.local().format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `8 s`, `12 min`, `3 h 05 min`, `2 d 4 h`: a duration for people.
pub(crate) fn duration(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// [`duration`] of seconds as machine output has them.
#[allow(clippy::cast_possible_truncation, reason = "shown to the second")]
pub(crate) fn duration_of(seconds: f64) -> String {
    duration((seconds * 1e6) as i64)
}

/// `148 MB`, `2.9 GB`: a size for people.
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Microseconds as the seconds of machine output.
#[allow(clippy::cast_precision_loss, reason = "microseconds of centuries fit in 53 bits")]
pub(crate) fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_as_people_say_them() {
        for (seconds, expected) in
            [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (3_900, "1 h 05 min"), (100_000, "1 d 3 h")]
        {
            assert_eq!(duration(seconds * 1_000_000), expected);
        }
        for (bytes, expected) in [(8, "1 kB"), (147_951_465, "148 MB"), (2_900_000_000, "2.9 GB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
