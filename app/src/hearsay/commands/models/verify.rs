//! `hearsay models verify`.

use crate::output;
use anyhow::Result;
use home::Exit;
use speech::models;
use std::path::{Path, PathBuf};

/// Reads and compares.
pub(super) fn run(folder: &Path, model: Option<&str>) -> Result<Exit> {
    let paths: Vec<PathBuf> = match model {
        Some(model) => vec![models::locate(folder, model)?],
        None => models::list(folder)?.into_iter().filter_map(|listed| listed.path).collect(),
    };
    if paths.is_empty() {
        output::say("there is no model here");
        output::hint("get one with `hearsay models get base.en`");
        return Ok(Exit::NothingFound);
    }
    let mut bad = 0;
    for path in &paths {
        match models::inspect(path).and_then(|_| models::verify(folder, path)) {
            Ok(sha256) => output::say(&format!("good: {} (SHA-256 {sha256})", path.display())),
            Err(error) => {
                bad += 1;
                output::error(&home::one_line(&error));
                output::hint("fetch or copy it again, or choose another");
            }
        }
    }
    Ok(match bad {
        0 => Exit::Done,
        _ if bad < paths.len() => Exit::Partly,
        _ => Exit::Failed,
    })
}
