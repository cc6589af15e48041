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

const TYPE_HELP: &str = "What a converted model is made of: f32, f16, q8_0, q5_1, q5_0 or q4_0 [default: f16]";

/// Which.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// A ggml file of whisper.cpp, a folder of Hugging Face or a .pt of OpenAI
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
    /// What the SHA-256 of a ggml file must be
    #[arg(long, value_name = "HEX", conflicts_with_all = ["kind", "name"])]
    sha256: Option<String>,
    #[arg(long = "type", value_name = "TYPE", help = TYPE_HELP)]
    kind: Option<Kind>,
    /// The name of a converted model [default: that of the folder or file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Adds.
pub(super) fn run(args: &AddArgs, folder: &Path) -> Result<Exit> {
    let is_model = is_model(&args.from);
    if args.from.exists() {
        no_flag_in_vain(args, is_model)?;
    }
    if is_model {
        let path = models::add(folder, &args.from, args.sha256.as_deref())?;
        output::say(&format!("added {}", path.display()));
        return Ok(Exit::Done);
    }
    let kind = args.kind.unwrap_or(Kind::F16);
    let out = folder.join(format!("ggml-{}.bin", name(args, kind)?));
    home::files::create_dir_all(folder)?;
    let (file, report) = convert::write(&args.from, &out, kind)?;
    models::accept(folder, &file)?;
    convert::say(&file, &report);
    output::say(&format!("added {}", file.display()));
    Ok(Exit::Done)
}

/// Refuses what would change nothing: whoever gives a sum believes afterwards that it was compared.
fn no_flag_in_vain(args: &AddArgs, is_model: bool) -> Result<()> {
    let from = args.from.display();
    let (flag, why, hint) = if !is_model && args.sha256.is_some() {
        let hint = "compare the checksum of what was downloaded first (`sha256sum`), then add it without --sha256";
        ("--sha256", "is converted, and the sum is for a file of whisper.cpp, which is copied", hint)
    } else if is_model && args.kind.is_some() {
        ("--type", "is copied as it is, not converted", "`hearsay models quantize` makes a smaller model of one")
    } else if is_model && args.name.is_some() {
        ("--name", "is copied under its own name, not converted", "rename the file first")
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!("{flag} would change nothing: {from} {why}")).hint(hint).into())
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
fn name(args: &AddArgs, kind: Kind) -> Result<String> {
    let own = if let Some(name) = &args.name {
        name.clone()
    } else {
        let stem = if args.from.is_dir() {
            std::path::absolute(&args.from)?.file_name().map(ToOwned::to_owned)
        } else {
            args.from.file_stem().map(ToOwned::to_owned)
        };
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if kind == Kind::F16 { stem } else { format!("{stem}-{kind}") }
    };
    if !home::is_plain_name(&own) {
        return Err(Failure::usage(format!("{own:?} is not a model's name")).hint("give one with --name NAME").into());
    }
    // Models that are known by these names have published sums.
    if speech::models::known_by_name(&own).is_some() {
        let message = format!("{own} is the name of a model that is known, and this is another file");
        return Err(Failure::usage(message).hint(format!("choose another, such as --name {own}-mine")).into());
    }
    Ok(own)
}
