//! `hearsay passes`.

use crate::context::Context;
use crate::failure::Failure;
use crate::library::Library;
use crate::output::{self, Out};
use anyhow::Result;
use home::{Exit, Lock};
use serde::Serialize;
use std::io::Write;
use store::{Campaign, CampaignState, PassSummary, Store};
use timeline::{PassName, WallTime};

/// How the passes are listed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hearsay passes\n  hearsay passes --json | jq .speed_x\n\nThe best comes first: it is what you read wherever it found words, unless `hearsay prefer` says otherwise. Translations come last: `hearsay show --translated` reads them."
)]
pub(crate) struct PassesArgs {
    /// One JSON object per pass
    #[arg(long)]
    json: bool,
}

/// A row of `passes --json`.
#[derive(Serialize)]
pub(crate) struct PassRow<'a> {
    id: &'a PassName,
    model: &'a str,
    model_sha256: &'a str,
    engine: &'a str,
    params: &'a serde_json::Value,
    spans: Vec<SpanRow>,
    sound_s: f64,
    speech_s: f64,
    speed_x: Option<f64>,
    /// The mean probability of its utterances.
    p: Option<f64>,
    quarantined: u64,
    created: WallTime,
    /// The state of its last campaign.
    campaign: Option<&'static str>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct SpanRow {
    start: WallTime,
    end: WallTime,
}

/// A pass, its last campaign, and the mean probability of its utterances.
pub(crate) struct Listed {
    summary: PassSummary,
    campaign: Option<Campaign>,
    p: Option<f64>,
}

/// Lists them.
pub(crate) fn run(args: &PassesArgs, context: &Context) -> Result<Exit> {
    if let Some(why) = Library::open(&context.home)?.no_transcript()? {
        return Err(Failure::not_found("there is no pass yet").hint(why).into());
    }
    let passes = all(context)?;
    let mut out = Out::stdout();
    for listed in &passes {
        if args.json {
            out.json(&row(listed))?;
        } else {
            print(&mut out, listed)?;
        }
    }
    out.flush()?;
    if passes.is_empty() {
        output::say("there is no pass yet");
        return Ok(Exit::NothingFound);
    }
    Ok(Exit::Done)
}

/// The passes of a home that has a transcript, the best first.
pub(crate) fn all(context: &Context) -> Result<Vec<Listed>> {
    let store = Store::open_read_only(&context.home.database())?;
    let (mut passes, mut campaigns) = (store.passes()?, store.campaigns()?);
    if !Lock::is_held(&context.home.worker_lock()) {
        // A worker that was killed couldn't say that it isn't at it any more.
        let running = campaigns.iter_mut().filter(|campaign| campaign.state == CampaignState::Running);
        running.for_each(|campaign| campaign.state = CampaignState::Waiting);
    }
    // A worker that begins has its passes ready before it has anything to put there.
    passes.retain(|it| !it.spans.is_empty() || campaigns.iter().any(|campaign| campaign.pass == it.pass.key));
    // Translations are never read in the place of what was said.
    passes.sort_by_key(|it| it.pass.translation);
    let mean_ps = store.mean_ps()?;
    let listed = |summary: PassSummary| {
        let campaign = campaigns.iter().rev().find(|campaign| campaign.pass == summary.pass.key).cloned();
        let p = mean_ps.get(&summary.pass.key).copied();
        Listed { summary, campaign, p }
    };
    Ok(passes.into_iter().map(listed).collect())
}

/// A pass as machines are told of it.
pub(crate) fn row(Listed { summary, campaign, p }: &Listed) -> PassRow<'_> {
    let pass = &summary.pass;
    PassRow {
        id: &pass.name,
        model: &pass.model,
        model_sha256: &pass.model_sha256,
        engine: &pass.engine,
        params: &pass.params,
        spans: summary.spans.iter().map(|span| SpanRow { start: span.start, end: span.end }).collect(),
        sound_s: output::seconds(summary.covered_micros),
        speech_s: output::seconds(summary.speech_micros),
        speed_x: summary.speed_x(),
        p: *p,
        quarantined: summary.quarantined,
        created: pass.created,
        campaign: campaign.as_ref().map(|campaign| campaign.state.as_str()),
        reason: campaign.as_ref().and_then(|campaign| campaign.reason.as_deref()),
    }
}

fn print(out: &mut Out, Listed { summary, campaign, p }: &Listed) -> Result<()> {
    let pass = &summary.pass;
    let by_hand = pass.is_by_hand();
    let kind = match (pass.translation, summary.is_provisional()) {
        (true, _) => ", in English",
        (_, true) => ", as it was said",
        _ if by_hand => ", what you corrected",
        _ => "",
    };
    let mut parts = Vec::new();
    let (first, last) = (summary.spans.iter().next(), summary.spans.iter().next_back());
    if let (Some(first), Some(last)) = (first, last) {
        let day = |time: WallTime| time.local().format("%Y-%m-%d").to_string();
        let (from, to) = (day(first.start), day(last.end.plus_micros(-1)));
        parts.push(if from == to { from } else { format!("{from}..{to}") });
        parts.push(format!("{} of sound", output::duration(summary.covered_micros)));
        if !by_hand {
            parts.push(format!("{} of speech", output::duration(summary.speech_micros)));
        }
    } else {
        parts.push("nothing yet".to_owned());
    }
    parts.extend(summary.speed_x().map(|speed| format!("{speed:.1} x")));
    parts.extend(p.filter(|_| !by_hand).map(|p| format!("p {p:.2}")));
    if summary.quarantined > 0 {
        parts.push(format!("{} windows left out", summary.quarantined));
    }
    if !by_hand {
        parts.push(format!("by {}", pass.engine));
    }
    writeln!(out, "{}  {}{kind}  {}", pass.name, pass.model, parts.join(", "))?;
    if let Some(campaign) = campaign {
        let reason = campaign.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let asked = output::local(campaign.asked);
        writeln!(out, "{}", out.dim(&format!("          campaign of {asked}: {}{reason}", campaign.state.as_str())))?;
    }
    Ok(())
}
