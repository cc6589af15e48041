//! Where the time goes.

/// A stage of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The encoder's convolutions and linear layers, with what brings their input into eight bits.
    Products,
    /// The encoder's attention, but for its linear layers.
    Attention,
    /// What the decoder looks at in a window's sound: keys and values of all layers.
    Sound,
    /// The decoder, but for the logits.
    Decoder,
    /// The last layer, over all tokens.
    Logits,
    /// Normalisation and the sums from layer to layer, of the encoder.
    Rest,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Products, Self::Attention, Self::Sound, Self::Decoder, Self::Logits, Self::Rest];

    /// `products`, `attention`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::Products => "encoder's products",
            Self::Attention => "encoder's attention",
            Self::Sound => "cross keys and values",
            Self::Decoder => "decoder",
            Self::Logits => "logits",
            Self::Rest => "encoder's rest",
        }
    }
}

/// Seconds by part, once somebody gives a clock; without one nothing is measured and no clock is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spent {
    now: Option<fn() -> f64>,
    last: f64,
    seconds: [f64; Stage::ALL.len()],
}

impl Spent {
    pub(crate) fn with(now: fn() -> f64) -> Self {
        Self { now: Some(now), ..Self::default() }
    }

    /// From here on counts what is [done](Self::done) next.
    pub(crate) fn begin(&mut self) {
        if let Some(now) = self.now {
            self.last = now();
        }
    }

    /// What was done since the last time was that.
    pub(crate) fn done(&mut self, stage: Stage) {
        let Some(now) = self.now else { return };
        let now = now();
        if let Some(seconds) = self.seconds.get_mut(stage as usize) {
            *seconds += now - self.last;
        }
        self.last = now;
    }

    pub(crate) fn seconds(&self, stage: Stage) -> f64 {
        self.seconds.get(stage as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static SECONDS: Cell<f64> = const { Cell::new(0.0) };
    }

    #[test]
    fn each_part_has_the_time_since_the_one_before() {
        let mut spent = Spent::with(|| SECONDS.get());
        spent.begin();
        for (seconds, stage) in [(2.0, Stage::Sound), (7.0, Stage::Logits), (8.0, Stage::Sound)] {
            SECONDS.set(seconds);
            spent.done(stage);
        }
        for (stage, seconds) in Stage::ALL.into_iter().zip([0.0, 0.0, 3.0, 0.0, 5.0, 0.0]) {
            assert!((spent.seconds(stage) - seconds).abs() < 1e-9, "{stage:?}: {}", spent.seconds(stage));
        }
        let mut never = Spent::default();
        never.begin();
        never.done(Stage::Rest);
        assert!(never.seconds(Stage::Rest).abs() < 1e-9);
    }
}
