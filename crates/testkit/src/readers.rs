//! WAV files as other people's programs read them.

use crate::TestkitError;
use crate::process::output;
use std::path::Path;
use std::process::Command;

/// Reads a mono WAV file of 16 bits with hound, ffmpeg and sox; its samples and rate. `.part` files too.
///
/// # Errors
/// [`TestkitError`] where one of them can't read it, complains, or finds other samples than the others.
pub fn read_by_all(path: &Path) -> Result<(Vec<i16>, u32), TestkitError> {
    let mut reader = hound::WavReader::open(path).map_err(|error| TestkitError::file(path, error))?;
    let rate = reader.spec().sample_rate;
    let samples: Result<Vec<i16>, _> = reader.samples::<i16>().collect();
    let samples = samples.map_err(|error| TestkitError::file(path, error))?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();

    let mut probe = Command::new("ffprobe");
    probe.args(["-v", "warning", "-show_entries", "stream=codec_name,sample_rate,channels", "-of", "csv=p=0"]);
    let said = output(probe.arg(path), "ffmpeg")?;
    let found = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if found != format!("pcm_s16le,{rate},1") || !said.stderr.is_empty() {
        let complaint = String::from_utf8_lossy(&said.stderr).into_owned();
        return Err(TestkitError::file(path, format!("ffprobe finds {found:?} and says {complaint:?}")));
    }
    let mut sox = Command::new("sox");
    sox.args(["-t", "wav"]).arg(path).args(["-t", "raw", "-"]);
    let said = output(&mut sox, "sox")?;
    if said.stdout != bytes || !said.stderr.is_empty() {
        let complaint = String::from_utf8_lossy(&said.stderr).into_owned();
        let what = format!("sox reads {} bytes, hound {}; it says {complaint:?}", said.stdout.len(), bytes.len());
        return Err(TestkitError::file(path, what));
    }
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "warning", "-i"]).arg(path).args(["-f", "s16le", "-"]);
    let said = output(&mut ffmpeg, "ffmpeg")?;
    if said.stdout != bytes {
        let what = format!("ffmpeg reads {} bytes, hound {}", said.stdout.len(), bytes.len());
        return Err(TestkitError::file(path, what));
    }
    Ok((samples, rate))
}
