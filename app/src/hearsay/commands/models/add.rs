//! `hearsay models add`.

use super::convert;
use crate::failure::Failure;
use crate::output;
use ::convert::Kind;
use anyhow::Result;
use home::Exit;
use speech::models;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) const HELP: &str = "\
Examples:
  hearsay models add ~/Downloads/ggml-small.en.bin
  hearsay models add ~/Downloads/whisper-small-german
  hearsay models add ~/.cache/whisper/base.en.pt --type q8_0 --name base.en-mine

A model of whisper.cpp is copied after a look at whether it is whole. A folder of Hugging Face and a .pt of OpenAI are converted, see `hearsay models convert --help`.";

const TYPE_HELP: &str = "What a converted model is made of: f32, f16, q8_0, q5_1, q5_0 or q4_0";

/// Which.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// A ggml file of whisper.cpp, a folder of Hugging Face or a .pt of OpenAI
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
    /// What the SHA-256 of a ggml file must be
    #[arg(long, value_name = "HEX", conflicts_with_all = ["kind", "name"])]
    sha256: Option<String>,
    #[arg(long = "type", value_name = "TYPE", default_value = "f16", help = TYPE_HELP)]
    kind: Kind,
    /// The name of a converted model [default: that of the folder or file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Adds.
pub(super) fn run(args: &AddArgs, folder: &Path) -> Result<Exit> {
    if is_model(&args.from) {
        let path = models::add(folder, &args.from, args.sha256.as_deref())?;
        output::say(&format!("added {}", path.display()));
        return Ok(Exit::Done);
    }
    let out = folder.join(format!("ggml-{}.bin", name(args)?));
    home::files::create_dir_all(folder)?;
    let (file, report) = convert::write(&args.from, &out, args.kind)?;
    models::accept(folder, &file)?;
    convert::say(&file, &report);
    output::say(&format!("added {}", file.display()));
    Ok(Exit::Done)
}

/// Whether it is to be copied rather than converted. What isn't there, and what is nothing at all, is told by who copies.
fn is_model(path: &Path) -> bool {
    let mut magic = [0; 4];
    let begins = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok();
    let zip = begins && &magic == b"PK\x03\x04";
    let safetensors = path.extension().is_some_and(|extension| extension == "safetensors" || extension == "pt");
    !path.is_dir() && !zip && !safetensors
}

/// The folder's or file's own name, and the type where that isn't the usual one.
fn name(args: &AddArgs) -> Result<String> {
    let own = if let Some(name) = &args.name {
        name.clone()
    } else {
        let stem = if args.from.is_dir() {
            std::path::absolute(&args.from)?.file_name().map(ToOwned::to_owned)
        } else {
            args.from.file_stem().map(ToOwned::to_owned)
        };
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if args.kind == Kind::F16 { stem } else { format!("{stem}-{}", args.kind) }
    };
    if own.is_empty() || own.starts_with('.') || own.contains(['/', '\\', '\0']) {
        return Err(Failure::usage(format!("{own:?} is not a model's name")).hint("give one with --name NAME").into());
    }
    // Models that are known by these names have published sums.
    if speech::models::known_by_name(&own).is_some() {
        let message = format!("{own} is the name of a model that is known, and this is another file");
        return Err(Failure::usage(message).hint(format!("choose another, such as --name {own}-mine")).into());
    }
    Ok(own)
}
