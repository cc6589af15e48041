//! `hearsay_VERSION-1_ARCH.deb`, as Debian's policy has it: no script runs when it is installed or removed, nothing is enabled, and
//! nothing of it lies in anybody's home.

use super::tree::{self, Content, Piece};
use super::{Args, VERSION, date, depends, output, root};
use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DESCRIPTION: &str = "\
records what you say and what you hear, and finds any sentence of it
 hearsay records the microphone and what the speakers play all day, turns
 both into text on this machine with its own Whisper engine, and finds any
 sentence of it again: type a few words, see when they were said and by which
 side, and hear that very moment.
 .
 Nothing leaves the machine, and nothing is recorded until somebody starts it.
 The package brings a sample day with a small model: try `hearsay demo`.";

/// Where Debian wants what a package says about itself.
const DOCS: &str = "share/doc/hearsay";

/// Makes it.
pub(super) fn make(pieces: &[Piece], work: &Path, out: &Path, args: &Args) -> Result<PathBuf> {
    let root = root();
    let (arch, date) = (architecture()?, date(&root)?);
    let version = format!("{VERSION}-1");
    let mut pieces = pieces.iter().map(compressed).collect::<Result<Vec<Piece>>>()?;
    pieces.push(Piece::bytes(format!("{DOCS}/copyright"), copyright(&root)?));
    let changelog = std::fs::read(root.join("CHANGELOG.md")).context("cannot read CHANGELOG.md")?;
    pieces.push(Piece::bytes(format!("{DOCS}/changelog.gz"), gzip(&changelog)?));
    let debian = gzip(debian_changelog(&version, &args.maintainer, &date)?.as_bytes())?;
    pieces.push(Piece::bytes(format!("{DOCS}/changelog.Debian.gz"), debian));

    let top = work.join("deb");
    tree::lay_out(&pieces, &top.join("usr"))?;
    let programs: Vec<PathBuf> =
        pieces.iter().filter(|it| it.executable).map(|it| top.join("usr").join(&it.to)).collect();
    let size: u64 =
        pieces.iter().map(|it| it.read().map(|bytes| bytes.len().div_ceil(1024) as u64)).sum::<Result<_>>()?;
    let control = control(&version, &arch, &args.maintainer, size, &depends::of(&programs, work)?);
    let about = [Piece::bytes("DEBIAN/control", control), Piece::bytes("DEBIAN/md5sums", md5sums(&pieces, &top)?)];
    tree::lay_out(&about, &top)?;

    let file = out.join(format!("hearsay_{version}_{arch}.deb"));
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.args(["--root-owner-group", if args.fast { "-Zgzip" } else { "-Zxz" }]).env("SOURCE_DATE_EPOCH", &date);
    dpkg.args(args.fast.then_some("-z1")).arg("--build").arg(&top).arg(&file);
    output(&mut dpkg, "dpkg")?;
    Ok(file)
}

fn architecture() -> Result<String> {
    let said = output(Command::new("dpkg").arg("--print-architecture"), "dpkg")?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

/// Manual pages are packed (Debian policy 12.1).
fn compressed(piece: &Piece) -> Result<Piece> {
    if !piece.to.starts_with("share/man/") {
        return Ok(piece.clone());
    }
    Ok(Piece { to: format!("{}.gz", piece.to), content: Content::Bytes(gzip(&piece.read()?)?), executable: false })
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut command = Command::new("gzip");
    let mut child = command
        .args(["-9n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run gzip (Debian package gzip)")?;
    let mut stdin = child.stdin.take().context("gzip takes nothing")?;
    let bytes = bytes.to_owned();
    let feeder = std::thread::Builder::new().name("hs-gzip".into()).spawn(move || stdin.write_all(&bytes))?;
    let output = child.wait_with_output().context("gzip broke off")?;
    feeder.join().map_err(|_| anyhow::anyhow!("gzip was fed by a thread that is gone"))??;
    Ok(output.stdout)
}

fn md5sums(pieces: &[Piece], top: &Path) -> Result<Vec<u8>> {
    let mut command = Command::new("md5sum");
    output(command.args(pieces.iter().map(|piece| format!("usr/{}", piece.to))).current_dir(top), "coreutils")
}

fn control(version: &str, arch: &str, maintainer: &str, size: u64, depends: &str) -> String {
    format!(
        "Package: hearsay\n\
         Version: {version}\n\
         Architecture: {arch}\n\
         Maintainer: {maintainer}\n\
         Installed-Size: {size}\n\
         Depends: {depends}\n\
         Recommends: {}\n\
         Suggests: {}\n\
         Section: sound\n\
         Priority: optional\n\
         Description: {DESCRIPTION}\n",
        depends::RECOMMENDS,
        depends::SUGGESTS,
    )
}

fn debian_changelog(version: &str, maintainer: &str, date: &str) -> Result<String> {
    let mut command = Command::new("date");
    let date = output(command.args(["-u", "-R", "-d", &format!("@{date}")]).env("LC_ALL", "C"), "coreutils")?;
    let date = String::from_utf8_lossy(&date).trim().to_owned();
    Ok(format!("hearsay ({version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- {maintainer}  {date}\n"))
}

/// debian/copyright 1.0: ours, what lies in the tree of others, and where the rest is told.
fn copyright(root: &Path) -> Result<String> {
    let indented = |name: &str| -> Result<String> {
        let text = std::fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))?;
        Ok(text.lines().fold(String::new(), |mut field, line| {
            // A text takes whatever is written to it.
            writeln!(field, " {}", if line.trim().is_empty() { "." } else { line }).ok();
            field
        }))
    };
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: hearsay\n\
         Comment: LICENCES-OF-PARTS.txt beside this file has the licences of all libraries that are\n \
         linked into the executables, and THIRD-PARTY.md lists them.\n\
         \n\
         Files: *\n\
         Copyright: the hearsay developers\n\
         License: Expat or Apache-2.0\n\
         \n\
         Files: crates/speech/silero/*\n\
         Copyright: 2020-present Silero Team\n\
         License: Expat\n\
         \n\
         Files: crates/convert/vocabulary/*\n\
         Copyright: 2022 OpenAI\n\
         License: Expat\n\
         \n\
         License: Apache-2.0\n On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n\
         \n\
         License: Expat\n{}",
        indented("LICENSE-MIT")?
    ))
}
