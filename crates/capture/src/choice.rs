use crate::error::names;
use crate::{CaptureError, Device, Kind};

/// Which device a track is recorded from: `default`, `none`, an id or a part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Whatever the default is: followed when it changes. The system's, but for Bluetooth (see [`Device::default`]).
    Default,
    /// This track is not recorded.
    None,
    /// Every device of the kind, mixed: a [`Supervisor`](crate::Supervisor) with [`Choice::Named`] for each. Whoever records
    /// lists the devices and does that; this choice opens nothing by itself.
    All,
    /// This device: its id, or a part of its name that no other has.
    Named(String),
}

impl Choice {
    /// Reads what people type and write into the configuration.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "default" | "" => Self::Default,
            "none" => Self::None,
            "all" => Self::All,
            name => Self::Named(name.to_owned()),
        }
    }

    /// The device of that kind that is meant. An id is taken whatever the kind: whoever writes one knows what it is.
    ///
    /// # Errors
    /// [`CaptureError::NoDefault`], [`CaptureError::NotFound`] or [`CaptureError::Ambiguous`], with what there is;
    /// [`CaptureError::NotOne`] for [`Choice::None`] and [`Choice::All`].
    pub fn find(&self, devices: &[Device], kind: Kind) -> Result<Device, CaptureError> {
        match self {
            Self::None => Err(CaptureError::NotOne { kind, wanted: "none" }),
            Self::All => Err(CaptureError::NotOne { kind, wanted: "all" }),
            Self::Default => devices
                .iter()
                .find(|device| device.kind == kind && device.default)
                .cloned()
                .ok_or_else(|| CaptureError::NoDefault { kind, there_are: names(devices, kind) }),
            Self::Named(wanted) => find_named(wanted, devices, kind),
        }
    }
}

fn find_named(wanted: &str, devices: &[Device], kind: Kind) -> Result<Device, CaptureError> {
    if let Some(exact) = devices.iter().find(|device| device.id == wanted) {
        return Ok(exact.clone());
    }
    let needle = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&needle);
    let matches: Vec<&Device> =
        devices.iter().filter(|device| device.kind == kind && (has(&device.name) || has(&device.id))).collect();
    match matches.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(CaptureError::NotFound { kind, wanted: wanted.to_owned(), there_are: names(devices, kind) }),
        several => Err(CaptureError::Ambiguous {
            wanted: wanted.to_owned(),
            there_are: several.iter().map(ToString::to_string).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: &str, kind: Kind, default: bool) -> Device {
        Device {
            id: id.into(),
            name: name.into(),
            kind,
            default,
            bluetooth: false,
            source: "fake",
            detail: String::new(),
        }
    }

    fn devices() -> Vec<Device> {
        vec![
            device("usb", "USB Headset", Kind::Microphone, false),
            device("pci", "Built-in Audio", Kind::Microphone, true),
            device("usb.monitor", "Monitor of USB Headset", Kind::Loopback, true),
        ]
    }

    fn found(choice: &str, kind: Kind) -> Result<String, String> {
        Choice::parse(choice).find(&devices(), kind).map(|device| device.id).map_err(|error| error.to_string())
    }

    #[test]
    fn a_device_is_found_by_default_id_or_part_of_its_name() {
        assert_eq!(found("default", Kind::Microphone), Ok("pci".into()));
        assert_eq!(found("default", Kind::Loopback), Ok("usb.monitor".into()));
        assert_eq!(found("usb", Kind::Microphone), Ok("usb".into()));
        assert_eq!(found("headset", Kind::Microphone), Ok("usb".into()));
        assert_eq!(found("headset", Kind::Loopback), Ok("usb.monitor".into()));
        assert_eq!(found("usb.monitor", Kind::Microphone), Ok("usb.monitor".into()));
    }

    #[test]
    fn all_and_none_are_not_one_device() {
        assert_eq!(Choice::parse(" all "), Choice::All);
        assert_eq!(found("all", Kind::Loopback), Err("\"all\" is not one loopback".into()));
        assert_eq!(found("none", Kind::Microphone), Err("\"none\" is not one microphone".into()));
    }

    #[test]
    fn what_is_not_found_is_answered_with_what_there_is() {
        assert_eq!(
            found("webcam", Kind::Microphone),
            Err("no microphone is called \"webcam\"; there are: USB Headset (usb), Built-in Audio (pci)".into())
        );
        assert!(found("u", Kind::Microphone).unwrap_err().contains("part of several names"));
        let none = Choice::Default.find(&[], Kind::Microphone).unwrap_err().to_string();
        assert_eq!(none, "there is no microphone");
    }
}
