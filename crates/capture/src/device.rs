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
    /// Whether `default` means this one.
    pub default: bool,
    /// Whether it is reached over Bluetooth. Opening such a microphone drops its headset's sound to call quality.
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
