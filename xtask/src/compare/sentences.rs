//! Sentences that somebody said, with their words: what a day is put together from.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Samples a second of everything here.
pub(crate) const RATE: u32 = 16_000;
/// Room kept around a sentence, in seconds: a cut at the very edge of a word clicks.
const ROOM_S: f64 = 0.08;

/// One of them.
#[derive(Debug)]
pub(crate) struct Sentence {
    /// What is said.
    pub(crate) text: String,
    /// Its sound, ±1.
    pub(crate) sound: Vec<f32>,
}

/// Reads every list `NAME.tsv` of a folder: a line of heads, among them `start_s`, `end_s`, `text` and perhaps `track`. The sound lies beside it as
/// `NAME.wav`, `.ogg` or `.flac`, or as `NAME.TRACK.wav`.
///
/// # Errors
/// Where there is none, or ffmpeg can't read its sound.
pub(crate) fn read(folder: &Path) -> Result<Vec<Sentence>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut lists: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    lists.retain(|path| path.extension().is_some_and(|ending| ending == "tsv"));
    lists.sort();
    let mut sentences = Vec::new();
    for list in lists {
        read_list(&list, &mut sentences).with_context(|| format!("in {}", list.display()))?;
    }
    ensure!(!sentences.is_empty(), "{} has no sentences (NAME.tsv beside NAME.ogg)", folder.display());
    Ok(sentences)
}

fn read_list(list: &Path, sentences: &mut Vec<Sentence>) -> Result<()> {
    let text = std::fs::read_to_string(list)?;
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heads.iter().position(|head| *head == name);
    let (Some(start), Some(end), Some(words)) = (column("start_s"), column("end_s"), column("text")) else {
        return Ok(()); // Some other list.
    };
    let track = column("track");
    let mut open: Option<(PathBuf, Vec<f32>)> = None;
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        let path = sound_of(list, track.map(field))?;
        if open.as_ref().is_none_or(|(of, _)| *of != path) {
            let sound = decode(&path)?;
            open = Some((path, sound));
        }
        let Some((_, sound)) = &open else { continue };
        let (start, end) = (frame(field(start), -ROOM_S)?, frame(field(end), ROOM_S)?);
        let sound = sound.get(start..end.min(sound.len())).context("a sentence lies behind the end of its sound")?;
        sentences.push(Sentence { text: field(words).to_owned(), sound: sound.to_vec() });
    }
    Ok(())
}

fn sound_of(list: &Path, track: Option<&str>) -> Result<PathBuf> {
    for ending in ["wav", "ogg", "flac"] {
        let path = match track {
            Some(track) => list.with_extension(format!("{track}.{ending}")),
            None => list.with_extension(ending),
        };
        if path.is_file() {
            return Ok(path);
        }
    }
    bail!("its sound is missing (.wav, .ogg or .flac of the same name)")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a recording, not negative")]
fn frame(seconds: &str, room_s: f64) -> Result<usize> {
    let seconds: f64 = seconds.parse().with_context(|| format!("{seconds:?} is no time"))?;
    Ok(((seconds + room_s).max(0.0) * f64::from(RATE)) as usize)
}

/// Any file as mono at 16 kHz.
fn decode(path: &Path) -> Result<Vec<f32>> {
    let rate = RATE.to_string();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(path).args(["-f", "s16le", "-ac", "1", "-ar", &rate, "-"]);
    let output = ffmpeg.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.context("cannot start ffmpeg (Debian package ffmpeg)")?;
    ensure!(output.status.success(), "ffmpeg cannot read {}", path.display());
    let (samples, _) = output.stdout.as_chunks::<2>();
    Ok(samples.iter().map(|bytes| f32::from(i16::from_le_bytes(*bytes)) / 32_768.0).collect())
}
