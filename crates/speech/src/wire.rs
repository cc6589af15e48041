//! What goes over the pipe between a worker and `hearsay-engine`.
//!
//! Both directions carry frames and nothing else:
//!
//! ```text
//! u32 le: bytes of header │ u32 le: samples │ header: one JSON object │ samples: f32 le each
//! ```
//!
//! The worker sends [`ToEngine`], the engine [`FromEngine`]. Only `submit` has samples. The engine first says `ready`
//! or `refused`; when its input ends, it ends too.

use crate::{Decoding, Lane, Recognised, Ticket};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Longest header: 30 s of speech have some 20 kB of words.
const MAX_HEADER: usize = 4 << 20;
/// Most samples of a frame: Whisper sees 30 s, one minute is generous.
pub const MAX_SAMPLES: usize = 60 * crate::RATE;

/// From the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "say")]
pub enum ToEngine {
    /// Decode the samples of this frame.
    Submit {
        /// Under this name.
        ticket: Ticket,
        /// Before windows of later lanes.
        lane: Lane,
        /// So.
        decoding: Decoding,
    },
    /// Forget a window that hasn't been begun.
    Cancel {
        /// Which.
        ticket: Ticket,
    },
}

/// From the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "say")]
pub enum FromEngine {
    /// The model is loaded.
    Ready {
        /// Name and version, e.g. `hearsay 0.1.0`.
        engine: String,
        /// Whether the model knows other languages than English.
        multilingual: bool,
        /// Windows that it computes at once.
        at_once: usize,
    },
    /// Nothing can be recognised; the engine ends.
    Refused {
        /// Why.
        reason: String,
    },
    /// The window is being computed from now on.
    Begun {
        /// Which.
        ticket: Ticket,
    },
    /// The window's words.
    Done {
        /// Which.
        ticket: Ticket,
        /// What was heard.
        recognised: Recognised,
    },
    /// The window couldn't be decoded.
    Failed {
        /// Which.
        ticket: Ticket,
        /// Why.
        reason: String,
    },
}

/// Writes one frame.
///
/// # Errors
/// What the pipe says; [`io::ErrorKind::InvalidInput`] for more samples than a frame may have.
pub fn write<T: Serialize>(to: &mut impl Write, header: &T, samples: &[f32]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "too long for a frame");
    if samples.len() > MAX_SAMPLES || header.len() > MAX_HEADER {
        return Err(too_long());
    }
    let mut frame = Vec::with_capacity(8 + header.len() + samples.len() * 4);
    frame.extend_from_slice(&u32::try_from(header.len()).map_err(|_| too_long())?.to_le_bytes());
    frame.extend_from_slice(&u32::try_from(samples.len()).map_err(|_| too_long())?.to_le_bytes());
    frame.extend_from_slice(&header);
    frame.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    to.write_all(&frame)?;
    to.flush()
}

/// Reads one frame; `None` where the input ends between frames.
///
/// # Errors
/// What the pipe says; [`io::ErrorKind::InvalidData`] for something that isn't a frame.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, Vec<f32>)>> {
    let mut lengths = [0u8; 8];
    match from.read(&mut lengths)? {
        0 => return Ok(None),
        some => from.read_exact(lengths.get_mut(some..).unwrap_or_default())?,
    }
    let [h0, h1, h2, h3, s0, s1, s2, s3] = lengths;
    let header_len = u32::from_le_bytes([h0, h1, h2, h3]) as usize;
    let sample_count = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
    if header_len > MAX_HEADER || sample_count > MAX_SAMPLES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a frame of the engine's pipe"));
    }
    let mut header = vec![0; header_len];
    from.read_exact(&mut header)?;
    let mut bytes = vec![0; sample_count * 4];
    from.read_exact(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<4>();
    let samples = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    Ok(Some((serde_json::from_slice(&header)?, samples)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let sent = ToEngine::Submit { ticket: Ticket(7), lane: Lane::Live, decoding: Decoding::default() };
        let mut pipe = Vec::new();
        write(&mut pipe, &sent, &[0.5, -1.0]).unwrap();
        write(&mut pipe, &ToEngine::Cancel { ticket: Ticket(7) }, &[]).unwrap();
        let mut pipe = pipe.as_slice();
        assert_eq!(read(&mut pipe).unwrap(), Some((sent, vec![0.5, -1.0])));
        assert_eq!(read(&mut pipe).unwrap(), Some((ToEngine::Cancel { ticket: Ticket(7) }, vec![])));
        assert_eq!(read::<ToEngine>(&mut pipe).unwrap(), None);
    }

    #[test]
    fn text_on_the_pipe_is_refused_and_a_torn_frame_is_an_error() {
        let error = read::<FromEngine>(&mut "Hello, this is not a frame".as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let mut pipe = Vec::new();
        write(&mut pipe, &FromEngine::Begun { ticket: Ticket(1) }, &[]).unwrap();
        pipe.pop();
        assert_eq!(read::<FromEngine>(&mut pipe.as_slice()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
