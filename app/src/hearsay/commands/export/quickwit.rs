//! Documents for a Quickwit index, and the configuration of that index.

use super::cannot_create;
use crate::context::Context;
use crate::rows::SearchRow;
use crate::sound_files::SoundFiles;
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use store::Utterance;

/// What `--index-config` writes.
const INDEX_CONFIG: &str = include_str!("quickwit.yaml");

/// A document. Its words' own times stay out: Quickwit keeps no lists of objects.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    utterance: SearchRow<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    files: Vec<String>,
}

/// Writes a document per utterance, one a line.
pub(super) fn write(
    context: &Context,
    owner: Option<&str>,
    to: &mut dyn Write,
    utterances: &[Utterance],
) -> Result<()> {
    let files = SoundFiles::of(&context.home, utterances.iter())?;
    for utterance in utterances {
        let files = files.holding(utterance);
        serde_json::to_writer(&mut *to, &Document { utterance: SearchRow::utterance(utterance), owner, files })?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes the configuration of the index into a new file.
pub(super) fn write_index_config(path: &Path) -> Result<()> {
    let mut file = home::files::create_new(path).map_err(|error| cannot_create(path, &error))?;
    file.write_all(INDEX_CONFIG.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
