use std::time::Duration;

/// Why a server gave no words. What it wrote is never repeated: it may be what was said.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// There was no connection, so it never saw the window.
    #[error("it can't be reached: {0}")]
    NotReached(String),
    /// The connection broke in the middle.
    #[error("the connection broke: {0}")]
    BrokenOff(String),
    /// It took too long.
    #[error("it gave no answer for {} s", .0.as_secs())]
    Silent(Duration),
    /// It said no.
    #[error("it answered {0}{hint}", hint = hint(*.0))]
    Status(u16),
    /// What it answered is no transcript.
    #[error("its answer can't be used: {0}")]
    Nonsense(&'static str),
}

impl Fault {
    /// Whether the server has seen the window, so that it may be the window's fault.
    pub(super) fn may_be_the_windows(&self) -> bool {
        !matches!(self, Self::NotReached(_))
    }
}

/// What a status most likely means here.
fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => " (it sends elsewhere, which isn't followed: name that address itself)",
        401 | 403 => " (does it want another key?)",
        404 => " (is the address right up to /v1, and does it have that model?)",
        429 => " (it has too much to do)",
        _ => "",
    }
}
