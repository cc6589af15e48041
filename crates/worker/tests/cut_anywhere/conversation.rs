use testkit::fixture;

/// Frames per second.
pub(crate) const RATE: usize = 16_000;

/// Two tracks of one length: what was said and what was heard.
pub(crate) struct Conversation {
    pub(crate) mic: Vec<i16>,
    pub(crate) loopback: Vec<i16>,
}

impl Conversation {
    /// The two recorded conversations in turn, each time a little later on the detector's grid, so that no window is like another.
    pub(crate) fn of_minutes(minutes: u32) -> Self {
        let len = usize::try_from(minutes).unwrap() * 60 * RATE;
        Self { mic: track("mic", len), loopback: track("loopback", len) }
    }

    /// The same with one frame of speech a step louder.
    pub(crate) fn with_one_frame_changed(&self) -> Self {
        let mut mic = self.mic.clone();
        // 5 s in: in the middle of the second sentence.
        mic[5 * RATE] += 1;
        Self { mic, loopback: self.loopback.clone() }
    }

    /// In milliseconds.
    pub(crate) fn len_ms(&self) -> u64 {
        u64::try_from(self.mic.len()).unwrap() / 16
    }
}

fn track(name: &str, len: usize) -> Vec<i16> {
    let parts = ["standup", "call"].map(|conversation| {
        let path = fixture(&format!("days/{conversation}.{name}.wav"));
        let samples: Vec<i16> = hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect();
        samples
    });
    let mut track = Vec::with_capacity(len);
    for (turn, part) in parts.iter().cycle().enumerate() {
        if track.len() >= len {
            break;
        }
        // The last room sound of the part, again: a shift that is no multiple of anything.
        let shift = turn * 1_237 % part.len();
        track.extend_from_slice(&part[part.len() - shift..]);
        track.extend_from_slice(part);
    }
    track.truncate(len);
    track
}
