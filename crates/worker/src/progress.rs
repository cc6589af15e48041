use archive::Fault;
use timeline::{PassName, Span, TrackName};

/// What a worker tells while it works. Never words.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The archive was looked through.
    Scanned {
        /// Sound that waits, in microseconds, all tracks together.
        left_micros: i64,
        /// Files that can't be used, each with what to do about it.
        faults: &'a [Fault],
    },
    /// A window was stored.
    Window {
        /// Its track.
        track: &'a TrackName,
        /// What it covers.
        span: Span,
        /// How many utterances were heard in it.
        utterances: usize,
        /// Sound dealt with by time spent, since the work began: × real time.
        speed_x: f64,
        /// Sound that still waits, in microseconds.
        left_micros: i64,
    },
    /// A window failed three times and is left out; the rest goes on.
    Quarantined {
        /// Its track.
        track: &'a TrackName,
        /// What it covers.
        span: Span,
        /// Why.
        reason: &'a str,
    },
    /// Another pass over old days begins, or goes on.
    Campaign {
        /// The pass.
        pass: &'a PassName,
    },
    /// Nothing is left to do for now.
    Idle {
        /// Sound at the end of a track that may still go on, in microseconds.
        waiting_micros: i64,
    },
}

/// What fits into a window: the default of [`speech::WindowParams`].
const WINDOW_MILLIS: u32 = 28_000;

/// What one run did.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Windows stored.
    pub windows: u64,
    /// Utterances stored.
    pub utterances: u64,
    /// Windows that held speech, and so were given to the recogniser.
    pub recognised: u64,
    /// The sound in them, in microseconds.
    pub packed_micros: i64,
    /// The speech in them, without the room between.
    pub speech_micros: i64,
    /// Windows that were left out.
    pub quarantined: u64,
    /// Files that couldn't be used.
    pub faults: usize,
    /// Sound covered, in microseconds.
    pub sound_micros: i64,
    /// Time spent, in microseconds.
    pub spent_micros: i64,
    /// Sound at the ends of tracks that may still go on, in microseconds.
    pub waiting_micros: i64,
    /// Files of words beside the sound that are behind because they couldn't be written.
    pub unwritten: u64,
    /// Whether the run was stopped before everything was done.
    pub stopped: bool,
    /// Whether it gave way to something else before everything was done.
    pub(crate) broken_off: bool,
}

impl Summary {
    /// Adds what another run did; what it found (files that can't be used, waiting sound) replaces what was found before.
    pub(crate) fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.utterances += other.utterances;
        self.recognised += other.recognised;
        self.packed_micros += other.packed_micros;
        self.speech_micros += other.speech_micros;
        self.quarantined += other.quarantined;
        self.sound_micros += other.sound_micros;
        self.spent_micros += other.spent_micros;
        self.faults = other.faults;
        self.waiting_micros = other.waiting_micros;
        self.unwritten = other.unwritten;
        self.stopped = other.stopped;
        self.broken_off = other.broken_off;
    }

    /// Adds what a campaign did. What was found is the backlog's to tell.
    pub(crate) fn add_work(&mut self, other: &Self) {
        let Self { faults, waiting_micros, unwritten, .. } = *self;
        self.add(other);
        (self.faults, self.waiting_micros, self.unwritten) = (faults, waiting_micros, unwritten);
    }

    /// How full the windows with speech were, of the 28 s that fit: 0 to 1, and 0 where there was none.
    #[allow(clippy::cast_precision_loss, reason = "microseconds of centuries fit in 53 bits")]
    pub fn fill(&self) -> f64 {
        let room = self.recognised as f64 * f64::from(WINDOW_MILLIS) * 1_000.0;
        if room > 0.0 { self.packed_micros as f64 / room } else { 0.0 }
    }

    /// Windows that an hour of speech took; 0 where there was none. An encoder run each, so this is what packing saves on.
    #[allow(clippy::cast_precision_loss, reason = "microseconds of centuries fit in 53 bits")]
    pub fn windows_per_speech_hour(&self) -> f64 {
        if self.speech_micros > 0 { self.recognised as f64 * 3.6e9 / self.speech_micros as f64 } else { 0.0 }
    }

    /// Sound dealt with by time spent: × real time.
    #[allow(clippy::cast_precision_loss, reason = "microseconds of centuries fit in 53 bits")]
    pub fn speed_x(&self) -> f64 {
        if self.spent_micros > 0 { self.sound_micros as f64 / self.spent_micros as f64 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_and_windows_an_hour_are_of_the_windows_with_speech() {
        let one = Summary { recognised: 2, packed_micros: 42_000_000, speech_micros: 36_000_000, ..Summary::default() };
        assert_eq!((one.fill(), one.windows_per_speech_hour()), (0.75, 200.0));
        let mut both = one.clone();
        both.add(&one);
        assert_eq!((both.fill(), both.windows_per_speech_hour()), (0.75, 200.0));
        assert_eq!((Summary::default().fill(), Summary::default().windows_per_speech_hour()), (0.0, 0.0));
        assert_eq!(speech::WindowParams::default().max_window_ms, WINDOW_MILLIS);
    }
}
