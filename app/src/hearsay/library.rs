//! The read side: what the commands and the viewer ask the store and the index.
//!
//! It opens both read-only, takes no lock and never waits for the worker. A database or an index that isn't
//! there yet is no error: it is looked for again with every question, and the answer says what to do.

use crate::status::{self, KnownSound, Status};
use anyhow::Result;
use archive::{Archive, WordsLog};
use home::Home;
pub(crate) use index::Day as DayHits;
use index::{IndexError, Likeness, Searcher};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use store::{Remark, State, Store, StoreError, Utterance};
use timeline::{Clock, PassName, Side, Span, SystemClock, TrackName, UtteranceId, WallTime};

/// What people can read and search, as it is now. One per thread.
pub(crate) struct Library {
    home: Home,
    store: Option<Store>,
    searcher: Option<Searcher>,
    /// The models of the passes that were seen.
    models: HashMap<PassName, String>,
    /// The sound that was seen.
    sound: KnownSound,
}

/// What a search is narrowed to.
#[derive(Debug, Clone, Default)]
pub(crate) struct SearchOptions {
    /// Only what was said; with `heard` as well, both.
    pub(crate) said: bool,
    /// Only what was heard.
    pub(crate) heard: bool,
    /// Only within this span.
    pub(crate) span: Option<Span>,
    /// At most this many hits; [`DEFAULT_LIMIT`] where it is 0.
    pub(crate) limit: usize,
    /// Which come first.
    pub(crate) sort: Sort,
    /// The query is being typed: its last word may go on.
    pub(crate) typing: bool,
}

/// Hits of a search that asks for no number.
pub(crate) const DEFAULT_LIMIT: usize = 50;
/// The most hits that one search gives.
pub(crate) const MAX_LIMIT: usize = index::MAX_LIMIT;

/// Which hits come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Sort {
    /// The latest.
    #[default]
    Time,
    /// The best match.
    Score,
}

/// What a search found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The hits, in the order that was asked for.
    pub(crate) hits: Vec<Hit>,
    /// The user's stars and notes around them.
    pub(crate) remarks: Vec<Remark>,
    /// What the reader should know: how the query was read, what isn't searched yet, that only like words were found.
    pub(crate) notes: Vec<String>,
    /// Whether they have the words that were looked for, or only words like them.
    pub(crate) likeness: Likeness,
    /// How long it took.
    pub(crate) took: Duration,
}

/// How often a search finds something.
#[derive(Debug, Default)]
pub(crate) struct FoundDays {
    /// The local days that have hits, in order of time.
    pub(crate) days: Vec<DayHits>,
    /// As [`Found::notes`].
    pub(crate) notes: Vec<String>,
}

/// One utterance that was found.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    /// The utterance.
    pub(crate) utterance: Utterance,
    /// How well it matches; for comparing within one search.
    pub(crate) score: f32,
    /// The byte ranges of its text that match, ascending and disjoint.
    pub(crate) highlights: Vec<Range<usize>>,
}

/// Why there is nothing to search yet.
const NO_DATABASE: &str = "there is no transcript yet: `hearsay work` makes it from what was recorded or imported";
const LOST_DATABASE: &str =
    "the database is missing, but its words lie beside the sound: `hearsay rebuild` makes it anew of them";
const NO_INDEX: &str = "there is no index yet: `hearsay work` makes it from the transcript";

impl Library {
    /// The library of a home, which may be empty or not even there.
    ///
    /// # Errors
    /// Where a database or an index is there and can't be read.
    pub(crate) fn open(home: &Home) -> Result<Self> {
        let mut library = Self {
            home: home.clone(),
            store: None,
            searcher: None,
            models: HashMap::new(),
            sound: KnownSound::default(),
        };
        library.store()?;
        Ok(library)
    }

    /// Finds utterances. A query that is broken is read leniently, with a note.
    ///
    /// # Errors
    /// Where the database or the index can't be read.
    pub(crate) fn search(&mut self, text: &str, options: &SearchOptions) -> Result<Found> {
        let started = SystemClock.boot_micros();
        let parsed = index::query::parse(text, SystemClock.wall());
        let mut found = Found { notes: parsed.notes, ..Found::default() };
        if self.store()?.is_none() || self.searcher()?.is_none() {
            found.notes.extend(self.nothing_because()?.map(ToOwned::to_owned));
        } else if let (Some(store), Some(searcher)) = (&self.store, &self.searcher) {
            match searcher.find(&parsed.query, &index_options(options)) {
                Ok(by_key) => {
                    found.hits = hits(store, &by_key.hits, &by_key.query)?;
                    found.remarks = remarks(store, found.hits.iter().map(|hit| hit.utterance.span))?;
                    found.likeness = by_key.likeness;
                    found.notes.extend(only_like(by_key.likeness));
                }
                Err(error) => {
                    // Once it is built anew it has to be opened anew.
                    self.searcher = None;
                    return Err(error.into());
                }
            }
            found.notes.extend(behind(store, searcher)?);
        }
        found.took = Duration::from_micros((SystemClock.boot_micros() - started).unsigned_abs());
        Ok(found)
    }

    /// Counts what [`search`](Self::search) would list without a limit, for each local day. Words that are only like those of the query don't count.
    /// `None` where `is_cancelled` said so.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn days(
        &mut self,
        text: &str,
        options: &SearchOptions,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<FoundDays>> {
        let parsed = index::query::parse(text, SystemClock.wall());
        let mut found = FoundDays { notes: parsed.notes, ..FoundDays::default() };
        if self.store()?.is_none() || self.searcher()?.is_none() {
            found.notes.extend(self.nothing_because()?.map(ToOwned::to_owned));
        } else if let (Some(store), Some(searcher)) = (&self.store, &self.searcher) {
            let Some(days) = searcher.days(&parsed.query, &index_options(options), is_cancelled)? else {
                return Ok(None);
            };
            found.days = days;
            found.notes.extend(behind(store, searcher)?);
        }
        Ok(Some(found))
    }

    /// What was said and heard within a span, in the order of time: shown and doubtful utterances of the current passes.
    ///
    /// # Errors
    /// Where the database can't be read, or the span holds more than the store gives out at once.
    pub(crate) fn conversation(&mut self, span: Span) -> Result<Vec<Utterance>> {
        let mut utterances = self.everything(span)?;
        utterances.retain(|utterance| utterance.state != State::Hidden);
        Ok(utterances)
    }

    /// As [`conversation`](Self::conversation), in English where it was translated.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn translated(&mut self, span: Span) -> Result<Vec<Utterance>> {
        let mut utterances = self.conversation(span)?;
        let Some(store) = self.store()? else { return Ok(utterances) };
        let mut translated = store.translations(&span)?;
        translated.retain(|utterance| utterance.state != State::Hidden);
        utterances.retain(|original| {
            let same = |other: &Utterance| other.track == original.track && other.span.contains(original.span.middle());
            !translated.iter().any(same)
        });
        utterances.extend(translated);
        utterances.sort_by(|a, b| (a.span.start, &a.track).cmp(&(b.span.start, &b.track)));
        Ok(utterances)
    }

    /// As [`conversation`](Self::conversation), with the hidden ones.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn everything(&mut self, span: Span) -> Result<Vec<Utterance>> {
        match self.store()? {
            Some(store) => Ok(store.utterances(&span)?),
            None => Ok(Vec::new()),
        }
    }

    /// The utterance of an id, of whichever pass.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn by_id(&mut self, id: &UtteranceId) -> Result<Option<Utterance>> {
        match self.store()? {
            Some(store) => Ok(store.by_id(id)?),
            None => Ok(None),
        }
    }

    /// The current utterance nearest to a moment.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn nearest(&mut self, time: WallTime) -> Result<Option<Utterance>> {
        match self.store()? {
            Some(store) => Ok(store.nearest(time)?),
            None => Ok(None),
        }
    }

    /// The user's stars and notes that overlap a span, in the order of their moments.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn remarks(&mut self, span: &Span) -> Result<Vec<Remark>> {
        match self.store()? {
            Some(store) => Ok(store.remarks(span)?),
            None => Ok(Vec::new()),
        }
    }

    /// The user's stars and notes around some utterances.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn remarks_of(&mut self, utterances: &[Utterance]) -> Result<Vec<Remark>> {
        match self.store()? {
            Some(store) => remarks(store, utterances.iter().map(|utterance| utterance.span)),
            None => Ok(Vec::new()),
        }
    }

    /// What models heard in the place of a correction.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn heard_under(&mut self, correction: &Utterance) -> Result<String> {
        let Some(store) = self.store()? else { return Ok(String::new()) };
        let texts: Vec<String> = store.heard_under(correction.key)?.into_iter().map(|heard| heard.text).collect();
        Ok(texts.join(" "))
    }

    /// The model of a pass; `None` for one that isn't known.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn model_of(&mut self, pass: &PassName) -> Result<Option<String>> {
        if !self.models.contains_key(pass)
            && let Some(store) = self.store()?
        {
            let passes = store.passes()?;
            self.models = passes.into_iter().map(|known| (known.pass.name, known.pass.model)).collect();
        }
        Ok(self.models.get(pass).cloned())
    }

    /// The usual probability of an utterance's words within a span: the median; `None` where nothing was said.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn usual_p(&mut self, span: &Span) -> Result<Option<f32>> {
        match self.store()? {
            Some(store) => Ok(store.usual_p(span)?),
            None => Ok(None),
        }
    }

    /// When somebody spoke within a span, by whichever pass.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn talk(&mut self, span: &Span) -> Result<Vec<(Side, Span)>> {
        match self.store()? {
            Some(store) => Ok(store.talk(span)?),
            None => Ok(Vec::new()),
        }
    }

    /// How much speech each of some spans holds, in microseconds.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn speech_of(&mut self, spans: &[Span]) -> Result<Vec<i64>> {
        match self.store()? {
            Some(store) => Ok(store.speech_of(spans)?),
            None => Ok(vec![0; spans.len()]),
        }
    }

    /// The tracks of which there are words, and their sides.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn sides(&mut self) -> Result<Vec<(TrackName, Side)>> {
        match self.store()? {
            Some(store) => Ok(store.tracks()?),
            None => Ok(Vec::new()),
        }
    }

    /// What the recorder and the worker are doing, and how much room is left.
    ///
    /// # Errors
    /// Where the archive's folder or the database can't be read.
    pub(crate) fn status(&mut self) -> Result<Status> {
        self.store()?;
        status::gather(&self.home, self.store.as_ref(), &mut self.sound)
    }

    /// Why nothing can be found, if that is so. Where nothing was ever said there is no index, and nothing to be said of it.
    ///
    /// # Errors
    /// Where the database or the archive's folder can't be read.
    pub(crate) fn nothing_because(&self) -> Result<Option<&'static str>> {
        Ok(match (&self.store, &self.searcher) {
            (None, _) => self.no_transcript()?,
            (Some(store), None) => store.last_change()?.map(|_| NO_INDEX),
            (Some(_), Some(_)) => None,
        })
    }

    /// Why nothing can be read, if that is so.
    ///
    /// # Errors
    /// Where the archive's folder can't be read.
    pub(crate) fn no_transcript(&self) -> Result<Option<&'static str>> {
        if self.store.is_some() {
            return Ok(None);
        }
        let lost = !WordsLog::open(&Archive::open(&self.home)).is_empty()?;
        Ok(Some(if lost { LOST_DATABASE } else { NO_DATABASE }))
    }

    fn store(&mut self) -> Result<Option<&Store>> {
        if self.store.is_none() {
            self.store = match Store::open_read_only(&self.home.database()) {
                Ok(store) => Some(store),
                Err(StoreError::Missing { .. }) => None,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(self.store.as_ref())
    }

    fn searcher(&mut self) -> Result<Option<&Searcher>> {
        if self.searcher.is_none() {
            self.searcher = match Searcher::open(&self.home.index()) {
                Ok(searcher) => Some(searcher),
                Err(IndexError::Missing { .. }) => None,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(self.searcher.as_ref())
    }
}

fn index_options(options: &SearchOptions) -> index::Options {
    let side = match (options.said, options.heard) {
        (true, false) => Some(Side::Said),
        (false, true) => Some(Side::Heard),
        _ => None,
    };
    let limit = if options.limit == 0 { DEFAULT_LIMIT } else { options.limit.min(MAX_LIMIT) };
    let sort = match options.sort {
        Sort::Time => index::Sort::Time,
        Sort::Score => index::Sort::Score,
    };
    index::Options { limit, sort, side, span: options.span, include_hidden: false, prefix_last: options.typing }
}

/// The utterances of the index's hits, in its order. One that the store no longer has is left out: the index is
/// the truth for nothing.
fn hits(store: &Store, found: &[index::Hit], query: &index::query::Query) -> Result<Vec<Hit>> {
    let keys: Vec<i64> = found.iter().map(|hit| hit.key).collect();
    let mut utterances: HashMap<i64, Utterance> =
        store.by_keys(&keys)?.into_iter().map(|utterance| (utterance.key, utterance)).collect();
    let hit = |found: &index::Hit| {
        let utterance = utterances.remove(&found.key)?;
        let highlights = index::highlight(&utterance.text, query);
        Some(Hit { utterance, score: found.score, highlights })
    };
    Ok(found.iter().filter_map(hit).collect())
}

/// The stars and notes from the first of some spans to the last.
fn remarks(store: &Store, spans: impl Iterator<Item = Span>) -> Result<Vec<Remark>> {
    let hull = spans.reduce(|a, b| Span::new(a.start.min(b.start), a.end.max(b.end)));
    hull.map_or(Ok(Vec::new()), |hull| Ok(store.remarks(&hull.widened(1))?))
}

/// A note where nothing has the words themselves.
fn only_like(likeness: Likeness) -> Option<String> {
    let like = match likeness {
        Likeness::Words => return None,
        Likeness::Spelling => "are spelled",
        Likeness::Sound => "sound",
    };
    Some(format!("nothing was found that has these words; this has words that {like} much like them"))
}

/// A note where the index hasn't seen all of the store.
fn behind(store: &Store, searcher: &Searcher) -> Result<Option<String>> {
    let cursor = searcher.cursor()?;
    let belongs = match &cursor {
        Some(cursor) => cursor.database == store.database_id()?,
        None => false,
    };
    if !belongs {
        return Ok(Some("the index is of another database: `hearsay work` makes it anew".to_owned()));
    }
    let seq = cursor.map_or(0, |cursor| cursor.seq);
    let waiting = store.changes_after(seq, 1)?.len();
    Ok((waiting > 0).then(|| "the index is behind the transcript: the newest words aren't found yet".to_owned()))
}
