//! What the window remembers from one time to the next: where it stood, which moment was read, how fast it played. Never words.
//!
//! A JSON object in the home's `viewer.json`. One that can't be read is as good as none.

use super::state::State;
use crate::player::SPEEDS;
use eframe::egui::{Context, ViewportInfo};
use home::{Home, files};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use timeline::WallTime;

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// Width and height inside, in points.
    pub(crate) size: Option<(f32, f32)>,
    /// The corner outside.
    pub(crate) corner: Option<(f32, f32)>,
    pub(crate) maximized: bool,
    /// The moment that was read.
    pub(crate) read: Option<WallTime>,
    pub(crate) speed: Option<f32>,
}

impl Memory {
    /// What was remembered in a home; nothing where there is no such file, or it says nothing.
    pub(crate) fn of(home: &Home) -> Self {
        let text = files::read(&home.viewer_file()).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Takes in how the window is now.
    pub(crate) fn take_in(&mut self, ctx: &Context, state: &State, read: Option<WallTime>) {
        let window = ctx.input(|input| input.viewport().clone());
        self.place(&window);
        self.read = read.or(self.read);
        self.speed = Some(state.playing.speed).filter(|speed| SPEEDS.contains(speed));
    }

    fn place(&mut self, window: &ViewportInfo) {
        if window.minimized == Some(true) {
            return;
        }
        self.maximized = window.maximized == Some(true) || window.fullscreen == Some(true);
        if self.maximized {
            // What it has when it isn't, stays known.
            return;
        }
        self.size = window.inner_rect.map(|inside| (inside.width(), inside.height())).or(self.size);
        self.corner = window.outer_rect.map(|outside| (outside.left(), outside.top())).or(self.corner);
    }

    /// Keeps it in a home that is there.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub(crate) fn keep(&self, home: &Home) -> std::io::Result<()> {
        if !home.root().is_dir() {
            return Ok(());
        }
        let (path, beside) = (home.viewer_file(), home.viewer_file().with_extension("json.new"));
        let mut file = files::create_or_truncate(&beside)?;
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        drop(file);
        files::rename_durably(&beside, &path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_remembered_and_nonsense_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert_eq!(Memory::of(&home), Memory::default());
        let memory = Memory {
            size: Some((900.0, 700.0)),
            corner: Some((10.0, 20.0)),
            maximized: false,
            read: Some(WallTime::from_millis(1_795_425_312_000)),
            speed: Some(1.5),
        };
        memory.keep(&home).unwrap();
        assert_eq!(Memory::of(&home), memory);
        files::create_or_truncate(&home.viewer_file()).unwrap().write_all(b"{\"size\": 3").unwrap();
        assert_eq!(Memory::of(&home), Memory::default());
        let nowhere = Home::at(&folder.path().join("nowhere"));
        memory.keep(&nowhere).unwrap();
        assert!(!nowhere.root().exists());
    }
}
