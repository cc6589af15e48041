//! What was really recognised is forgotten, with a worker at work and without.

use crate::home::{TestHome, transcribed};
use crate::rebuild::assert_files_agree;
use index::Searcher;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};
use store::Utterance;
use testkit::{Killed, files_below};
use timeline::Span;

const MIGRATIONS: &str = concat!(
    include_str!("../../../migrations/0001_core.sql"),
    include_str!("../../../migrations/0006_plain_words.sql")
);

/// An utterance with several words that were said nowhere else, and those words.
fn one_of_its_own(home: &TestHome) -> (Utterance, Vec<String>) {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|letter: char| !letter.is_alphabetic())
            .map(str::to_lowercase)
            .filter(|word| word.len() > 4)
            .collect()
    };
    let all = home.utterances();
    let own = |utterance: &Utterance| {
        let others: BTreeSet<String> =
            all.iter().filter(|it| it.span != utterance.span).flat_map(|it| words(&it.text)).collect();
        // Some stand in what every index and every database says of itself, and in the path of the model.
        let meta = std::fs::read_to_string(home.path().join("index/2026/meta.json")).unwrap_or_default();
        let path = env!("CARGO_MANIFEST_DIR").to_lowercase();
        let others = others.into_iter().collect::<Vec<_>>().join(" ") + &meta + MIGRATIONS + &path;
        words(&utterance.text).into_iter().filter(|word| !others.contains(word.as_str())).collect::<Vec<_>>()
    };
    all.iter().map(|it| (it.clone(), own(it))).max_by_key(|(_, own)| own.len()).unwrap()
}

/// The files of the home in which one of the words stands.
fn found(home: &TestHome, words: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // A model has a vocabulary, and so has what is packed of it: those words nobody said.
    let packed = home.path().join("models/packed");
    for path in files_below(home.path(), "").into_iter().filter(|path| !path.starts_with(&packed)) {
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        if words.iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes())) {
            found.insert(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    let searcher = Searcher::open(&home.path().join("index")).unwrap();
    if words.iter().any(|word| searcher.terms_with(word).unwrap() > 0) {
        found.insert("index".to_owned());
    }
    found
}

fn span(utterance: &Utterance) -> String {
    format!("{}..{}", utterance.span.start.rfc3339_micros(), utterance.span.end.rfc3339_micros())
}

fn around(home: &TestHome, gone: &Span) -> Vec<String> {
    let utterances = home.utterances().into_iter().filter(|it| !it.span.overlaps(gone));
    utterances.map(|it| format!("{:?}", Utterance { key: 0, ..it })).collect()
}

#[test]
fn what_was_recognised_is_forgotten_and_not_recognised_again() {
    let home = transcribed().home.copy();
    let (utterance, words) = one_of_its_own(&home);
    println!("forgetting {} words of {}", words.len(), utterance.id);
    assert!(words.len() >= 2);
    let before = found(&home, &words);
    assert!(before.len() >= 3 && before.contains("index"), "{before:?}");
    let rest = around(&home, &utterance.span);
    let ran = home.hearsay(&["forget", &span(&utterance), "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(found(&home, &words), BTreeSet::new());
    assert_eq!(around(&home, &utterance.span), rest);
    assert!(!home.utterances().iter().any(|it| it.span.overlaps(&utterance.span)));
    let again = home.work();
    assert!(again.code == Some(0) && again.stderr.contains("nothing to transcribe"), "{again:?}");
    assert_eq!(home.utterances().len(), rest.len());
    assert_eq!(found(&home, &words), BTreeSet::new());
    assert_files_agree(&home);
}

#[test]
fn a_worker_at_work_forgets_at_once_and_goes_on() {
    let home = TestHome::with_sample_day();
    let mut worker = home.command(env!("CARGO_BIN_EXE_hearsay-work"));
    let worker = worker.arg("--model").arg(crate::home::model()).stderr(Stdio::null()).spawn().unwrap();
    let running = Killed(worker);
    wait(|| has_words(&home));
    let (utterance, _) = one_of_its_own(&home);
    // The worker is at work on what follows: what it has under way reaches into the span.
    let gone = Span::new(utterance.span.start, utterance.span.end.plus_micros(40_000_000));
    let text = format!("{}..{}", gone.start.rfc3339_micros(), gone.end.rfc3339_micros());
    let ran = home.hearsay(&["forget", &text, "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!home.utterances().iter().any(|it| it.span.overlaps(&gone)));
    let last = home.utterances().len();
    wait(|| home.utterances().len() > last);
    drop(running);
    let done = home.work();
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(!home.utterances().iter().any(|it| it.span.overlaps(&gone)));
    assert!(home.utterances().len() > 30, "everything else is transcribed");
    assert_files_agree(&home);
}

fn has_words(home: &TestHome) -> bool {
    store::Store::open_read_only(&home.path().join("archive.sqlite3"))
        .is_ok_and(|store| store.utterances(&Span::ALL).is_ok_and(|it| it.len() >= 3))
}

/// Waits longer than testkit does: a busy machine recognises slowly.
fn wait(mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_mins(3), "no words came");
        std::thread::sleep(Duration::from_millis(50));
    }
}
