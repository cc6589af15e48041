//! `hearsay models get`.

use crate::output;
use anyhow::Result;
use home::Exit;
use indicatif::{ProgressBar, ProgressStyle};
use speech::models::{self, Got, Mirrors, ModelError, Progress, Wanted};
use std::io::IsTerminal;
use std::path::Path;
use timeline::{Clock, SystemClock};

/// Fetches.
pub(super) fn run(folder: &Path, mirrors: &Mirrors, wanted: &Wanted) -> Result<Exit> {
    let mut watch = Watch::new(&wanted.file);
    let got = models::get(folder, mirrors, wanted, &mut |progress| watch.show(progress));
    watch.bar.finish_and_clear();
    let Got { path, sha256, fetched } = got?;
    // What was here already was compared with what it was, not with what was asked for.
    if let Some(expected) = wanted.sha256.as_ref().filter(|expected| **expected != sha256) {
        return Err(ModelError::Checksum { path, expected: expected.clone(), found: sha256 }.into());
    }
    let done = if fetched { "fetched and checked" } else { "is here already and whole:" };
    output::say(&format!("{done} {} (SHA-256 {sha256})", path.display()));
    Ok(Exit::Done)
}

/// Shows how a download goes: a bar on a terminal, a line now and then elsewhere.
struct Watch {
    bar: ProgressBar,
    terminal: bool,
    said: Option<i64>,
}

const TEMPLATE: &str = "{msg} [{bar:24}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
/// Without a terminal, lines are this far apart.
const LINE_EVERY_MICROS: i64 = 10_000_000;

impl Watch {
    fn new(file: &str) -> Self {
        let bar = ProgressBar::new(0).with_message(file.to_owned());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, terminal: std::io::stderr().is_terminal(), said: None }
    }

    fn show(&mut self, progress: Progress) {
        if let Some(of) = progress.of {
            self.bar.set_length(of);
        }
        if self.said.is_none() && self.terminal {
            // The speed is that of this run: what had come before doesn't count.
            self.bar.reset_eta();
            self.bar.set_position(progress.have);
            self.bar.reset_eta();
            self.said = Some(0);
        }
        self.bar.set_position(progress.have);
        let now = SystemClock.boot_micros();
        if !self.terminal && self.said.is_none_or(|said| now - said > LINE_EVERY_MICROS) {
            self.said = Some(now);
            let of = progress.of.map(|of| format!(" of {}", output::size(of))).unwrap_or_default();
            output::say(&format!("{}: {}{of}", self.bar.message(), output::size(progress.have)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
