use crate::{CaptureError, CpalSource, Device, Intake};
use home::SourceChoice;
use std::sync::Arc;
use timeline::Clock;

/// One way to reach devices.
pub trait Source: Send + Sync {
    /// `pulse`, `cpal` or `fake`.
    fn name(&self) -> &'static str;

    /// What can be recorded, defaults marked.
    ///
    /// # Errors
    /// [`CaptureError::Unreachable`] where the sound system doesn't answer.
    fn devices(&self) -> Result<Vec<Device>, CaptureError>;

    /// Whether the default can become another device while one is open. Where it can, it is asked for every 2 s.
    fn default_moves(&self) -> bool {
        true
    }

    /// The ids of the loopback devices whose output plays something at this moment, as far as the system tells.
    ///
    /// # Errors
    /// [`CaptureError::Unreachable`] where the sound system doesn't answer.
    fn playing(&self) -> Result<Vec<String>, CaptureError> {
        Ok(Vec::new())
    }

    /// Opens a device and starts it. May hang with the sound system: call it from a thread that may.
    ///
    /// # Errors
    /// [`CaptureError::Open`] or [`CaptureError::Unreachable`].
    fn open(&self, device: &Device) -> Result<Opened, CaptureError>;
}

/// A device that delivers.
pub struct Opened {
    /// Keeps it open; dropping it closes the device.
    pub stream: Box<dyn Stream>,
    /// Where its sound comes out.
    pub intake: Intake,
}

/// An open device. Dropping it closes the device, which may hang with the sound system.
pub trait Stream: Send {
    /// Whether it still runs, as far as the sound system says; that nothing comes is for the watchdog to notice.
    ///
    /// # Errors
    /// [`CaptureError::Ended`] once it is over.
    fn check(&self) -> Result<(), CaptureError>;

    /// Whether the system reports the device as muted.
    fn muted(&self) -> bool {
        false
    }
}

/// The source of a choice. `auto` is PulseAudio on Linux where it answers, cpal otherwise.
///
/// # Errors
/// [`CaptureError::Unreachable`] where the chosen system doesn't answer or isn't on this platform.
pub fn source(choice: SourceChoice, clock: Arc<dyn Clock>) -> Result<Arc<dyn Source>, CaptureError> {
    match choice {
        SourceChoice::Cpal => Ok(Arc::new(CpalSource::new(clock))),
        #[cfg(target_os = "linux")]
        SourceChoice::Pulse => {
            let pulse = crate::PulseSource::new(clock);
            pulse.probe()?;
            Ok(Arc::new(pulse))
        }
        #[cfg(not(target_os = "linux"))]
        SourceChoice::Pulse => {
            Err(CaptureError::Unreachable { system: "PulseAudio", reason: "it is for Linux only".into() })
        }
        SourceChoice::Auto => {
            #[cfg(target_os = "linux")]
            match source(SourceChoice::Pulse, clock.clone()) {
                Ok(pulse) => return Ok(pulse),
                Err(error) => tracing::debug!("{error}; trying ALSA"),
            }
            source(SourceChoice::Cpal, clock)
        }
    }
}

/// What can be recorded on this machine through a choice of source: ALSA is listed only where PulseAudio doesn't
/// answer, or where it is asked for, since its list is long and mostly the same devices again.
///
/// # Errors
/// As [`source`] and [`Source::devices`].
pub fn devices(choice: SourceChoice, clock: Arc<dyn Clock>) -> Result<Vec<Device>, CaptureError> {
    source(choice, clock)?.devices()
}
