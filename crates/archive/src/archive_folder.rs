use crate::scan::{self, Scan};
use crate::{ArchiveError, Forgetting, Segment};
use home::Home;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use timeline::{SegmentName, Span, TrackName, WallTime};

/// The folder of all sound: `audio/2026/2026-11-23/20261123T091500.000Z.mic.wav`.
///
/// It keeps nothing in memory: what the folder holds is the truth, and is looked up each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The home: never made by the archive, so that a disk that was taken away isn't replaced by an empty folder.
    root: PathBuf,
    audio: PathBuf,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Archive {
    /// The archive of a home. Touches nothing on disk.
    pub fn open(home: &Home) -> Self {
        Self { root: home.root().to_owned(), audio: home.audio() }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.audio
    }

    /// The folder of a day, such as `2026-11-23`.
    pub fn day_folder(&self, day: &str) -> PathBuf {
        self.audio.join(day.get(..4).unwrap_or(day)).join(day)
    }

    /// Creates a folder of the archive and those above it, up to the home.
    ///
    /// # Errors
    /// [`ArchiveError::Io`]; of kind `NotFound` where the home itself isn't there.
    pub(crate) fn create_folder(&self, folder: &Path) -> Result<(), ArchiveError> {
        if !self.root.is_dir() {
            let source = io::Error::new(io::ErrorKind::NotFound, "the home is gone");
            return Err(ArchiveError::Io { operation: "write into", path: self.root.clone(), source });
        }
        home::files::create_dir_all(folder).map_err(ArchiveError::io("create", folder))
    }

    /// Where the file of a segment lies once it is finished.
    pub fn segment_path(&self, name: &SegmentName) -> PathBuf {
        self.audio.join(name.folder()).join(name.file_name())
    }

    /// Reads the header of every file: all segments in order of time, and everything that is wrong. Changes nothing.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the archive's folder can't be listed; whatever else is wrong is a [`Fault`](crate::Fault).
    pub fn scan(&self) -> Result<Scan, ArchiveError> {
        let mut found = Scan::default();
        scan::strays(&self.audio, &mut found)?;
        for day in self.days()? {
            scan::day(&self.day_folder(&day), &mut found);
        }
        scan::settle(&mut found);
        Ok(found)
    }

    /// As [`scan`](Self::scan), of the folder of one day, such as `2026-11-23`.
    pub fn scan_day(&self, day: &str) -> Scan {
        let mut found = Scan::default();
        scan::day(&self.day_folder(day), &mut found);
        scan::settle(&mut found);
        found
    }

    /// The segments of one track that hold sound within `span`, in order of time. Reads only the folders of those days.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where the archive's folder can't be listed.
    pub fn segments(&self, track: &TrackName, span: &Span) -> Result<Vec<Segment>, ArchiveError> {
        let mut found = Scan::default();
        for name in self.days_of(span)? {
            scan::day_of_track(&self.day_folder(&name), track, &mut found);
        }
        scan::settle(&mut found);
        found.segments.retain(|segment| segment.span.overlaps(span));
        Ok(found.segments)
    }

    /// As [`segments`](Self::segments), without the headers of all the files of those days: for who wants to hear a moment at once. Where segments of a track lie
    /// over each other, which is a fault that a [`scan`](Self::scan) names, it may find another of them.
    ///
    /// # Errors
    /// As there.
    pub fn segments_near(&self, track: &TrackName, span: &Span) -> Result<Vec<Segment>, ArchiveError> {
        let mut found = Scan::default();
        scan::track_near(&self.day_folders(span)?, track, span, &mut found);
        scan::settle(&mut found);
        found.segments.retain(|segment| segment.span.overlaps(span));
        Ok(found.segments)
    }

    /// The days that have a folder, such as `2026-11-23`, in order.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a folder can't be listed.
    pub fn days(&self) -> Result<Vec<String>, ArchiveError> {
        let mut days = Vec::new();
        for (year, path) in folders(&self.audio)? {
            if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) {
                let of_year = |day: &str| day.len() == 10 && day.starts_with(&year) && is_day(day);
                // A year that can't be listed is reported by the scan and must not hide the others.
                let Ok(found) = folders(&path) else { continue };
                days.extend(found.into_iter().map(|(day, _)| day).filter(|day| of_year(day)));
            }
        }
        days.sort();
        Ok(days)
    }

    /// The folders that may hold sound within `span`, in order.
    pub(crate) fn day_folders(&self, span: &Span) -> Result<Vec<PathBuf>, ArchiveError> {
        Ok(self.days_of(span)?.iter().map(|day| self.day_folder(day)).collect())
    }

    /// The days whose folders are touched when a span is forgotten: its own, and those before it that have sound that reaches into it.
    pub(crate) fn days_touched(&self, forgetting: &Forgetting) -> Result<Vec<String>, ArchiveError> {
        let span = &forgetting.span;
        let first = span.start.day_folder();
        let reaches = |day: &String| {
            let mut found = Scan::default();
            scan::day(&self.day_folder(day), &mut found);
            found.segments.iter().any(|segment| forgetting.is_of(&segment.name.track) && segment.span.overlaps(span))
        };
        let is_own = |day: &String| first.get(5..).is_some_and(|first| day.as_str() >= first);
        Ok(self.days_of(span)?.into_iter().filter(|day| is_own(day) || reaches(day)).collect())
    }

    /// The days whose folders may hold sound within `span`.
    pub(crate) fn days_of(&self, span: &Span) -> Result<Vec<String>, ArchiveError> {
        // A segment lies in the folder of the day on which it starts. None of ours runs for longer than a day, and
        // two more let a long one that was put there by hand be found.
        let day = |time: WallTime| time.day_folder().get(5..).unwrap_or_default().to_owned();
        let (first, last) = (day(span.start.plus_micros(-3 * DAY_MICROS)), day(span.end));
        Ok(self.days()?.into_iter().filter(|name| (&first..=&last).contains(&name)).collect())
    }

    /// The tracks of which there is a file, by name.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a folder can't be listed.
    pub fn tracks(&self) -> Result<Vec<TrackName>, ArchiveError> {
        self.tracks_within(&Span::ALL)
    }

    /// The tracks of which there may be sound within `span`, by name. Reads only the folders of those days.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a folder can't be listed.
    pub fn tracks_within(&self, span: &Span) -> Result<Vec<TrackName>, ArchiveError> {
        let mut tracks = BTreeSet::new();
        for day in self.days_of(span)? {
            let Ok(entries) = fs::read_dir(self.day_folder(&day)) else { continue };
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            tracks.extend(names.filter_map(|name| Some(SegmentName::parse(&name)?.0.track)));
        }
        Ok(tracks.into_iter().collect())
    }
}

fn is_day(name: &str) -> bool {
    name.char_indices().all(|(at, c)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() })
}

/// The folders in a folder, by name; none where it doesn't exist.
fn folders(path: &Path) -> Result<Vec<(String, PathBuf)>, ArchiveError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ArchiveError::Io { operation: "list", path: path.to_owned(), source }),
    };
    let folder = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        entry.file_type().ok()?.is_dir().then(|| (name, entry.path()))
    };
    Ok(entries.filter_map(|entry| folder(entry.ok()?)).collect())
}
