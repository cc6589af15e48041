//! What a person sees while work goes on: a bar on a terminal, a line now and then elsewhere. All on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;
use timeline::{Clock, SystemClock};
use worker::{Progress, Summary};

/// Shows how work goes.
pub(crate) struct Report {
    bar: ProgressBar,
    terminal: bool,
    said: i64,
    supervised: bool,
    faults: Vec<String>,
    /// The pass of the campaign that was last told of.
    campaign: Option<String>,
}

/// Without a terminal, one line at least this far apart; with `hearsay run`, which goes on all day, more.
const LINE_EVERY_MICROS: i64 = 10_000_000;
const SUPERVISED_EVERY_MICROS: i64 = 300_000_000;

impl Report {
    pub(crate) fn new(supervised: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        // The template is checked by the test below.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, terminal, said: 0, supervised, faults: Vec::new(), campaign: None }
    }

    pub(crate) fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Scanned { left_micros, faults } => {
                for fault in *faults {
                    self.fault(&fault.to_string());
                }
                if *left_micros > 0 {
                    self.bar.reset();
                    self.bar.set_length(seconds(*left_micros));
                    self.bar.enable_steady_tick(Duration::from_millis(250));
                    if !self.terminal && !self.supervised {
                        say(&format!("{} of sound to transcribe", length(*left_micros)));
                    }
                }
            }
            Progress::Window { left_micros, speed_x, .. } => self.window(*left_micros, *speed_x),
            Progress::Quarantined { track, span, reason } => {
                self.say(&format!("left out after three tries: {track} {span}: {reason}"));
            }
            Progress::Campaign { pass } => {
                if self.campaign.as_deref() != Some(pass.as_str()) {
                    self.campaign = Some(pass.to_string());
                    self.say(&format!("goes on with pass {pass}"));
                }
            }
            Progress::Idle { waiting_micros } => {
                self.bar.disable_steady_tick();
                self.bar.set_message("waiting for more");
                if *waiting_micros > 0 {
                    tracing::info!(waiting_s = seconds(*waiting_micros), "the end of a track waits for what follows");
                }
            }
        }
    }

    pub(crate) fn finish(&self, summary: &Summary) {
        self.bar.finish_and_clear();
        if summary.windows == 0 && summary.waiting_micros == 0 {
            say("nothing to transcribe");
            return;
        }
        say(&format!(
            "transcribed {} of sound in {}: {:.1} x real time, {} utterances in {} windows",
            length(summary.sound_micros),
            length(summary.spent_micros),
            summary.speed_x(),
            summary.utterances,
            summary.windows
        ));
        if summary.recognised > 0 {
            say(&format!(
                "{} windows held speech, {:.0} % full: {:.0} for an hour of speech",
                summary.recognised,
                summary.fill() * 100.0,
                summary.windows_per_speech_hour()
            ));
        }
        if summary.quarantined > 0 {
            say(&format!("{} windows were left out, see above", summary.quarantined));
        }
        if summary.waiting_micros > 0 {
            say(&format!("the last {} wait for the recorder's next segment", length(summary.waiting_micros)));
        }
        if summary.stopped {
            say("stopped; what is left goes on with the next `hearsay work`");
        }
    }

    fn window(&mut self, left_micros: i64, speed_x: f64) {
        let done = self.bar.length().unwrap_or(0).saturating_sub(seconds(left_micros));
        self.bar.set_position(done);
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "shown as minutes")]
        let to_go = if speed_x > 0.0 { (left_micros as f64 / speed_x) as i64 } else { 0 };
        self.bar.set_message(format!("{speed_x:.1} x real time, {} to go", length(to_go)));
        let line_every = if self.supervised { SUPERVISED_EVERY_MICROS } else { LINE_EVERY_MICROS };
        let now = SystemClock.boot_micros();
        if !self.terminal && now - self.said > line_every {
            self.said = now;
            say(&format!("{} left, {speed_x:.1} x real time, {} to go", length(left_micros), length(to_go)));
        }
    }

    /// Says a file's fault once, not at every look.
    fn fault(&mut self, text: &str) {
        if !self.faults.iter().any(|said| said == text) {
            self.faults.push(text.to_owned());
            self.say(text);
        }
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| say(text));
    }
}

const TEMPLATE: &str = "transcribing [{bar:30}] {percent:>3} %  {msg}";

/// `error: …` and its hints, the way every command says it.
pub(crate) fn error(error: &anyhow::Error) {
    say(&format!("error: {}", home::one_line(error.as_ref())));
}

/// A line for the person, on stderr. That nobody reads it is no reason to stop working.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").ok();
}

fn seconds(micros: i64) -> u64 {
    u64::try_from(micros / 1_000_000).unwrap_or(0)
}

/// `3 s`, `4 min 10 s`, `2 h 05 min`.
fn length(micros: i64) -> String {
    let s = seconds(micros);
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }

    #[test]
    fn lengths_read_like_lengths() {
        for (micros, text) in [(3_900_000, "3 s"), (250_000_000, "4 min 10 s"), (7_500_000_000, "2 h 05 min")] {
            assert_eq!(length(micros), text);
        }
    }
}
