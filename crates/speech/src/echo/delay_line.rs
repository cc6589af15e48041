use super::correlation::Peak;

/// When what was played arrives in the microphone: a delay that grows or shrinks with the drift between two clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DelayLine {
    /// Frames of delay at frame 0.
    pub(super) at_start: f64,
    /// Frames of delay that each frame adds.
    pub(super) per_frame: f64,
}

/// Two clocks may differ by this much: ±50 ppm each, and some for what an estimate is off.
const STEEPEST: f64 = 150e-6;
/// How far, in frames, a peak may be from the line that it belongs to.
const NEAR: f64 = 4.0;
/// The slope that is likely before anything was seen, and how exact a peak is; where the peaks lie close together the line
/// stays level.
const LIKELY_SLOPE: f64 = 30e-6;
const PEAK_FRAMES: f64 = 0.3;
/// One peak this clear is an echo (two voices that have nothing to do with each other give up to 11), ...
const CLEAR: f32 = 20.0;
/// ... or at least three on one line, which together are as clear as this (chance gives up to 21).
const CLEAR_TOGETHER: f32 = 36.0;

impl DelayLine {
    /// The line on which most peaks lie; `None` where they tell of no echo.
    pub(super) fn through(peaks: &[Peak]) -> Option<Self> {
        let pairs = peaks.iter().enumerate().flat_map(|(i, a)| peaks.iter().skip(i).map(move |b| (a, b)));
        let lines = pairs.filter_map(|(a, b)| {
            let apart = b.at - a.at;
            let per_frame = if apart > 0.0 { (b.delay - a.delay) / apart } else { 0.0 };
            let line = Self { at_start: a.delay - per_frame * a.at, per_frame };
            (per_frame.abs() <= STEEPEST).then(|| (line.support(peaks), line))
        });
        let (_, line) = lines.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let on_it: Vec<&Peak> = peaks.iter().filter(|peak| line.passes(peak)).collect();
        let together = on_it.iter().map(|peak| peak.clearness).sum::<f32>();
        let clearest = on_it.iter().map(|peak| peak.clearness).fold(0.0, f32::max);
        (clearest >= CLEAR || (on_it.len() > 2 && together >= CLEAR_TOGETHER)).then(|| Self::fitted(&on_it))
    }

    /// The delay at a frame.
    pub(super) fn at(&self, frame: f64) -> f64 {
        self.at_start + self.per_frame * frame
    }

    fn passes(&self, peak: &Peak) -> bool {
        (self.at(peak.at) - peak.delay).abs() <= NEAR
    }

    /// How clear the peaks on the line are together.
    fn support(&self, peaks: &[Peak]) -> f32 {
        peaks.iter().filter(|peak| self.passes(peak)).map(|peak| peak.clearness).sum()
    }

    /// Least squares, weighted by clearness, with a likely slope.
    fn fitted(peaks: &[&Peak]) -> Self {
        let weighted = |value: &dyn Fn(&Peak) -> f64| -> f64 {
            peaks.iter().map(|peak| f64::from(peak.clearness) * value(peak)).sum()
        };
        let weight = weighted(&|_| 1.0).max(f64::MIN_POSITIVE);
        let (at, delay) = (weighted(&|peak| peak.at) / weight, weighted(&|peak| peak.delay) / weight);
        let across = weighted(&|peak| (peak.at - at).powi(2));
        let along = weighted(&|peak| (peak.at - at) * (peak.delay - delay));
        let per_frame = along / (across + (PEAK_FRAMES / LIKELY_SLOPE).powi(2));
        Self { at_start: delay - per_frame * at, per_frame }
    }
}
