/// How long most, and how long nearly all took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

impl Percentiles {
    /// Of microseconds in order, in milliseconds.
    pub(crate) fn of(micros: &[u64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "seconds, in microseconds")]
        let at =
            |part: usize| micros.get(micros.len().saturating_sub(1) * part / 100).map_or(0.0, |at| *at as f64 / 1e3);
        Self { p50: at(50), p95: at(95), p99: at(99) }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.2} {:8.2} {:8.2}", self.p50, self.p95, self.p99)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_measured() {
        let micros: Vec<u64> = (1..=101).map(|n| n * 1_000).collect();
        assert_eq!(Percentiles::of(&micros).to_string(), "   51.00    96.00   100.00");
        assert_eq!(Percentiles::of(&[]).to_string(), "    0.00     0.00     0.00");
    }
}
