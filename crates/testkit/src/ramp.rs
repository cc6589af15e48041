//! A sound that counts its own frames: whatever is lost, doubled or changed shows to the frame.

use crate::process::{Killed, TestkitError};
use crate::rig::{Rig, Sink};
use std::io::Write;
use std::process::Stdio;

/// Frames that are handed to the player at once.
const BLOCK_FRAMES: u32 = 4_800;

/// A ramp that doesn't fit: after one frame comes another than the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// The frame's index.
    pub at: usize,
    /// What the ramp would have there.
    pub expected: i16,
    /// What is there.
    pub found: i16,
}

/// What a recording of the ramp holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ramp {
    /// The index of the first frame that isn't silence.
    pub first: usize,
    /// The index of the last.
    pub last: usize,
    /// Frames that don't follow the one before; the first hundred.
    pub wrong: Vec<Wrong>,
    /// Frames of silence within it that the server played, since the player was late: behind them the ramp goes on where
    /// it was, or where it would be by their number. A recorder that loses sound makes the ramp jump.
    pub silenced: usize,
}

impl Ramp {
    /// Finds the ramp in samples: silence, the ramp without a break, silence. `None` where all is silent.
    pub fn find(samples: &[i16]) -> Option<Self> {
        let first = samples.iter().position(|sample| *sample != 0)?;
        let last = samples.iter().rposition(|sample| *sample != 0)?;
        let (mut wrong, mut silenced, mut at) = (Vec::new(), 0, first + 1);
        while at <= last && wrong.len() < 100 {
            let (Some(before), Some(found)) = (samples.get(at - 1), samples.get(at)) else { break };
            let expected = before.wrapping_add(1);
            let silence = samples.get(at..=last)?.iter().take_while(|sample| **sample == 0).count();
            if *found == expected {
                at += 1;
            } else if silence > 0 && samples.get(at + silence).is_some_and(|next| goes_on(*before, *next, silence)) {
                silenced += silence;
                at += silence + 1;
            } else {
                wrong.push(Wrong { at, expected, found: *found });
                at += 1;
            }
        }
        Some(Self { first, last, wrong, silenced })
    }

    /// Frames of the ramp from the first to the last.
    pub fn frames(&self) -> usize {
        self.last - self.first + 1 - self.silenced
    }
}

/// A server that ran dry takes up the ramp again within so many frames of its place.
const SERVER_FRAMES: i32 = 2;

/// Whether a ramp goes on after so many frames of silence, with or without them.
fn goes_on(before: i16, next: i16, silence: usize) -> bool {
    let further = i32::from(next.wrapping_sub(before).cast_unsigned());
    let silence = i32::try_from(silence % 65_536).unwrap_or(0);
    further == 1 || (further - (silence + 1)).abs() <= SERVER_FRAMES
}

impl Rig {
    /// Plays the ramp into a sink, at 48 kHz and 16 bits on every channel, until the value is dropped: the frame `n`
    /// has the sample `n mod 65536`. The rig's sinks have that format, so it passes bit by bit.
    ///
    /// # Errors
    /// [`TestkitError::Missing`] where `pacat` isn't installed.
    pub fn play_ramp(&self, sink: Sink) -> Result<Killed, TestkitError> {
        let channels: u16 = if sink == Sink::Speakers { 2 } else { 1 };
        let mut command = self.command("pacat");
        command.args(["--playback", "--raw", "--format=s16le", "--rate=48000", "--volume=65536"]);
        // Refilled twenty times a second: with its own buffer, of two seconds, the player runs dry when a recorder that
        // comes or goes changes the sink's block.
        command.args(["--latency-msec=1000", "--process-time-msec=50"]);
        command.arg(format!("--channels={channels}")).arg(format!("--device={}", sink.name()));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut player = Killed(crate::rig::spawn(&mut command)?);
        let failed = |what: &str| TestkitError::Failed { program: "pacat".into(), what: what.into() };
        let mut stdin = player.0.stdin.take().ok_or_else(|| failed("it has no stdin"))?;
        let feed = move || {
            let mut next: u32 = 0;
            loop {
                let samples = (next..next + BLOCK_FRAMES).flat_map(|frame| {
                    let [low, high, ..] = frame.to_le_bytes();
                    std::iter::repeat_n([low, high], channels.into()).flatten()
                });
                if stdin.write_all(&samples.collect::<Vec<u8>>()).is_err() {
                    return;
                }
                next = (next + BLOCK_FRAMES) % 65_536;
            }
        };
        let thread = std::thread::Builder::new().name("ramp".into()).spawn(feed);
        thread.map_err(|error| failed(&error.to_string()))?;
        Ok(player)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_frame_shows() {
        let mut samples: Vec<i16> = vec![0; 7];
        samples
            .extend((0..70_000_u32).map(|frame| i16::from_le_bytes([frame.to_le_bytes()[0], frame.to_le_bytes()[1]])));
        samples.extend([0; 5]);
        let ramp = Ramp::find(&samples).unwrap();
        assert_eq!((ramp.first, ramp.frames(), ramp.wrong.len()), (8, 69_999, 0));
        samples.splice(50_000..50_000, [0; 300]);
        let late = Ramp::find(&samples).unwrap();
        assert_eq!((late.frames(), late.silenced, late.wrong.len()), (69_999, 300, 0));
        samples.splice(20_000..20_500, [0; 500]);
        assert_eq!(Ramp::find(&samples).unwrap().silenced, 800);
        samples.remove(40_007);
        let wrong = Ramp::find(&samples).unwrap().wrong;
        assert_eq!(wrong, [Wrong { at: 40_007, expected: -25_536, found: -25_535 }]);
        assert_eq!(Ramp::find(&[0; 9]), None);
    }
}
