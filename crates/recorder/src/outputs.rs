//! Whether sound plays on an output that isn't recorded.

use crate::asking::Asking;
use crate::context::Devices;
use capture::{CaptureError, Device, Source};

/// How often is asked.
const ASK_EVERY_MICROS: i64 = 5_000_000;

/// What plays, as it was when it was last asked.
#[derive(Debug)]
pub(crate) struct Outputs {
    asking: Asking<Vec<Device>>,
    playing: Vec<Device>,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { asking: Asking::new(ASK_EVERY_MICROS), playing: Vec::new() }
    }
}

impl Outputs {
    /// Asks if it is time to.
    pub(crate) fn look(&mut self, devices: &Devices, boot: i64) {
        if let Some(playing) = self.asking.look(boot, devices, playing) {
            self.playing = playing;
        }
    }

    /// A sentence for the user, where an output plays that isn't the recorded one.
    pub(crate) fn warning(&self, recorded: &Device) -> Option<String> {
        let other = self.playing.iter().find(|device| device.id != recorded.id)?;
        Some(format!("sound plays on {}, which isn't recorded; loopback = \"all\" records every output", other.name))
    }
}

fn playing(source: &dyn Source) -> Result<Vec<Device>, CaptureError> {
    let ids = source.playing()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(source.devices()?.into_iter().filter(|device| ids.contains(&device.id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use capture::Kind;

    #[test]
    fn an_output_that_plays_unrecorded_is_told() {
        let device = |id: &str| Device {
            id: id.into(),
            name: format!("Monitor of {id}"),
            kind: Kind::Loopback,
            default: false,
            bluetooth: false,
            source: "fake",
            detail: String::new(),
        };
        let mut outputs = Outputs::default();
        assert_eq!(outputs.warning(&device("speakers")), None);
        outputs.playing.push(device("speakers"));
        assert_eq!(outputs.warning(&device("speakers")), None);
        let warning = outputs.warning(&device("headset")).unwrap();
        assert!(warning.starts_with("sound plays on Monitor of speakers"), "{warning}");
    }
}
