//! A progress bar for work in steps: what is done now, how far it is, and how long it still takes.

use indicatif::{ProgressBar, ProgressStyle};

const COUNTED: &str = "{msg} [{bar:30}] {pos} of {len}, {eta} left";
const BYTES: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left";
const FETCHED: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// A bar on stderr; nothing where that is no terminal.
pub(crate) struct Steps(ProgressBar);

impl Steps {
    /// For things that are counted.
    pub(crate) fn counted() -> Self {
        Self::with(COUNTED)
    }

    /// For bytes.
    pub(crate) fn bytes() -> Self {
        Self::with(BYTES)
    }

    /// For bytes that come from elsewhere, with their speed.
    pub(crate) fn fetched() -> Self {
        Self::with(FETCHED)
    }

    fn with(template: &str) -> Self {
        let bar = ProgressBar::new(0);
        // The templates are checked by the test below.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Where it is.
    pub(crate) fn show(&self, what: &str, done: u64, of: u64) {
        self.0.set_length(of);
        if self.0.message() != what {
            self.0.set_message(what.to_owned());
            self.0.reset();
            // What was done before doesn't count for the speed.
            self.0.set_position(done);
            self.0.reset_eta();
        }
        self.0.set_position(done);
    }

    /// Takes the bar away.
    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_can_be_drawn() {
        for template in [COUNTED, BYTES, FETCHED] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
