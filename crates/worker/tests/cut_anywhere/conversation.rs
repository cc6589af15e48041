use testkit::{Room, fixture};

/// Frames per second.
pub(crate) const RATE: usize = 16_000;

/// Loudspeakers that clip, and are loud: the canceller, which knows linear rooms only, leaves something of them that the detector takes for speech.
const CLIPS_AT: f32 = 8_000.0;
const LOUDNESS: f32 = 0.8;

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

    /// The same where the loopback comes out of loudspeakers, and back through the microphone.
    pub(crate) fn through_loudspeakers(&self) -> Self {
        let clipped = |sample: &i16| CLIPS_AT * (f32::from(*sample) / CLIPS_AT).tanh();
        let played: Vec<f32> = self.loopback.iter().map(clipped).collect();
        let room = Room { delay_ms: 43.0, drift_ppm: 17.0, reverberation_ms: 120.0, seed: 3 };
        #[expect(clippy::cast_possible_truncation, reason = "an echo is lower than what is played")]
        let echo = room.hear(&played).into_iter().map(|sample| (LOUDNESS * sample) as i16);
        let mic = self.mic.iter().zip(echo).map(|(own, echo)| own.saturating_add(echo)).collect();
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
