//! A server elsewhere as the recogniser: one that does what it should, and ones that don't.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test"
)]

use serde_json::json;
use speech::{Decoding, EngineError, Lane, RATE, Recognised, Recogniser, RemoteEngine, RemoteOptions, Request, Ticket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{HttpReply, HttpRequest, HttpServer};

/// Far longer than anything here takes, unless it hangs.
const LONG: Duration = Duration::from_mins(2);

fn options(url: &str) -> RemoteOptions {
    let (url, model) = (format!("{url}/v1"), "large-v3".to_owned());
    RemoteOptions { url, model, key: None, timeout: LONG, at_once: 1, patience: None }
}

/// A window of two seconds, told from others by its level, and from the silence that a server is tried with.
fn window(level: f32) -> Request {
    Request { samples: vec![level; 2 * RATE], decoding: Decoding::default() }
}

/// The level of the window in a request; 0 for silence.
fn level(request: &HttpRequest) -> i16 {
    let samples = request.body.windows(4).position(|four| four == b"RIFF").unwrap() + 44;
    i16::from_le_bytes([request.body[samples], request.body[samples + 1]])
}

fn transcript(text: &str) -> HttpReply {
    let word = json!({ "word": text, "start": 0.5, "end": 1.0 });
    HttpReply::Json(200, json!({ "text": text, "language": "english", "words": [word] }).to_string())
}

fn text(recognised: &Recognised) -> String {
    recognised.words.iter().map(|word| word.text.as_str()).collect()
}

fn next(engine: &mut RemoteEngine) -> (Ticket, Result<Recognised, EngineError>) {
    engine.next(LONG).expect("an answer")
}

#[test]
fn a_window_is_posted_as_the_protocol_says_and_comes_back_as_words() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let server = HttpServer::start(move |request| {
        kept.lock().unwrap().push(request.clone());
        transcript("Hello")
    });
    let server = server.unwrap();
    let options = RemoteOptions { key: Some("sk-secret".to_owned()), ..options(&server.url()) };
    assert!(!format!("{options:?}").contains("sk-secret"));
    let mut engine = RemoteEngine::new(options).unwrap();
    let decoding = Decoding { language: Some("de".to_owned()), ..Decoding::default() };
    let ticket = engine.submit(Request { decoding, ..window(0.5) }, Lane::Backlog).unwrap();
    let (answered, recognised) = next(&mut engine);
    let recognised = recognised.unwrap();
    assert_eq!((answered, text(&recognised).as_str(), recognised.language.as_deref()), (ticket, "Hello", Some("en")));
    assert_eq!((recognised.words[0].start, recognised.words[0].end), (RATE / 2, RATE));
    let translate = Decoding { translate: true, ..Decoding::default() };
    engine.submit(Request { decoding: translate, ..window(0.5) }, Lane::Backlog).unwrap();
    next(&mut engine).1.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/v1/audio/transcriptions"));
    assert_eq!(seen[1].path, "/v1/audio/translations");
    assert_eq!(seen[0].header("authorization"), Some("Bearer sk-secret"));
    assert_eq!(level(&seen[0]), 16_384);
    let form = String::from_utf8_lossy(&seen[0].body);
    for field in [
        "name=\"model\"\r\n\r\nlarge-v3",
        "name=\"language\"\r\n\r\nde",
        "name=\"timestamp_granularities[]\"\r\n\r\nword",
    ] {
        assert!(form.contains(field), "{field}");
    }
}

#[test]
fn a_window_that_the_server_refuses_has_failed_and_the_next_is_fine() {
    for bad in [
        HttpReply::Json(400, "{\"error\": {\"message\": \"secret\"}}".to_owned()),
        HttpReply::Json(500, "secret".to_owned()),
        HttpReply::Json(200, "<html>secret</html>".to_owned()),
        HttpReply::Json(200, "{\"text\": \"secret".to_owned()),
        HttpReply::Half(json!({ "text": "secret", "words": [] }).to_string()),
        HttpReply::HangUp,
    ] {
        let reply = bad.clone();
        let answer =
            move |request: &HttpRequest| if level(request) > 10_000 { reply.clone() } else { transcript("fine") };
        let server = HttpServer::start(answer).unwrap();
        let mut engine = RemoteEngine::new(options(&server.url())).unwrap();
        let tickets = [0.5, 0.1].map(|level| engine.submit(window(level), Lane::Backlog).unwrap());
        let (first, failed) = next(&mut engine);
        let error = failed.unwrap_err();
        assert!(matches!(error, EngineError::Failed(_)), "{bad:?}: {error}");
        assert!(!error.to_string().contains("secret"), "what it wrote may be what was said: {error}");
        let (second, recognised) = next(&mut engine);
        assert_eq!(([first, second], text(&recognised.unwrap()).as_str()), (tickets, "fine"));
    }
}

#[test]
fn a_server_that_is_silent_about_one_window_costs_that_window() {
    let answer = |request: &HttpRequest| if level(request) > 10_000 { HttpReply::Silence } else { transcript("fine") };
    let server = HttpServer::start(answer).unwrap();
    let mut engine =
        RemoteEngine::new(RemoteOptions { timeout: Duration::from_secs(5), ..options(&server.url()) }).unwrap();
    engine.submit(window(0.5), Lane::Backlog).unwrap();
    let error = next(&mut engine).1.unwrap_err();
    assert_eq!(error.to_string(), "the engine failed: it gave no answer for 5 s");
}

#[test]
fn a_server_that_is_not_well_costs_no_window() {
    // Whatever it is given at first; then it is well.
    for bad in [
        HttpReply::Json(500, String::new()),
        HttpReply::Json(401, String::new()),
        HttpReply::Json(200, "<html>Welcome</html>".to_owned()),
        HttpReply::HangUp,
    ] {
        let (asked, reply) = (AtomicUsize::new(0), bad.clone());
        let answer = move |_: &HttpRequest| match asked.fetch_add(1, Ordering::Relaxed) {
            0..4 => reply.clone(),
            _ => transcript("at last"),
        };
        let server = HttpServer::start(answer).unwrap();
        let mut engine = RemoteEngine::new(options(&server.url())).unwrap();
        let ticket = engine.submit(window(0.5), Lane::Backlog).unwrap();
        assert!(engine.next(Duration::from_millis(1)).is_none());
        let (answered, recognised) = next(&mut engine);
        assert_eq!((answered, text(&recognised.unwrap()).as_str()), (ticket, "at last"), "{bad:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_waited_for() {
    let gone = HttpServer::start(|_| HttpReply::HangUp).unwrap();
    let (url, port) = (gone.url(), gone.port());
    drop(gone);
    let mut engine = RemoteEngine::new(options(&url)).unwrap();
    let ticket = engine.submit(window(0.5), Lane::Backlog).unwrap();
    assert!(engine.next(Duration::from_secs(2)).is_none());
    let server = HttpServer::start_on(port, |_| transcript("at last"));
    let _server = server.unwrap();
    let (answered, recognised) = next(&mut engine);
    assert_eq!((answered, text(&recognised.unwrap()).as_str()), (ticket, "at last"));
}

#[test]
fn patience_that_has_an_end_names_the_server() {
    let gone = HttpServer::start(|_| HttpReply::HangUp).unwrap().url();
    let patient = RemoteOptions { patience: Some(Duration::from_secs(1)), ..options(&gone) };
    let mut engine = RemoteEngine::new(patient).unwrap();
    engine.submit(window(0.5), Lane::Backlog).unwrap();
    let error = next(&mut engine).1.unwrap_err();
    assert!(matches!(&error, EngineError::Unreachable { url, .. } if *url == format!("{gone}/v1")), "{error}");
    assert!(error.to_string().contains("it can't be reached"), "{error}");
}

#[test]
fn a_window_that_kills_the_server_each_time_is_given_up() {
    // It hangs up on that window, and on whatever comes next: it is being started again.
    let ill = AtomicUsize::new(0);
    let answer = move |request: &HttpRequest| {
        if level(request) > 10_000 {
            ill.store(1, Ordering::Relaxed);
            return HttpReply::HangUp;
        }
        if ill.swap(0, Ordering::Relaxed) > 0 { HttpReply::HangUp } else { transcript("fine") }
    };
    let server = HttpServer::start(answer).unwrap();
    let mut engine = RemoteEngine::new(options(&server.url())).unwrap();
    engine.submit(window(0.5), Lane::Backlog).unwrap();
    assert!(matches!(next(&mut engine).1, Err(EngineError::Failed(_))));
    engine.submit(window(0.1), Lane::Backlog).unwrap();
    assert_eq!(text(&next(&mut engine).1.unwrap()), "fine");
}

#[test]
fn the_sound_follows_no_redirect() {
    let other = Arc::new(AtomicUsize::new(0));
    let came = Arc::clone(&other);
    let elsewhere = HttpServer::start(move |_| {
        came.fetch_add(1, Ordering::Relaxed);
        transcript("stolen")
    });
    let elsewhere = elsewhere.unwrap();
    let to = format!("{}/v1/audio/transcriptions", elsewhere.url());
    let server = HttpServer::start(move |_| HttpReply::Redirect(to.clone())).unwrap();
    let patient = RemoteOptions { patience: Some(Duration::from_secs(1)), ..options(&server.url()) };
    let mut engine = RemoteEngine::new(patient).unwrap();
    engine.submit(window(0.5), Lane::Backlog).unwrap();
    let error = next(&mut engine).1.unwrap_err();
    assert!(error.to_string().contains("it answered 307"), "{error}");
    assert_eq!(other.load(Ordering::Relaxed), 0);
}

#[test]
fn a_cancelled_window_gives_no_result_even_while_the_server_is_down() {
    let gone = HttpServer::start(|_| HttpReply::HangUp).unwrap().url();
    let mut engine = RemoteEngine::new(options(&gone)).unwrap();
    let ticket = engine.submit(window(0.5), Lane::Backlog).unwrap();
    assert!(engine.next(Duration::from_millis(300)).is_none());
    engine.cancel(ticket);
    let asked = Instant::now();
    assert!(engine.next(LONG).is_none(), "nothing is under way");
    assert!(asked.elapsed() < Duration::from_mins(1));
}

#[test]
fn live_windows_come_first_and_the_queue_is_bounded() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&order);
    let server = HttpServer::start(move |request| {
        kept.lock().unwrap().push(level(request));
        std::thread::sleep(Duration::from_millis(300));
        transcript("fine")
    });
    let server = server.unwrap();
    let mut engine = RemoteEngine::new(options(&server.url())).unwrap();
    for level in [0.25, 0.5] {
        engine.submit(window(level), Lane::Backlog).unwrap();
        // The first is taken up before others come.
        std::thread::sleep(Duration::from_millis(100));
    }
    engine.submit(window(-0.5), Lane::Live).unwrap();
    for _ in 0..3 {
        next(&mut engine).1.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [8_192, -16_384, 16_384]);
    let full = (0..100).find_map(|_| engine.submit(window(0.5), Lane::Backlog).err()).unwrap();
    assert!(matches!(full, EngineError::Full(_)), "{full}");
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["gpu-host:8000", "ftp://gpu-host", "", "http://me:secret@gpu-host"] {
        let refused = RemoteEngine::new(RemoteOptions { url: url.to_owned(), ..options("") }).unwrap_err();
        assert!(matches!(&refused, EngineError::Refused(_)) && !refused.to_string().contains("secret"), "{refused}");
    }
}
