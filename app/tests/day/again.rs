//! Old days are transcribed again with another model: both versions stay, whoever is killed meanwhile.

use crate::home::{CONVERSATIONS, Ran, TestHome, ran};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use store::CampaignState;
use testkit::{Chance, WordErrors, count, fixture, references};
use timeline::Span;

/// Kills in the normal run; `cargo xtask soak` sets more.
const KILLS: u32 = 8;
/// Far more than a campaign takes here.
const PATIENCE: Duration = Duration::from_mins(4);
const CONVERSATION: &str = CONVERSATIONS[0].0;
const BEGINS: &str = CONVERSATIONS[0].1;

/// The day's first conversation as the less accurate model heard it, which is also the configured one: made once for the tests that run at the same time, and gone with
/// the last of them. With a copy of it.
fn heard_early() -> (Arc<TestHome>, TestHome) {
    static MADE: Mutex<Weak<TestHome>> = Mutex::new(Weak::new());
    let mut made = MADE.lock().unwrap();
    let shared = made.upgrade().unwrap_or_else(|| {
        let home = TestHome::new();
        home.import(CONVERSATION, BEGINS);
        home::files::create_dir_all(&home.path().join("models")).unwrap();
        configure(&home, &testkit::early_model(&home.path().join("models")).unwrap());
        let ran = work(&home);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        Arc::new(home)
    });
    *made = Arc::downgrade(&shared);
    let copy = shared.copy();
    configure(&copy, &copy.path().join("models/ggml-fixture-early.bin"));
    (shared, copy)
}

/// Has it transcribe with a model, without being told each time.
fn configure(home: &TestHome, model: &Path) {
    let mut file = home::files::create_or_truncate(&home.path().join("config.toml")).unwrap();
    let model = model.to_str().unwrap();
    file.write_all(format!("[work]\nmodel = {model:?}\n").as_bytes()).unwrap();
}

fn work(home: &TestHome) -> Ran {
    ran(home.command(env!("CARGO_BIN_EXE_hearsay-work")).arg("--once"))
}

fn better() -> String {
    crate::home::model().to_str().unwrap().to_owned()
}

/// All that a pass heard, but for private keys.
fn heard_by(home: &TestHome, model: &str) -> Vec<String> {
    let store = home.store();
    let passes = store.passes().unwrap();
    let key = passes.iter().find(|summary| summary.pass.model.contains(model)).map(|summary| summary.pass.key);
    let heard = key.map(|key| store.of_pass(key, &Span::ALL).unwrap()).unwrap_or_default();
    heard.into_iter().map(|it| format!("{:?}", store::Utterance { key: 0, ..it })).collect()
}

/// Words that are wrong of those that were said, among what a reader sees.
fn word_errors(home: &TestHome) -> WordErrors {
    let mut errors = WordErrors::default();
    let said = references(&fixture(&format!("days/{CONVERSATION}.tsv"))).unwrap();
    for track in crate::home::TRACKS {
        let said: Vec<&str> = said.iter().filter(|it| it.track == track).map(|it| it.text.as_str()).collect();
        let seen = home.utterances().into_iter();
        let seen = seen.filter(|it| it.track.as_str() == track && it.state == store::State::Shown);
        let heard: Vec<String> = seen.map(|it| it.text).collect();
        errors += WordErrors::between(&said.join(" "), &heard.join(" "));
    }
    errors
}

#[test]
fn a_better_model_takes_the_place_of_a_worse_one_and_both_are_kept() {
    let (_shared, home) = heard_early();
    let before = word_errors(&home);
    let early = heard_by(&home, "early");
    let dry = home.hearsay(&["retranscribe", "all", "--model", &better(), "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    let estimate: serde_json::Value = serde_json::from_str(&dry.stdout).unwrap();
    assert!(estimate["queued"] == false && estimate["windows"].as_u64().unwrap() > 2, "{estimate}");
    assert!(estimate["takes_s"].as_f64().unwrap() > 0.0, "{estimate}");
    assert!(home.store().campaigns().unwrap().is_empty(), "nothing was queued");

    // Half of it, cut off in the middle of a sentence, then the rest.
    let half = home.hearsay(&["retranscribe", "2026-11-23T09:15:00..09:16:10", "--model", &better(), "--now"]);
    assert_eq!(half.code, Some(0), "{half:?}");
    let partly = heard_by(&home, "q8").len();
    assert!(partly > 5);
    let all = home.hearsay(&["retranscribe", "all", "--model", &better(), "--now"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    let after = word_errors(&home);
    println!("word error rate {:.1} % before, {:.1} % after", before.percent(), after.percent());
    assert!(after.percent() < before.percent() - 5.0, "{before:?}, {after:?}");
    assert_eq!(heard_by(&home, "early"), early, "the old pass is as it was");
    assert!(heard_by(&home, "q8").len() > partly);
    let states: Vec<CampaignState> = home.store().campaigns().unwrap().iter().map(|it| it.state).collect();
    assert_eq!(states, [CampaignState::Done, CampaignState::Done]);

    let nothing = home.hearsay(&["retranscribe", "all", "--model", &better(), "--now"]);
    assert_eq!(nothing.code, Some(1), "it is all done: {nothing:?}");
    let counted = home.hearsay(&["passes", "--json"]);
    assert_eq!(counted.stdout.lines().count(), 2, "{counted:?}");
    let check = home.hearsay(&["check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
}

#[test]
fn only_what_a_search_finds_is_transcribed_again_and_a_cancelled_campaign_does_nothing() {
    let (_shared, home) = heard_early();
    let ran = home.hearsay(&["retranscribe", "all", "--model", &better(), "--where", "conf:<0.6 heard:", "--now"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let store = home.store();
    let passes = store.passes().unwrap();
    let pass = |model: &str| passes.iter().find(|summary| summary.pass.model.contains(model)).unwrap();
    let unsure: Vec<_> = store
        .of_pass(pass("early").pass.key, &Span::ALL)
        .unwrap()
        .into_iter()
        .filter(|it| it.side == timeline::Side::Heard && it.p < 0.6 && it.state != store::State::Hidden)
        .collect();
    assert!(!unsure.is_empty());
    let covered = store.coverage(pass("q8").pass.key, &timeline::TrackName::loopback()).unwrap();
    assert!(unsure.iter().all(|it| covered.covers(&it.span)), "all of it");
    assert!(
        store.coverage(pass("q8").pass.key, &timeline::TrackName::mic()).unwrap().is_empty(),
        "the other side isn't"
    );
    let (some, sound) = (covered.len_micros(), 150_000_000);
    assert!(some < sound * 3 / 4, "not everything: {some} of {sound}");
    let name = pass("q8").pass.name.to_string();
    drop(store);

    let queued = home.hearsay(&["retranscribe", "all", "--model", &better()]);
    assert!(queued.code == Some(0) && queued.stderr.contains("no worker is running"), "{queued:?}");
    let before = heard_by(&home, "q8");
    let cancelled = home.hearsay(&["cancel", &name]);
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    assert_eq!(work(&home).code, Some(0));
    assert_eq!(heard_by(&home, "q8"), before);

    // At another hour of the day, and with a model that isn't the one that was asked for any more.
    let copy = home.path().join("models/ggml-other.bin");
    std::fs::copy(crate::home::model(), &copy).unwrap();
    let later = home.hearsay(&["retranscribe", "all", "--model", "other", "--hours", hour_that_is_not_now()]);
    assert_eq!(later.code, Some(0), "{later:?}");
    assert_eq!(work(&home).code, Some(0));
    let waits = home.store().open_campaigns().unwrap();
    assert_eq!(waits[0].reason.as_deref(), Some("it waits for its hours"));
    home.hearsay(&["cancel", &name]);
    let again = home.hearsay(&["retranscribe", "all", "--model", "other"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    assert_eq!(work(&home).code, Some(0), "what is recorded is transcribed all the same");
    let failed = home.store().campaigns().unwrap().pop().unwrap();
    assert_eq!(failed.state, CampaignState::Failed);
    assert!(failed.reason.as_deref().unwrap().contains("ggml-other.bin"), "{failed:?}");
    assert_eq!(heard_by(&home, "q8"), before);
}

/// An hour of the day that neither is nor begins soon.
fn hour_that_is_not_now() -> &'static str {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    if (now / 3_600 + 1) % 24 < 12 { "15..16" } else { "3..4" }
}

#[test]
fn a_campaign_that_is_killed_again_and_again_ends_with_what_an_undisturbed_one_has() {
    let kills = count("HEARSAY_CAMPAIGN_KILLS", KILLS);
    let (_shared, calm) = heard_early();
    let early = heard_by(&calm, "early");
    let queue = |home: &TestHome| {
        let queued = home.hearsay(&["retranscribe", "all", "--model", &better(), "--queue"]);
        assert_eq!(queued.code, Some(0), "{queued:?}");
    };
    let (_, killed) = heard_early();
    queue(&calm);
    let began = std::time::Instant::now();
    assert_eq!(work(&calm).code, Some(0));
    let took = began.elapsed();
    let expected = heard_by(&calm, "q8");
    assert!(expected.len() > 15);

    queue(&killed);
    let (mut chance, mut seen) = (Chance::new(77), std::collections::BTreeSet::new());
    for kill in 0..kills {
        let before = heard_by(&killed, "q8").len();
        let mut worker = killed.command(env!("CARGO_BIN_EXE_hearsay-work")).stderr(Stdio::null()).spawn().unwrap();
        let most = u64::try_from(took.as_micros()).unwrap() / 3;
        std::thread::sleep(Duration::from_micros(most / 4 + chance.below(most)));
        // Every second one with a window just stored, however busy the machine is: many are recognised at once, and come one upon the other.
        while kill % 2 == 1
            && heard_by(&killed, "q8").len() == before
            && before < expected.len()
            && began.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
        assert_eq!(heard_by(&killed, "early"), early, "the old pass is as it was, at any moment");
        seen.insert(heard_by(&killed, "q8").len());
    }
    assert_eq!(work(&killed).code, Some(0));
    assert_eq!(heard_by(&killed, "q8"), expected);
    assert_eq!(heard_by(&killed, "early"), early);
    let check = killed.hearsay(&["check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    println!("{kills} kills, utterances of the campaign at each: {seen:?}");
    assert!(seen.len() > 1, "every kill came at the same place: {seen:?}");
}
