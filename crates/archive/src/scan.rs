//! What is in the folders: segments, and everything that is wrong. Never changes a file.

use crate::forgotten::{self, Forgotten};
use crate::segment::MAX_NAME_SHIFT_MICROS;
use crate::sound_file::open_as_it_is_called_now;
use crate::sound_header::SoundHeader;
use crate::wav::WavError;
use crate::{ArchiveError, Fault, FaultKind, Segment};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use timeline::{SegmentName, Span, TrackName, WallTime};

/// What [`Archive::scan`](crate::Archive::scan) found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// Every segment that can be read, by track and then in order of time.
    pub segments: Vec<Segment>,
    /// Everything that is wrong with a file.
    pub faults: Vec<Fault>,
    /// What was forgotten of the days that were looked at. Segments of which nothing else is left aren't among the others.
    pub forgotten: Forgotten,
}

impl Scan {
    /// Tells the segments what of them was forgotten.
    pub(crate) fn mask(&mut self) {
        for segment in &mut self.segments {
            let forgotten = self.forgotten.of(&segment.name.track);
            segment.forgotten = forgotten.iter().filter(|span| span.overlaps(&segment.span)).collect();
        }
    }
}

/// Two sessions of a recorder may overlap by this much (the clock was set back a little, or one track ran ahead of it):
/// the earlier then ends where the later begins, so that only the overlap is left out.
const MAX_TRIM_MICROS: i64 = 10_000_000;

/// Segments that are looked at before a span: the one that reaches into it, and what may lie between where one was cut short or is left out.
const BEFORE: usize = 4;

/// Files of an archive's folder that lie where no day is.
pub(crate) fn strays(audio: &Path, found: &mut Scan) -> Result<(), ArchiveError> {
    match fs::read_dir(audio) {
        Ok(years) => {
            for year in years.filter_map(Result::ok) {
                stray(&year, found);
                if year.file_type().is_ok_and(|kind| kind.is_dir()) {
                    match fs::read_dir(year.path()) {
                        Ok(days) => days.filter_map(Result::ok).for_each(|day| stray(&day, found)),
                        Err(error) => found.faults.push(Fault::unreadable(&year.path(), &error)),
                    }
                }
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(ArchiveError::Io { operation: "list", path: audio.to_owned(), source }),
    }
}

fn stray(entry: &fs::DirEntry, found: &mut Scan) {
    let name = entry.file_name();
    if entry.file_type().is_ok_and(|kind| !kind.is_dir()) && !is_hidden(&name.to_string_lossy()) {
        found.faults.push(out_of_place(&entry.path(), &name.to_string_lossy()));
    }
}

fn out_of_place(path: &Path, name: &str) -> Fault {
    match SegmentName::parse(name) {
        Some((segment, _)) => Fault::new(
            path,
            FaultKind::Misplaced,
            "lies in another folder than its day's",
            format!("move it to audio/{}", segment.folder()),
        ),
        None => foreign(path),
    }
}

fn foreign(path: &Path) -> Fault {
    let what = "is not named like a segment (20261123T091500.000Z.mic.wav) and is left alone";
    Fault::new(path, FaultKind::Foreign, what, format!("if it is a recording: hearsay import {}", path.display()))
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Files in a day's folder that are ours and no sound: the journal, what was played and forgotten, words and notes.
fn is_ledger(name: &str) -> bool {
    let ours = ["journal", "played", "forgotten", "retired", "user"];
    name.strip_suffix(".jsonl").is_some_and(|stem| ours.contains(&stem) || stem.starts_with("words."))
}

/// A copy that packing made or left behind; the segment itself lies beside it.
fn is_being_packed(name: &str) -> bool {
    name.strip_suffix(".flac.part").is_some_and(|stem| SegmentName::parse(&format!("{stem}.flac")).is_some())
}

/// Everything in a day's folder.
pub(crate) fn day(folder: &Path, found: &mut Scan) {
    for name in file_names(folder, found) {
        let path = folder.join(&name);
        match SegmentName::parse(&name) {
            Some((segment, part)) if folder.ends_with(segment.folder()) => read(segment, part, &path, found),
            _ if is_hidden(&name) || is_ledger(&name) || is_being_packed(&name) => {}
            _ => found.faults.push(out_of_place(&path, &name)),
        }
    }
}

/// The segments of one track in a day's folder.
pub(crate) fn day_of_track(folder: &Path, track: &TrackName, found: &mut Scan) {
    for name in file_names(folder, found) {
        if let Some((segment, part)) = SegmentName::parse(&name)
            && segment.track == *track
            && folder.ends_with(segment.folder())
        {
            read(segment, part, &folder.join(&name), found);
        }
    }
}

/// The segments of one track in a day's folder that may hold sound from `from` on: the last that begins before, and all after.
pub(crate) fn end_of_track(folder: &Path, track: &TrackName, from: WallTime, found: &mut Scan) {
    let of_track = |name: String| {
        let (segment, part) = SegmentName::parse(&name)?;
        (segment.track == *track && folder.ends_with(segment.folder())).then(|| (segment, part, folder.join(name)))
    };
    let mut segments: Vec<_> = file_names(folder, found).into_iter().filter_map(of_track).collect();
    segments.sort_by_key(|(segment, ..)| segment.start);
    let before = segments.partition_point(|(segment, ..)| segment.start <= from);
    for (segment, part, path) in segments.into_iter().skip(before.saturating_sub(1)) {
        read(segment, part, &path, found);
    }
}

/// The segments of one track in some days' folders, which are in order, that may hold sound within `span`: the last few that begin before it, and
/// those that begin in it. So a day costs the reading of its names, and not of its headers.
pub(crate) fn track_near(folders: &[PathBuf], track: &TrackName, span: &Span, found: &mut Scan) {
    let mut segments = Vec::new();
    for folder in folders {
        let of_track = |name: String| {
            let (segment, part) = SegmentName::parse(&name)?;
            (segment.track == *track && folder.ends_with(segment.folder())).then(|| (segment, part, folder.join(name)))
        };
        segments.extend(file_names(folder, found).into_iter().filter_map(of_track));
    }
    segments.sort_by_key(|(segment, ..)| segment.start);
    let before = segments.partition_point(|(segment, ..)| segment.start <= span.start).saturating_sub(BEFORE);
    let until = span.end.plus_micros(MAX_NAME_SHIFT_MICROS);
    let within = segments.into_iter().skip(before).take_while(|(segment, ..)| segment.start < until);
    for (segment, part, path) in within {
        read(segment, part, &path, found);
    }
}

/// A growing segment as it is now; `None` once it was finished or taken away.
pub(crate) fn growing(segment: &Segment) -> Option<Segment> {
    let mut file = fs::File::open(&segment.path).ok()?;
    let len = file.metadata().ok()?.len();
    let header = SoundHeader::read(&mut file, len).ok()?;
    let grown = Segment::new(segment.name.clone(), segment.path.clone(), true, &header);
    Some(Segment { forgotten: segment.forgotten.clone(), ..grown })
}

/// The names of a folder's files, in order, and what the folder says was forgotten; a finished segment hides a `.part` of the same name, and a WAV the
/// FLAC that stands for it: where both are there, packing was broken off before the WAV was taken away.
fn file_names(folder: &Path, found: &mut Scan) -> BTreeSet<String> {
    if let Err(error) = forgotten::read_into(folder, &mut found.forgotten, &mut found.faults) {
        let (what, advice) = (home::one_line(&error), "check its owner and permissions");
        found.faults.push(Fault::new(folder, FaultKind::Unreadable, what, advice));
    }
    let mut names = BTreeSet::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries.filter_map(Result::ok) {
                match entry.file_type() {
                    Ok(kind) if kind.is_file() => {
                        names.insert(entry.file_name().to_string_lossy().into_owned());
                    }
                    Ok(kind) if kind.is_symlink() => {
                        let advice = "put the file itself there, or use hearsay import";
                        found.faults.push(Fault::new(
                            &entry.path(),
                            FaultKind::Foreign,
                            "is a link, and links are not followed",
                            advice,
                        ));
                    }
                    _ => {}
                }
            }
        }
        Err(error) => found.faults.push(Fault::unreadable(folder, &error)),
    }
    let finished: Vec<String> =
        names.iter().map(|name| format!("{name}.part")).filter(|part| names.contains(part)).collect();
    let packed: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("{}.flac", name.strip_suffix(".wav")?)))
        .filter(|packed| names.contains(packed))
        .collect();
    for hidden in finished.into_iter().chain(packed) {
        names.remove(&hidden);
    }
    names
}

/// Reads one segment's header.
fn read(name: SegmentName, part: bool, path: &Path, found: &mut Scan) {
    let (path, mut file) = match open_as_it_is_called_now(path) {
        Ok(opened) => opened,
        // It was there when the folder was listed: whoever took it away meant to.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return found.faults.push(Fault::unreadable(path, &error)),
    };
    let part = part && path.extension() == Some("part".as_ref());
    let header =
        file.metadata().map_err(WavError::Io).and_then(|metadata| SoundHeader::read(&mut file, metadata.len()));
    let header = match header {
        Ok(header) => header,
        Err(WavError::Io(error)) => return found.faults.push(Fault::unreadable(&path, &error)),
        // A recorder makes its file before it writes the header; what one left behind is reported when the next starts.
        Err(_) if part => return,
        Err(WavError::Empty) => {
            let advice = "copy it again from where it came from, or take it away";
            return found.faults.push(Fault::new(&path, FaultKind::Empty, "holds nothing (0 bytes)", advice));
        }
        Err(WavError::Form(reason)) => {
            let what = format!("cannot be read as sound: {reason}");
            return found.faults.push(Fault::new(
                &path,
                FaultKind::NotSound,
                what,
                "copy it again from where it came from, or take it away",
            ));
        }
    };
    if header.is_truncated() && !part {
        let there = header.frames / u64::from(header.rate.hz());
        let what = match header.claimed_frames {
            Some(claimed) => {
                let claimed = claimed / u64::from(header.rate.hz());
                format!("is cut short: its header claims {claimed} s of sound and {there} s are there")
            }
            None => format!("has a header that was never finished; {there} s of sound are there"),
        };
        let advice = "what is there is used; if it came from elsewhere, copy it again";
        found.faults.push(Fault::new(&path, FaultKind::Truncated, what, advice));
    }
    let segment = Segment::new(name, path, part, &header);
    if segment.frames > 0 {
        found.segments.push(segment);
    }
}

/// Puts the segments in order and sees to it that no track has two sounds at once: what the recorder wrote goes before
/// what was put there by hand, and what came first before what came later.
pub(crate) fn settle(found: &mut Scan) {
    let mut segments = std::mem::take(&mut found.segments);
    segments.sort_by(|a, b| {
        let key =
            |s: &Segment| (s.name.track.clone(), s.session.is_none(), s.span.start, s.session.clone(), s.first_frame);
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
    });
    let mut taken: BTreeMap<(TrackName, timeline::WallTime), usize> = BTreeMap::new();
    for segment in segments {
        let track = segment.name.track.clone();
        let before = taken.range(..=(track.clone(), segment.span.start)).next_back().filter(|((t, _), _)| *t == track);
        let after = taken.range((track.clone(), segment.span.start)..).next().filter(|((t, _), _)| *t == track);
        let clash = [before, after]
            .into_iter()
            .flatten()
            .map(|(_, at)| *at)
            .find(|at| found.segments.get(*at).is_some_and(|other| other.span.overlaps(&segment.span)));
        if let Some(at) = clash {
            let Some(other) = found.segments.get_mut(at) else { continue };
            let both = other.span.intersect(&segment.span).unwrap_or(segment.span);
            found.faults.push(overlap(&segment, other, &both));
            if !may_trim(other, &segment, &both) {
                continue;
            }
            other.end_at(segment.position());
        }
        taken.insert((track, segment.span.start), found.segments.len());
        found.segments.push(segment);
    }
    found.mask();
    found.segments.retain(|segment| segment.frames > 0 && !segment.sound().is_empty());
    found.segments.sort_by(|a, b| (&a.name.track, a.span.start).cmp(&(&b.name.track, b.span.start)));
}

fn may_trim(earlier: &Segment, later: &Segment, both: &Span) -> bool {
    let sessions = earlier.session.is_some() && later.session.is_some() && earlier.session != later.session;
    sessions && earlier.span.start < later.span.start && both.len_micros() <= MAX_TRIM_MICROS
}

fn overlap(later: &Segment, earlier: &Segment, both: &Span) -> Fault {
    let other = earlier.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if may_trim(earlier, later, both) {
        let what = format!("begins before {other} ends; of that one {} ms are left out", both.len_micros() / 1_000);
        return Fault::new(&later.path, FaultKind::Overlap, what, "nothing needs to be done");
    }
    let what = format!("overlaps with {other} of the same track in {both} and is left out, untouched");
    let advice = format!("give it to another track: hearsay import {} --track NAME", later.path.display());
    Fault::new(&later.path, FaultKind::Overlap, what, advice)
}
