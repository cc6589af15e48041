//! Takes forgotten sound off the disk.
//!
//! Frames of a WAV within the span are overwritten where they lie, and synced: nothing moves, so that doing it again changes nothing, and what lies
//! around them is read as before, bit by bit. A FLAC becomes a WAV again, with silence there, and is overwritten from end to end. A segment of which nothing but forgotten sound is left is then deleted.
//! To be called by the holder of the worker's lock. A file that grows is the recorder's alone: it is told, and left.

use crate::forgotten::{Forgetting, Forgotten};
use crate::part_file::rename_to_free;
use crate::scan::{self, Scan};
use crate::sum;
use crate::wav::{SampleForm, WavError, WavHeader};
use crate::{Archive, ArchiveError, Fault, FaultKind, Segment, packing, verify};
use home::files;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use timeline::{SegmentName, Span};

/// A segment that holds sound of a span that is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The segment.
    pub segment: Segment,
    /// How much of its sound is in the span, in microseconds, what was forgotten before left out.
    pub micros: i64,
    /// Whether nothing but forgotten sound is left of it then, so that its file goes.
    pub whole: bool,
}

/// What [`erase`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// Segments in which sound was overwritten and that have other sound as well.
    pub overwritten: Vec<PathBuf>,
    /// Segments that were overwritten and deleted.
    pub deleted: Vec<PathBuf>,
    /// Segments that grow and hold sound of the span: to be erased once they are finished.
    pub growing: Vec<PathBuf>,
    /// Files that can't be erased, or that may hold sound of the span and can't be read. All others were.
    pub faults: Vec<Fault>,
}

/// The segments of a forgetting, with those that others hide, and what can't be read of the days in question.
///
/// # Errors
/// [`ArchiveError::Io`] where the archive's folder can't be listed.
pub fn touched(archive: &Archive, forgetting: &Forgetting) -> Result<(Vec<Touched>, Vec<Fault>), ArchiveError> {
    let mut found = Scan::default();
    for day in archive.days_of(&forgetting.span)? {
        scan::day(&archive.day_folder(&day), &mut found);
    }
    found.mask();
    let Scan { segments, faults, forgotten } = found;
    let of_it = |segment: &Segment| forgetting.is_of(&segment.name.track) && segment.span.overlaps(&forgetting.span);
    let touched = segments.into_iter().filter(of_it).map(|segment| {
        let micros = segment.sound().within(&forgetting.span).len_micros();
        let whole = is_whole(&segment, forgetting, &forgotten);
        Touched { segment, micros, whole }
    });
    Ok((touched.collect(), faults))
}

/// Overwrites what is to be forgotten, and deletes what is left empty. A file that can't be is told, and holds up no other. Doing it again does
/// what is left.
///
/// # Errors
/// [`ArchiveError::Io`] where the archive's folder can't be listed.
pub fn erase(archive: &Archive, forgetting: &Forgetting) -> Result<Erased, ArchiveError> {
    let (touched, faults) = mended(archive, forgetting)?;
    let mut erased = Erased { faults, ..Erased::default() };
    for Touched { segment, whole, .. } in touched {
        if segment.part {
            erased.growing.push(segment.path);
        } else if let Err(error) = erase_segment(&segment, whole, forgetting) {
            erased.faults.push(left(&segment.path, &error));
        } else if whole {
            erased.deleted.push(segment.path);
        } else {
            erased.overwritten.push(segment.path);
        }
    }
    for path in unfinished(archive, forgetting)? {
        match shred(&path) {
            Ok(()) => erased.deleted.push(path),
            Err(error) => erased.faults.push(left(&path, &error)),
        }
    }
    Ok(erased)
}

fn left(path: &Path, error: &ArchiveError) -> Fault {
    let what = format!("can't be erased: {}", home::one_line(error));
    let advice = "its sound is hidden; where a FLAC is damaged, forget all of the file's time or take it away";
    Fault::new(path, FaultKind::Unreadable, what, advice)
}

/// The segments, and the files that may be of them and can't be read, once the headers are mended that can be.
fn mended(archive: &Archive, forgetting: &Forgetting) -> Result<(Vec<Touched>, Vec<Fault>), ArchiveError> {
    let mut found = touched(archive, forgetting)?;
    let mut again = false;
    for fault in &found.1 {
        again |= fault.kind == FaultKind::NotSound && verify::mend_header(&fault.path).unwrap_or(false);
    }
    if again {
        found = touched(archive, forgetting)?;
    }
    let (segments, faults) = found;
    // One of whose track another begins before the span has ended by then.
    let may_be_of_it = |fault: &Fault| {
        let name = fault.path.file_name().and_then(|name| SegmentName::parse(name.to_str()?));
        let unread = matches!(fault.kind, FaultKind::NotSound | FaultKind::Unreadable);
        name.filter(|_| unread).is_some_and(|(SegmentName { start, track }, _)| {
            let longest = Span::new(start, start.plus_micros(LONGEST_MICROS));
            let next = segments.iter().map(|it| &it.segment).find(|it| it.name.track == track && it.span.start > start);
            let ended = next.is_some_and(|next| next.span.start <= forgetting.span.start);
            forgetting.is_of(&track) && longest.overlaps(&forgetting.span) && !ended
        })
    };
    let faults = faults.into_iter().filter(may_be_of_it).map(|fault| Fault {
        advice: "it may hold sound of it: `hearsay repair`, or take it away".to_owned(),
        ..fault
    });
    let faults = faults.collect();
    Ok((segments, faults))
}

/// No recorder writes longer segments.
const LONGEST_MICROS: i64 = 3_600_000_000;

fn erase_segment(segment: &Segment, whole: bool, forgetting: &Forgetting) -> Result<(), ArchiveError> {
    if whole {
        shred(&segment.path)?;
    } else {
        overwrite(segment, segment.frames_within(&forgetting.span))?;
    }
    // The FLAC that was unpacked, or that a packing left beside the WAV.
    let flac = segment.path.with_extension("flac");
    if flac.symlink_metadata().is_ok_and(|found| found.is_file()) { shred(&flac) } else { Ok(()) }
}

/// What an import of sound of the span left that was killed, or a packing. Nobody has ever seen it, and it can be done again.
fn unfinished(archive: &Archive, forgetting: &Forgetting) -> Result<Vec<PathBuf>, ArchiveError> {
    let mut paths = Vec::new();
    for day in archive.days_of(&forgetting.span)? {
        let Ok(entries) = fs::read_dir(archive.day_folder(&day)) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.ends_with(".flac.part") || name.ends_with(".unpacking")) {
                // A copy that a packing or this left, whatever of.
                paths.push(entry.path());
                continue;
            }
            let name = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".importing"));
            let Some((SegmentName { start, track }, _)) = name.and_then(SegmentName::parse) else { continue };
            let span = Span::new(start, start.plus_micros(LONGEST_IMPORTED_MICROS));
            if forgetting.is_of(&track) && span.overlaps(&forgetting.span) {
                paths.push(entry.path());
            }
        }
    }
    Ok(paths)
}

/// Imported segments end on borders five minutes apart.
const LONGEST_IMPORTED_MICROS: i64 = 300_000_000;

fn is_whole(segment: &Segment, forgetting: &Forgetting, before: &Forgotten) -> bool {
    let mut gone = before.of(&segment.name.track);
    gone.insert(forgetting.span);
    gone.covers(&Span::new(segment.span.start, segment.span.end))
}

/// Puts silence in the place of a segment's frames. A FLAC becomes a WAV again, with the silence in it before it has a name; the next packing makes a
/// FLAC of it.
fn overwrite(segment: &Segment, frames: Range<u64>) -> Result<(), ArchiveError> {
    if !is_flac(&segment.path) {
        return overwrite_wav(&segment.path, frames);
    }
    let (wav, hidden) = (segment.path.with_extension("wav"), unpacking(&segment.path));
    if hidden.symlink_metadata().is_ok() {
        shred(&hidden)?;
    }
    let unpacked = packing::unpack_to(&segment.path, &hidden).and_then(|()| overwrite_wav(&hidden, frames));
    if let Err(error) = unpacked {
        if hidden.symlink_metadata().is_ok() {
            shred(&hidden)?;
        }
        return Err(error);
    }
    rename_to_free(&hidden, &wav)
}

fn overwrite_wav(path: &Path, frames: Range<u64>) -> Result<(), ArchiveError> {
    let mut file = files::open_existing(path).map_err(ArchiveError::io("open", path))?;
    let len = file.metadata().map_err(ArchiveError::io("read", path))?.len();
    let header = WavHeader::read(&mut file, len).map_err(|error| match error {
        WavError::Io(source) => ArchiveError::Io { operation: "read", path: path.to_owned(), source },
        error => ArchiveError::NotSound { path: path.to_owned(), reason: error.to_string() },
    })?;
    let frame_bytes = header.frame_bytes() as u64;
    let silence = if header.form == SampleForm::U8 { 0x80 } else { 0 };
    let start = header.data_start.saturating_add(frames.start.saturating_mul(frame_bytes));
    // In a file of ours whatever lies behind the last frame that the header counts is sound, too.
    let counted = header.data_start.saturating_add(header.frames.saturating_mul(frame_bytes));
    let there = if header.origin.is_some() && frames.end >= header.frames { len } else { counted };
    let end = header.data_start.saturating_add(frames.end.saturating_mul(frame_bytes)).min(there);
    let bytes = end.saturating_sub(start);
    let overwritten = fill(&mut file, start, bytes, silence).and_then(|()| sum::restate(&mut file));
    overwritten.and_then(|()| file.sync_all()).map_err(ArchiveError::io("overwrite", path))
}

fn is_flac(path: &Path) -> bool {
    path.extension() == Some("flac".as_ref())
}

/// `.20261123T091500.000Z.mic.wav.unpacking`: no scan looks at hidden files.
fn unpacking(flac: &Path) -> PathBuf {
    let wav = flac.with_extension("wav");
    let name = wav.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    wav.with_file_name(format!(".{name}.unpacking"))
}

/// Written at once.
const BLOCK_BYTES: usize = 1 << 14;

/// Writes one byte again and again, and syncs it.
pub(crate) fn fill(file: &mut File, start: u64, bytes: u64, with: u8) -> io::Result<()> {
    let block = [with; BLOCK_BYTES];
    file.seek(SeekFrom::Start(start))?;
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(block.len()).min(block.len());
        file.write_all(block.get(..now).unwrap_or_default())?;
        left -= now as u64;
    }
    file.sync_all()
}

/// Overwrites a file of the home from end to end and deletes it, so that its blocks say nothing where the disk writes in place.
///
/// # Errors
/// [`ArchiveError::Io`], with its path.
pub fn shred(path: &Path) -> Result<(), ArchiveError> {
    let overwrite = || -> io::Result<()> {
        let mut file = files::open_existing(path)?;
        let len = file.metadata()?.len();
        fill(&mut file, 0, len, 0)
    };
    overwrite().map_err(ArchiveError::io("overwrite", path))?;
    delete(path)
}

#[expect(clippy::disallowed_methods, reason = "what the user asked to forget")]
fn delete(path: &Path) -> Result<(), ArchiveError> {
    fs::remove_file(path).map_err(ArchiveError::io("delete", path))?;
    match path.parent() {
        Some(folder) => files::sync_folder(folder).map_err(ArchiveError::io("sync", folder)),
        None => Ok(()),
    }
}
