//! What the person at the terminal sees: elapsed time and a level per track.

use capture::control::{RecorderStatus, TrackStatus};
use recorder::SILENCE_DB;
use std::io::{IsTerminal, Write};
use tracing_subscriber::EnvFilter;

/// Without a terminal, a line comes this often.
const LINE_EVERY_MICROS: i64 = 10_000_000;
/// Characters of a bar.
const BAR: usize = 16;
/// The level at which a bar is empty.
const BAR_FLOOR_DB: f32 = -60.0;
/// Back to the start of the line, and clear it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Draws on stderr: one line, again and again, on a terminal; a line every ten seconds elsewhere.
pub(crate) struct Meter {
    terminal: bool,
    next_line: i64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), next_line: LINE_EVERY_MICROS }
    }

    /// Shows the status after so many microseconds of recording.
    pub(crate) fn draw(&mut self, elapsed: i64, status: &RecorderStatus) {
        // Nobody has to be there to see it.
        if self.terminal {
            write!(std::io::stderr(), "{CLEAR_LINE}{}", line(elapsed, status, true)).ok();
        } else if elapsed >= self.next_line {
            self.next_line += LINE_EVERY_MICROS;
            writeln!(std::io::stderr(), "{}", line(elapsed, status, false)).ok();
        }
    }

    /// Leaves the last line standing.
    pub(crate) fn end(&self) {
        if self.terminal {
            writeln!(std::io::stderr()).ok();
        }
    }
}

fn line(elapsed: i64, status: &RecorderStatus, bars: bool) -> String {
    let seconds = elapsed / 1_000_000;
    let mut line = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if status.paused {
        return line + "  paused";
    }
    for track in &status.tracks {
        line.push_str("  ");
        line.push_str(&track.track);
        line.push(' ');
        line.push_str(&reading(track, bars));
    }
    line
}

fn reading(track: &TrackStatus, bars: bool) -> String {
    match track.level_db {
        _ if track.device.is_none() => "no device".to_owned(),
        _ if track.muted => "muted".to_owned(),
        None => "nothing comes".to_owned(),
        Some(db) if bars => format!("▕{}▏{:>8}", bar(db), decibels(db)),
        Some(db) => decibels(db),
    }
}

fn decibels(db: f32) -> String {
    if db <= SILENCE_DB { "silence".to_owned() } else { format!("{db:.0} dB") }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 16")]
fn bar(db: f32) -> String {
    let share = ((db - BAR_FLOOR_DB) / -BAR_FLOOR_DB).clamp(0.0, 1.0);
    let full = (share * BAR as f32).round() as usize;
    format!("{}{}", "█".repeat(full), " ".repeat(BAR.saturating_sub(full)))
}

/// Log lines go to stderr too, over the meter and not behind it. `HEARSAY_LOG` says which; warnings by default.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("HEARSAY_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    builder.with_writer(move || OverMeter { clear: terminal }).init();
}

/// stderr, with the meter's line cleared first.
struct OverMeter {
    clear: bool,
}

impl Write for OverMeter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut stderr = std::io::stderr().lock();
        if std::mem::take(&mut self.clear) {
            stderr.write_all(CLEAR_LINE.as_bytes())?;
        }
        stderr.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use capture::control::TrackState;

    fn track(name: &str, level_db: Option<f32>) -> TrackStatus {
        let device = Some("A".to_owned());
        TrackStatus {
            track: name.into(),
            state: TrackState::Recording,
            device,
            muted: false,
            level_db,
            last_frame_age_s: None,
            written_today_s: 0.0,
            gaps_today: 0,
            gaps_today_s: 0.0,
        }
    }

    #[test]
    fn the_line_says_how_long_and_how_loud() {
        let tracks = vec![track("mic", Some(-23.4)), track("loopback", Some(SILENCE_DB))];
        let mut status =
            RecorderStatus { running: true, paused: false, paused_until: None, tracks, warnings: Vec::new() };
        assert_eq!(line(3_725_000_000, &status, false), "01:02:05  mic -23 dB  loopback silence");
        assert!(line(0, &status, true).contains("mic ▕██████████      ▏  -23 dB"));
        assert!(line(0, &status, true).chars().count() < 80);
        status.tracks[0].device = None;
        assert!(line(0, &status, true).contains("mic no device"));
        status.paused = true;
        assert_eq!(line(0, &status, true), "00:00:00  paused");
    }
}
