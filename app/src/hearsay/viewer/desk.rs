//! What the dialogs ask for: the same as `hearsay retranscribe`, `compare`, `prefer`, `cancel`, `star`, `note` and `correct`.

use super::state::{Comparison, Estimate, News, Row, Version, Writing};
use crate::again::Again;
use crate::differences::mean;
use crate::failure::Failure;
use crate::library::Library;
use crate::output::seconds;
use crate::remarks::{self, Kind, Target};
use crate::{corrections, erasing, versions};
use anyhow::Result;
use archive::Forgetting;
use home::{Config, Home, Lock};
use speech::models;
use std::collections::BTreeMap;
use std::path::Path;
use store::{Store, Terms, Utterance, Word};
use timeline::{Clock as _, PassName, Side, Span, SystemClock, TrackName};
use worker::{Forget, Wanted};

/// Differences that are shown; `hearsay compare` lists them all.
const MOST_ROWS: usize = 2_000;

const MINUTE_MICROS: i64 = 60_000_000;

/// The installed models, the largest first: who transcribes again wants a better one.
pub(super) fn models(home: &Home) -> Result<News> {
    let mut installed: Vec<_> = models::list(&home.models())?.into_iter().filter(|it| it.path.is_some()).collect();
    installed.retain(|listed| listed.languages.is_some());
    installed.sort_by_key(|listed| std::cmp::Reverse(listed.bytes));
    let models: Vec<String> = installed.into_iter().map(|listed| listed.name).collect();
    if models.is_empty() {
        return Err(Failure::not_found("no model is installed: `hearsay models get NAME` gets one").into());
    }
    Ok(News::Models { likely: models.first().cloned(), models })
}

/// How much there is to do.
pub(super) fn estimate(home: &Home, config: Option<&Path>, span: Span, model: &str) -> Result<News> {
    let Again { campaign, takes_s, .. } = look(home, config, span, model)?;
    let (sound, speech) = (seconds(campaign.sound_micros), seconds(campaign.speech_micros));
    Ok(News::Estimate(Estimate { sound, speech, takes: takes_s }))
}

/// Queues it.
pub(super) fn queue(home: &Home, config: Option<&Path>, span: Span, model: &str) -> Result<News> {
    let again = look(home, config, span, model)?;
    if again.campaign.is_empty() {
        return Err(Failure::not_found("that model has transcribed all of it").into());
    }
    again.queue(home, &Terms::default(), SystemClock.wall())?;
    let then = if Lock::is_held(&home.worker_lock()) {
        "the worker does it while there is no new sound"
    } else {
        "no worker is running: `hearsay run` or `hearsay work` does it"
    };
    Ok(News::Done(format!("Queued; {then}")))
}

fn look(home: &Home, config: Option<&Path>, span: Span, model: &str) -> Result<Again> {
    let (config, _) = Config::load(home, config)?;
    let wanted = Wanted { span, tracks: Vec::new(), only: None };
    Again::look(home, &config.work, model, &wanted, SystemClock.wall())
}

/// The passes that have words in a span, the best first.
pub(super) fn passes(home: &Home, library: &mut Library, span: Span) -> Result<News> {
    let store = Store::open_read_only(&home.database())?;
    let read = library.conversation(span)?;
    let tracks = store.tracks()?;
    let mut versions = Vec::new();
    let is_version = |known: &store::PassSummary| !known.pass.translation && !known.pass.is_by_hand();
    for known in store.passes()?.into_iter().filter(is_version) {
        let pass = known.pass.name;
        let (mut has_words, mut is_read) = (false, true);
        for (track, _) in &tracks {
            if store.found_words(&pass, track, &span)? {
                has_words = true;
                is_read &= read.iter().any(|utterance| utterance.pass == pass && utterance.track == *track);
            }
        }
        if has_words {
            versions.push(Version { is_read, model: known.pass.model, pass });
        }
    }
    Ok(News::Passes(versions))
}

/// Where two of them differ.
pub(super) fn compare(home: &Home, span: &Span, left: &PassName, right: &PassName) -> Result<News> {
    let store = Store::open_read_only(&home.database())?;
    let passes = store.passes()?;
    let key = |name: &PassName| passes.iter().find(|known| known.pass.name == *name).map(|known| known.pass.key);
    let Some((left, right)) = key(left).zip(key(right)) else {
        return Err(Failure::not_found("a pass is gone: the database was made anew meanwhile").into());
    };
    let sides: BTreeMap<TrackName, Side> = store.tracks()?.into_iter().collect();
    let common = versions::common(&store, left, right, span)?;
    let (found, counts) = versions::differ(&store, (left, right), &common, span)?;
    let rows = found.into_iter().take(MOST_ROWS).map(|(track, difference)| Row {
        side: sides.get(&track).copied().unwrap_or(Side::Both),
        start: difference.span.start,
        left: words(&difference.left),
        right: words(&difference.right),
    });
    Ok(News::Comparison(Comparison { same: counts.same, rows: rows.collect() }))
}

fn words(words: &[Word]) -> Option<(String, f32)> {
    let text: Vec<&str> = words.iter().map(|word| word.text.trim()).collect();
    Some((text.join(" "), mean(words)?))
}

/// Has a pass be read there, or takes that back.
pub(super) fn prefer(home: &Home, span: &Span, pass: Option<&PassName>) -> Result<News> {
    let now = SystemClock.wall();
    let done = if let Some(pass) = pass {
        let (model, _) = versions::prefer(home, pass, None, span, now)?;
        format!("What {model} heard is what you read here")
    } else {
        versions::undo(home, None, None, Some(span), now)?;
        "What the better model heard is what you read here again".to_owned()
    };
    let fault = versions::follow(home)?;
    Ok(News::Done(fault.unwrap_or(done)))
}

/// Puts a star on an utterance, or takes it away.
pub(super) fn star(home: &Home, key: i64, starred: bool) -> Result<()> {
    let (target, now) = (Target::of(&utterance(home, key)?), SystemClock.wall());
    if starred {
        remarks::star(home, &target, now)?;
    } else {
        remarks::remove(home, Kind::Star, &target, now)?;
    }
    versions::follow(home)?;
    Ok(())
}

/// Keeps what the user wrote about an utterance, or takes it back.
pub(super) fn write(home: &Home, key: i64, writing: Writing, text: Option<&str>) -> Result<News> {
    let (utterance, now) = (utterance(home, key)?, SystemClock.wall());
    let fault = match (writing, text) {
        (Writing::Correction, Some(text)) => corrections::correct(home, &utterance.id, text, now)?.1,
        (Writing::Correction, None) => corrections::take_back(home, &utterance.id)?,
        (Writing::Note, Some(text)) => {
            remarks::note(home, &Target::of(&utterance), text, now)?;
            versions::follow(home)?
        }
        (Writing::Note, None) => {
            remarks::remove(home, Kind::Note, &Target::of(&utterance), now)?;
            versions::follow(home)?
        }
    };
    Ok(News::Done(fault.unwrap_or_default()))
}

fn utterance(home: &Home, key: i64) -> Result<Utterance> {
    let found = Store::open_read_only(&home.database())?.by_keys(&[key])?.pop();
    Ok(found.ok_or_else(|| Failure::not_found("these words are gone: others stand there now"))?)
}

/// Ends what a pass has queued.
pub(super) fn cancel(home: &Home, pass: &PassName) -> Result<News> {
    Store::open(&home.database())?.cancel_campaigns(pass, SystemClock.wall())?;
    Ok(News::Done("Cancelled; what was transcribed stays".to_owned()))
}

/// What goes if the last minutes are forgotten.
pub(super) fn would_forget(home: &Home, minutes: u32) -> Result<News> {
    let now = SystemClock.wall();
    let span = Span::new(now.plus_micros(-i64::from(minutes) * MINUTE_MICROS), now);
    let forgetting = Forgetting::new(&span, None, now);
    let would = Forget::at(home).look(&forgetting)?;
    if would.is_nothing() {
        return Err(Failure::not_found("nothing was recorded or said in that time").into());
    }
    Ok(News::WouldForget(forgetting.clone(), erasing::plan(&erasing::row(&forgetting, &would))))
}

/// Lets it go, for good.
pub(super) fn forget(home: &Home, forgetting: &Forgetting) -> Result<News> {
    let forget = Forget::at(home);
    forget.ask(forgetting)?;
    let mut notes = Vec::new();
    let gone = erasing::carry_out(home, &forget, forgetting, &mut |_| (), &mut notes)?;
    let done = if gone { "Forgotten" } else { "Hidden from every reader" };
    Ok(News::Done(std::iter::once(done.to_owned()).chain(notes).collect::<Vec<_>>().join("; ")))
}
