//! What was recognised, beside the sound: `words.PASS.jsonl` in each day's folder, so that the words outlive the database.
//!
//! One JSON object a line, each with its checksum ([`signed_line`](crate::signed_line)). What the rest of a line says is the writer's to know. Lines are only ever added, a later one
//! goes before an earlier one, and whoever holds `worker.lock` is the only writer. Only what is forgotten is taken out of a file: all of
//! it is written anew then, and the old one overwritten. A last line without an end was torn by a
//! crash: it is taken off before the next is added, since its writer will add it again.

use crate::signed_line::{checked, signed};
use crate::{Archive, ArchiveError, Fault, FaultKind, erase};
use home::files;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use timeline::{PassName, Span, WallTime};

/// The files of words of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsLog {
    archive: Archive,
}

/// A line of a file of words that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsLine {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What it says, as it was given to [`WordsLog::append`].
    pub text: String,
}

/// What a file of words says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WordsLines {
    /// Its lines, in the order in which they were written.
    pub lines: Vec<WordsLine>,
    /// Lines that aren't as they were written.
    pub faults: Vec<Fault>,
}

/// A stretch may begin on the day before a span that it reaches into.
const DAY_MICROS: i64 = 86_400_000_000;

impl WordsLog {
    /// The files of an archive. Touches nothing on disk.
    pub fn open(archive: &Archive) -> Self {
        Self { archive: archive.clone() }
    }

    /// Where the words of a pass lie that were said on the day (UTC) of `at`.
    pub fn path(&self, at: WallTime, pass: &PassName) -> PathBuf {
        self.archive.folder().join(at.day_folder()).join(format!("words.{pass}.jsonl"))
    }

    /// All files, by day and pass. A link is none, and neither is a file whose name isn't of that form.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where a folder can't be listed.
    pub fn files(&self) -> Result<Vec<PathBuf>, ArchiveError> {
        let mut paths = Vec::new();
        for day in self.archive.days()? {
            paths.extend(self.files_of(&day)?);
        }
        Ok(paths)
    }

    /// Whether there is any file.
    ///
    /// # Errors
    /// As [`files`](Self::files).
    pub fn is_empty(&self) -> Result<bool, ArchiveError> {
        for day in self.archive.days()? {
            if !self.files_of(&day)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn files_of(&self, day: &str) -> Result<Vec<PathBuf>, ArchiveError> {
        let folder = self.archive.day_folder(day);
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(ArchiveError::io("list", &folder))?.filter_map(Result::ok) {
            let name = entry.file_name();
            let pass = name.to_str().and_then(|name| name.strip_prefix("words.")?.strip_suffix(".jsonl"));
            if pass.and_then(PassName::new).is_some() && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Adds lines, each a JSON object, to the file of a pass and the day of `at`, with one write, and syncs them.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path. Some of the lines may have been written then.
    pub fn append(&self, at: WallTime, pass: &PassName, rows: &[String]) -> Result<(), ArchiveError> {
        let path = self.path(at, pass);
        let folder = self.archive.folder().join(at.day_folder());
        self.archive.create_folder(&folder)?;
        let write = || -> io::Result<()> {
            let is_new = match fs::symlink_metadata(&path) {
                Ok(found) if found.is_file() => false,
                Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => true,
                Err(error) => return Err(error),
            };
            let mut file = files::open_append(&path)?;
            take_off_torn_end(&mut file)?;
            let lines: String = rows.iter().map(|row| signed(row)).collect();
            file.write_all(lines.as_bytes())?;
            file.sync_data()?;
            if is_new { files::sync_folder(&folder) } else { Ok(()) }
        };
        write().map_err(ArchiveError::io("append to", &path))
    }

    /// Writes a file anew without what `keep` takes out: `None` for a line that goes, else what stands in its place. Lines that aren't as they
    /// were written go as well, since nobody knows what they say; how many those were. A file in which nothing changes isn't touched.
    ///
    /// Killed anywhere, it leaves the old file or the new one. The old one's content is overwritten once it has no name any more, which not
    /// every disk does in place.
    ///
    /// # Errors
    /// [`ArchiveError::Io`], with the file's path.
    pub fn rewrite(
        &self,
        path: &Path,
        mut keep: impl FnMut(&WordsLine) -> Option<String>,
    ) -> Result<usize, ArchiveError> {
        let WordsLines { lines, faults } = self.read(path)?;
        let kept: Vec<Option<String>> = lines.iter().map(&mut keep).collect();
        let same = lines.iter().zip(&kept).all(|(line, kept)| kept.as_ref() == Some(&line.text));
        if same && faults.is_empty() {
            return Ok(0);
        }
        let anew = hidden(path);
        let replace = || -> io::Result<()> {
            let mut file = files::create_or_truncate(&anew)?;
            let lines: String = kept.iter().flatten().map(|row| signed(row)).collect();
            file.write_all(lines.as_bytes())?;
            file.sync_all()?;
            let mut old = files::open_existing(path)?;
            let len = old.metadata()?.len();
            files::rename_durably(&anew, path)?;
            erase::fill(&mut old, 0, len, 0)
        };
        replace().map_err(ArchiveError::io("write anew", path))?;
        Ok(faults.len())
    }

    /// The files that may hold words of a span: those of its days, of the one before and of the one after, of all passes.
    ///
    /// # Errors
    /// As [`files`](Self::files).
    pub fn files_around(&self, span: &Span) -> Result<Vec<PathBuf>, ArchiveError> {
        let day = |time: WallTime| time.utc().format("%Y-%m-%d").to_string();
        let (first, last) = (day(span.start.plus_micros(-DAY_MICROS)), day(span.end.plus_micros(DAY_MICROS)));
        let mut paths = Vec::new();
        for day in self.archive.days()?.into_iter().filter(|day| (&first..=&last).contains(&day)) {
            paths.extend(self.files_of(&day)?);
        }
        Ok(paths)
    }

    /// What a file says; nothing where there is none.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where it is there and can't be read.
    pub fn read(&self, path: &Path) -> Result<WordsLines, ArchiveError> {
        let bytes = match files::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(WordsLines::default()),
            Err(source) => return Err(ArchiveError::Io { operation: "read", path: path.to_owned(), source }),
        };
        let mut found = WordsLines::default();
        for (before, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let number = before + 1;
            match checked(line) {
                Some(text) => found.lines.push(WordsLine { number, text }),
                None if line.trim_ascii().is_empty() => {}
                None if line.ends_with(b"\n") => {
                    found.faults.push(Fault::words(path, number, "it isn't as it was written"));
                }
                None => found.faults.push(Fault::words(path, number, "its end is missing")),
            }
        }
        Ok(found)
    }
}

impl Fault {
    /// A line of a file of words that can't be used, and why. Never what it says.
    pub fn words(path: &Path, number: usize, why: &str) -> Self {
        let what = format!("line {number} cannot be used: {why}");
        let advice = "the other lines count; what it said is transcribed again where the sound is there";
        Self::new(path, FaultKind::Words, what, advice)
    }
}

/// `.words.3fa29c1b.jsonl.anew`: no scan looks at hidden files.
fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.anew"))
}

/// Takes off what follows the last whole line, unless only its end is missing.
pub(crate) fn take_off_torn_end(file: &mut File) -> io::Result<()> {
    let len = file.seek(SeekFrom::End(0))?;
    let (mut from, mut tail) = (len, Vec::new());
    while from > 0 {
        let step = from.min(TAIL_STEP);
        from -= step;
        let mut read = vec![0; usize::try_from(step).unwrap_or(0)];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut read)?;
        read.append(&mut tail);
        tail = read;
        if let Some(at) = tail.iter().rposition(|byte| *byte == b'\n') {
            from += at as u64 + 1;
            tail.drain(..=at);
            break;
        }
    }
    if tail.is_empty() {
        return Ok(());
    }
    if checked(&tail).is_some() { file.write_all(b"\n") } else { file.set_len(from) }
}

/// How much of a file's end is looked at in one go.
const TAIL_STEP: u64 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use home::Home;

    struct Kept {
        dir: tempfile::TempDir,
        log: WordsLog,
        day: WallTime,
        pass: PassName,
    }

    impl Kept {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let log = WordsLog::open(&Archive::open(&Home::at(dir.path())));
            let day = WallTime::parse_rfc3339("2026-11-23T09:15:00Z").unwrap();
            Self { dir, log, day, pass: PassName::new("3fa29c1b").unwrap() }
        }

        fn append(&self, rows: &[&str]) {
            let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
            self.log.append(self.day, &self.pass, &rows).unwrap();
        }

        fn path(&self) -> PathBuf {
            self.log.path(self.day, &self.pass)
        }

        fn bytes(&self) -> Vec<u8> {
            fs::read(self.path()).unwrap()
        }

        fn put(&self, bytes: &[u8]) {
            files::create_or_truncate(&self.path()).unwrap().write_all(bytes).unwrap();
        }

        /// The lines' texts, and the numbers of those that can't be used.
        fn read(&self) -> (Vec<String>, Vec<String>) {
            let read = self.log.read(&self.path()).unwrap();
            assert!(read.faults.iter().all(|fault| fault.path == self.path() && !fault.what.contains("secret")));
            let numbers = read.faults.iter().map(|fault| fault.what.split(' ').nth(1).unwrap().to_owned());
            (read.lines.into_iter().map(|line| line.text).collect(), numbers.collect())
        }
    }

    const ROWS: [&str; 3] = [r#"{"v":1,"text":"secret"}"#, r#"{"v":1,"text":"täst"}"#, r#"{"v":1}"#];

    #[test]
    fn lines_read_back_as_they_were_given_and_the_file_is_the_users_alone() {
        let kept = Kept::new();
        assert!(kept.log.is_empty().unwrap());
        kept.append(&ROWS[..2]);
        kept.append(&ROWS[2..]);
        assert_eq!(kept.read(), (ROWS.map(str::to_owned).to_vec(), vec![]));
        assert_eq!(kept.log.files().unwrap(), [kept.path()]);
        assert!(!kept.log.is_empty().unwrap());
        assert!(kept.path().ends_with("audio/2026/2026-11-23/words.3fa29c1b.jsonl"));
        assert_eq!(Archive::open(&Home::at(kept.dir.path())).scan().unwrap().faults, [], "it is no stray file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(kept.path()).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // The sum is what any other program would say it is.
        let text = String::from_utf8(kept.bytes()).unwrap();
        assert!(text.ends_with("{\"v\":1,\"sum\":\"e5a70a6e\"}\n"), "{text}");
    }

    #[test]
    fn any_flipped_byte_costs_its_line_and_no_other() {
        let kept = Kept::new();
        kept.append(&ROWS);
        let whole = kept.bytes();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x04;
            kept.put(&bytes);
            let (lines, faults) = kept.read();
            let line = whole[..=at].split_inclusive(|byte| *byte == b'\n').count();
            // Without its end, a line becomes one with the next.
            let lost = if whole[at] == b'\n' && line < 3 { 2 } else { 1 };
            let end_of_last = at == whole.len() - 1;
            assert_eq!(lines.len(), 3 - lost, "byte {at}");
            assert_eq!(faults, [line.to_string()], "byte {at}");
            assert!(!end_of_last || line == 3);
        }
    }

    #[test]
    fn a_torn_last_line_is_named_and_makes_room_for_the_next() {
        let kept = Kept::new();
        kept.append(&ROWS);
        let whole = kept.bytes();
        let last = whole.iter().rposition(|byte| *byte == b'\n').unwrap();
        let begins = whole[..last].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for cut in begins + 1..=last {
            kept.put(&whole[..cut]);
            let (lines, faults) = kept.read();
            // Only its end is missing: all that it says is there.
            let intact = cut == last;
            assert_eq!((lines.len(), faults.len()), if intact { (3, 0) } else { (2, 1) }, "cut at {cut}");
            kept.append(&[r#"{"v":1,"text":"next"}"#]);
            let (lines, faults) = kept.read();
            assert_eq!((lines.len(), faults.len()), (if intact { 4 } else { 3 }, 0), "cut at {cut}");
        }
        // A line longer than what is looked at in one go.
        let long = format!(r#"{{"v":1,"text":"{}"}}"#, "x".repeat(20_000));
        kept.append(&[&long]);
        let bytes = kept.bytes();
        kept.put(&bytes[..bytes.len() - 3]);
        let before = kept.read().0.len();
        kept.append(&ROWS[..1]);
        assert_eq!(kept.read().0.len(), before + 1);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_neither_written_nor_read() {
        let kept = Kept::new();
        kept.append(&ROWS);
        let elsewhere = kept.dir.path().join("elsewhere");
        files::create_new(&elsewhere).unwrap();
        let other = PassName::new("00000000").unwrap();
        std::os::unix::fs::symlink(&elsewhere, kept.log.path(kept.day, &other)).unwrap();
        assert!(kept.log.append(kept.day, &other, &[ROWS[0].to_owned()]).is_err());
        assert_eq!(fs::metadata(&elsewhere).unwrap().len(), 0);
        assert_eq!(kept.log.files().unwrap(), [kept.path()]);
    }
}
