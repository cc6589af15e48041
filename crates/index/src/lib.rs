//! Finds what was said.
//!
//! A tantivy index of the current utterances, one document each. It is the truth for nothing: it follows the
//! database by sequence number, and what it holds can be thrown away and built anew at any time. It stores no
//! text, only what finds an utterance's key.
//!
//! - [`Writer`] is the one who writes. Each commit carries a [`Cursor`]: which database, and which change was the last
//!   to be applied. A kill between a change and the commit leaves the commit before. An index of another
//!   version, or one that can't be opened, is emptied, and its cursor is `None`: build it anew.
//! - [`Searcher`] reads beside the writer and sees each commit from the next search on.
//! - [`query`] is the language people type. It is lenient: whatever is typed is read as well as it can be, and a note
//!   says what was left out.
//! - [`highlight()`] marks what was found in a text.
//!
//! What a document holds, and how words become terms, is described in `schema.rs` and `token.rs`. A phrase is found
//! across the border of two utterances: a document also holds the last four words of the utterance before it together
//! with its own first four.
//!
//! tantivy panics on some damaged files. Such a panic is caught and comes back as [`IndexError::Damaged`].

mod compile;
mod document;
mod error;
mod excluded;
mod highlight;
mod private_directory;
pub mod query;
mod schema;
mod searcher;
mod token;
mod writer;

pub use document::{Cursor, Document};
pub use error::IndexError;
pub use highlight::highlight;
pub use searcher::{Hit, MAX_LIMIT, Options, Searcher, Sort};
pub use writer::Writer;
