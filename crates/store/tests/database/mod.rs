//! A database in a folder of its own, and short ways to fill it. Times are milliseconds after one moment in 2023.
#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod follower;

use rusqlite::Connection;
use serde_json::json;
use std::path::PathBuf;
use store::{NewPass, NewUtterance, Outcome, Preference, Store, StoreError, WindowRow};
use timeline::{PassName, Side, Span, TrackName, WallTime};

/// 2023-11-14T22:13:20Z and `ms` milliseconds.
pub(crate) fn at(ms: i64) -> WallTime {
    WallTime::from_millis(1_700_000_000_000 + ms)
}

pub(crate) fn span(start: i64, end: i64) -> Span {
    Span::new(at(start), at(end))
}

pub(crate) fn said(start: i64, end: i64, text: &str) -> NewUtterance {
    NewUtterance::clear(span(start, end), text)
}

pub(crate) struct Archive {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Archive {
    /// With the track `mic`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("archive.sqlite3")).unwrap();
        store.ensure_track(&TrackName::mic(), Side::Said).unwrap();
        Self { folder, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("archive.sqlite3")
    }

    pub(crate) fn reopened(&self) -> Store {
        Store::open_read_only(&self.path()).unwrap()
    }

    /// The key of a pass.
    pub(crate) fn pass(&self, model: &str, rank: i64, created: i64) -> i64 {
        let new = NewPass {
            model: model.to_owned(),
            model_sha256: format!("{model:0>64}"),
            engine: "test".to_owned(),
            params: json!({ "beam_size": 5, "lane": "backlog" }),
            rank,
            created: at(created),
        };
        self.store.ensure_pass(&new).unwrap().key
    }

    pub(crate) fn name(&self, pass: i64) -> PassName {
        self.store.passes().unwrap().into_iter().find(|summary| summary.pass.key == pass).unwrap().pass.name
    }

    /// A window of the track `mic`.
    #[allow(clippy::unused_self, reason = "reads better at the call")]
    pub(crate) fn window(&self, pass: i64, start: i64, end: i64, utterances: Vec<NewUtterance>) -> WindowRow {
        WindowRow {
            pass,
            track: TrackName::mic(),
            span: span(start, end),
            gaps: timeline::SpanSet::new(),
            outcome: Outcome::Words,
            reason: None,
            speech_micros: 70,
            compute_micros: 7,
            utterances,
        }
    }

    /// The texts of the current utterances.
    pub(crate) fn current(&self) -> Vec<String> {
        self.store.utterances(&Span::ALL).unwrap().into_iter().map(|utterance| utterance.text).collect()
    }

    /// All that is in the tables that a window goes to, as another program reads it.
    pub(crate) fn dump(&self) -> Vec<String> {
        let connection = Connection::open(self.path()).unwrap();
        let mut dump = Vec::new();
        for table in ["coverage", "utterance", "change", "track", "pass"] {
            let mut query = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).unwrap();
            let columns = query.column_count();
            let mut rows = query.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<String> = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect();
                dump.push(format!("{table} {}", values.join(" ")));
            }
        }
        dump
    }

    /// Start and end in milliseconds, outcome, and time of the engine.
    pub(crate) fn coverage_rows(&self) -> Vec<(i64, i64, String, i64)> {
        let connection = Connection::open(self.path()).unwrap();
        let mut query =
            connection.prepare("SELECT start_us, end_us, outcome, compute_us FROM coverage ORDER BY start_us").unwrap();
        let ms = |micros: i64| micros / 1_000 - 1_700_000_000_000;
        query
            .query_map([], |row| Ok((ms(row.get(0)?), ms(row.get(1)?), row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }
}

/// Makes the preferences be these; whether they weren't.
pub(crate) fn prefer(archive: &mut Archive, wanted: &[Preference]) -> bool {
    archive.store.set_preferences(|_| Ok::<_, StoreError>(wanted.to_vec())).unwrap()
}
