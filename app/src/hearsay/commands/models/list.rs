//! `hearsay models list`.

use crate::output::{self, Out};
use anyhow::Result;
use home::Exit;
use speech::models::{self, Listed, SumState};
use std::io::Write;
use std::path::Path;

/// A row of `models list --json`.
#[derive(serde::Serialize)]
struct ModelRow<'a> {
    name: &'a str,
    installed: bool,
    bytes: u64,
    /// What it must be, where that is published.
    sha256: Option<&'a str>,
    languages: Option<&'a str>,
    path: Option<&'a Path>,
    /// `unchecked`, `checked` or `changed`.
    checksum: Option<SumState>,
    /// Seconds of speech per second, as `hearsay bench` measured last.
    speech_x: Option<f64>,
}

/// Lists.
pub(super) fn run(folder: &Path, json: bool) -> Result<Exit> {
    let mut out = Out::stdout();
    for listed in models::list(folder)? {
        if json {
            out.json(&row(&listed))?;
        } else {
            writeln!(out, "{}", line(&listed, &out))?;
        }
    }
    out.flush()?;
    if !json {
        output::say("* is here; get another with `hearsay models get NAME`; `hearsay bench` measures how fast one is");
    }
    Ok(Exit::Done)
}

fn row(listed: &Listed) -> ModelRow<'_> {
    ModelRow {
        name: &listed.name,
        installed: listed.path.is_some(),
        bytes: listed.bytes,
        sha256: listed.sha256,
        languages: listed.languages,
        path: listed.path.as_deref(),
        checksum: listed.state,
        speech_x: listed.speed.as_ref().map(|speed| speed.speech_x),
    }
}

fn line(listed: &Listed, out: &Out) -> String {
    let (mark, size) = (if listed.path.is_some() { '*' } else { ' ' }, output::size(listed.bytes));
    let languages = listed.languages.unwrap_or("not a whole model");
    let mut place = String::new();
    for part in [
        listed.state.map(|state| said(state).to_owned()),
        listed.speed.as_ref().map(|speed| {
            format!("{:.1} × real time on {}", speed.speech_x, speed.measured().local().format("%Y-%m-%d"))
        }),
        listed.path.as_ref().map(|path| path.display().to_string()),
    ]
    .into_iter()
    .flatten()
    {
        place.push_str("  ");
        place.push_str(&part);
    }
    format!("{mark} {:20} {size:>8}  {languages:12}{}", listed.name, out.dim(&place)).trim_end().to_owned()
}

fn said(state: SumState) -> &'static str {
    match state {
        SumState::Unchecked => "not checked yet",
        SumState::Checked => "checked",
        SumState::Changed => "changed since it was checked: `hearsay models verify`",
    }
}
