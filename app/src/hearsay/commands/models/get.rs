//! `hearsay models get`.

use crate::output;
use crate::steps::Steps;
use anyhow::Result;
use home::Exit;
use speech::models::{self, Got, Mirrors, Progress, Wanted};
use std::io::IsTerminal;
use std::path::Path;
use timeline::{Clock, SystemClock};

/// Fetches.
pub(super) fn run(folder: &Path, mirrors: &Mirrors, wanted: &Wanted) -> Result<Exit> {
    let mut watch = Watch::new(&wanted.file);
    let got = models::get(folder, mirrors, wanted, &mut |progress| watch.show(progress));
    watch.bar.done();
    let Got { path, sha256, fetched } = got?;
    let done = if fetched { "fetched and checked" } else { "is here already and whole:" };
    output::say(&format!("{done} {} (SHA-256 {sha256})", path.display()));
    Ok(Exit::Done)
}

/// Shows how a download goes: a bar on a terminal, a line now and then elsewhere.
struct Watch<'a> {
    file: &'a str,
    bar: Steps,
    terminal: bool,
    said: Option<i64>,
}

/// Without a terminal, lines are this far apart.
const LINE_EVERY_MICROS: i64 = 10_000_000;

impl<'a> Watch<'a> {
    fn new(file: &'a str) -> Self {
        Self { file, bar: Steps::fetched(), terminal: std::io::stderr().is_terminal(), said: None }
    }

    fn show(&mut self, progress: Progress) {
        self.bar.show(self.file, progress.have, progress.of.unwrap_or(0));
        let now = SystemClock.boot_micros();
        if !self.terminal && self.said.is_none_or(|said| now - said > LINE_EVERY_MICROS) {
            self.said = Some(now);
            let of = progress.of.map(|of| format!(" of {}", output::size(of))).unwrap_or_default();
            output::say(&format!("{}: {}{of}", self.file, output::size(progress.have)));
        }
    }
}
