//! A home for tests: the sound of the fixtures' conversations, their reference as the transcript, and its index, made
//! by the crates that make them in earnest.

use archive::Archive;
use home::Home;
use store::{NewPass, NewUtterance, Outcome, State, Store, WindowRow, Word};
use testkit::{Reference, fixture, references};
use timeline::{Side, Span, TrackName, WallTime};

/// When the conversation `standup` begins; `call` begins an hour later.
pub(crate) const START: &str = "2026-11-23T09:15:00Z";
const CALL_AFTER_S: f64 = 3_600.0;
const LENGTH_S: f64 = 150.0;

/// A moment after [`START`].
pub(crate) fn at(seconds: f64) -> WallTime {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a small sample")]
    let micros = (seconds * 1e6).round() as i64;
    WallTime::parse_rfc3339(START).unwrap().plus_micros(micros)
}

/// Makes `home` hold both conversations.
pub(crate) fn fill(home: &Home) {
    home.ensure().unwrap();
    let archive = Archive::open(home);
    let mut store = Store::open(&home.database()).unwrap();
    let pass = NewPass {
        model: "reference".into(),
        model_sha256: "0".repeat(64),
        engine: "by hand".into(),
        params: serde_json::json!({}),
        rank: 0,
        created: at(0.0),
    };
    let pass = store.ensure_pass(&pass).unwrap().key;
    for (name, begin_s) in [("standup", 0.0), ("call", CALL_AFTER_S)] {
        let spoken = references(&fixture(&format!("days/{name}.tsv"))).unwrap();
        for (track, side) in [(TrackName::mic(), Side::Said), (TrackName::loopback(), Side::Heard)] {
            let wav = fixture(&format!("days/{name}.{track}.wav"));
            archive::import::import(&archive, &wav, &track, side, at(begin_s), &mut |_| {}).unwrap();
            store.ensure_track(&track, side).unwrap();
            let utterances = spoken.iter().filter(|line| line.track == track.as_str());
            let window = WindowRow {
                pass,
                span: Span::new(at(begin_s), at(begin_s + LENGTH_S)),
                gaps: timeline::SpanSet::new(),
                outcome: Outcome::Words,
                reason: None,
                speech_micros: 60_000_000,
                compute_micros: 4_000_000,
                utterances: utterances.enumerate().map(|(i, line)| utterance(line, begin_s, i)).collect(),
                track,
            };
            store.commit_window(&window).unwrap();
        }
    }
    worker::Follower::open(&home.index()).unwrap().catch_up(&store).unwrap();
}

/// What a better model heard on the microphone of the first conversation: the same, but for a word.
pub(crate) fn hear_again(home: &Home) {
    let mut store = Store::open(&home.database()).unwrap();
    let pass = NewPass {
        model: "better".into(),
        model_sha256: "1".repeat(64),
        engine: "by hand".into(),
        params: serde_json::json!({}),
        rank: 1,
        created: at(1.0),
    };
    let pass = store.ensure_pass(&pass).unwrap().key;
    let mut spoken = references(&fixture("days/standup.tsv")).unwrap();
    spoken.retain(|line| line.track == "mic");
    for line in &mut spoken {
        line.text = line.text.replace("December", "November");
    }
    let window = WindowRow {
        pass,
        span: Span::new(at(0.0), at(LENGTH_S)),
        gaps: timeline::SpanSet::new(),
        outcome: Outcome::Words,
        reason: None,
        speech_micros: 60_000_000,
        compute_micros: 8_000_000,
        utterances: spoken.iter().enumerate().map(|(i, line)| utterance(line, 0.0, i)).collect(),
        track: TrackName::mic(),
    };
    store.commit_window(&window).unwrap();
    worker::Follower::open(&home.index()).unwrap().catch_up(&store).unwrap();
}

/// A window of the first conversation's pass behind it, with a phrase that models invent.
pub(crate) fn hide_one(home: &Home) {
    let mut store = Store::open(&home.database()).unwrap();
    let pass = store.passes().unwrap().remove(0).pass.key;
    let said = Span::new(at(LENGTH_S + 1.0), at(LENGTH_S + 2.0));
    let mut phantom = NewUtterance::clear(said, "Thanks for watching!");
    (phantom.state, phantom.reason) = (State::Hidden, Some("a phantom".into()));
    phantom.language = Some("en".into());
    let nothing = WindowRow::nothing(pass, TrackName::mic(), Span::new(at(LENGTH_S), at(LENGTH_S + 5.0)));
    store.commit_window(&WindowRow { outcome: Outcome::Words, utterances: vec![phantom], ..nothing }).unwrap();
}

/// So many lines that begin alike, a second apart, the day after.
pub(crate) fn say_often(home: &Home, times: u32) {
    let mut store = Store::open(&home.database()).unwrap();
    let pass = store.passes().unwrap().remove(0).pass.key;
    let second = |i: u32| at(86_400.0 + f64::from(i));
    let line =
        |i| NewUtterance::clear(Span::new(second(i), second(i).plus_micros(800_000)), &format!("often said, {i}"));
    let nothing = WindowRow::nothing(pass, TrackName::mic(), Span::new(second(0), second(times)));
    let often = WindowRow { outcome: Outcome::Words, utterances: (0..times).map(line).collect(), ..nothing };
    store.commit_window(&often).unwrap();
    worker::Follower::open(&home.index()).unwrap().catch_up(&store).unwrap();
}

/// The name of the first pass.
pub(crate) fn pass(home: &Home) -> timeline::PassName {
    Store::open_read_only(&home.database()).unwrap().passes().unwrap().remove(0).pass.name
}

/// Now and then a word is doubtful, or all of it.
fn utterance(line: &Reference, begin_s: f64, number: usize) -> NewUtterance {
    let span = Span::new(at(begin_s + line.start_s), at(begin_s + line.end_s));
    let words: Vec<&str> = line.text.split(' ').collect();
    let each = span.len_micros() / i64::try_from(words.len()).unwrap();
    let word = |(i, text): (usize, &str)| {
        let start = span.start.plus_micros(each * i64::try_from(i).unwrap());
        let p = if (number * 7 + i * 3).is_multiple_of(19) { 0.31 } else { 0.94 };
        Word { span: Span::new(start, start.plus_micros(each)), text: text.to_owned(), p }
    };
    let doubtful = number % 9 == 5;
    NewUtterance {
        span,
        text: line.text.clone(),
        language: Some("en".into()),
        p: 0.9,
        no_speech_p: 0.02,
        mean_logprob: -0.2,
        vad_mean: 0.9,
        vad_peak: 0.99,
        tokens_per_s: 4.0,
        repetition: 0.0,
        state: if doubtful { State::Doubtful } else { State::Shown },
        reason: doubtful.then(|| "words are improbable".to_owned()),
        echo_of: None,
        replay_of: None,
        words: words.into_iter().enumerate().map(word).collect(),
    }
}
