use super::corpus::Made;
use super::{bytes_below, megabytes};
use crate::process_usage::Usage;
use anyhow::{Context, Result};
use serde_json::json;
use std::path::{Path, PathBuf};
use store::{NewPass, NewUtterance, Outcome, Store, WindowRow, Word};
use timeline::{Side, Span, SpanSet, TrackName, WallTime};
use worker::Follower;

/// A database, and an index that follows it, as the worker makes them.
pub(crate) struct SyntheticArchive {
    store: Store,
    /// Taken while it is opened anew.
    follower: Option<Follower>,
    pass: i64,
    folder: PathBuf,
}

/// Utterances of one track that are stored in one transaction.
const IN_A_WINDOW: usize = 500;
/// After so many rounds of following it is looked how much memory that takes.
const ROUNDS_BETWEEN_LOOKS: u32 = 10;

impl SyntheticArchive {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let store = Store::open(&folder.join("archive.sqlite3"))?;
        store.ensure_track(&TrackName::mic(), Side::Said)?;
        store.ensure_track(&TrackName::loopback(), Side::Heard)?;
        let pass = NewPass {
            model: "small.en".to_owned(),
            model_sha256: "0".repeat(64),
            engine: "synthetic".to_owned(),
            params: json!({}),
            rank: 1,
            created: WallTime::from_micros(0),
        };
        let pass = store.ensure_pass(&pass)?.key;
        let follower = Some(Follower::open(&index(folder))?);
        Ok(Self { store, follower, pass, folder: folder.to_owned() })
    }

    /// Stores what was said in the order of time, on the two tracks.
    pub(crate) fn store(&mut self, made: &[Made]) -> Result<()> {
        for (side, track) in [(Side::Said, TrackName::mic()), (Side::Heard, TrackName::loopback())] {
            let of_side: Vec<&Made> = made.iter().filter(|made| made.side == side).collect();
            for window in of_side.chunks(IN_A_WINDOW) {
                let (Some(first), Some(last)) = (window.first(), window.last()) else { continue };
                let utterances: Vec<NewUtterance> = window.iter().map(|made| utterance(made)).collect();
                self.store.commit_window(&WindowRow {
                    pass: self.pass,
                    track: track.clone(),
                    span: Span::new(first.span.start, last.span.end),
                    gaps: SpanSet::new(),
                    outcome: Outcome::Words,
                    reason: None,
                    speech_micros: 1,
                    compute_micros: 1,
                    utterances,
                })?;
            }
        }
        Ok(())
    }

    /// Lets the index catch up.
    pub(crate) fn follow(&mut self) -> Result<()> {
        self.follower.as_mut().context("the index isn't open")?.catch_up(&self.store)?;
        Ok(())
    }

    /// Lets the index catch up with all there is, merges included. How many changes that were, and the most bytes of memory, without pages of files, that the
    /// process had.
    pub(crate) fn build_index(&mut self) -> Result<(u64, u64)> {
        let mut follower = self.follower.take().context("the index isn't open")?;
        let (mut looked, mut most_bytes) = (0, Ok(0));
        let mut tell = |_| {
            looked += 1;
            if let (1, Ok(before)) = (looked % ROUNDS_BETWEEN_LOOKS, &most_bytes) {
                most_bytes = Usage::of(std::process::id()).map(|usage| usage.dirty_bytes.max(*before));
            }
        };
        let followed = follower.catch_up_telling(&self.store, &mut tell)?;
        follower.close()?;
        self.follower = Some(Follower::open(&index(&self.folder))?);
        Ok((u64::try_from(followed.changes)?, most_bytes?))
    }

    pub(crate) fn database_size(&self) -> Result<String> {
        Ok(megabytes(bytes_below(&self.folder.join("archive.sqlite3"))?))
    }

    pub(crate) fn index_size(&self) -> Result<String> {
        let segments = std::fs::read_dir(index(&self.folder))?.map(|year| {
            let year = year?.path();
            Ok(if year.is_dir() {
                std::fs::read_dir(year)?
                    .filter(|file| file.as_ref().is_ok_and(|file| file.path().extension() == Some("term".as_ref())))
                    .count()
            } else {
                0
            })
        });
        let segments: usize = segments.sum::<std::io::Result<usize>>()?;
        Ok(format!("{}, {segments} segments", megabytes(bytes_below(&index(&self.folder))?)))
    }
}

pub(crate) fn index(folder: &Path) -> PathBuf {
    folder.join("index")
}

fn utterance(made: &Made) -> NewUtterance {
    let length = made.span.len_micros() / i64::try_from(made.words.len()).unwrap_or(1).max(1);
    let mut start = made.span.start;
    let words = made.words.iter().map(|text| {
        let span = Span::new(start, start.plus_micros(length));
        start = span.end;
        Word { span, text: text.clone(), p: 0.9 }
    });
    NewUtterance { words: words.collect(), ..NewUtterance::clear(made.span, &made.text()) }
}
