//! `cargo xtask licences`: which packages are linked into the executables on this system, under which licences, and the texts of those.
//! It asks cargo, and no network.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask licences > THIRD-PARTY.md\n  cargo xtask licences --texts")]
pub(crate) struct Args {
    /// The texts of the licences, as they lie in the packages
    #[arg(long)]
    texts: bool,
}

/// A package that cargo knows.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    version: String,
    pub(crate) license: Option<String>,
    /// Where it comes from; none for the workspace's own.
    pub(crate) source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

/// `kind` is null where a package is linked, and `dev` or `build` where it isn't.
#[derive(Debug, Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// Prints the list, or the texts.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let linked = linked(&root)?;
    let text = if args.texts { texts(&linked)? } else { list(&linked) };
    #[expect(clippy::print_stdout, reason = "it is what was asked for")]
    {
        print!("{text}");
    }
    Ok(())
}

fn metadata(root: &Path) -> Result<Metadata> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Of this system alone: the packages of others need not be here.
    cargo.args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform"]).arg(host()?);
    let output = cargo.current_dir(root).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("cannot read what cargo metadata says")
}

/// The system that rustc builds for.
fn host() -> Result<String> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("-vV")
        .output()
        .context("cannot start rustc")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc doesn't say what it builds for")?.to_owned())
}

/// All packages that a build on this system uses, those for tests among them.
#[cfg(test)]
fn all(root: &Path) -> Result<Vec<Package>> {
    Ok(metadata(root)?.packages.into_iter().filter(|package| package.source.is_some()).collect())
}

/// The packages of others that are linked into the four executables.
pub(crate) fn linked(root: &Path) -> Result<Vec<Package>> {
    let Metadata { packages, resolve } = metadata(root)?;
    let nodes: BTreeMap<&str, &Node> = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let ours = |package: &&Package| package.source.is_none() && package.name == "hearsay";
    let hearsay = packages.iter().find(ours).context("there is no package `hearsay`")?;
    let (mut seen, mut next) = (BTreeSet::new(), vec![hearsay.id.as_str()]);
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            let linked = |it: &&Dependency| it.dep_kinds.iter().any(|kind| kind.kind.is_none());
            let dependencies = nodes.get(id).into_iter().flat_map(|node| &node.deps);
            next.extend(dependencies.filter(linked).map(|it| it.pkg.as_str()));
        }
    }
    let mut linked: Vec<Package> =
        packages.iter().filter(|it| it.source.is_some() && seen.contains(it.id.as_str())).cloned().collect();
    linked.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(linked)
}

const HEAD: &str = "\
# What others wrote in hearsay

Written by `cargo xtask licences`; a test compares. Whoever builds on another system links a few others.

## Parts that are no packages

| part | where | licence |
|---|---|---|
| Silero VAD: weights of the voice detector | `crates/speech/silero` | MIT, 2020-present Silero Team |
| Whisper's vocabularies | `crates/convert/vocabulary` | MIT, 2022 OpenAI |
| whisper.cpp and ggml, inside `whisper-rs-sys`; in hearsay-engine only | | MIT, 2023-2024 The ggml authors |
| SQLite, inside `libsqlite3-sys` | | public domain |
| Zstandard, inside `zstd-sys` | | BSD-3-Clause, Meta Platforms, Inc. and affiliates |
| the fonts Ubuntu-Light, Hack, Noto Emoji, emoji-icon-font and egui-icons, inside `epaint_default_fonts` | | Ubuntu-font-1.0, MIT and Bitstream Vera, OFL-1.1, MIT, and those of its parts |
| the recording that Silero test with | `fixtures/voice`; in no package | MIT, 2020-present Silero Team |

Speech models aren't part of hearsay: `hearsay models get` fetches them from their publisher and compares the SHA-256 that `crates/speech/src/models/known.rs` holds.
ONNX Runtime is part of neither the program nor its packages; `dev` fetches it for one test, in the version that stands there.

## Packages

From crates.io, in the versions of `Cargo.lock`, each with its checksum there, unchanged. Their texts are in `LICENCES-OF-PARTS.txt` of a package of hearsay (`cargo xtask licences --texts`). The source of those under MPL-2.0 is where all of them are:
<https://crates.io>.

| licence | packages |
|---|---|
";

/// The list, in Markdown: by licence, without versions, which Cargo.lock has.
pub(crate) fn list(linked: &[Package]) -> String {
    let mut by_licence: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in linked {
        let licence = package.license.as_deref().unwrap_or("not stated");
        by_licence.entry(licence).or_default().insert(&package.name);
    }
    let mut text = HEAD.to_owned();
    for (licence, names) in by_licence {
        let names: Vec<&str> = names.into_iter().collect();
        // A text takes whatever is written to it.
        writeln!(text, "| {licence} | {} |", names.join(", ")).ok();
    }
    text
}

/// The texts of the licences that lie in the packages, each once, with the packages it is of.
pub(crate) fn texts(linked: &[Package]) -> Result<String> {
    let mut by_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in linked {
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path);
        for file in licence_files(folder)? {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned();
            by_text.entry(text).or_default().insert(format!("{} {}", package.name, package.version));
        }
    }
    let mut whole =
        String::from("The licences of the libraries that are linked into hearsay, as they lie in their packages.\n");
    for (text, names) in by_text {
        let names: Vec<String> = names.into_iter().collect();
        // A text takes whatever is written to it.
        write!(whole, "\n{}\n{}\n\n{text}\n", "=".repeat(78), names.join(", ")).ok();
    }
    Ok(whole)
}

/// Files in which a package keeps the licences of what others wrote in it, and which its own folder doesn't have. (Zstandard's other licence,
/// the GPL, isn't the one that is taken.)
const WITHIN: [&str; 7] = [
    "whisper.cpp/LICENSE",
    "zstd/LICENSE",
    "fonts/Hack-Regular.txt",
    "fonts/OFL.txt",
    "fonts/UFL.txt",
    "fonts/egui-icons.txt",
    "fonts/emoji-icon-font-mit-license.txt",
];

/// LICENSE-MIT, COPYING, NOTICE and the like, in a package's own folder, and those of what it brings.
fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_licence = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        path.is_file() && ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|it| name.starts_with(it))
    };
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_licence).collect();
    files.extend(WITHIN.iter().map(|name| folder.join(name)).filter(|path| path.is_file()));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spdx;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn rules() -> toml::Table {
        toml::from_str(&std::fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap()
    }

    fn strings(value: &toml::Value) -> Vec<&str> {
        value.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
    }

    #[test]
    fn every_dependency_has_a_licence_that_is_allowed() {
        let rules = rules();
        let (allow, exceptions) =
            (strings(&rules["licenses"]["allow"]), rules["licenses"]["exceptions"].as_array().unwrap());
        let packages = all(&root()).unwrap();
        assert!(packages.len() > 100, "{}", packages.len());
        for package in packages {
            let of_its_own = exceptions.iter().filter(|it| it["crate"].as_str() == Some(&package.name));
            let of_its_own: Vec<&str> = of_its_own.flat_map(|it| strings(&it["allow"])).collect();
            let allowed = |licence: &str| allow.contains(&licence) || of_its_own.contains(&licence);
            let licence = package.license.clone().unwrap_or_default();
            assert!(spdx::is_met(&licence, &allowed), "{} is under {licence:?}", package.name);
        }
    }

    #[test]
    fn every_dependency_comes_from_the_registry_with_its_checksum_and_none_is_banned() {
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let lock: toml::Table = toml::from_str(&lock).unwrap();
        let rules = rules();
        let banned: Vec<&str> =
            rules["bans"]["deny"].as_array().unwrap().iter().map(|it| it["crate"].as_str().unwrap()).collect();
        for package in lock["package"].as_array().unwrap() {
            let name = package["name"].as_str().unwrap();
            assert!(!banned.contains(&name), "{name} is banned");
            let Some(source) = package.get("source") else { continue };
            let from = source.as_str().unwrap().strip_prefix("registry+").unwrap_or("no registry");
            assert!(strings(&rules["sources"]["allow-registry"]).contains(&from), "{name} comes from {from}");
            assert_eq!(package["checksum"].as_str().unwrap().len(), 64, "{name}");
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn the_list_of_what_is_linked_is_as_it_was_written_down() {
        let now = list(&linked(&root()).unwrap());
        let then = std::fs::read_to_string(root().join("THIRD-PARTY.md")).unwrap();
        assert_eq!(then, now, "write it anew: cargo xtask licences > THIRD-PARTY.md");
        for name in ["tantivy", "whisper-rs", "symphonia"] {
            assert!(now.contains(&format!(" {name}")), "{name}");
        }
        assert!(!now.contains("egui_kittest"), "what tests alone use isn't linked");
    }

    #[test]
    fn the_texts_of_licences_are_found_in_the_packages() {
        let text = texts(&linked(&root()).unwrap()).unwrap();
        for of in ["Mozilla Public License Version 2.0", "Apache License", "The ggml authors", "UBUNTU FONT LICENCE"] {
            assert!(text.contains(of), "{of}");
        }
        assert!(text.len() > 50_000, "{}", text.len());
    }
}
