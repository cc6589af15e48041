//! Blocks of sound to segments on disk, and back to one stream per track.
//!
//! # On disk
//!
//! ```text
//! audio/2026/2026-11-23/20261123T091500.000Z.mic.wav       a finished segment; never written again
//!                       20261123T091000.000Z.mic.flac      a finished segment that was packed: the same sound to the bit
//!                       20261123T092000.000Z.mic.wav.part  one that is being written; can be read at any moment
//!                       journal.jsonl                      the recorder's ledger
//!                       played.jsonl                       what hearsay itself played, and when
//!                       words.3fa29c1b.jsonl               what a pass recognised; the worker's
//!                       forgotten.jsonl                    which spans were forgotten, and take no sound any more
//!                       retired.jsonl                      sound that a rule of the user's took away
//! ```
//!
//! A segment is a mono 16-bit WAV of one track, at 16 kHz unless set otherwise. It ends on a wall-clock border, all tracks
//! at the same instant. Names and folders are UTC. Its `hsay` chunk says which session, track and frame it begins with,
//! and when it ended by the clock where its device drifted, so that the journal can be lost. WAV and FLAC files with such a name that were put there by hand are segments too, at any rate,
//! with any number of channels, as integers or floats. Of a WAV and a FLAC of one name the WAV is read.
//!
//! # Writing
//!
//! ```
//! use archive::{Archive, Session, TrackWriter, WriterSettings};
//! use timeline::{SampleRate, Side, TrackName, WallTime};
//!
//! # let dir = tempfile::tempdir()?;
//! let archive = Archive::open(&home::Home::at(dir.path()));
//! let session = Session::start(WallTime::parse_rfc3339("2026-11-23T09:15:00Z")?, 5_000_000);
//! let mut mic = TrackWriter::new(&archive, &session, TrackName::mic(), Side::Said, SampleRate::SPEECH, WriterSettings::default());
//! mic.place(&[0; 1_600], 5_000_000)?;
//! mic.place(&[0; 1_600], 5_100_000)?;
//! let path = mic.finish()?.expect("a segment");
//! assert!(path.ends_with("audio/2026/2026-11-23/20261123T091500.000Z.mic.wav"));
//! assert_eq!(archive.scan()?.segments[0].frames, 3_200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Blocks are placed by the clock ([`placement`]) in a [`Session`], flushed with their header as they come, synced every
//! few seconds. A crash costs the block in flight; [`repair::left_behind`] finishes what it left.
//!
//! # Reading
//!
//! [`Archive::scan`] and [`Archive::segments`] say what is there and, as [`Fault`]s, what is wrong; [`TrackReader`] reads
//! a track at 16 kHz on the absolute grid, [`TrackTail`] its end while it grows. [`import`] copies recordings from elsewhere in.
//! WAV or FLAC makes no difference to any of them: one place opens a file of sound. [`packing`] turns one into the other.
//!
//! # What it never does
//!
//! Outside of [`erase`], which only the user can ask for, it never overwrites sound. It deletes none but a WAV whose FLAC is whole ([`packing`]) and what a
//! rule of the user's names ([`Archive::retire`]), never writes to a finished file (but for its header, where the user asks for it: [`verify`]), never follows a link, and has no threads and no clock of its own.

mod archive_folder;
mod choices;
mod compressed_sound;
mod coverage;
pub mod erase;
mod error;
mod fault;
mod flac_header;
mod flac_sound;
mod forgotten;
mod fraction;
mod gap;
mod gap_cause;
pub mod import;
mod journal;
mod origin;
pub mod packing;
mod part_file;
mod pins;
pub mod placement;
mod played;
mod reader;
mod recording;
mod remarks;
pub mod repair;
mod retired;
mod scan;
mod segment;
mod session;
mod signed_line;
mod sound_file;
mod sound_header;
mod sum;
#[cfg(test)]
mod tests;
mod track_tail;
pub mod verify;
mod wav;
mod wav_sound;
mod words_log;
mod writer;

pub use archive_folder::Archive;
pub use choices::{Choice, Choices, Chosen};
pub use coverage::{Coverage, coverage};
pub use error::ArchiveError;
pub use fault::{Fault, FaultKind};
pub use forgotten::{Forgetting, Forgotten, ForgottenLog};
pub use gap::Gap;
pub use gap_cause::GapCause;
pub use journal::{GapRow, Journal, JournalRows, Row};
pub use pins::Pins;
pub use played::{Played, PlayedLog};
pub use reader::TrackReader;
pub use remarks::{Noted, Remark, Remarks};
pub use retired::Retired;
pub use scan::Scan;
pub use segment::Segment;
pub use session::{MAX_STEP_MICROS, Session};
pub use track_tail::TrackTail;
pub use words_log::{WordsLine, WordsLines, WordsLog};
pub use writer::{Placed, TrackWriter, WriterSettings};
