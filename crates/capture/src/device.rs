/// Which of the two sides a device can be recorded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Takes sound from the room.
    Microphone,
    /// Takes what an output plays.
    Loopback,
}

impl Kind {
    /// `microphone` or `loopback`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Loopback => "loopback",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What finds it again: a source's name (PulseAudio), `alsa:default`, an endpoint's id.
    pub id: String,
    /// What people know it by.
    pub name: String,
    /// Its side.
    pub kind: Kind,
    /// Whether `default` means this one: the system's default, or what is better to be recorded all day (see
    /// [`bluetooth`](Self::bluetooth)).
    pub default: bool,
    /// Whether it is reached over Bluetooth. Opening such a microphone drops its headset's sound to call quality, so it
    /// is the default only where there is no other.
    pub bluetooth: bool,
    /// The name of the [`Source`](crate::Source) that reaches it.
    pub source: &'static str,
    /// Channels and rate where they are known without opening it, e.g. `2 × 48000 Hz`; else empty.
    pub detail: String,
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

/// Turns the system's defaults, which are marked, into hearsay's. A microphone that is reached over Bluetooth gives way
/// to the first one that isn't and, as far as is known, is plugged into something; where the system has no default
/// loopback (ALSA), the first one is it.
pub(crate) fn choose_defaults(devices: &mut [Device], plugged_in: impl Fn(&Device) -> bool) {
    let of = |kind: Kind| move |device: &Device| device.kind == kind;
    let default_of = |devices: &[Device], kind| devices.iter().position(|it| of(kind)(it) && it.default);
    let chosen = match default_of(devices, Kind::Microphone) {
        Some(default) if devices.get(default).is_some_and(|it| it.bluetooth) => {
            let better = |it: &Device| of(Kind::Microphone)(it) && !it.bluetooth && plugged_in(it);
            devices.iter().position(better).map(|better| (Some(default), better))
        }
        _ => None,
    };
    let first_loopback = match default_of(devices, Kind::Loopback) {
        None => devices.iter().position(of(Kind::Loopback)).map(|first| (None, first)),
        Some(_) => None,
    };
    for (not, but) in chosen.into_iter().chain(first_loopback) {
        for (number, device) in devices.iter_mut().enumerate() {
            device.default = (device.default && Some(number) != not) || number == but;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `*` marks the system's default, `~` Bluetooth, `!` what isn't plugged in, `>` a loopback.
    fn default_of(devices: &[&str], kind: Kind) -> String {
        let mut devices: Vec<Device> = devices
            .iter()
            .map(|text| Device {
                id: text.trim_start_matches(['*', '~', '!', '>']).to_owned(),
                name: (*text).to_owned(),
                kind: if text.contains('>') { Kind::Loopback } else { Kind::Microphone },
                default: text.contains('*'),
                bluetooth: text.contains('~'),
                source: "fake",
                detail: String::new(),
            })
            .collect();
        choose_defaults(&mut devices, |device| !device.name.contains('!'));
        let defaults: Vec<String> =
            devices.into_iter().filter(|it| it.kind == kind && it.default).map(|it| it.id).collect();
        defaults.join(" ")
    }

    #[test]
    fn the_default_microphone_is_not_a_bluetooth_one_if_there_is_another() {
        let cases: [(&[&str], &str); 7] = [
            (&["*built-in", "~headset"], "built-in"),
            (&["built-in", "*usb"], "usb"),
            (&["*~headset", "built-in", "usb"], "built-in"),
            (&["*~headset", "~other"], "headset"),
            (&["*~headset", ">speakers"], "headset"),
            (&["*~headset", "!jack", "usb"], "usb"),
            (&["usb", "~headset"], ""),
        ];
        for (devices, wanted) in cases {
            assert_eq!(default_of(devices, Kind::Microphone), wanted, "{devices:?}");
        }
    }

    #[test]
    fn the_default_loopback_is_the_systems_or_the_first() {
        assert_eq!(default_of(&[">hdmi", "*>speakers"], Kind::Loopback), "speakers");
        assert_eq!(default_of(&[">hdmi", "*~>headset"], Kind::Loopback), "headset");
        assert_eq!(default_of(&["*usb", ">hdmi", ">speakers"], Kind::Loopback), "hdmi");
    }
}
