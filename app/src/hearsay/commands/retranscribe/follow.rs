//! How far a campaign is.

use crate::context::Context;
use crate::interrupt;
use crate::output;
use crate::steps::Steps;
use anyhow::Result;
use archive::Archive;
use home::{Exit, Lock};
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{Campaign, CampaignState, Store};
use timeline::{SpanSet, TrackName};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often Ctrl-C is looked for.
const STOP_WITHIN: Duration = Duration::from_millis(100);

/// Shows how far it is until it has ended, or Ctrl-C is pressed.
pub(super) fn until_done(context: &Context, key: i64) -> Result<Exit> {
    let stop = interrupt::stop_flag()?;
    let steps = Steps::counted();
    let wanted = wanted(context, key)?;
    let of: i64 = wanted.iter().map(|(_, sound)| sound.len_micros()).sum();
    let seconds = |micros: i64| u64::try_from(micros / 1_000_000).unwrap_or(0);
    loop {
        let store = Store::open_read_only(&context.home.database())?;
        let campaign = campaign(&store, key)?;
        if !campaign.state.is_open() {
            steps.done();
            return Ok(exit(tell(context, key)?));
        }
        if stop.load(Ordering::Relaxed) {
            steps.done();
            output::say(&format!("the worker goes on; `hearsay cancel {}` ends it", campaign.name));
            return Ok(Exit::Done);
        }
        if !Lock::is_held(&context.home.worker_lock()) {
            steps.done();
            output::say("the worker has ended; the campaign goes on with the next one");
            return Ok(Exit::Done);
        }
        let mut left = 0;
        for (track, sound) in &wanted {
            left += sound.minus(&store.coverage(campaign.pass, track)?).len_micros();
        }
        drop(store);
        let what = match (campaign.state, campaign.reason) {
            (CampaignState::Running, _) => "transcribing, seconds of sound".to_owned(),
            (_, Some(reason)) => format!("waiting: {reason}"),
            (_, None) => "waiting".to_owned(),
        };
        steps.show(&what, seconds(of - left), seconds(of));
        let mut slept = Duration::ZERO;
        while slept < LOOK_EVERY && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(STOP_WITHIN);
            slept += STOP_WITHIN;
        }
    }
}

/// The sound that a campaign is to cover.
fn wanted(context: &Context, key: i64) -> Result<Vec<(TrackName, SpanSet)>> {
    let archive = Archive::open(&context.home);
    let spans = Store::open_read_only(&context.home.database())?.campaign_spans(key)?;
    let mut wanted = Vec::new();
    for (track, spans) in spans {
        let mut sound = SpanSet::new();
        for span in spans.iter() {
            let segments = archive.segments(&track, &span)?;
            sound.extend(segments.iter().flat_map(|segment| segment.sound().within(&span).iter().collect::<Vec<_>>()));
        }
        wanted.push((track, sound));
    }
    Ok(wanted)
}

/// Says what became of it.
pub(super) fn tell(context: &Context, key: i64) -> Result<CampaignState> {
    let campaign = campaign(&Store::open_read_only(&context.home.database())?, key)?;
    output::say(&format!("pass {}: {}", campaign.name, text(&campaign)));
    Ok(campaign.state)
}

fn campaign(store: &Store, key: i64) -> Result<Campaign> {
    store.campaign(key)?.ok_or_else(|| anyhow::anyhow!("the campaign is gone: the database was made anew meanwhile"))
}

fn text(campaign: &Campaign) -> String {
    match &campaign.reason {
        Some(reason) => format!("{}: {reason}", campaign.state.as_str()),
        None => campaign.state.as_str().to_owned(),
    }
}

/// The exit code for what became of a campaign.
pub(super) fn exit(state: CampaignState) -> Exit {
    match state {
        CampaignState::Failed | CampaignState::Cancelled => Exit::Partly,
        CampaignState::Waiting | CampaignState::Running | CampaignState::Done => Exit::Done,
    }
}
