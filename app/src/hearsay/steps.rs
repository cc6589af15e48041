//! A progress bar for work in steps: what is done now, how far it is, and how long it still takes.

use indicatif::{ProgressBar, ProgressStyle};
use std::borrow::Cow;

const COUNTED: &str = "{msg} [{bar:30}] {pos} of {len}, {eta} left";
const BYTES: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left";

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

    fn with(template: &str) -> Self {
        let bar = ProgressBar::new(0);
        // The templates are checked by the test below.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Where it is.
    pub(crate) fn show(&self, what: impl Into<Cow<'static, str>>, done: u64, of: u64) {
        let what = what.into();
        if self.0.message() != what {
            self.0.set_message(what);
            self.0.reset();
        }
        self.0.set_length(of);
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
        for template in [COUNTED, BYTES] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
