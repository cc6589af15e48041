use crate::queue::Queue;
use speech::{EngineError, Recogniser};
use std::collections::BTreeSet;
use store::{Campaign, Pass, Terms};
use timeline::WallTime;

/// Gives a campaign its recogniser: with the very model that its pass names, or an error that says what is in the way.
pub type OpenRecogniser = dyn Fn(&Campaign, &Pass) -> Result<Box<dyn Recogniser + Send>, EngineError> + Send;
/// What a campaign has to wait for at a moment; `None`: it may run.
pub type WaitsFor = dyn FnMut(&Terms, WallTime) -> Option<&'static str> + Send;

/// What the worker needs to be told to make other passes over old days.
pub struct CampaignSettings {
    /// Asked when a campaign begins.
    pub recogniser: Box<OpenRecogniser>,
    /// Asked once a second.
    pub waits_for: Box<WaitsFor>,
}

/// The campaigns of a worker: one at a time is under way.
pub(crate) struct Campaigns {
    pub(crate) settings: CampaignSettings,
    /// The pass that was last at work and its recogniser, which stays while the campaign is interrupted.
    pub(crate) open: Option<(i64, Queue)>,
    /// Of which what is left waits for sound that follows, as of the last look at what there is.
    pub(crate) stuck: BTreeSet<i64>,
}

/// It is asked this often whether there is a campaign that may run, and whether what is under way may go on.
pub(crate) const ASK_EVERY_MICROS: i64 = 1_000_000;

impl Campaigns {
    pub(crate) fn new(settings: CampaignSettings) -> Self {
        Self { settings, open: None, stuck: BTreeSet::new() }
    }
}

/// Whether a minute of the local day lies between two others, over midnight too.
pub fn is_between(minute: u16, (from, to): (u16, u16)) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_go_over_midnight() {
        let night = (22 * 60, 7 * 60);
        for (minute, is) in [(21 * 60 + 59, false), (22 * 60, true), (0, true), (6 * 60 + 59, true), (7 * 60, false)] {
            assert_eq!(is_between(minute, night), is, "{minute}");
        }
        assert!(is_between(600, (540, 660)) && !is_between(660, (540, 660)));
    }
}
