//! Errors as people meet them: `error: what, which file`, `hint: what to do`, and the exit code.
//!
//! This is the one place that maps an error to an exit code.

use crate::output;
use home::Exit;
use std::io;

/// An error with a word on what to do about it, and its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Failure {
    /// Something failed and nothing was changed.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit: Exit::Failed }
    }

    /// What was typed can't be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// What was asked for isn't there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { exit: Exit::NothingFound, ..Self::new(message) }
    }

    /// With a word on what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Tells the user what went wrong, and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        // `hearsay search … | head`: the reader has seen enough.
        return Exit::Done;
    }
    output::error(&home::one_line(error.as_ref()));
    if let Some(hint) = hint(error) {
        output::hint(&hint);
    }
    exit(error)
}

/// The exit code of an error.
pub(crate) fn exit(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.exit;
        }
        if cause.is::<home::ConfigError>() || cause.is::<timeline::TimeError>() {
            return Exit::Usage;
        }
    }
    Exit::Failed
}

/// What to do about an error, where that is known.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return failure.hint.clone();
        }
        if cause.is::<timeline::TimeError>() {
            return Some("times and spans look like: today, 14:05, 2026-11-22T14:00..15:30, 'last 2h'".to_owned());
        }
        if let Some(home::HomeError::Create { .. }) = cause.downcast_ref() {
            return Some("name a folder that can be written: --home DIR or HEARSAY_HOME".to_owned());
        }
        if let Some(index::IndexError::Outdated { .. } | index::IndexError::Damaged { .. }) = cause.downcast_ref() {
            return Some("`hearsay work` builds the index anew from the transcript; nothing is lost".to_owned());
        }
        if let Some(store::StoreError::Damaged { .. }) = cause.downcast_ref() {
            return Some(
                "`hearsay rebuild` makes it anew of the words beside the sound, and deletes nothing".to_owned(),
            );
        }
        if let Some(store::StoreError::TooMany { .. }) = cause.downcast_ref() {
            return Some("ask for a shorter span".to_owned());
        }
    }
    None
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_their_documented_exit_codes() {
        let time = timeline::parse_span("gestern", timeline::WallTime::MIN).unwrap_err();
        for (error, expected) in [
            (time.into(), Exit::Usage),
            (Failure::not_found("no such utterance").into(), Exit::NothingFound),
            (anyhow::Error::new(Failure::usage("no")).context("wrapped"), Exit::Usage),
            (io::Error::other("disk on fire").into(), Exit::Failed),
            (io::Error::from(io::ErrorKind::BrokenPipe).into(), Exit::Done),
        ] {
            assert_eq!(report(&error), expected, "{error:?}");
        }
    }
}
