use archive::Fault;
use timeline::{Span, TrackName};

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
    /// Nothing is left to do for now.
    Idle {
        /// Sound at the end of a track that may still go on, in microseconds.
        waiting_micros: i64,
    },
}

/// What one run did.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Windows stored.
    pub windows: u64,
    /// Utterances stored.
    pub utterances: u64,
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
    /// Whether the run was stopped before everything was done.
    pub stopped: bool,
}

impl Summary {
    /// Adds what another run did; what it found (files that can't be used, waiting sound) replaces what was found before.
    pub(crate) fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.utterances += other.utterances;
        self.quarantined += other.quarantined;
        self.sound_micros += other.sound_micros;
        self.spent_micros += other.spent_micros;
        self.faults = other.faults;
        self.waiting_micros = other.waiting_micros;
        self.stopped = other.stopped;
    }

    /// Sound dealt with by time spent: × real time.
    #[allow(clippy::cast_precision_loss, reason = "microseconds of centuries fit in 53 bits")]
    pub fn speed_x(&self) -> f64 {
        if self.spent_micros > 0 { self.sound_micros as f64 / self.spent_micros as f64 } else { 0.0 }
    }
}
