//! A server that speaks OpenAI's protocol in the place of the engine: a real one, behind which the real engine recognises, and ones that aren't well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../day/home.rs"]
mod home;
mod recognising;

use crate::home::{TestHome, model};
use ::home::{Home, files};
use recognising::Recognising;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use store::Utterance;
use testkit::{HttpReply, HttpRequest, HttpServer, Killed, wait_until};

/// A home whose configuration names a server.
fn home_with(url: &str) -> TestHome {
    let home = TestHome::configured(&format!(
        "[work]\nengine = \"openai\"\n[openai]\nurl = \"{url}/v1\"\nmodel = \"fixture\"\ntimeout_s = 120\n"
    ));
    home.import("standup", "2026-11-23T09:15:00Z");
    home
}

fn texts(utterances: &[Utterance]) -> Vec<&str> {
    utterances.iter().map(|utterance| utterance.text.as_str()).collect()
}

/// How many windows were left out.
fn left_out(home: &TestHome) -> u64 {
    home.store().passes().unwrap().iter().map(|pass| pass.quarantined).sum()
}

/// Whether anything at all was dealt with.
fn is_untouched(home: &TestHome) -> bool {
    home.store().passes().unwrap().iter().all(|pass| pass.covered_micros == 0)
}

#[test]
fn a_server_that_speaks_openai_transcribes_what_was_recorded() {
    let engine = Recognising::new();
    let server = HttpServer::start(move |request| engine.answer(request)).unwrap();
    let home = home_with(&server.url());
    let ran = home.work_once();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("is sent to a server"), "it is told: {}", ran.stderr);

    let found = home.hearsay(&["search", "postpone", "--said", "--json"]);
    let hit: serde_json::Value = serde_json::from_str(found.stdout.trim()).unwrap();
    assert!(hit["text"].as_str().unwrap().contains("Phoenix"), "{hit}");
    assert!(hit["start"].as_str().unwrap().starts_with("2026-11-23T09:15:04."), "{hit}");
    let passes = home.store().passes().unwrap();
    let pass = &passes.iter().find(|pass| pass.covered_micros > 0).unwrap().pass;
    assert_eq!((pass.engine.as_str(), pass.model.as_str(), pass.model_sha256.as_str()), ("openai", "fixture", ""));
    assert_eq!(pass.params["server"], format!("{}/v1", server.url()));

    // The same model on this machine hears the same, but for what 16 bits take away and what the protocol leaves out.
    let here = TestHome::new();
    here.import("standup", "2026-11-23T09:15:00Z");
    assert_eq!(here.work().code, Some(0));
    let (there, here) = (home.utterances(), here.utterances());
    let (there, here) = (texts(&there), texts(&here));
    let same = here.iter().filter(|text| there.contains(text)).count();
    assert!(same * 10 >= here.len() * 9, "{same} of {} are the same:\n{there:#?}\n{here:#?}", here.len());
}

#[test]
fn a_server_that_is_not_there_leaves_nothing_out_and_the_next_run_goes_on() {
    let gone = HttpServer::start(|_| HttpReply::HangUp).unwrap();
    let (url, port) = (gone.url(), gone.port());
    drop(gone);
    let home = home_with(&url);
    let ran = home.work_once();
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains(&format!("the server {url}/v1 can't be used: it can't be reached")), "{}", ran.stderr);
    assert!(is_untouched(&home) && left_out(&home) == 0);

    let engine = Recognising::new();
    let _server = HttpServer::start_on(port, move |request| engine.answer(request)).unwrap();
    assert_eq!(home.work_once().code, Some(0));
    assert_eq!(home.hearsay(&["search", "postpone"]).code, Some(0));
    assert_eq!(left_out(&home), 0);
}

#[test]
fn a_server_that_fails_whatever_it_is_given_leaves_nothing_out() {
    for (bad, told) in [
        (HttpReply::Json(500, "{}".to_owned()), "it answered 500"),
        (HttpReply::Json(404, "{}".to_owned()), "does it have that model?"),
        (HttpReply::Half("{\"text\": \"nothing\"}".to_owned()), "the connection broke"),
        (HttpReply::Json(200, "{\"text\": \"noth".to_owned()), "its answer can't be used"),
    ] {
        let server = HttpServer::start(move |_| bad.clone()).unwrap();
        let home = home_with(&server.url());
        let ran = home.work_once();
        assert_eq!(ran.code, Some(4), "{ran:?}");
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        assert!(is_untouched(&home) && left_out(&home) == 0);
    }
}

#[test]
fn a_worker_that_goes_on_waits_for_a_server_that_is_not_well() {
    let (engine, well, asked) = (Recognising::new(), Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (is_well, count) = (Arc::clone(&well), Arc::clone(&asked));
    let answer = move |request: &HttpRequest| {
        count.fetch_add(1, Ordering::Relaxed);
        if is_well.load(Ordering::Relaxed) { engine.answer(request) } else { HttpReply::Json(503, String::new()) }
    };
    let server = HttpServer::start(answer).unwrap();
    let home = home_with(&server.url());
    let mut worker = Killed(home.worker().stderr(Stdio::null()).spawn().unwrap());
    wait_until("some tries", || asked.load(Ordering::Relaxed) >= 4);
    assert!(worker.0.try_wait().unwrap().is_none(), "it waits");
    assert!(is_untouched(&home) && left_out(&home) == 0);
    well.store(true, Ordering::Relaxed);
    home.wait_for("postpone");
    assert_eq!(left_out(&home), 0);
}

#[test]
fn a_window_that_the_server_refuses_is_left_out_after_three_tries_and_no_other() {
    let engine = Recognising::new();
    let (refused, tries) = (Arc::new(std::sync::Mutex::new(None)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&tries);
    let answer = move |request: &HttpRequest| {
        // The first that it sees, whenever it comes again.
        let mut refused = refused.lock().unwrap();
        if request.body == *refused.get_or_insert_with(|| request.body.clone()) {
            counted.fetch_add(1, Ordering::Relaxed);
            return HttpReply::Json(400, "{\"error\": {\"message\": \"I will not hear Phoenix\"}}".to_owned());
        }
        drop(refused);
        engine.answer(request)
    };
    let server = HttpServer::start(answer).unwrap();
    let home = home_with(&server.url());
    let ran = home.work_once();
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("it answered 400") && !ran.stderr.contains("Phoenix"), "{}", ran.stderr);
    assert_eq!((left_out(&home), tries.load(Ordering::Relaxed)), (1, 3));
    assert!(home.utterances().len() > 5, "the others have their words");
}

#[test]
fn nothing_is_sent_unless_the_configuration_says_where() {
    let home = TestHome::new();
    let config = Home::at(home.path()).config_file();
    for (text, told) in [
        ("[work]\nengine = \"openai\"\n", "names no server"),
        ("[work]\nengine = \"openai\"\n[openai]\nurl = \"http://127.0.0.1:9/v1\"\n", "no model is named"),
        ("[work]\nengine = \"openai\"\n[openai]\nurl = \"gpu-host\"\nmodel = \"m\"\n", "begins with http://"),
        (
            "[work]\nengine = \"openai\"\n[openai]\nurl = \"http://h/v1\"\nmodel = \"m\"\nkey_file = \"/no/key\"\n",
            "cannot read the key",
        ),
    ] {
        files::create_or_truncate(&config).unwrap().write_all(text.as_bytes()).unwrap();
        let ran = home.work_once();
        assert!(matches!(ran.code, Some(2 | 4)) && ran.stderr.contains(told), "{told}: {ran:?}");
    }
    // A server that is named and not chosen is never spoken to.
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    let server = HttpServer::start(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        HttpReply::HangUp
    });
    let server = server.unwrap();
    let text =
        format!("[work]\nmodel = '{}'\n[openai]\nurl = \"{}/v1\"\nmodel = \"m\"\n", model().display(), server.url());
    files::create_or_truncate(&config).unwrap().write_all(text.as_bytes()).unwrap();
    home.import("standup", "2026-11-23T09:15:00Z");
    assert_eq!(home.work_once().code, Some(0));
    assert_eq!(came.load(Ordering::Relaxed), 0);
}
