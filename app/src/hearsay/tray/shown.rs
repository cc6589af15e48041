//! What the icon says of the recorder. Pure.

use super::sign::Sign;
use crate::output;
use crate::status::{RecorderStatus, TrackState, doing};

/// The icon, its title, and what its tooltip tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) sign: Sign,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

impl Shown {
    pub(super) fn of(recorder: &RecorderStatus) -> Self {
        let troubled =
            |state| matches!(state, TrackState::Silent | TrackState::Stalled | TrackState::NoDevice | TrackState::Disk);
        let trouble = !recorder.warnings.is_empty() || recorder.tracks.iter().any(|track| troubled(track.state));
        let (sign, title) = match (recorder.running, recorder.paused, recorder.paused_until) {
            (false, ..) => (Sign::Stopped, "not recording".to_owned()),
            (true, true, Some(until)) => (Sign::Paused, format!("paused until {}", output::local(until))),
            (true, true, None) => (Sign::Paused, "paused".to_owned()),
            (true, false, _) if trouble => (Sign::Troubled, "recording, and something is wrong".to_owned()),
            (true, false, _) => (Sign::Recording, "recording".to_owned()),
        };
        let tracks = recorder.tracks.iter().map(|track| {
            let device = track.device.as_ref().map(|device| format!(" ({device})")).unwrap_or_default();
            format!("{}: {}{device}", track.track, doing(track.state))
        });
        let lines = tracks.chain(recorder.warnings.iter().cloned()).collect();
        Self { sign, title: format!("hearsay: {title}"), lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::TrackStatus;

    fn recorder(state: TrackState) -> RecorderStatus {
        let track = TrackStatus {
            track: "mic".into(),
            state,
            device: Some("USB".into()),
            muted: false,
            level_db: None,
            last_frame_age_s: None,
            written_today_s: 0.0,
            gaps_today: 0,
            gaps_today_s: 0.0,
        };
        RecorderStatus { running: true, tracks: vec![track], ..RecorderStatus::stopped() }
    }

    #[test]
    fn it_says_when_something_is_wrong_and_never_that_it_records_when_it_does_not() {
        assert_eq!(Shown::of(&RecorderStatus::stopped()).sign, Sign::Stopped);
        assert_eq!(Shown::of(&recorder(TrackState::Recording)).sign, Sign::Recording);
        assert_eq!(Shown::of(&recorder(TrackState::Idle)).sign, Sign::Recording);
        let lost = Shown::of(&recorder(TrackState::NoDevice));
        assert_eq!((lost.sign, lost.lines), (Sign::Troubled, vec!["mic: no device (USB)".to_owned()]));
        let full = RecorderStatus { warnings: vec!["The disk is full.".into()], ..recorder(TrackState::Recording) };
        assert_eq!(Shown::of(&full).sign, Sign::Troubled);
        let paused = RecorderStatus { paused: true, ..recorder(TrackState::Disk) };
        let paused = Shown::of(&paused);
        assert_eq!((paused.sign, paused.title.as_str()), (Sign::Paused, "hearsay: paused"));
    }
}
