//! What both kinds of package hold.

use super::tree::{Content, Piece};
use super::{EXECUTABLES, output};
use crate::licences;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use std::process::Command;

/// The units, which only a system's package can bring.
pub(super) const UNITS: [&str; 2] = ["hearsay-record.service", "hearsay-work.service"];

/// Where shells look for completions of what the system's packages bring.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/hearsay"),
    ("zsh", "share/zsh/vendor-completions/_hearsay"),
    ("fish", "share/fish/vendor_completions.d/hearsay.fish"),
];

/// All pieces, by where they go. The executables are stripped copies in `work`.
pub(super) fn gather(root: &Path, executables: &Path, work: &Path) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for name in EXECUTABLES {
        let from = executables.join(name);
        ensure!(from.is_file(), "{} is missing: build all of the package `hearsay` first", from.display());
        let stripped = work.join(name);
        let mut strip = Command::new("strip");
        output(strip.arg("--strip-unneeded").arg("-o").arg(&stripped).arg(&from), "binutils")?;
        pieces.push(Piece { to: format!("bin/{name}"), content: Content::File(stripped), executable: true });
    }
    let hearsay = executables.join("hearsay");
    for (shell, to) in COMPLETIONS {
        pieces.push(Piece::bytes(to, said_by(&hearsay, work, &["completions", shell])?));
    }
    for unit in UNITS {
        let text = said_by(&hearsay, work, &["service", "print", unit, "--executables", "/usr/bin"])?;
        pieces.push(Piece::bytes(format!("lib/systemd/user/{unit}"), text));
    }
    pieces.extend(pages(&hearsay, work)?);
    pieces.extend(plain_files(root)?);
    let licences = licences::texts(&licences::linked(root)?)?;
    pieces.push(Piece::bytes("share/doc/hearsay/LICENCES-OF-PARTS.txt", licences));
    pieces.sort_by(|a, b| a.to.cmp(&b.to));
    Ok(pieces)
}

/// Runs the `hearsay` that was built, with a home of nobody.
fn said_by(hearsay: &Path, work: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new(hearsay);
    command.args(arguments).env("HOME", work).env_remove("HEARSAY_HOME").env_remove("XDG_CONFIG_HOME");
    output(&mut command, "of our own")
}

fn pages(hearsay: &Path, work: &Path) -> Result<Vec<Piece>> {
    let folder = work.join("man");
    let to = folder.to_str().context("the folder for pages is no text")?;
    said_by(hearsay, work, &["man", "--to", to])?;
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    entries
        .map(|entry| {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(Piece::file(format!("share/man/man1/{name}"), entry.path()))
        })
        .collect()
}

fn plain_files(root: &Path) -> Result<Vec<Piece>> {
    let mut pieces = vec![
        Piece::file("share/applications/hearsay.desktop", root.join("app/package/hearsay.desktop")),
        Piece::file("share/icons/hicolor/scalable/apps/hearsay.svg", root.join("app/package/hearsay.svg")),
        Piece::file("share/man/man1/hearsay-engine.1", root.join("app/package/hearsay-engine.1")),
        Piece::file("share/doc/hearsay/README.md", root.join("README.md")),
        Piece::file("share/doc/hearsay/THIRD-PARTY.md", root.join("THIRD-PARTY.md")),
        Piece::file("share/hearsay/fixtures/README.md", root.join("fixtures/README.md")),
        Piece::file("share/hearsay/fixtures/models/fixture-q8.bin", root.join("fixtures/models/fixture-q8.bin")),
    ];
    for (folder, to) in [("app/docs", "share/doc/hearsay/app/docs"), ("fixtures/days", "share/hearsay/fixtures/days")] {
        let from = root.join(folder);
        let entries = std::fs::read_dir(&from).with_context(|| format!("cannot read {}", from.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            pieces.push(Piece::file(format!("{to}/{name}"), entry.path()));
        }
    }
    Ok(pieces)
}
