//! The pause, kept in the home: it survives a crash, a restart and a reboot until its end.
//!
//! ```text
//! pause.json   {"since":"2026-11-23T09:15:00.000Z","until":"2026-11-23T09:25:00.000Z"}   until null: until it is ended
//!              {}                                                                        no pause
//! ```

use home::{Home, files};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;
use timeline::WallTime;

/// Recording is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pause {
    /// Since then.
    pub(crate) since: WallTime,
    /// Until then by the wall clock, or until it is ended.
    pub(crate) until: Option<WallTime>,
}

impl Pause {
    /// Whether its time has passed.
    pub(crate) fn is_over(&self, now: WallTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Where it is kept.
#[derive(Debug)]
pub(crate) struct PauseFile {
    path: PathBuf,
    /// What couldn't be written yet.
    unwritten: Option<Content>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Paused(Pause),
    None {},
}

impl PauseFile {
    pub(crate) fn of(home: &Home) -> Self {
        Self { path: home.root().join("pause.json"), unwritten: None }
    }

    /// The pause that was kept; none where the file is missing or holds nothing of use.
    pub(crate) fn read(&self) -> Option<Pause> {
        let bytes = std::fs::read(&self.path).ok()?;
        match serde_json::from_slice(&bytes) {
            Ok(Content::Paused(pause)) => Some(pause),
            Ok(Content::None {}) => None,
            Err(error) => {
                tracing::warn!("{}: {error}; recording goes on", self.path.display());
                None
            }
        }
    }

    /// Keeps a pause, or that there is none.
    pub(crate) fn keep(&mut self, pause: Option<Pause>) {
        self.unwritten = Some(pause.map_or(Content::None {}, Content::Paused));
        self.retry();
    }

    /// Writes what couldn't be written before.
    pub(crate) fn retry(&mut self) {
        let Some(content) = self.unwritten else { return };
        match self.write(content) {
            Ok(()) => self.unwritten = None,
            Err(error) => tracing::error!("cannot keep the pause in {}: {error}", self.path.display()),
        }
    }

    fn write(&self, content: Content) -> io::Result<()> {
        let new = self.path.with_extension("json.new");
        let mut file = files::create_or_truncate(&new)?;
        file.write_all(&serde_json::to_vec(&content)?)?;
        file.sync_all()?;
        files::rename_durably(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_back_as_it_was_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = PauseFile::of(&Home::at(dir.path()));
        assert_eq!(file.read(), None);
        let since = WallTime::from_millis(1_795_425_312_340);
        for until in [None, Some(since.plus_micros(600_000_000))] {
            file.keep(Some(Pause { since, until }));
            assert_eq!(file.read(), Some(Pause { since, until }));
        }
        file.keep(None);
        assert_eq!(file.read(), None);
        assert_eq!(std::fs::read_to_string(dir.path().join("pause.json")).unwrap(), "{}");
    }

    #[test]
    fn what_cannot_be_kept_is_kept_later() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        let mut file = PauseFile::of(&home);
        let pause = Pause { since: WallTime::from_millis(0), until: None };
        file.keep(Some(pause));
        assert_eq!(file.read(), None);
        home.ensure().unwrap();
        file.retry();
        assert_eq!(file.read(), Some(pause));
    }
}
