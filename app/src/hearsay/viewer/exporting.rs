//! Writes what was selected into a file of the user's choice: an [errand](super::errands). A file that exists is left alone.

use super::state::{Folders, Form, News};
use crate::commands::{export, play};
use crate::failure::Failure;
use crate::library::Library;
use crate::output;
use crate::player::Ears;
use anyhow::Result;
use home::Home;
use std::path::{Path, PathBuf};
use timeline::Span;

/// Writes it and says so.
pub(super) fn export(home: &Home, span: Span, form: Form, path: &Path) -> Result<News> {
    let path = at_home(path);
    if path.exists() {
        let what = format!("{} is there already and stays as it is: choose another name", path.display());
        return Err(Failure::new(what).into());
    }
    let done = match form {
        Form::Clip => {
            play::cut_out(home, &path, span, Ears::Mix)?;
            format!("Wrote {} ({:.1} s, said left, heard right)", path.display(), output::seconds(span.len_micros()))
        }
        Form::Text => {
            let utterances = Library::open(home)?.conversation(span)?;
            if utterances.is_empty() {
                return Err(Failure::not_found("nothing was said or heard there").into());
            }
            export::write_text(&path, &utterances, span)?;
            format!("Wrote {} ({} lines)", path.display(), utterances.len())
        }
    };
    Ok(News::Done(done))
}

/// `~/` as a shell has it.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Where files go unless something else is said: the folders for music and for documents, where there are such.
pub(super) fn folders() -> Folders {
    let home = std::env::home_dir().unwrap_or_default();
    let folder = |name: &str| Some(home.join(name)).filter(|folder| folder.is_dir()).unwrap_or_else(|| home.clone());
    Folders { clips: folder("Music"), texts: folder("Documents") }
}
