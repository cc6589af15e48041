//! `hearsay models`.

use crate::context::Context;
use crate::output::{self, Out};
use anyhow::Result;
use home::Exit;
use indicatif::{ProgressBar, ProgressStyle};
use speech::models::{self, Got, Listed, Progress, Wanted};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use timeline::{Clock, SystemClock};

/// What to do with models.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    action: Action,
}

const HELP: &str = "\
Examples:
  hearsay models list
  hearsay models get base.en
  hearsay models add ~/Downloads/my-model.bin
  hearsay models verify base.en";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the models that are here, and those that can be had
    #[command(after_help = "Example:\n  hearsay models list --json | jq -r 'select(.installed).name'")]
    List {
        /// One JSON object per model
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model; what broke off goes on where it stopped
    #[command(
        after_help = "Example:\n  hearsay models get base.en\n\nCtrl-C keeps what has come; the same command goes on from there."
    )]
    Get {
        /// Its name, see `hearsay models list`, or a file of the mirror such as ggml-mine.bin
        #[arg(value_name = "NAME")]
        name: String,
        /// What the SHA-256 of its file must be, for a model that isn't known
        #[arg(long, value_name = "HEX")]
        sha256: Option<String>,
    },
    /// Copy a model's file to where models lie, after a look at whether it is one
    #[command(after_help = "Example:\n  hearsay models add ~/Downloads/ggml-small.en.bin")]
    Add {
        /// A ggml file of whisper.cpp
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Read models whole and compare their checksums
    #[command(after_help = "Example:\n  hearsay models verify base.en")]
    Verify {
        /// A name or a file; all that are here where none is named
        #[arg(value_name = "NAME|FILE")]
        model: Option<String>,
    },
}

/// A row of `models list --json`.
#[derive(serde::Serialize)]
struct ModelRow<'a> {
    name: &'a str,
    installed: bool,
    bytes: u64,
    sha256: Option<&'a str>,
    languages: Option<&'a str>,
}

/// Does it.
pub(crate) fn run(args: &ModelsArgs, context: &Context) -> Result<Exit> {
    let folder = context.home.models();
    match &args.action {
        Action::List { json } => list(&folder, *json),
        Action::Get { name, sha256 } => {
            let (config, _) = context.config()?;
            get(&folder, &config.models.mirror, &Wanted::new(name, sha256.as_deref())?)
        }
        Action::Add { file } => {
            let path = models::add(&folder, file)?;
            output::say(&format!("added {}", path.display()));
            Ok(Exit::Done)
        }
        Action::Verify { model } => verify(&folder, model.as_deref()),
    }
}

fn list(folder: &Path, json: bool) -> Result<Exit> {
    let mut out = Out::stdout();
    for listed in models::list(folder) {
        let Listed { name, path, bytes, sha256, languages } = &listed;
        if json {
            let (sha256, languages) = (*sha256, *languages);
            out.json(&ModelRow { name, installed: path.is_some(), bytes: *bytes, sha256, languages })?;
        } else {
            let (mark, size) = (if path.is_some() { '*' } else { ' ' }, output::size(*bytes));
            let languages = languages.unwrap_or("not a whole model");
            let place = path.as_ref().map(|path| format!("  {}", path.display())).unwrap_or_default();
            let line = format!("{mark} {name:20} {size:>8}  {languages:12}{}", out.dim(&place));
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    out.flush()?;
    if !json {
        output::say("* is here; get another with `hearsay models get NAME`");
    }
    Ok(Exit::Done)
}

fn get(folder: &Path, mirror: &str, wanted: &Wanted) -> Result<Exit> {
    let mut watch = Watch::new(&wanted.file);
    let got = models::get(folder, mirror, wanted, &mut |progress| watch.show(progress));
    watch.bar.finish_and_clear();
    let Got { path, sha256, fetched } = got?;
    let done = if fetched { "fetched and checked" } else { "is here already and whole:" };
    output::say(&format!("{done} {} (SHA-256 {sha256})", path.display()));
    Ok(Exit::Done)
}

fn verify(folder: &Path, model: Option<&str>) -> Result<Exit> {
    let paths: Vec<PathBuf> = match model {
        Some(model) => vec![models::locate(folder, model)?],
        None => models::list(folder).into_iter().filter_map(|listed| listed.path).collect(),
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

/// Shows how a download goes: a bar on a terminal, a line now and then elsewhere.
struct Watch {
    bar: ProgressBar,
    terminal: bool,
    said: Option<i64>,
}

const TEMPLATE: &str = "{msg} [{bar:24}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
/// Without a terminal, lines are this far apart.
const LINE_EVERY_MICROS: i64 = 10_000_000;

impl Watch {
    fn new(file: &str) -> Self {
        let bar = ProgressBar::new(0).with_message(file.to_owned());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, terminal: std::io::stderr().is_terminal(), said: None }
    }

    fn show(&mut self, progress: Progress) {
        if let Some(of) = progress.of {
            self.bar.set_length(of);
        }
        if self.said.is_none() && self.terminal {
            // The speed is that of this run: what had come before doesn't count.
            self.bar.reset_eta();
            self.bar.set_position(progress.have);
            self.bar.reset_eta();
            self.said = Some(0);
        }
        self.bar.set_position(progress.have);
        let now = SystemClock.boot_micros();
        if !self.terminal && self.said.is_none_or(|said| now - said > LINE_EVERY_MICROS) {
            self.said = Some(now);
            let of = progress.of.map(|of| format!(" of {}", output::size(of))).unwrap_or_default();
            output::say(&format!("{}: {}{of}", self.bar.message(), output::size(progress.have)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
