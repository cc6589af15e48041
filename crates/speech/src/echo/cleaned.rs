use std::ops::Range;

/// Frames of one figure: 10 ms.
pub(super) const SHARE_FRAMES: usize = 160;

/// What is left of an echo is at least this far below it, in decibels: the canceller leaves 30 dB less than it takes, and who speaks at
/// the same time is rarely so quiet.
const LEFT_OVER_DB: f32 = -15.0;
/// ... and the echo was most of what the microphone heard.
const MOSTLY: f32 = 0.5;

/// A stretch of a microphone's track as recognition hears it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cleaned {
    /// The sound without the echo; `None` where none was found, and the sound is to be used as it is.
    pub samples: Option<Vec<f32>>,
    /// For every 10 ms, the energy of the echo and of what is left (sums of squares).
    pub(super) energy: Vec<(f32, f32)>,
}

/// How much of a stretch was echo.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EchoShare {
    /// The energy of the echo that was taken out (sum of squares).
    pub echo: f32,
    /// The energy of what is left.
    pub rest: f32,
}

impl Cleaned {
    /// A stretch without an echo.
    pub const UNTOUCHED: Self = Self { samples: None, energy: Vec::new() };

    /// A stretch without an echo.
    pub fn untouched() -> Self {
        Self::UNTOUCHED
    }

    /// How much of the frames `span` was echo; nothing where the sound wasn't touched.
    pub fn share(&self, span: Range<usize>) -> EchoShare {
        let figures = span.start / SHARE_FRAMES..span.end.div_ceil(SHARE_FRAMES);
        let within = self.energy.get(figures.start..figures.end.min(self.energy.len())).unwrap_or_default();
        within.iter().fold(EchoShare::default(), |sum, (echo, rest)| sum.and(&EchoShare { echo: *echo, rest: *rest }))
    }
}

impl EchoShare {
    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { echo: self.echo + other.echo, rest: self.rest + other.rest }
    }

    /// Whether what is left is no more than the rest of an echo: nobody spoke.
    pub fn is_left_over(&self) -> bool {
        self.of_all() >= MOSTLY && self.rest_over_echo_db() <= LEFT_OVER_DB
    }

    /// The echo's part of what the microphone heard, 0 to 1.
    pub fn of_all(&self) -> f32 {
        let all = self.echo + self.rest;
        if all > 0.0 { self.echo / all } else { 0.0 }
    }

    /// What is left, in decibels over the echo that was taken out: a canceller leaves 20 dB less than it takes, a person
    /// who speaks is louder than that. Infinite where there was no echo.
    pub fn rest_over_echo_db(&self) -> f32 {
        if self.echo > 0.0 { 10.0 * (self.rest / self.echo).log10() } else { f32::INFINITY }
    }
}
