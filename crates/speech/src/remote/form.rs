//! A window as the body of a request. Pure.

use crate::{Decoding, RATE, Request};

/// What stands between the parts; none of them holds it.
const BOUNDARY: &str = "hearsay-7d1f0c5e9a3b4826";
/// Bytes of a WAV file in front of its samples.
const WAV_HEADER: u32 = 44;

/// The body's type.
pub(super) fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// The body: the window as a WAV file, and how to transcribe it.
pub(super) fn body(request: &Request, model: &str) -> Vec<u8> {
    let Decoding { language, temperature, .. } = &request.decoding;
    let temperature = temperature.to_string();
    let mut fields = vec![
        ("model", model),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("temperature", temperature.as_str()),
    ];
    fields.extend(language.as_deref().map(|language| ("language", language)));
    let mut body = Vec::with_capacity(request.samples.len() * 2 + 2_048);
    for (name, value) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"window.wav\"\r\nContent-Type: audio/wav";
    body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
    wav(&request.samples, &mut body);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Mono, 16 kHz, 16 bits.
fn wav(samples: &[f32], to: &mut Vec<u8>) {
    let rate = u32::try_from(RATE).unwrap_or(u32::MAX);
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - WAV_HEADER);
    to.extend_from_slice(b"RIFF");
    to.extend_from_slice(&(bytes + WAV_HEADER - 8).to_le_bytes());
    to.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    to.extend_from_slice(&rate.to_le_bytes());
    to.extend_from_slice(&(rate * 2).to_le_bytes());
    to.extend_from_slice(b"\x02\0\x10\0data");
    to.extend_from_slice(&bytes.to_le_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
    let frame = |sample: &f32| ((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes();
    to.extend(samples.iter().flat_map(frame));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_in_the_body_is_the_window() {
        let samples = vec![0.0, 0.5, -1.0, 1.0];
        let decoding = Decoding { language: Some("de".to_owned()), ..Decoding::default() };
        let body = body(&Request { samples, decoding }, "large-v3");
        let at = body.windows(4).position(|four| four == b"RIFF").unwrap();
        let end = body.len() - format!("\r\n--{BOUNDARY}--\r\n").len();
        let mut wav = hound::WavReader::new(&body[at..end]).unwrap();
        assert_eq!((wav.spec().channels, wav.spec().sample_rate, wav.spec().bits_per_sample), (1, 16_000, 16));
        assert_eq!(wav.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), [0, 16_384, -32_768, 32_767]);
        let head = String::from_utf8(body[..at].to_vec()).unwrap();
        for (name, value) in [("model", "large-v3"), ("language", "de"), ("response_format", "verbose_json")] {
            assert!(head.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{head}");
        }
    }
}
