use crate::{TestkitError, unpacked};
use std::path::{Path, PathBuf};

/// What was said in a recording, as its TSV file has it: `track start_s end_s voice text`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// `mic` or `loopback`.
    pub track: String,
    /// When it begins, in seconds from the recording's start.
    pub start_s: f64,
    /// When it ends.
    pub end_s: f64,
    /// The synthetic voice.
    pub voice: String,
    /// The words.
    pub text: String,
}

/// A file of `fixtures/`. The sample day lies there as FLAC, and is given as WAV where that is asked for.
///
/// # Panics
/// Where a FLAC of the fixtures can't be unpacked.
pub fn fixture(path: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path);
    let flac = file.with_extension("flac");
    if file.extension().is_none_or(|ending| ending != "wav") || file.exists() || !flac.exists() {
        return file;
    }
    #[expect(clippy::panic, reason = "a test without its sound can only fail, and has to say why")]
    unpacked::wav_of(&flac).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads the references of a recording, in the file's order.
///
/// # Errors
/// [`TestkitError::File`] with the line that isn't one.
pub fn references(tsv: &Path) -> Result<Vec<Reference>, TestkitError> {
    let text = std::fs::read_to_string(tsv).map_err(|error| TestkitError::file(tsv, error))?;
    let lines = text.lines().enumerate().skip(1);
    lines
        .map(|(number, line)| {
            parse(line).ok_or_else(|| TestkitError::file(tsv, format!("line {} is not a reference", number + 1)))
        })
        .collect()
}

fn parse(line: &str) -> Option<Reference> {
    let mut fields = line.splitn(5, '\t').map(str::to_owned);
    let (track, start, end) = (fields.next()?, fields.next()?, fields.next()?);
    let (start_s, end_s) = (start.parse().ok()?, end.parse().ok()?);
    Some(Reference { track, start_s, end_s, voice: fields.next()?, text: fields.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_day_has_both_tracks() {
        let standup = references(&fixture("days/standup.tsv")).unwrap();
        let of = |track: &str| standup.iter().filter(|line| line.track == track).count();
        assert_eq!((of("mic"), of("loopback")), (22, 16));
        assert_eq!((standup[0].start_s, standup[0].text.as_str()), (1.5, "I think we are out of time."));
    }
}
