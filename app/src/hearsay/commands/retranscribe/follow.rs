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
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Shows how far it is until it has ended, or Ctrl-C is pressed.
pub(super) fn until_done(context: &Context, key: i64) -> Result<Exit> {
    let stop = interrupt::stop_flag()?;
    let steps = Steps::counted();
    let wanted = wanted(context, &campaign(context, key)?)?;
    let of: i64 = wanted.iter().map(|(_, sound)| sound.len_micros()).sum();
    let seconds = |micros: i64| u64::try_from(micros / 1_000_000).unwrap_or(0);
    loop {
        let campaign = campaign(context, key)?;
        if !campaign.state.is_open() {
            steps.done();
            output::say(&format!("pass {}: {}", campaign.name, text(&campaign)));
            return Ok(exit_of(&campaign));
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
        let store = Store::open_read_only(&context.home.database())?;
        let mut left = 0;
        for (track, sound) in &wanted {
            left += sound.minus(&store.coverage(campaign.pass, track)?).len_micros();
        }
        drop(store);
        let what = match campaign.state {
            CampaignState::Running => "transcribing, seconds of sound",
            _ => "waiting",
        };
        steps.show(what, seconds(of - left), seconds(of));
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The sound that a campaign is to cover.
fn wanted(context: &Context, campaign: &Campaign) -> Result<Vec<(TrackName, SpanSet)>> {
    let archive = Archive::open(&context.home);
    let mut wanted = Vec::new();
    for (track, spans) in &campaign.spans {
        let mut sound = SpanSet::new();
        for span in spans.iter() {
            let segments = archive.segments(track, &span)?;
            sound.extend(segments.iter().flat_map(|segment| segment.sound().within(&span).iter().collect::<Vec<_>>()));
        }
        wanted.push((track.clone(), sound));
    }
    Ok(wanted)
}

/// What became of it, in words.
pub(super) fn state(context: &Context, key: i64) -> Result<String> {
    Ok(text(&campaign(context, key)?))
}

/// The exit code for what became of it.
pub(super) fn exit(context: &Context, key: i64) -> Result<Exit> {
    Ok(exit_of(&campaign(context, key)?))
}

fn campaign(context: &Context, key: i64) -> Result<Campaign> {
    let store = Store::open_read_only(&context.home.database())?;
    let campaign = store.campaigns()?.into_iter().find(|campaign| campaign.key == key);
    campaign.ok_or_else(|| anyhow::anyhow!("the campaign is gone: the database was made anew meanwhile"))
}

fn text(campaign: &Campaign) -> String {
    match &campaign.reason {
        Some(reason) => format!("{}: {reason}", campaign.state.as_str()),
        None => campaign.state.as_str().to_owned(),
    }
}

fn exit_of(campaign: &Campaign) -> Exit {
    match campaign.state {
        CampaignState::Failed | CampaignState::Cancelled => Exit::Partly,
        CampaignState::Waiting | CampaignState::Running | CampaignState::Done => Exit::Done,
    }
}
