//! A tree of files before it is packed: what lies where, with which mode.

use anyhow::{Context as _, Result};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Where it goes, below the prefix: `share/man/man1/hearsay.1`.
    pub(super) to: String,
    /// What is in it.
    pub(super) content: Content,
    /// Whether it is a program.
    pub(super) executable: bool,
}

/// What is in a file.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A copy of this one.
    File(PathBuf),
    /// This.
    Bytes(Vec<u8>),
}

impl Piece {
    pub(super) fn file(to: impl Into<String>, from: PathBuf) -> Self {
        Self { to: to.into(), content: Content::File(from), executable: false }
    }

    pub(super) fn bytes(to: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { to: to.into(), content: Content::Bytes(bytes.into()), executable: false }
    }

    /// What is in it.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.clone()),
            Content::File(from) => fs::read(from).with_context(|| format!("cannot read {}", from.display())),
        }
    }
}

/// Puts the pieces below `prefix`, for everybody to read: folders 0755, programs 0755, other files 0644.
pub(super) fn lay_out<'a>(pieces: impl IntoIterator<Item = &'a Piece>, prefix: &Path) -> Result<()> {
    for piece in pieces {
        let path = prefix.join(&piece.to);
        let cannot = || format!("cannot write {}", path.display());
        let folder = path.parent().unwrap_or(prefix);
        open_folders(folder).with_context(cannot)?;
        let mut file = home::files::create_new(&path).with_context(cannot)?;
        file.write_all(&piece.read()?).with_context(cannot)?;
        let mode = if piece.executable { 0o755 } else { 0o644 };
        file.set_permissions(fs::Permissions::from_mode(mode)).with_context(cannot)?;
    }
    Ok(())
}

/// Makes a folder and its missing parents, for everybody to read.
pub(super) fn open_folders(folder: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    for path in missing.into_iter().rev() {
        home::files::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
