use crate::{Device, Kind};

/// Why nothing can be recorded from a device.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CaptureError {
    /// The sound system doesn't answer. Starting it helps; retrying may.
    #[error("cannot reach {system}: {reason}")]
    Unreachable {
        /// Which sound system.
        system: &'static str,
        /// What it said.
        reason: String,
    },
    /// No device of that kind is the default, mostly because there is none. Plugging one in helps.
    #[error("there is no {kind}{}", listed(.there_are))]
    NoDefault {
        /// The kind that was wanted.
        kind: Kind,
        /// Devices of that kind, which could be named.
        there_are: Vec<String>,
    },
    /// No device has that name. Another name, or plugging it in, helps.
    #[error("no {kind} is called {wanted:?}{}", listed(.there_are))]
    NotFound {
        /// The kind that was wanted.
        kind: Kind,
        /// What was asked for.
        wanted: String,
        /// Devices of that kind.
        there_are: Vec<String>,
    },
    /// Several devices match. A longer part of the name, or the id, helps.
    #[error("{wanted:?} is part of several names{}", listed(.there_are))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The devices that match.
        there_are: Vec<String>,
    },
    /// `all` or `none` where one device was wanted: a fault of whoever asked. Retrying doesn't help.
    #[error("{wanted:?} is not one {kind}")]
    NotOne {
        /// The kind that was wanted.
        kind: Kind,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The device is there and won't open: in use, forbidden, or in a form nobody knows. Retrying may help.
    #[error("cannot open {device}: {reason}")]
    Open {
        /// The device's id.
        device: String,
        /// What the sound system said.
        reason: String,
    },
    /// The sound system didn't finish opening the device. Retrying may help.
    #[error("{device} did not open within {seconds} s")]
    TimedOut {
        /// The device's id.
        device: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The stream is over: unplugged, its server gone. Opening it again, once it is back, helps.
    #[error("{device} ended: {reason}")]
    Ended {
        /// The device's id.
        device: String,
        /// What the sound system said.
        reason: String,
    },
    /// The stream is open and nothing comes. Opening it again mostly helps.
    #[error("{device} has delivered nothing for {seconds} s")]
    Stalled {
        /// The device's id.
        device: String,
        /// For how long.
        seconds: u64,
    },
    /// The stream delivers nothing but digital zero, though the system doesn't report the device as muted. Opening it
    /// again may help.
    #[error("{device} has delivered only digital silence for {seconds} s")]
    Silent {
        /// The device's id.
        device: String,
        /// For how long.
        seconds: u64,
    },
    /// The default is another device now, and the default is what was asked for.
    #[error("the default is no longer {device}")]
    DefaultChanged {
        /// The id of the device that was open.
        device: String,
    },
    /// The system has no thread to give. Retrying may help.
    #[error("cannot start a thread: {reason}")]
    Thread {
        /// What the system said.
        reason: String,
    },
}

/// `; there are: A (a), B (b)` for the end of a message.
fn listed(devices: &[String]) -> String {
    if devices.is_empty() { String::new() } else { format!("; there are: {}", devices.join(", ")) }
}

/// The devices of one kind, as messages list them.
pub(crate) fn names(devices: &[Device], kind: Kind) -> Vec<String> {
    devices.iter().filter(|device| device.kind == kind).map(ToString::to_string).collect()
}
