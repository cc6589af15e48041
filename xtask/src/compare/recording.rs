//! A day as files: what every system is given.

use super::day::{Day, Spoken, TRACKS};
use super::sentences::{RATE, Sentence};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use testkit::Chance;

/// Loudness of a sentence at gain 1, as the root of its mean square: -23 dB of full scale.
const SPEECH_RMS: f64 = 0.07;
/// The room behind the microphone: -58 dB of full scale. The loopback is digitally silent where nothing plays.
const ROOM_RMS: f32 = 0.001_3;

/// One file of the day.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Mono WAV, 16 kHz, 16 bit.
    pub(crate) path: PathBuf,
    /// Its track's name.
    pub(crate) track: &'static str,
    /// When it begins, as hearsay writes times.
    pub(crate) start: String,
    /// What is said in it.
    pub(crate) text: String,
}

/// Writes the day into a folder, a file per track and `file_s` seconds, named so that `hearsay import` knows when and which.
///
/// # Errors
/// Where a file can't be written.
pub(crate) fn write(day: &Day, sentences: &[Sentence], file_s: f64, folder: &Path) -> Result<Vec<Recording>> {
    let mut recordings = Vec::new();
    let mut from_s = 0.0;
    while from_s < day.length_s {
        let length_s = file_s.min(day.length_s - from_s);
        for (track, name) in TRACKS.into_iter().enumerate() {
            let inside =
                |spoken: &&Spoken| spoken.track == track && (from_s..from_s + length_s).contains(&spoken.start_s);
            let spoken: Vec<Spoken> = day.spoken.iter().filter(inside).copied().collect();
            let (hour, minute, second) = clock_time(from_s);
            let path = folder.join(format!("2026-11-23_{hour:02}-{minute:02}-{second:02}Z.{name}.wav"));
            let start = format!("2026-11-23T{hour:02}:{minute:02}:{second:02}.000Z");
            write_one(&path, from_s, length_s, track, &spoken, sentences)
                .with_context(|| format!("cannot write {}", path.display()))?;
            let texts = spoken.iter().filter_map(|spoken| sentences.get(spoken.sentence));
            let text = texts.map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(" ");
            recordings.push(Recording { path, track: name, start, text });
        }
        from_s += file_s;
    }
    Ok(recordings)
}

/// The day begins at six.
fn clock_time(seconds: f64) -> (u64, u64, u64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a day")]
    let seconds = seconds as u64;
    (6 + seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "samples of an hour"
)]
fn write_one(
    path: &Path,
    from_s: f64,
    length_s: f64,
    track: usize,
    spoken: &[Spoken],
    sentences: &[Sentence],
) -> Result<()> {
    let mut sound = vec![0.0_f32; (length_s * f64::from(RATE)) as usize];
    if track == 0 {
        add_room(&mut sound, from_s as u64);
    }
    for spoken in spoken {
        let Some(sentence) = sentences.get(spoken.sentence) else { continue };
        let power = sentence.sound.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
        let rms = (power / sentence.sound.len().max(1) as f64).sqrt().max(1e-6);
        let gain = (SPEECH_RMS * spoken.gain / rms) as f32;
        let at = ((spoken.start_s - from_s) * f64::from(RATE)) as usize;
        for (sample, said) in sound.iter_mut().skip(at).zip(&sentence.sound) {
            *sample += gain * said;
        }
    }
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec)?;
    let mut block = writer.get_i16_writer(u32::try_from(sound.len())?);
    for sample in sound {
        block.write_sample((sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16);
    }
    block.flush()?;
    Ok(writer.finalize()?)
}

/// Noise with more of the low in it, as rooms have.
fn add_room(sound: &mut [f32], seed: u64) {
    let mut chance = Chance::new(seed);
    let mut low = 0.0_f32;
    for sample in sound {
        let [a, b, ..] = chance.any().to_le_bytes();
        let white = f32::from(i16::from_le_bytes([a, b])) / 18_918.0;
        low += 0.2 * (white - low);
        *sample = ROOM_RMS * (0.5 * white + 2.0 * low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_carry_their_time_and_track_and_what_is_said_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let sentences = [("Good morning.", 1), ("Good night.", 2)]
            .map(|(text, s)| Sentence { text: text.to_owned(), sound: vec![0.5; s * 16_000] });
        let said = |track, start_s, sentence| Spoken { track, start_s, sentence, gain: 1.0 };
        let day = Day { length_s: 90.0, spoken: vec![said(0, 1.0, 0), said(1, 4.0, 1), said(0, 70.0, 1)] };
        let written = write(&day, &sentences, 60.0, folder.path()).unwrap();
        let told: Vec<_> =
            written.iter().map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.text.as_str())).collect();
        assert_eq!(
            told,
            [
                ("2026-11-23_06-00-00Z.mic.wav", "Good morning."),
                ("2026-11-23_06-00-00Z.loopback.wav", "Good night."),
                ("2026-11-23_06-01-00Z.mic.wav", "Good night."),
                ("2026-11-23_06-01-00Z.loopback.wav", ""),
            ]
        );
        let (sound, rate) = testkit::sound::read_wav(&written[1].path).unwrap();
        assert_eq!((rate, sound.len()), (16_000, 960_000));
        assert!(sound[..64_000].iter().all(|sample| *sample == 0.0) && sound[64_001] > 0.06);
    }
}
