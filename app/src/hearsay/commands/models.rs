//! `hearsay models`.

mod add;
mod convert;
mod get;
mod list;
mod remove;
mod verify;

use crate::context::Context;
use ::convert::Kind;
use anyhow::Result;
use home::{Config, Exit, ModelsConfig};
use speech::models::{Mirrors, Wanted};
use std::path::PathBuf;

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
  hearsay models add ~/Downloads/whisper-small-german
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
        after_help = "Example:\n  hearsay models get base.en\n\nCtrl-C keeps what has come; the same command goes on from there. Mirrors and a proxy are set under [models], see `hearsay config`."
    )]
    Get {
        /// Its name, see `hearsay models list`, or a file of the mirror such as ggml-mine.bin
        #[arg(value_name = "NAME")]
        name: String,
        /// What the SHA-256 of its file must be, for a model that isn't known
        #[arg(long, value_name = "HEX")]
        sha256: Option<String>,
    },
    /// Bring a model to where models lie: a file of whisper.cpp as it is, any other checkpoint converted
    #[command(after_help = add::HELP)]
    Add(add::AddArgs),
    /// Read models whole and compare their checksums
    #[command(after_help = "Example:\n  hearsay models verify base.en")]
    Verify {
        /// A name or a file; all that are here where none is named
        #[arg(value_name = "NAME|FILE")]
        model: Option<String>,
    },
    /// Delete a model's file, unless it is the one that transcribes
    #[command(after_help = "Example:\n  hearsay models remove tiny.en\n\nPasses that it made stay as they are.")]
    Remove {
        /// Its name
        #[arg(value_name = "NAME")]
        model: String,
        /// Also the one that transcribes
        #[arg(long)]
        force: bool,
    },
    /// Make a model of a checkpoint: a folder of Hugging Face, or a .pt of OpenAI
    #[command(after_help = convert::CONVERT_HELP)]
    Convert {
        /// The folder (config.json, vocab.json or tokenizer.json, *.safetensors), or the .pt
        #[arg(value_name = "DIR|FILE.pt")]
        from: PathBuf,
        /// The model to be written; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[arg(long = "type", value_name = "TYPE", default_value = "f16", help = convert::TYPE_HELP)]
        kind: Kind,
        /// One JSON object, with what each tensor lost
        #[arg(long)]
        json: bool,
    },
    /// Make a smaller model of one, and say what it costs
    #[command(after_help = convert::QUANTIZE_HELP)]
    Quantize {
        /// The f16 or f32 model: its name, or its file
        #[arg(value_name = "NAME|FILE")]
        from: String,
        #[arg(long = "type", value_name = "TYPE", help = convert::SMALLER_HELP)]
        kind: Kind,
        /// The model to be written; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// One JSON object, with what each tensor lost
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
pub(crate) fn run(args: &ModelsArgs, context: &Context) -> Result<Exit> {
    let folder = context.home.models();
    match &args.action {
        Action::List { json } => list::run(&folder, *json),
        Action::Get { name, sha256 } => {
            get::run(&folder, &mirrors(context.config()?.0.models), &Wanted::new(name, sha256.as_deref())?)
        }
        Action::Add(args) => add::run(args, &folder),
        Action::Verify { model } => verify::run(&folder, model.as_deref()),
        Action::Remove { model, force } => remove::run(context, model, *force),
        Action::Convert { from, out, kind, json } => convert::run(from, out, *kind, *json, &folder),
        Action::Quantize { from, kind, out, json } => {
            convert::run(&speech::models::locate(&folder, from)?, out, *kind, *json, &folder)
        }
    }
}

/// Fetches a model that is known by name.
pub(crate) fn fetch(context: &Context, config: &Config, name: &str) -> Result<()> {
    get::run(&context.home.models(), &mirrors(config.models.clone()), &Wanted::new(name, None)?)?;
    Ok(())
}

fn mirrors(models: ModelsConfig) -> Mirrors {
    Mirrors { others: models.mirrors, proxy: models.proxy, ..Mirrors::at(&models.mirror) }
}
