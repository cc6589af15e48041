//! With a real database and a real log of what was played. Times are milliseconds after one moment.

use super::*;
use archive::Played;
use home::Home;
use serde_json::json;
use store::{NewPass, Outcome, PROVISIONAL, WindowRow};
use timeline::TrackName;

const TEN_WORDS: &str = "one two three four five six seven eight nine ten";

struct Day {
    _dir: tempfile::TempDir,
    store: Store,
    archive: Archive,
    pass: i64,
}

fn at(ms: i64) -> WallTime {
    WallTime::from_millis(1_795_425_312_000 + ms)
}

fn span(from_ms: i64, to_ms: i64) -> Span {
    Span::new(at(from_ms), at(to_ms))
}

fn utterance((from_ms, to_ms): (i64, i64), text: &str) -> NewUtterance {
    NewUtterance::clear(span(from_ms, to_ms), text)
}

/// A share of echo, by how much of all it was, with too much left for the rest of an echo.
fn share(of_all: f32) -> EchoShare {
    EchoShare { echo: of_all, rest: 1.0 - of_all }
}

/// 20 dB less is left than was taken out.
const LEFT_OVER: Option<EchoShare> = Some(EchoShare { echo: 1.0, rest: 0.01 });

impl Day {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        home.ensure().unwrap();
        let (store, archive) = (Store::open(&home.database()).unwrap(), Archive::open(&home));
        store.ensure_track(&TrackName::mic(), Side::Said).unwrap();
        store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
        let pass = NewPass {
            model: "live".to_owned(),
            model_sha256: "0".repeat(64),
            engine: "none".to_owned(),
            params: json!({}),
            rank: PROVISIONAL,
            created: at(0),
        };
        let pass = store.ensure_pass(&pass).unwrap().key;
        Self { _dir: dir, store, archive, pass }
    }

    fn with_heard(span: (i64, i64), text: &str) -> Self {
        let mut day = Self::new();
        day.hear(span, text);
        day
    }

    fn commit(&mut self, track: TrackName, utterance: NewUtterance) {
        let window = WindowRow {
            pass: self.pass,
            track,
            span: utterance.span,
            gaps: SpanSet::new(),
            outcome: Outcome::Words,
            reason: None,
            speech_micros: 0,
            compute_micros: 0,
            utterances: vec![utterance],
        };
        self.store.commit_window(&window).unwrap();
    }

    /// The answer of a live window of the loopback.
    fn hear(&mut self, (from_ms, to_ms): (i64, i64), text: &str) {
        self.commit(TrackName::loopback(), utterance((from_ms, to_ms), text));
        link_stored_echoes(&mut self.store, self.pass, &span(from_ms, to_ms)).unwrap();
    }

    /// The answer of a live window of the microphone.
    fn say(&mut self, span: (i64, i64), text: &str) {
        let said = self.linked(span, text, None);
        self.commit(TrackName::mic(), said);
    }

    /// What is made of an utterance of the microphone that is to be stored.
    fn linked(&self, span: (i64, i64), text: &str, share: Option<EchoShare>) -> NewUtterance {
        let mut said = [utterance(span, text)];
        link_echoes(&self.store, self.pass, &mut said, &[share]).unwrap();
        let [said] = said;
        assert_eq!(said.state == State::Hidden, said.echo_of.is_some());
        assert_eq!(said.reason.as_deref(), said.echo_of.as_ref().map(|_| "echo"));
        said
    }

    fn is_echo(&self, span: (i64, i64), text: &str, share: Option<EchoShare>) -> bool {
        self.linked(span, text, share).echo_of.is_some()
    }

    /// What a reader sees: text, state, and the text of what it is an echo of.
    fn rows(&self) -> Vec<(Side, String, State, Option<String>)> {
        let all = self.store.utterances(&Span::ALL).unwrap();
        let text_of = |id: &String| self.store.by_id(&id.parse().unwrap()).unwrap().unwrap().text;
        let mut rows: Vec<_> =
            all.iter().map(|row| (row.side, row.text.clone(), row.state, row.echo_of.as_ref().map(text_of))).collect();
        rows.sort_by(|a, b| (a.0.as_str(), &a.1).cmp(&(b.0.as_str(), &b.1)));
        rows
    }

    /// `log` is (at, end, from, speed).
    fn with_played(log: &[(i64, i64, i64, f32)]) -> Self {
        let day = Self::new();
        for (from_ms, to_ms, source_ms, speed) in log.iter().copied() {
            let to = at(source_ms).plus_micros(along((to_ms - from_ms) * 1_000, speed));
            let played = Played { at: at(from_ms), end: at(to_ms), from: at(source_ms), to, speed };
            PlayedLog::open(&day.archive).append(&played).unwrap();
        }
        day
    }

    fn replay_of(&self, span: (i64, i64)) -> Option<String> {
        let mut heard = [utterance(span, "whatever")];
        link_replays(&self.store, &self.archive, &mut heard).unwrap();
        let [heard] = heard;
        assert_eq!(heard.state == State::Hidden, heard.replay_of.is_some());
        assert_eq!(heard.reason.as_deref(), heard.replay_of.as_ref().map(|_| "replay"));
        heard.replay_of
    }
}

#[test]
fn the_words_decide_only_where_the_echo_was_a_part_of_the_sound() {
    let day = Day::with_heard((0, 4_000), TEN_WORDS);
    for (of_all, linked) in [(0.0, false), (0.299, false), (0.301, true), (0.9, true)] {
        assert_eq!(day.is_echo((200, 4_200), TEN_WORDS, Some(share(of_all))), linked, "{of_all}");
        assert!(!day.is_echo((200, 4_200), "something else was said here", Some(share(of_all))), "{of_all}");
    }
}

#[test]
fn what_is_left_of_an_echo_needs_no_words_but_something_that_was_played() {
    let day = Day::with_heard((0, 4_000), TEN_WORDS);
    assert!(day.is_echo((200, 4_200), "um", LEFT_OVER));
    assert!(!day.is_echo((200, 4_200), "um", Some(share(0.9))));
    assert!(!day.is_echo((20_000, 24_000), "um", LEFT_OVER));
    assert!(!Day::new().is_echo((200, 4_200), TEN_WORDS, LEFT_OVER));
}

#[test]
fn fewer_than_three_words_are_no_evidence() {
    let day = Day::with_heard((0, 4_000), TEN_WORDS);
    for (text, linked) in [("", false), ("one", false), ("one two", false), ("one two three", true)] {
        for share in [Some(share(0.5)), None] {
            assert_eq!(day.is_echo((200, 4_200), text, share), linked, "{text}");
        }
    }
}

#[test]
fn of_ten_words_eight_have_to_be_the_same_in_the_same_order() {
    let day = Day::with_heard((0, 4_000), TEN_WORDS);
    for (text, linked) in [
        ("One, two; three FOUR five six seven eight nine, ten!", true),
        ("one two three four five six seven eight x x", true),
        ("x one two x three four five six seven eight", true),
        ("one two three four five six seven x x x", false),
        ("ten nine eight seven six five four three two one", false),
        // Of five words four.
        ("six seven x eight nine", true),
        ("six x x eight nine", false),
    ] {
        for share in [Some(share(0.5)), None] {
            assert_eq!(day.is_echo((200, 4_200), text, share), linked, "{text}");
        }
    }
}

#[test]
fn the_words_of_several_utterances_are_taken_together_and_the_nearest_is_named() {
    let mut day = Day::with_heard((0, 1_500), "one two three four");
    day.hear((1_600, 4_000), "five six seven eight nine ten");
    for share in [Some(share(0.5)), None] {
        let said = day.linked((200, 4_200), TEN_WORDS, share);
        let id = said.echo_of.unwrap().parse().unwrap();
        assert_eq!(day.store.by_id(&id).unwrap().unwrap().text, "five six seven eight nine ten");
    }
}

#[test]
fn words_are_compared_with_what_was_heard_within_a_second_and_a_half() {
    let day = Day::with_heard((10_000, 14_000), TEN_WORDS);
    for (span, linked) in
        [((15_499, 18_000), true), ((15_500, 18_000), false), ((6_000, 8_501), true), ((6_000, 8_500), false)]
    {
        assert_eq!(day.is_echo(span, TEN_WORDS, Some(share(0.5))), linked, "{span:?}");
    }
}

/// Headphones, and somebody who repeats what the other has just said.
#[test]
fn where_no_echo_was_looked_for_something_has_to_be_heard_meanwhile() {
    for (heard, linked) in [((0, 2_999), false), ((0, 3_000), true), ((9_000, 20_000), false), ((7_000, 20_000), true)]
    {
        let day = Day::with_heard(heard, TEN_WORDS);
        assert_eq!(day.is_echo((0, 10_000), TEN_WORDS, None), linked, "{heard:?}");
    }
    let day = Day::with_heard((0, 4_000), "so we ship on monday");
    assert!(!day.is_echo((4_400, 5_800), "we ship on monday", None));
}

#[test]
fn live_answers_give_the_same_rows_in_any_order() {
    type Answer = (Side, (i64, i64), &'static str);
    let answers: [Answer; 4] = [
        (Side::Heard, (0, 2_000), "one two three four"),
        (Side::Heard, (2_400, 8_000), "five six seven eight nine ten"),
        (Side::Said, (200, 5_200), TEN_WORDS),
        // At the same time, in other words.
        (Side::Said, (5_300, 8_000), "no let me look that up first"),
    ];
    for order in permutations(answers.len()) {
        let mut day = Day::new();
        for at in order.iter().copied() {
            match answers[at] {
                (Side::Said, span, text) => day.say(span, text),
                (_, span, text) => day.hear(span, text),
            }
        }
        let rows = day.rows();
        let (hidden, shown): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.2 == State::Hidden);
        let (text, of) = (TEN_WORDS.to_owned(), "five six seven eight nine ten".to_owned());
        assert_eq!(hidden, [&(Side::Said, text, State::Hidden, Some(of))], "{order:?}");
        assert!(shown.len() == 3 && shown.iter().all(|row| row.2 == State::Shown && row.3.is_none()), "{shown:?}");
    }
}

fn permutations(len: usize) -> Vec<Vec<usize>> {
    (0..len).fold(vec![Vec::new()], |shorter, next| {
        let with_next = |order: &Vec<usize>| {
            let order = order.clone();
            (0..=order.len()).map(move |at| [&order[..at], &[next], &order[at..]].concat())
        };
        shorter.iter().flat_map(with_next).collect()
    })
}

#[test]
fn shares_belong_to_the_utterances_that_have_words() {
    let window = speech::Window { span: (at(0).position(), at(9).position()), pieces: Vec::new(), samples: Vec::new() };
    let planned = |echo| PlannedWindow {
        track: TrackName::mic(),
        span: span(0, 9),
        sound: SpanSet::new(),
        window: window.clone(),
        language: None,
        side: Side::Said,
        echo,
    };
    let measured: Vec<EchoShare> = [0.1, 0.2, 0.3].map(share).to_vec();
    let kept = || [true, false, true].into_iter();
    assert_eq!(shares(&planned(Some(measured)), kept()), [Some(share(0.1)), Some(share(0.3))]);
    assert_eq!(shares(&planned(None), kept()), [None, None]);
}

#[test]
fn a_replay_is_found_at_the_speed_it_was_played_at() {
    for (speed, from_ms) in [(1.0, 4_000), (2.0, 8_000), (0.5, 2_000)] {
        let mut day = Day::with_played(&[(100_000, 110_000, 0, speed)]);
        let heard = (104_000, 105_000);
        assert_eq!(day.replay_of(heard), Some(at(from_ms).compact()), "nothing is stored of it yet, at {speed}");
        // 4 to 5 s of the replay are these of the day; the neighbour has less of it.
        let (start, len) = (from_ms, along(1_000, speed));
        day.commit(TrackName::mic(), utterance((start - 1_000, start + len / 10), "before"));
        day.commit(TrackName::mic(), utterance((start + len / 10 + 1, start + 4 * len), "what was played"));
        let id = day.replay_of(heard).unwrap().parse().unwrap();
        assert_eq!(day.store.by_id(&id).unwrap().unwrap().text, "what was played", "at {speed}");
    }
}

#[test]
fn what_is_heard_is_a_replay_where_half_of_it_was_played() {
    let day =
        Day::with_played(&[(100_000, 110_000, 0, 1.5), (120_000, 120_600, 50_000, 1.0), (121_400, 122_000, 0, 2.0)]);
    for (heard, from_ms) in [
        ((99_000, 101_000), Some(0)),
        ((98_998, 101_000), None),
        ((109_000, 111_000), Some(13_500)),
        ((109_000, 111_002), None),
        ((110_000, 112_000), None),
        // What was played in two stretches counts together.
        ((120_000, 122_000), Some(50_000)),
        ((120_000, 122_402), None),
    ] {
        assert_eq!(day.replay_of(heard), from_ms.map(|ms| at(ms).compact()), "{heard:?}");
    }
    assert_eq!(Day::new().replay_of((100_000, 101_000)), None);
}
