use serde::{Deserialize, Serialize};
use timeline::{Side, WallTime};

/// What the index is told of an utterance.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The database's key of the utterance: what a [`Hit`](crate::Hit) gives back.
    pub key: i64,
    /// When it starts. A key keeps its start for good: its year says in which part of the index it lies.
    pub start: WallTime,
    /// When it ends.
    pub end: WallTime,
    /// Its track's side.
    pub side: Side,
    /// What was said.
    pub text: String,
    /// The last words that were said on this track just before it, four or more; empty where no sentence can go on.
    pub before: String,
    /// In which language, as the recogniser's code.
    pub language: Option<String>,
    /// The pass that heard it, by name.
    pub pass: String,
    /// Its model.
    pub model: String,
    /// Mean probability of its words, 0 to 1.
    pub p: f32,
    /// 0 shown, 1 doubtful, 2 hidden, [`PAST`].
    pub state: u8,
    /// It is the other side's sound that came back.
    pub is_echo: bool,
    /// The program itself played it.
    pub is_replay: bool,
    /// The user wrote it.
    pub is_correction: bool,
    /// The user has put a star on its moment.
    pub is_starred: bool,
    /// What the user has noted of its moment.
    pub notes: Vec<String>,
}

/// The state of a document of a pass that doesn't speak where it is: found only by who asks for passes.
pub const PAST: u8 = 3;
/// The state of a hidden document.
pub(crate) const HIDDEN: u8 = 2;

/// How far the index has followed which database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The database's random name.
    pub database: String,
    /// The last change that was applied.
    pub seq: u64,
    /// That change's random number. Where the database has another at `seq`, it is another copy, and the index has to
    /// be built anew.
    pub nonce: i64,
}
