use crate::{TrackName, WallTime};

/// The name of a segment's file: when it starts, to the millisecond, and whose track it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// When its first frame is.
    pub start: WallTime,
    /// Its track.
    pub track: TrackName,
}

impl SegmentName {
    /// `20261123T091500.000Z.mic.wav`: a finished segment.
    pub fn file_name(&self) -> String {
        format!("{}.{}.wav", self.start.compact(), self.track)
    }

    /// `20261123T091500.000Z.mic.flac`: the same sound, packed.
    pub fn flac_file_name(&self) -> String {
        format!("{}.{}.flac", self.start.compact(), self.track)
    }

    /// `20261123T091500.000Z.mic.wav.part`: one that is being written.
    pub fn part_file_name(&self) -> String {
        format!("{}.part", self.file_name())
    }

    /// `2026/2026-11-23`: its day folder below `audio/`, by UTC.
    pub fn folder(&self) -> String {
        self.start.day_folder()
    }

    /// Reads a file name; the flag says whether it ends in `.part`. `None` for any other form, and so for the `.flac.part` of a segment
    /// that is being packed: it is a copy of what lies beside it, and nobody's sound.
    pub fn parse(file_name: &str) -> Option<(Self, bool)> {
        let (stem, part) = match file_name.strip_suffix(".wav.part") {
            Some(stem) => (stem, true),
            None => (file_name.strip_suffix(".wav").or_else(|| file_name.strip_suffix(".flac"))?, false),
        };
        let (start, track) = stem.split_once("Z.")?;
        let start = WallTime::parse_compact(&format!("{start}Z"))?;
        Some((Self { start, track: TrackName::new(track).ok()? }, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_hostile_ones_do_not() {
        let name = SegmentName { start: WallTime::from_millis(1_795_425_312_340), track: TrackName::loopback() };
        assert_eq!(SegmentName::parse(&name.file_name()), Some((name.clone(), false)));
        assert_eq!(SegmentName::parse(&name.flac_file_name()), Some((name.clone(), false)));
        assert_eq!(SegmentName::parse(&format!("{}.part", name.flac_file_name())), None);
        assert_eq!(SegmentName::parse(&name.part_file_name()), Some((name, true)));
        for hostile in [
            "../20261123T091500.000Z.mic.wav",
            "20261123T091500.000Z.mic/..wav",
            "20261123T091500.000Z..wav",
            "x.wav",
            "20261123T091500.000Z.MIC.wav",
        ] {
            assert_eq!(SegmentName::parse(hostile), None, "{hostile}");
        }
    }
}
