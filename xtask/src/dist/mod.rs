//! `cargo xtask dist`: a tarball and a Debian package.
//!
//! Both hold the same tree, below `usr` in the one and below a folder of its own in the other: the four executables, manual pages
//! and completions (which the built `hearsay` writes itself), desktop file, icon, user pages, licences, the sample day with its
//! model; and the package systemd's units for every user, which nothing enables. Nothing is asked of a network.

mod deb;
mod depends;
mod pieces;
mod tarball;
mod tree;

use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is made, and of what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask dist\n  cargo xtask dist --executables target/debug --out packages --fast\n\nIt needs dpkg-dev, binutils, gzip and tar."
)]
pub(crate) struct Args {
    /// Take the four executables of this folder [default: build them in release]
    #[arg(long, value_name = "DIR")]
    executables: Option<PathBuf>,
    /// Where the files are put
    #[arg(long, value_name = "DIR", default_value = "target/dist")]
    out: PathBuf,
    /// Who answers for the Debian package: a name and, in angle brackets, an address
    #[arg(long, value_name = "NAME", default_value = "hearsay developers <hearsay@localhost.invalid>")]
    maintainer: String,
    /// Pack loosely: larger, and sooner done
    #[arg(long)]
    fast: bool,
}

/// The version of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The executables, which belong in one folder.
const EXECUTABLES: [&str; 4] = ["hearsay", "hearsay-record", "hearsay-work", "hearsay-engine"];

/// Makes both.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = root();
    let executables = match &args.executables {
        Some(folder) => std::path::absolute(folder)?,
        None => build(&root)?,
    };
    let work = tempfile::tempdir().context("cannot make a folder to work in")?;
    let pieces = pieces::gather(&root, &executables, work.path())?;
    home::files::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let out = std::path::absolute(&args.out)?;
    for made in [tarball::make(&pieces, work.path(), &out, args.fast)?, deb::make(&pieces, work.path(), &out, args)?] {
        say(&made.display().to_string());
    }
    Ok(())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Builds them. Where the sources lie on this machine isn't in them: it is nobody's business, and another machine is to make the same.
fn build(root: &Path) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = std::path::absolute(target)?;
    let places = [(root.to_owned(), "hearsay"), (cargo_home()?, "cargo"), (target.clone(), "target")];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--package", "hearsay"]).current_dir(root);
    let mapped = |option: &str| places.each_ref().map(|(place, name)| format!("{option}={}={name}", place.display()));
    // Behind what whoever builds has set himself.
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let mut for_rust: Vec<String> = set("RUSTFLAGS").split_whitespace().map(str::to_owned).collect();
    for_rust.extend(mapped("--remap-path-prefix"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", for_rust.join("\x1f"));
    for name in ["CFLAGS", "CXXFLAGS"] {
        cargo.env(name, format!("{} {}", set(name), mapped("-ffile-prefix-map").join(" ")));
    }
    ensure!(cargo.status().context("cannot start cargo")?.success(), "the release build failed");
    let executables = target.join("release");
    for name in EXECUTABLES {
        let bytes = std::fs::read(executables.join(name)).with_context(|| format!("cannot read {name}"))?;
        for (place, _) in &places {
            let place_bytes = place.as_os_str().as_encoded_bytes();
            let named = bytes.windows(place_bytes.len().max(1)).any(|window| window == place_bytes);
            ensure!(!named, "{name} names {}, where it was built", place.display());
        }
    }
    Ok(executables)
}

/// Where cargo keeps the sources of others.
fn cargo_home() -> Result<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    set.or_else(usual).context("cannot tell where cargo keeps the sources of others: set CARGO_HOME")
}

/// Runs a program to its end, and gives what it printed.
fn output(command: &mut Command, package: &str) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {program} (Debian package {package})"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} ended with {}: {}", output.status, said.trim());
    Ok(output.stdout)
}

/// When the tree was last changed, in seconds since the epoch: `SOURCE_DATE_EPOCH`, else the last commit's. So the same tree gives
/// the same files.
fn date(root: &Path) -> Result<String> {
    if let Ok(date) = std::env::var("SOURCE_DATE_EPOCH") {
        return Ok(date);
    }
    let git = output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root), "git")
        .context("SOURCE_DATE_EPOCH isn't set, and git can't tell when the tree was changed")?;
    Ok(String::from_utf8_lossy(&git).trim().to_owned())
}

#[expect(clippy::print_stderr, reason = "xtask talks to whoever runs it")]
fn say(text: &str) {
    eprintln!("{text}");
}
