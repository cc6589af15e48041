use crate::error::{During, unreadable};
use crate::pass::{name_at, span_at};
use crate::{Store, StoreError};
use rusqlite::{Connection, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use timeline::{PassName, SpanSet, TrackName, WallTime};

/// Another pass over old days, as it was asked for. What it has done is what its pass covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Private to the database.
    pub key: i64,
    /// Its pass's private key.
    pub pass: i64,
    /// Its pass.
    pub name: PassName,
    /// When it may run, and with how much of the machine.
    pub terms: Terms,
    /// When it was asked for.
    pub asked: WallTime,
    /// How far it is.
    pub state: CampaignState,
    /// Why it failed, or what it waits for.
    pub reason: Option<String>,
}

/// When a campaign may run, and with how much of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The model: a name, or its file where it lies elsewhere.
    pub model: String,
    /// When.
    pub when: When,
    /// Minutes of the local day between which it may run, from and to, over midnight too; `None`: at any hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<(u16, u16)>,
    /// Threads of the computation; 0: as the worker is set.
    #[serde(default)]
    pub threads: u32,
}

/// When a campaign may run. New sound goes first in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Whenever there is no new sound.
    #[default]
    Now,
    /// While others leave most of the machine alone.
    Idle,
    /// At night.
    Night,
}

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignState {
    /// It hasn't begun, or was interrupted.
    Waiting,
    /// The worker is at it.
    Running,
    /// Its pass covers all of it that there is.
    Done,
    /// The user doesn't want it any more.
    Cancelled,
    /// It can't go on.
    Failed,
}

impl CampaignState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Cancelled, Self::Failed];

    /// `waiting`, `running`, `done`, `cancelled` or `failed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether there may be something left to do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

const OPEN: &str = "state IN ('waiting', 'running')";

impl Store {
    /// Queues a campaign; its key.
    ///
    /// # Errors
    /// [`StoreError::UnknownPass`], or any failure of SQLite. Whatever the error, nothing was written.
    pub fn add_campaign(
        &mut self,
        pass: i64,
        spans: &BTreeMap<TrackName, SpanSet>,
        terms: &Terms,
        asked: WallTime,
    ) -> Result<i64, StoreError> {
        let (path, operation) = (&self.path, "queueing a campaign");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).during(path, operation)?;
        if crate::pass::name(&transaction, pass).during(path, operation)?.is_none() {
            return Err(StoreError::UnknownPass { key: pass });
        }
        let key = insert(&transaction, pass, spans, terms, asked).during(path, operation)?;
        transaction.commit().during(path, operation)?;
        Ok(key)
    }

    /// All campaigns in the order in which they were asked for.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn campaigns(&self) -> Result<Vec<Campaign>, StoreError> {
        self.campaigns_where("1")
    }

    /// Those in which there may be something left to do.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn open_campaigns(&self) -> Result<Vec<Campaign>, StoreError> {
        self.campaigns_where(OPEN)
    }

    /// A campaign by its key; `None` where the database was made anew since it was queued.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn campaign(&self, key: i64) -> Result<Option<Campaign>, StoreError> {
        Ok(self.campaigns_where(&format!("c.key = {key}"))?.pop())
    }

    /// What a campaign is to cover, by track.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn campaign_spans(&self, key: i64) -> Result<BTreeMap<TrackName, SpanSet>, StoreError> {
        spans(&self.connection, key).during(&self.path, "reading what a campaign is to cover")
    }

    /// Says how far an open campaign is, and why; `false` where it isn't open any more.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn set_campaign(
        &self,
        key: i64,
        state: CampaignState,
        reason: Option<&str>,
        now: WallTime,
    ) -> Result<bool, StoreError> {
        let sql = format!("UPDATE campaign SET state = ?2, reason = ?3, changed_us = ?4 WHERE key = ?1 AND {OPEN}");
        let set =
            || self.connection.prepare_cached(&sql)?.execute(params![key, state.as_str(), reason, now.as_micros()]);
        Ok(set().during(&self.path, "saying how far a campaign is")? > 0)
    }

    /// Whether a campaign wasn't cancelled meanwhile.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn campaign_is_open(&self, key: i64) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM campaign WHERE key = ?1 AND {OPEN})");
        let read = || self.connection.prepare_cached(&sql)?.query_row([key], |row| row.get(0));
        read().during(&self.path, "reading a campaign")
    }

    /// Ends the open campaigns of a pass. What it has stored stays. How many there were.
    ///
    /// # Errors
    /// Any failure of SQLite.
    pub fn cancel_campaigns(&self, pass: &PassName, now: WallTime) -> Result<usize, StoreError> {
        let sql = format!(
            "UPDATE campaign SET state = 'cancelled', reason = NULL, changed_us = ?2
             WHERE {OPEN} AND pass = (SELECT key FROM pass WHERE name = ?1)"
        );
        self.connection
            .execute(&sql, params![pass.as_str(), now.as_micros()])
            .during(&self.path, "cancelling a campaign")
    }

    fn campaigns_where(&self, condition: &str) -> Result<Vec<Campaign>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Campaign>> {
            let sql = format!(
                "SELECT c.key, c.pass, p.name, c.terms, c.asked_us, c.state, c.reason
                   FROM campaign c JOIN pass p ON p.key = c.pass WHERE {condition} ORDER BY c.key"
            );
            let mut query = self.connection.prepare_cached(&sql)?;
            let mut rows = query.query([])?;
            let mut campaigns = Vec::new();
            while let Some(row) = rows.next()? {
                let state = row.get_ref(5)?.as_str()?;
                let state = CampaignState::ALL.into_iter().find(|known| known.as_str() == state);
                campaigns.push(Campaign {
                    key: row.get(0)?,
                    pass: row.get(1)?,
                    name: name_at(row, 2)?,
                    terms: serde_json::from_str(row.get_ref(3)?.as_str()?)
                        .map_err(|_| unreadable(3, "not a campaign's terms"))?,
                    asked: WallTime::from_micros(row.get(4)?),
                    state: state.ok_or_else(|| unreadable(5, "not a campaign's state"))?,
                    reason: row.get(6)?,
                });
            }
            Ok(campaigns)
        };
        read().during(&self.path, "reading the campaigns")
    }
}

fn insert(
    connection: &Connection,
    pass: i64,
    spans: &BTreeMap<TrackName, SpanSet>,
    terms: &Terms,
    asked: WallTime,
) -> rusqlite::Result<i64> {
    let terms = serde_json::to_string(terms).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached(
            "INSERT INTO campaign (pass, terms, asked_us, state, changed_us) VALUES (?1, ?2, ?3, 'waiting', ?3)",
        )?
        .execute(params![pass, terms, asked.as_micros()])?;
    let key = connection.last_insert_rowid();
    let mut insert = connection
        .prepare_cached("INSERT INTO campaign_span (campaign, track, start_us, end_us) VALUES (?1, ?2, ?3, ?4)")?;
    for (track, spans) in spans {
        for span in spans.iter() {
            insert.execute(params![key, track.as_str(), span.start.as_micros(), span.end.as_micros()])?;
        }
    }
    Ok(key)
}

fn spans(connection: &Connection, campaign: i64) -> rusqlite::Result<BTreeMap<TrackName, SpanSet>> {
    let mut query = connection.prepare_cached(
        "SELECT track, start_us, end_us FROM campaign_span WHERE campaign = ?1 ORDER BY track, start_us",
    )?;
    let mut rows = query.query([campaign])?;
    let mut spans: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        spans.entry(crate::track::track_at(row, 0)?).or_default().insert(span_at(row, 1)?);
    }
    Ok(spans)
}
