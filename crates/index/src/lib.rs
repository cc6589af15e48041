//! Finds what was said.
//!
//! The current utterances, one document each, in one tantivy index per year. It is the truth for nothing: it follows the
//! database by sequence number, and what it holds can be thrown away and built anew at any time. It stores no
//! text, only what finds an utterance's key.
//!
//! ```text
//! index/2025/   utterances that start in 2025, UTC; in each of its segments the latest first
//!       2026/   the newest year: a search by time begins here and goes on to 2025 only when the page isn't full
//! ```
//!
//! - [`Writer`] is the one who writes, all years. Each commit carries a [`Cursor`]: which database, and which change was the
//!   last to be applied. Of a round that touches several years the one committed last carries the new cursor and the others
//!   the one before, so the furthest cursor of all years holds; a kill anywhere makes the round come again, which changes
//!   nothing. Each commit also names all years: where one is missing, or one is of another version or can't be opened,
//!   the index is emptied, and its cursor is `None`: build it anew.
//! - [`Searcher`] reads beside the writer and sees each commit from the next search on.
//! - [`query`] is the language people type. It is lenient: whatever is typed is read as well as it can be, and a note
//!   says what was left out.
//! - Where nothing was found, [`Searcher::find`] looks for words that are spelled or that sound alike, and says so.
//! - [`highlight()`] marks what was found in a text.
//!
//! What a document holds, and how words become terms, is described in `schema.rs` and `token.rs`. A phrase is found
//! across the border of two utterances: a document also holds the last four words of the utterance before it together
//! with its own first four. That works across the end of a year as well: what it takes lies in the later document.
//!
//! A document that was deleted is only marked; [`Writer::purge`] takes its words off the disk.
//!
//! tantivy panics on some damaged files. Such a panic is caught and comes back as [`IndexError::Damaged`].

mod check;
mod compile;
mod document;
mod error;
mod excluded;
mod highlight;
mod histogram;
mod overlapping;
mod page;
mod private_directory;
mod purge;
pub mod query;
mod schema;
mod searcher;
mod second_chance;
mod snapshot;
mod sound;
mod statistics;
mod token;
mod writer;
mod year;

pub use check::damaged_files;
pub use document::{Cursor, Document, PAST};
pub use error::IndexError;
pub use highlight::highlight;
pub use histogram::Day;
pub use searcher::{Found, Hit, MAX_LIMIT, Options, Searcher, Sort};
pub use second_chance::Likeness;
pub use writer::Writer;
