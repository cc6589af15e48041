//! `hearsay-VERSION-ARCH-linux.tar.gz`: to be unpacked anywhere; its `bin` goes on the PATH.

use super::tree::{self, Piece};
use super::{VERSION, date, output, root};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes it.
pub(super) fn make(pieces: &[Piece], work: &Path, out: &Path, fast: bool) -> Result<PathBuf> {
    let root = root();
    let name = format!("hearsay-{VERSION}-{}-linux", std::env::consts::ARCH);
    let top = work.join("tarball").join(&name);
    // The units name /usr/bin: whoever unpacks this has `hearsay service install`.
    tree::lay_out(pieces.iter().filter(|piece| !piece.to.starts_with("lib/systemd")), &top)?;
    let texts =
        ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"].map(|name| Piece::file(name, root.join(name)));
    tree::lay_out(&texts, &top)?;
    let file = out.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]).arg(format!("--mtime=@{}", date(&root)?));
    tar.arg(format!("--use-compress-program=gzip -n{}", if fast { 1 } else { 9 }));
    output(tar.arg("-cf").arg(&file).arg("-C").arg(work.join("tarball")).arg(&name), "tar")?;
    Ok(file)
}
