//! The pause, kept in the home: it survives a crash, a restart and a reboot until its end.
//!
//! It lasts as long as was asked for, however the wall clock is set meanwhile; only after a reboot the wall clock says how
//! much of it is left.
//!
//! ```text
//! pause.json   {"since":"2026-11-23T09:15:00.000Z","until":"2026-11-23T09:25:00.000Z",   until null: until it is ended
//!               "boot_us":77000000,"boot_id":"0c9b2f0e-…"}                               the boot clock at since, and which
//!              {}                                                                        no pause
//! ```

use crate::boot_line::BootLine;
use crate::context::Context;
use home::{Home, files};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;
use timeline::WallTime;

/// Recording is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    /// Since that moment of the boot clock.
    pub(crate) since: i64,
    /// Until that one, or until it is ended.
    pub(crate) until: Option<i64>,
}

impl Pause {
    /// The pause that was kept, by a recorder before this one or by this one.
    pub(crate) fn of(kept: &Kept, context: &Context) -> Self {
        let line = BootLine { at: kept.since, boot_us: kept.boot_us, boot_id: kept.boot_id.clone() };
        let moment = |wall| line.boot_at(wall, context.boot_id.as_deref()).unwrap_or_else(|| context.boot_at(wall));
        Self { since: moment(kept.since), until: kept.until.map(moment) }
    }

    /// Whether its time has passed.
    pub(crate) fn is_over(&self, now: i64) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Until when it lasts, by the clock of the session.
    pub(crate) fn until(&self, context: &Context) -> Option<WallTime> {
        self.until.map(|until| context.session.wall_at(until))
    }

    /// What is to be kept of it.
    pub(crate) fn kept(&self, context: &Context) -> Kept {
        let (since, boot_id) = (context.session.wall_at(self.since), context.boot_id.clone());
        Kept { since, until: self.until(context), boot_us: self.since, boot_id }
    }
}

/// A pause as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) since: WallTime,
    pub(crate) until: Option<WallTime>,
    #[serde(default)]
    boot_us: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot_id: Option<String>,
}

/// Where it is kept.
#[derive(Debug)]
pub(crate) struct PauseFile {
    path: PathBuf,
    /// What couldn't be written yet.
    unwritten: Option<Content>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Paused(Kept),
    None {},
}

impl PauseFile {
    pub(crate) fn of(home: &Home) -> Self {
        Self { path: home.root().join("pause.json"), unwritten: None }
    }

    /// The pause that was kept; none where the file is missing or holds nothing of use.
    pub(crate) fn read(&self) -> Option<Kept> {
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
    pub(crate) fn keep(&mut self, pause: Option<Kept>) {
        self.unwritten = Some(pause.map_or(Content::None {}, Content::Paused));
        self.retry();
    }

    /// Writes what couldn't be written before.
    pub(crate) fn retry(&mut self) {
        let Some(content) = &self.unwritten else { return };
        match self.write(content) {
            Ok(()) => self.unwritten = None,
            Err(error) => tracing::error!("cannot keep the pause in {}: {error}", self.path.display()),
        }
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        let new = self.path.with_extension("json.new");
        let mut file = files::create_or_truncate(&new)?;
        file.write_all(&serde_json::to_vec(content)?)?;
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
        for (until, boot_id) in [(None, None), (Some(since.plus_micros(600_000_000)), Some("a boot".to_owned()))] {
            let kept = Kept { since, until, boot_us: 77_000_000, boot_id };
            file.keep(Some(kept.clone()));
            assert_eq!(file.read(), Some(kept));
        }
        let older = r#"{"since":"2026-11-23T09:15:12.340Z","until":null}"#;
        files::create_or_truncate(&dir.path().join("pause.json")).unwrap().write_all(older.as_bytes()).unwrap();
        assert_eq!(file.read(), Some(Kept { since, until: None, boot_us: 0, boot_id: None }));
        file.keep(None);
        assert_eq!(file.read(), None);
        assert_eq!(std::fs::read_to_string(dir.path().join("pause.json")).unwrap(), "{}");
    }

    #[test]
    fn what_cannot_be_kept_is_kept_later() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        let mut file = PauseFile::of(&home);
        let pause = Kept { since: WallTime::from_millis(0), until: None, boot_us: 0, boot_id: None };
        file.keep(Some(pause.clone()));
        assert_eq!(file.read(), None);
        home.ensure().unwrap();
        file.retry();
        assert_eq!(file.read(), Some(pause));
    }
}
