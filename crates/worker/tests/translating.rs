//! What isn't English is translated by a pass of its own, beside what was said.
//!
//! The model that can be had here knows English only, so the recogniser is a stand-in that answers what it was asked for.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use archive::{Archive, Session, TrackWriter, WriterSettings};
use home::Home;
use serde_json::json;
use speech::{
    Decoding, EngineError, Lane, Recognised, RecognisedWord, Recogniser, Request, Ticket, Vad, VadChoice, WindowParams,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{NewPass, Store};
use testkit::fixture;
use timeline::{SampleRate, Side, Span, SystemClock, TrackName, WallTime};
use worker::{PassPlan, Settings, Summary, Worker};

/// Hears one language, and writes down how it was asked.
struct StandIn {
    hears: &'static str,
    waiting: VecDeque<(Ticket, Request)>,
    asked: Arc<Mutex<Vec<Decoding>>>,
}

impl Recogniser for StandIn {
    fn submit(&mut self, request: Request, _: Lane) -> Result<Ticket, EngineError> {
        let mut asked = self.asked.lock().unwrap();
        let ticket = Ticket(u64::try_from(asked.len()).unwrap());
        asked.push(request.decoding.clone());
        self.waiting.push_back((ticket, request));
        Ok(ticket)
    }

    fn next(&mut self, _: Duration) -> Option<(Ticket, Result<Recognised, EngineError>)> {
        let (ticket, Request { samples, decoding }) = self.waiting.pop_front()?;
        let text = if decoding.translate { " said" } else { " gesagt" }.to_owned();
        let word = RecognisedWord { text, start: 0, end: samples.len().min(8_000), p: 0.9, logprob: -0.1, tokens: 1 };
        let language = decoding.language.unwrap_or_else(|| self.hears.to_owned());
        let recognised = Recognised { words: vec![word], language: Some(language), ..Recognised::default() };
        Some((ticket, Ok(recognised)))
    }

    fn cancel(&mut self, _: Ticket) {}
}

#[test]
fn what_was_said_in_german_is_translated_beside_it_and_english_is_not() {
    for (hears, translated) in [("de", true), ("en", false)] {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        home.ensure().unwrap();
        record(&home);
        let asked = Arc::default();
        work(&home, hears, &asked);

        let store = Store::open_read_only(&home.database()).unwrap();
        let said = store.utterances(&Span::ALL).unwrap();
        assert!(said.len() >= 2 && said.iter().all(|u| u.text == "gesagt"), "{hears}: {} utterances", said.len());
        let translations = store.translations(&Span::ALL).unwrap();
        let spans = |utterances: &[store::Utterance]| utterances.iter().map(|u| u.span).collect::<Vec<_>>();
        assert_eq!(spans(&translations), if translated { spans(&said) } else { Vec::new() }, "{hears}");
        assert!(translations.iter().all(|u| u.text == "said"));

        let asked_for = asked.lock().unwrap().clone();
        let (translating, transcribing): (Vec<_>, Vec<_>) = asked_for.iter().partition(|asked| asked.translate);
        assert!(translating.iter().all(|asked| asked.language.as_deref() == Some(hears)), "told, not found out again");
        let found_out = transcribing.iter().filter(|asked| asked.language.is_none()).count();
        assert_eq!(found_out, 1, "once per conversation, in {} windows", transcribing.len());

        let again = work(&home, hears, &asked);
        assert_eq!((again.windows, asked.lock().unwrap().len()), (0, asked_for.len()), "nothing is done twice");
    }
}

/// The microphone's side of the first conversation.
fn record(home: &Home) {
    let samples: Vec<i16> =
        hound::WavReader::open(fixture("days/standup.mic.wav")).unwrap().samples::<i16>().map(Result::unwrap).collect();
    let session = Session::start(WallTime::parse_rfc3339("2026-11-23T09:15:00Z").unwrap(), 0);
    let settings = WriterSettings { segment_minutes: 60, sync_every_s: 3_600 };
    let archive = Archive::open(home);
    let mut writer = TrackWriter::new(&archive, &session, TrackName::mic(), Side::Said, SampleRate::SPEECH, settings);
    writer.place(&samples, 0).unwrap();
    writer.rotate().unwrap();
}

fn work(home: &Home, hears: &'static str, asked: &Arc<Mutex<Vec<Decoding>>>) -> Summary {
    let recogniser = Box::new(StandIn { hears, waiting: VecDeque::new(), asked: Arc::clone(asked) });
    let settings = Settings {
        plan: plan(false),
        translation: Some(plan(true)),
        recogniser,
        vad: Vad::open(VadChoice::Builtin, None).unwrap(),
        live: None,
        segment_minutes: 5,
        campaigns: None,
        holds_back: Box::new(|| false),
        unload_after: Duration::from_mins(5),
        clock: Box::new(SystemClock),
    };
    Worker::open(home, settings).unwrap().run_once(&|| false, &mut |_| {}).unwrap()
}

fn plan(translate: bool) -> PassPlan {
    let windows = WindowParams::backlog(30);
    let pass = NewPass {
        model: "stand-in".to_owned(),
        model_sha256: "0".repeat(64),
        engine: "stand-in".to_owned(),
        params: json!({ "windows": windows, "translate": translate }),
        rank: 1,
        created: WallTime::from_micros(0),
    };
    PassPlan {
        pass,
        engine: home::EngineChoice::WhisperRs,
        windows,
        decoding: Decoding { translate, ..Decoding::default() },
    }
}
