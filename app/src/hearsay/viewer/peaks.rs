//! The thread `hs-peaks`: looks through the sound for the waveform, so that the window never waits for it.
//!
//! Only the latest question matters; one that is under way ends when another comes. What was found is kept in memory as
//! tiles of ten seconds, [`MAX_TILES`] of them, and never on the disk. A tile is of certain files, as long as they
//! were and without what was forgotten, and no longer used when they are others. So moving and zooming read nothing twice.

use super::background::Wake;
use super::state::Answer;
use super::waveform::{Column, Sketch};
use crate::sound::Tape;
use archive::Archive;
use home::Home;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use timeline::{Clock as _, Position, Side, Span, SpanSet, SystemClock};

/// Frames of a tile: 10 s.
const TILE: i64 = 160_000;
/// Frames of a bin, of which its lowest and its highest is kept: 4 ms, less than a column of the shortest span.
const BIN: i64 = 64;
/// Bins of a tile.
const BINS: usize = 2_500;
/// Tiles that are kept: twice as much as is ever shown, 8 MB.
const MAX_TILES: usize = 400;
/// The most columns that are drawn.
const MAX_COLUMNS: usize = 8_192;
/// What was found so far is told this often.
const TELL_EVERY_MICROS: i64 = 100_000;

/// The handle. Dropping it ends the thread at its next tile.
pub(super) struct Peaks {
    asked: Arc<Asked>,
}

#[derive(Default)]
struct Asked {
    slot: Mutex<Slot>,
    news: Condvar,
}

#[derive(Default)]
struct Slot {
    wanted: Option<Wanted>,
    closed: bool,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) number: u64,
    pub(super) span: Span,
    pub(super) columns: usize,
}

impl Asked {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next question; `None` when the window is gone.
    fn next(&self) -> Option<Wanted> {
        let mut slot = self.lock();
        loop {
            if slot.closed {
                return None;
            }
            if let Some(wanted) = slot.wanted.take() {
                return Some(wanted);
            }
            slot = self.news.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether what is under way isn't wanted any more.
    fn is_stale(&self) -> bool {
        let slot = self.lock();
        slot.closed || slot.wanted.is_some()
    }
}

impl Peaks {
    pub(super) fn start(home: &Home, answers: SyncSender<Answer>, wake: Wake) -> std::io::Result<Self> {
        let asked = Arc::new(Asked::default());
        let (archive, questions) = (Archive::open(home), Arc::clone(&asked));
        std::thread::Builder::new().name("hs-peaks".to_owned()).spawn(move || {
            let mut artist = Artist { archive, tiles: HashMap::new() };
            while let Some(wanted) = questions.next() {
                let tell = |sketch| {
                    let told = answers.send(Answer::Sketch { number: wanted.number, sketch: Arc::new(sketch) });
                    wake();
                    told.is_ok()
                };
                artist.draw(&wanted, &|| questions.is_stale(), &tell);
            }
        })?;
        Ok(Self { asked })
    }

    /// Asks; what was asked before isn't wanted any more.
    pub(super) fn ask(&self, wanted: Wanted) {
        self.asked.lock().wanted = Some(wanted);
        self.asked.news.notify_one();
    }
}

impl Drop for Peaks {
    fn drop(&mut self) {
        self.asked.lock().closed = true;
        self.asked.news.notify_all();
    }
}

/// The lowest and the highest sample; the other way round where there is no sound.
type Bin = (i16, i16);
const NO_SOUND: Bin = (i16::MAX, i16::MIN);

/// Ten seconds of both sides.
struct Tile {
    /// Of which files it was made.
    stamp: u64,
    said: Vec<Bin>,
    heard: Vec<Bin>,
}

struct Artist {
    archive: Archive,
    tiles: HashMap<i64, Tile>,
}

impl Artist {
    /// Tells the waveform, in parts where it takes a while. Ends early where it isn't wanted any more.
    fn draw(&mut self, wanted: &Wanted, is_stale: &dyn Fn() -> bool, tell: &dyn Fn(Sketch) -> bool) {
        let (span, columns) = (wanted.span, wanted.columns.clamp(1, MAX_COLUMNS));
        let mut sketch =
            Sketch { span, said: vec![Column::Unknown; columns], heard: vec![Column::Unknown; columns], trouble: None };
        let mut tape = match Tape::open(&self.archive, &span) {
            Ok(tape) => tape,
            Err(error) => {
                sketch.trouble = Some(home::one_line(&error));
                tell(sketch);
                return;
            }
        };
        let (first, last) = (span.start.position().0.div_euclid(TILE), (span.end.position().0 - 1).div_euclid(TILE));
        self.make_room(first, last);
        let sides = [sound_of(&tape, Side::Said), sound_of(&tape, Side::Heard)];
        let mut told_at = SystemClock.boot_micros();
        for index in first..=last {
            if is_stale() {
                return;
            }
            let stamp = stamp(&tape, &tile_span(index));
            if self.tiles.get(&index).is_none_or(|tile| tile.stamp != stamp) {
                let (tile, trouble) = Tile::read(&mut tape, &sides, index, stamp);
                sketch.trouble = sketch.trouble.take().or(trouble);
                self.tiles.insert(index, tile);
            }
            let now = SystemClock.boot_micros();
            if now.saturating_sub(told_at) >= TELL_EVERY_MICROS && index < last {
                told_at = now;
                self.fill(&mut sketch, (first, index));
                if !tell(sketch.clone()) {
                    return;
                }
            }
        }
        self.fill(&mut sketch, (first, last));
        tell(sketch);
    }

    /// Lets go of the tiles that are farthest away where there would be too many.
    fn make_room(&mut self, first: i64, last: i64) {
        let wanted = usize::try_from(last - first + 1).unwrap_or(0);
        let most = MAX_TILES.saturating_sub(wanted);
        let mut others: Vec<i64> = self.tiles.keys().copied().filter(|at| !(first..=last).contains(at)).collect();
        others.sort_by_key(|at| (at - first).abs());
        for far in others.drain(..).skip(most) {
            self.tiles.remove(&far);
        }
    }

    /// Draws the columns that lie within these tiles.
    fn fill(&self, sketch: &mut Sketch, (first, last): (i64, i64)) {
        let (from, len) =
            (sketch.span.start.position().0, sketch.span.end.position().since(sketch.span.start.position()));
        let columns = i64::try_from(sketch.said.len()).unwrap_or(1);
        for (column, (said, heard)) in (0..columns).zip(sketch.said.iter_mut().zip(&mut sketch.heard)) {
            let (start, end) = (from + len * column / columns, from + len * (column + 1) / columns);
            if start.div_euclid(TILE) < first || (end - 1).div_euclid(TILE) > last {
                continue;
            }
            (*said, *heard) = (self.column(start, end, |tile| &tile.said), self.column(start, end, |tile| &tile.heard));
        }
    }

    fn column(&self, start: i64, end: i64, side: impl Fn(&Tile) -> &Vec<Bin>) -> Column {
        let bins = start.div_euclid(BIN)..=(end - 1).max(start).div_euclid(BIN);
        let per_tile = TILE / BIN;
        let of = |bin: i64| {
            let tile = self.tiles.get(&bin.div_euclid(per_tile))?;
            side(tile).get(usize::try_from(bin.rem_euclid(per_tile)).ok()?).copied()
        };
        let (low, high) = bins.filter_map(of).fold(NO_SOUND, |a, b| (a.0.min(b.0), a.1.max(b.1)));
        if low > high { Column::Gap } else { Column::Sound(low, high) }
    }
}

impl Tile {
    fn read(tape: &mut Tape, sides: &[SpanSet; 2], index: i64, stamp: u64) -> (Self, Option<String>) {
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        let mut trouble = None;
        let span = tile_span(index);
        if tape.sound().iter().any(|sound| sound.overlaps(&span)) {
            let frames = usize::try_from(TILE).unwrap_or(0);
            (said, heard) = (vec![0.0; frames], vec![0.0; frames]);
            trouble =
                tape.read(Position(index * TILE), &mut said, &mut heard).err().map(|error| home::one_line(&error));
        }
        let [said_is, heard_is] = sides;
        (
            Self {
                stamp,
                said: bins(&said, index, &said_is.within(&span)),
                heard: bins(&heard, index, &heard_is.within(&span)),
            },
            trouble,
        )
    }
}

fn bins(samples: &[f32], tile: i64, sound: &SpanSet) -> Vec<Bin> {
    let mut bins = vec![NO_SOUND; BINS];
    let bin_frames = usize::try_from(BIN).unwrap_or(1);
    for (at, (bin, samples)) in (0..).zip(bins.iter_mut().zip(samples.chunks(bin_frames))) {
        if sound.contains(Position(tile * TILE + at * BIN + BIN / 2).wall()) {
            let (low, high) = samples.iter().fold((0.0_f32, 0.0_f32), |(low, high), it| (low.min(*it), high.max(*it)));
            *bin = (sample(low), sample(high));
        }
    }
    bins
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what i16 holds")]
fn sample(value: f32) -> i16 {
    (value * 32_767.0).clamp(-32_768.0, 32_767.0) as i16
}

fn tile_span(index: i64) -> Span {
    Span::new(Position(index * TILE).wall(), Position((index + 1) * TILE).wall())
}

/// Where a side has sound.
fn sound_of(tape: &Tape, wanted: Side) -> SpanSet {
    let of_side = tape.readers().filter(|(side, _)| *side == wanted || *side == Side::Both);
    of_side.flat_map(|(_, reader)| reader.sound().iter()).collect()
}

/// Tells the files that a tile is made of from every other state of them.
fn stamp(tape: &Tape, span: &Span) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (_, reader) in tape.readers() {
        for segment in reader.segments().iter().filter(|segment| segment.span.overlaps(span)) {
            (&segment.path, segment.frames, segment.span).hash(&mut hasher);
        }
        reader.sound().within(span).iter().for_each(|sound| sound.hash(&mut hasher));
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::cell::RefCell;
    use timeline::WallTime;

    fn drawn(artist: &mut Artist, span: Span, columns: usize) -> Sketch {
        let told = RefCell::new(Vec::new());
        let tell = |sketch| {
            told.borrow_mut().push(sketch);
            true
        };
        artist.draw(&Wanted { number: 1, span, columns }, &|| false, &tell);
        told.into_inner().pop().unwrap()
    }

    /// The lowest and the highest of a fixture's samples within a span that begins and ends at whole milliseconds.
    fn expected(track: &str, from: WallTime, to: WallTime) -> Column {
        let wav = testkit::fixture(&format!("days/standup.{track}.wav"));
        let samples: Vec<i16> = hound::WavReader::open(wav).unwrap().samples().map(Result::unwrap).collect();
        let at = |time: WallTime| usize::try_from(time.position().since(sample::at(0.0).position())).unwrap();
        let part = &samples[at(from)..at(to)];
        Column::Sound(*part.iter().min().unwrap().min(&0), *part.iter().max().unwrap().max(&0))
    }

    fn close(a: Column, b: Column) -> bool {
        match (a, b) {
            (Column::Sound(a, b), Column::Sound(c, d)) => (a - c).abs() <= 1 && (b - d).abs() <= 1,
            _ => a == b,
        }
    }

    #[test]
    fn columns_hold_the_lowest_and_the_highest_sample_of_their_time_and_gaps_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        sample::fill(&home);
        let mut artist = Artist { archive: Archive::open(&home), tiles: HashMap::new() };
        // From 20 s before the sound to 100 s into it, two seconds a column.
        let sketch = drawn(&mut artist, Span::new(sample::at(-20.0), sample::at(100.0)), 60);
        assert_eq!((sketch.said.len(), sketch.heard.len(), sketch.trouble.clone()), (60, 60, None));
        assert!(sketch.said[..10].iter().chain(&sketch.heard[..10]).all(|column| *column == Column::Gap));
        for (i, (said, heard)) in (0_u32..).zip(sketch.said.iter().zip(&sketch.heard)).skip(10) {
            let (from, to) = (sample::at(f64::from(i) * 2.0 - 20.0), sample::at(f64::from(i) * 2.0 - 18.0));
            assert!(close(*said, expected("mic", from, to)), "said, column {i}: {said:?}");
            assert!(close(*heard, expected("loopback", from, to)), "heard, column {i}: {heard:?}");
        }
        // Nothing is read twice, and a stale question ends.
        let tiles = artist.tiles.len();
        drawn(&mut artist, Span::new(sample::at(0.0), sample::at(5.0)), 700);
        assert_eq!(artist.tiles.len(), tiles);
        artist.draw(
            &Wanted { number: 2, span: Span::new(sample::at(0.0), sample::at(5.0)), columns: 9 },
            &|| true,
            &|_| panic!("nobody asked for it"),
        );
    }

    #[test]
    fn what_was_forgotten_is_a_gap_in_what_was_drawn_before() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        sample::fill(&home);
        let mut artist = Artist { archive: Archive::open(&home), tiles: HashMap::new() };
        let span = Span::new(sample::at(0.0), sample::at(20.0));
        assert!(drawn(&mut artist, span, 20).said.iter().all(|column| matches!(column, Column::Sound(..))));
        let gone = Span::new(sample::at(4.0), sample::at(8.0));
        let forgetting = archive::Forgetting::new(&gone, None, sample::at(30.0));
        archive::ForgottenLog::open(&artist.archive).ask(&forgetting).unwrap();
        let sketch = drawn(&mut artist, span, 20);
        assert_eq!(sketch.said[4..8], [Column::Gap; 4]);
        assert!(matches!(sketch.said[3], Column::Sound(..)) && matches!(sketch.heard[8], Column::Sound(..)));
    }

    #[test]
    fn no_more_tiles_are_kept_than_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        let mut artist = Artist { archive: Archive::open(&home), tiles: HashMap::new() };
        for hour in 0..4_u32 {
            let start = sample::at(f64::from(hour) * 3_600.0);
            drawn(&mut artist, Span::new(start, start.plus_micros(1_800_000_000)), 100);
            assert!(artist.tiles.len() <= MAX_TILES, "{}", artist.tiles.len());
        }
    }
}
