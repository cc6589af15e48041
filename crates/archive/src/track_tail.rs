use crate::scan::{self, Scan};
use crate::{Archive, ArchiveError, TrackReader};
use timeline::{Position, Side, SpanSet, TrackName, WallTime};

/// The end of one track while it is being recorded: where its sound ends now, and the sound itself.
///
/// Looking again costs one header, that of the growing segment. Only when that one was finished the folder is listed.
/// What the growing segment gives is read by its frames' count: how far its device drifted is known when it is finished.
#[derive(Debug)]
pub struct TrackTail {
    archive: Archive,
    track: TrackName,
    reader: TrackReader,
    /// When the folder was listed last.
    listed: WallTime,
}

/// A folder that has no growing segment is listed again after this long at the earliest.
const LIST_EVERY_MICROS: i64 = 500_000;

impl TrackTail {
    /// The tail of a track. Touches nothing on disk.
    pub fn new(archive: &Archive, track: TrackName) -> Self {
        let reader = TrackReader::new(Vec::new());
        Self { archive: archive.clone(), track, reader, listed: WallTime::from_micros(0) }
    }

    /// Looks at the disk again, at the time `now`: afterwards it knows the sound from `from` on, and perhaps some before. Gives the
    /// moment at which sound ends now, if there is any.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the archive's folder can't be listed.
    pub fn look(&mut self, from: WallTime, now: WallTime) -> Result<Option<WallTime>, ArchiveError> {
        let mut segments = self.reader.segments().to_vec();
        let grown = segments.pop_if(|last| last.part).and_then(|last| scan::growing(&last));
        let grows = grown.is_some();
        segments.extend(grown);
        if !grows && now.micros_since(self.listed).abs() >= LIST_EVERY_MICROS {
            self.listed = now;
            segments = self.list(from, now)?;
        }
        self.reader = TrackReader::new(segments);
        Ok(self.sound().iter().next_back().map(|span| span.end))
    }

    fn list(&self, from: WallTime, now: WallTime) -> Result<Vec<crate::Segment>, ArchiveError> {
        let mut found = Scan::default();
        for folder in self.archive.day_folders(&timeline::Span::new(from, now))? {
            scan::end_of_track(&folder, &self.track, from, &mut found);
        }
        scan::settle(&mut found);
        Ok(found.segments)
    }

    /// Where there was sound when it last looked.
    pub fn sound(&self) -> &SpanSet {
        self.reader.sound()
    }

    /// Whose words it carries; `None` before there was any sound.
    pub fn side(&self) -> Option<Side> {
        self.reader.segments().last().map(|segment| segment.side)
    }

    /// Fills `out` with the frames from `from` on, zeros where there is no sound.
    ///
    /// # Errors
    /// As [`TrackReader::read`].
    pub fn read(&mut self, from: Position, out: &mut [f32]) -> Result<(), ArchiveError> {
        self.reader.read(from, out)
    }
}
