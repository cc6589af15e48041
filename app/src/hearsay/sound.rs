//! The sound of both sides on one clock: what the player reads from and what `play --to` cuts out.
//!
//! Everything here is at 16 kHz on the absolute grid, so the two sides are in step by construction: a frame of
//! either has the same [`Position`]. Time without sound reads as silence.

use anyhow::Context as _;
use archive::{Archive, ArchiveError, TrackReader};
use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;
use timeline::{Position, SampleRate, Side, Span, SpanSet};

/// A recording of everybody stands at half level on either side, so that the mix of both sides has it whole.
const SHARED_GAIN: f32 = 0.5;

/// Frames read at once when a clip is cut: a second.
const PIECE: usize = 16_000;

/// All tracks of a span, read as two sides, piece by piece.
pub(crate) struct Tape {
    readers: Vec<(Side, TrackReader)>,
    sound: SpanSet,
    piece: Vec<f32>,
}

impl Tape {
    /// The tracks that have sound in `span`. Only names and headers are read.
    pub(crate) fn open(archive: &Archive, span: &Span) -> Result<Self, ArchiveError> {
        let (mut readers, mut sound) = (Vec::new(), SpanSet::new());
        for track in archive.tracks_within(span)? {
            let mut sides: BTreeMap<Side, Vec<archive::Segment>> = BTreeMap::new();
            for segment in archive.segments_near(&track, span)? {
                sides.entry(segment.side).or_default().push(segment);
            }
            for (side, segments) in sides {
                let reader = TrackReader::new(segments);
                sound.extend(reader.sound().iter());
                readers.push((side, reader));
            }
        }
        Ok(Self { readers, sound, piece: Vec::new() })
    }

    /// When there is sound, on any track. May reach beyond the span that was asked for.
    pub(crate) fn sound(&self) -> &SpanSet {
        &self.sound
    }

    /// What it reads: the tracks, a reader for each side of each.
    pub(crate) fn readers(&self) -> impl Iterator<Item = &(Side, TrackReader)> {
        self.readers.iter()
    }

    /// Fills both sides from `from` on; they have the same length. Where a track can't be read the others are still
    /// heard, and the first error comes back.
    pub(crate) fn read(&mut self, from: Position, said: &mut [f32], heard: &mut [f32]) -> Result<(), ArchiveError> {
        said.fill(0.0);
        heard.fill(0.0);
        self.piece.resize(said.len(), 0.0);
        let mut first_error = Ok(());
        for (side, reader) in &mut self.readers {
            if let Err(error) = reader.read(from, &mut self.piece) {
                first_error = first_error.and(Err(error));
                continue;
            }
            match side {
                Side::Said => add(said, &self.piece, 1.0),
                Side::Heard => add(heard, &self.piece, 1.0),
                Side::Both => {
                    add(said, &self.piece, SHARED_GAIN);
                    add(heard, &self.piece, SHARED_GAIN);
                }
            }
        }
        first_error
    }
}

fn add(to: &mut [f32], sound: &[f32], gain: f32) {
    for (to, sample) in to.iter_mut().zip(sound) {
        *to += sample * gain;
    }
}

/// A span's sound in memory: both sides at 16 kHz, of the same length.
pub(crate) struct Clip {
    /// What was said (microphone).
    pub(crate) said: Vec<i16>,
    /// What was heard (loopback).
    pub(crate) heard: Vec<i16>,
}

impl Clip {
    /// Reads `span`, whole: 4 MB a minute.
    pub(crate) fn read(archive: &Archive, span: &Span) -> Result<Self, ArchiveError> {
        let mut tape = Tape::open(archive, span)?;
        let (from, to) = (span.start.position(), span.end.position());
        let mut clip = Self { said: Vec::new(), heard: Vec::new() };
        let (mut said, mut heard) = (vec![0.0; PIECE], vec![0.0; PIECE]);
        let mut at = from;
        while at < to {
            let frames = usize::try_from(to.since(at)).unwrap_or(PIECE).min(PIECE);
            said.resize(frames, 0.0);
            heard.resize(frames, 0.0);
            tape.read(at, &mut said, &mut heard)?;
            clip.said.extend(said.iter().copied().map(sample));
            clip.heard.extend(heard.iter().copied().map(sample));
            at = at.plus(i64::try_from(frames).unwrap_or(i64::MAX));
        }
        Ok(clip)
    }

    /// Whether not a single frame of it has sound.
    pub(crate) fn is_silent(&self) -> bool {
        self.said.iter().chain(&self.heard).all(|sample| *sample == 0)
    }

    /// Writes a stereo WAV, 16 kHz and 16 bits: said on the left, heard on the right. A file that exists is left alone.
    pub(crate) fn write_wav(&self, path: &Path) -> anyhow::Result<()> {
        let doing = || format!("cannot write {}", path.display());
        let file = home::files::create_new(path).with_context(doing)?;
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: SampleRate::SPEECH.hz(),
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::new(BufWriter::new(file), spec).with_context(doing)?;
        for (said, heard) in self.said.iter().zip(&self.heard) {
            wav.write_sample(*said).with_context(doing)?;
            wav.write_sample(*heard).with_context(doing)?;
        }
        wav.finalize().with_context(doing)
    }
}

/// A float as 16 bits, clipped.
#[expect(clippy::cast_possible_truncation, reason = "clamped to what i16 holds")]
fn sample(value: f32) -> i16 {
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use home::Home;
    use timeline::{TrackName, WallTime};

    /// An archive with a second of 1000 on the microphone, 2000 on the loopback and 4000 on a phone.
    fn archive(folder: &Path) -> (Archive, WallTime) {
        let home = Home::at(&folder.join("home"));
        home.ensure().unwrap();
        let (archive, at) = (Archive::open(&home), WallTime::parse_rfc3339("2026-11-23T09:15:00Z").unwrap());
        for (track, side, level) in
            [("mic", Side::Said, 1_000_i16), ("loopback", Side::Heard, 2_000), ("phone", Side::Both, 4_000)]
        {
            let wav = folder.join(format!("{track}.wav"));
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 16_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
            for _ in 0..16_000 {
                writer.write_sample(level).unwrap();
            }
            writer.finalize().unwrap();
            let track = TrackName::new(track).unwrap();
            archive::import::import(&archive, &wav, &track, side, at, &mut |_| {}).unwrap();
        }
        (archive, at)
    }

    #[test]
    fn a_clip_has_said_left_heard_right_and_shared_sound_on_both() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, at) = archive(folder.path());
        let clip = Clip::read(&archive, &Span::new(at, at.plus_micros(2_000_000))).unwrap();
        assert_eq!((clip.said.len(), clip.said[8_000], clip.heard[8_000]), (32_000, 3_000, 4_000));
        assert_eq!((clip.said[24_000], clip.is_silent()), (0, false));
        let wav = folder.path().join("clip.wav");
        clip.write_wav(&wav).unwrap();
        let mut reader = hound::WavReader::open(&wav).unwrap();
        let first: Vec<i16> = reader.samples().take(2).map(Result::unwrap).collect();
        assert_eq!((reader.spec().channels, reader.duration(), first), (2, 32_000, vec![3_000, 4_000]));
        let error = clip.write_wav(&wav).unwrap_err();
        assert!(error.to_string().contains("clip.wav"), "a file that exists is left alone: {error}");
    }

    #[test]
    fn a_track_that_cannot_be_read_does_not_silence_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let (archive, at) = archive(folder.path());
        let mut tape = Tape::open(&archive, &Span::new(at, at.plus_micros(1_000_000))).unwrap();
        let mic = archive.segments(&TrackName::mic(), &Span::ALL).unwrap().remove(0).path;
        std::fs::rename(&mic, folder.path().join("elsewhere.wav")).unwrap();
        let (mut said, mut heard) = (vec![0.0; 16], vec![0.0; 16]);
        let error = tape.read(at.position(), &mut said, &mut heard).unwrap_err();
        assert!(error.to_string().contains("mic.wav"), "{error}");
        assert_eq!((sample(said[3]), sample(heard[3])), (2_000, 4_000));
    }
}
