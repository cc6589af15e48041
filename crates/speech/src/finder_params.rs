use serde::{Deserialize, Serialize};

/// What decides where windows lie; part of a pass's parameters. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowParams {
    /// Speech begins with a frame at least this likely.
    pub onset: f32,
    /// Speech ends when frames stay less likely than this.
    pub offset: f32,
    /// ... for this long: shorter pauses are part of an utterance.
    pub min_silence_ms: u32,
    /// Shorter stretches are noises and not given to the recogniser.
    pub min_speech_ms: u32,
    /// Sound kept around speech, at most: the real room, in front of and behind every utterance.
    pub pad_ms: u32,
    /// The longest window, pads included; Whisper sees 30 s.
    pub max_window_ms: u32,
    /// How much track time a window waits for more, counted from its first utterance.
    pub max_wait_ms: u32,
    /// How long without speech until a window is closed empty.
    pub nothing_after_ms: u32,
}

impl WindowParams {
    /// For recorded sound: windows as full as they get within `max_wait_s` of track time.
    pub fn backlog(max_wait_s: u32) -> Self {
        Self { max_wait_ms: max_wait_s.saturating_mul(1_000), ..Self::default() }
    }

    /// For sound that someone is watching: a window is closed with its first utterance, about a second after it began.
    pub fn live() -> Self {
        Self { max_wait_ms: 1_000, ..Self::default() }
    }
}

impl Default for WindowParams {
    fn default() -> Self {
        Self {
            onset: 0.5,
            offset: 0.35,
            min_silence_ms: 320,
            min_speech_ms: 128,
            pad_ms: 200,
            max_window_ms: 28_000,
            max_wait_ms: 300_000,
            nothing_after_ms: 60_000,
        }
    }
}
