//! Whether sound plays on an output that isn't recorded: asked every five seconds, by a helper that may hang with the
//! sound system, and never waited for.

use crate::context::{Devices, Supervision};
use capture::Device;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

/// How often is asked.
const ASK_EVERY_MICROS: i64 = 5_000_000;

/// What plays, as it was when it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    playing: Arc<Mutex<Vec<Device>>>,
    asking: Arc<AtomicBool>,
    asked: Option<i64>,
}

impl Outputs {
    /// Asks if it is time to.
    pub(crate) fn look(&mut self, devices: &Devices, boot: i64) {
        if self.asked.is_some_and(|asked| boot - asked < ASK_EVERY_MICROS) || self.asking.swap(true, SeqCst) {
            return;
        }
        self.asked = Some(boot);
        let (source, playing, asking) = (devices.source.clone(), self.playing.clone(), self.asking.clone());
        let ask = move || {
            let found = source.playing().and_then(|ids| {
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(source.devices()?.into_iter().filter(|device| ids.contains(&device.id)).collect())
            });
            *playing.lock().unwrap_or_else(PoisonError::into_inner) = found.unwrap_or_default();
            asking.store(false, SeqCst);
        };
        match devices.supervision {
            Supervision::Inline => ask(),
            Supervision::Threads => {
                if let Err(error) = std::thread::Builder::new().name("hs-outputs".into()).spawn(ask) {
                    self.asking.store(false, SeqCst);
                    tracing::error!("cannot start a thread: {error}");
                }
            }
        }
    }

    /// A sentence for the user, where an output plays that isn't the recorded one.
    pub(crate) fn warning(&self, recorded: &Device) -> Option<String> {
        let playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        let other = playing.iter().find(|device| device.id != recorded.id)?;
        Some(format!("sound plays on {}, which isn't recorded; loopback = \"all\" records every output", other.name))
    }
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
        let outputs = Outputs::default();
        assert_eq!(outputs.warning(&device("speakers")), None);
        outputs.playing.lock().unwrap().push(device("speakers"));
        assert_eq!(outputs.warning(&device("speakers")), None);
        let warning = outputs.warning(&device("headset")).unwrap();
        assert!(warning.starts_with("sound plays on Monitor of speakers"), "{warning}");
    }
}
