//! What people type finds what was said.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use index::query::{Query, parse};
use index::{Cursor, Document, Hit, Likeness, Options, Searcher, Sort, Writer, highlight};
use std::path::Path;
use timeline::{Side, Span, WallTime};

/// 2026-11-23T10:00:00Z.
const NOW: WallTime = WallTime::from_millis(1_795_428_000_000);

fn at(seconds: i64) -> WallTime {
    NOW.plus_micros(seconds * 1_000_000)
}

fn document(key: i64, text: &str) -> Document {
    Document {
        key,
        start: at(key * 10),
        end: at(key * 10 + 5),
        side: Side::Said,
        text: text.to_owned(),
        before: String::new(),
        language: Some("en".to_owned()),
        pass: "1a2b3c4d".to_owned(),
        model: "small.en".to_owned(),
        p: 0.9,
        state: 0,
        is_echo: false,
        is_replay: false,
        is_correction: false,
        is_starred: false,
        notes: Vec::new(),
    }
}

fn index(folder: &Path, documents: &[Document]) -> Searcher {
    let mut writer = Writer::open(folder).unwrap();
    writer.apply(&[], documents).unwrap();
    writer.commit(&Cursor { database: "d".to_owned(), seq: 1, nonce: 2 }).unwrap();
    writer.close().unwrap();
    Searcher::open(folder).unwrap()
}

fn read(text: &str) -> Query {
    parse(text, NOW).query
}

fn keys(searcher: &Searcher, text: &str, options: &Options) -> Vec<i64> {
    let hits = searcher.search(&read(text), options).unwrap();
    assert_eq!(searcher.count(&read(text), options).unwrap(), hits.len(), "{text}");
    hits.into_iter().map(|hit| hit.key).collect()
}

#[test]
fn words_phrases_and_signs_find_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = index(
        folder.path(),
        &[
            document(1, "The big bad wolf."),
            document(2, "Big wolf! But bears are not."),
            document(3, "We met at the Café, don't you know?"),
            document(4, "A bear and a wolf near the big sheep"),
            document(5, "Kubernetes runs well-being on node.js"),
            document(6, "東京へ行く"),
            document(7, "running a naive test"),
        ],
    );
    for (text, expected) in [
        ("wolf", vec![4, 2, 1]),
        ("BEARS", vec![4, 2]),
        ("big wolf", vec![4, 2, 1]),
        ("wolf -bear", vec![1]),
        ("bear OR cafe", vec![4, 3, 2]),
        ("big wolf OR cafe", vec![4, 2, 1]),
        ("(big wolf) OR cafe", vec![4, 3, 2, 1]),
        ("\"big bad wolf\"", vec![1]),
        ("\"bad big\"", vec![]),
        ("\"bear\"", vec![4]),
        ("\"bears\"", vec![2]),
        ("\"wolf sheep\"~3", vec![4]),
        ("\"wolf sheep\"~2", vec![]),
        ("\"sheep wolf\"~9", vec![4]),
        ("café", vec![3]),
        ("CAFE", vec![3]),
        ("dont", vec![3]),
        ("don’t", vec![3]),
        ("naïve", vec![7]),
        ("run", vec![7, 5]),
        ("\"run\"", vec![]),
        ("kuber*", vec![5]),
        ("kuber", vec![]),
        ("node.js", vec![5]),
        ("js.node", vec![]),
        ("well being", vec![5]),
        ("well-be*", vec![5]),
        ("東京", vec![6]),
        ("京東", vec![]),
        ("-wolf", vec![7, 6, 5, 3]),
        ("-wolf -(run OR cafe)", vec![6]),
        ("wolf OR -big", vec![7, 6, 5, 4, 3, 2, 1]),
        ("", vec![]),
        ("\"\" ()", vec![]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
    let typing = Options { prefix_last: true, ..Options::default() };
    for (text, expected) in [
        ("kuber", vec![5]),
        ("kuber ", vec![]),
        ("big wo", vec![4, 2, 1]),
        ("wo big", vec![]),
        ("runn", vec![7]),
        ("node.j", vec![5]),
        ("k", vec![]),
    ] {
        assert_eq!(keys(&searcher, text, &typing), expected, "{text}");
    }
}

#[test]
fn fields_restrict_a_term_or_the_whole_query() {
    let folder = tempfile::tempdir().unwrap();
    let said = document(1, "the wolf");
    let heard =
        Document { side: Side::Heard, p: 0.3, language: Some("de".to_owned()), ..document(2, "the wolf and the bear") };
    let table = Document { side: Side::Both, p: 0.5, language: None, ..document(3, "wolf") };
    let hidden = Document { state: 2, ..document(4, "wolf") };
    let doubtful = Document { state: 1, ..document(5, "sheep") };
    let yesterday = Document { start: at(-86_400), end: at(-86_395), ..document(6, "wolf long ago") };
    let searcher = index(folder.path(), &[said, heard, table, hidden, doubtful, yesterday]);
    for (text, expected) in [
        ("wolf", vec![3, 2, 1, 6]),
        ("said:wolf", vec![3, 1, 6]),
        ("heard:wolf", vec![3, 2]),
        ("heard: wolf", vec![3, 2]),
        ("said:wolf heard:bear", vec![]),
        ("said:the OR heard:bear", vec![2, 1]),
        ("-heard:wolf wolf", vec![1, 6]),
        ("heard:\"the bear\"", vec![2]),
        ("said:(wolf bear) ", vec![]),
        ("heard:", vec![3, 2]),
        ("lang:de wolf", vec![2]),
        ("lang:DE", vec![2]),
        ("wolf conf:<0.5", vec![2]),
        ("wolf conf:<=0.5", vec![3, 2]),
        ("wolf conf:>50%", vec![1, 6]),
        ("conf:0.4..0.6", vec![3]),
        ("on:2026-11-23T10:00:20Z..2026-11-23T10:00:30Z", vec![2]),
        ("wolf since:2026-11-23T10:00:26Z", vec![3]),
        ("wolf until:2026-11-23T10:00:10Z", vec![6]),
        ("on:\"last 2d\"", vec![6]),
        ("sheep", vec![5]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
    let hidden = Options { include_hidden: true, ..Options::default() };
    assert_eq!(keys(&searcher, "wolf", &hidden), [4, 3, 2, 1, 6]);
    assert_eq!(keys(&searcher, "wolf is:hidden", &Options::default()), [4], "who asks for them gets them");
    assert_eq!(keys(&searcher, "is:hidden", &Options::default()), [4]);
    assert_eq!(keys(&searcher, "wolf -is:hidden", &hidden), keys(&searcher, "wolf", &Options::default()));
    let heard = Options { side: Some(Side::Heard), ..Options::default() };
    assert_eq!(keys(&searcher, "wolf", &heard), [3, 2]);
    let span = Options { span: Some(Span::new(at(-90_000), at(11))), ..Options::default() };
    assert_eq!(keys(&searcher, "wolf", &span), [1, 6]);
}

#[test]
fn a_time_of_the_day_is_that_of_the_local_clock_over_midnight_too() {
    let folder = tempfile::tempdir().unwrap();
    let local = |hours: i64| at(hours * 3_600 - i64::from(NOW.local_offset_s()));
    // 10:30, 22:59 and 01:00 on the local clock.
    let day = |key, start: WallTime| Document { start, end: start.plus_micros(1), ..document(key, "wolf") };
    let searcher = index(
        folder.path(),
        &[day(1, local(0).plus_micros(1_800_000_000)), day(2, local(13).plus_micros(-60_000_000)), day(3, local(15))],
    );
    for (text, expected) in [
        ("time:10:00..12:00", vec![1]),
        ("wolf time:10:30", vec![1]),
        ("wolf time:10:31..", vec![2]),
        ("time:22..2", vec![3, 2]),
        ("time:22", vec![2]),
        ("time:..1:01", vec![3]),
        ("-time:..12 wolf", vec![2]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
}

#[test]
fn a_phrase_is_found_across_the_border_of_two_utterances_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let first = document(1, "once upon a time there was a big bad");
    let second = Document {
        before: "time there was a big bad".to_owned(),
        ..document(2, "wolf, who don't like pigs and so on")
    };
    let searcher = index(folder.path(), &[first, second]);
    for (text, expected) in [
        ("\"bad wolf\"", vec![2]),
        ("\"a big bad wolf who\"", vec![2]),
        ("\"was a big bad wolf who dont like\"", vec![2]),
        ("\"there was a big bad wolf\"", vec![]),
        ("\"big bad\"", vec![1]),
        ("\"wolf who\"", vec![2]),
        ("\"big wolf\"~1", vec![2]),
        ("big wolf", vec![]),
        ("-\"bad wolf\" wolf", vec![]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
}

#[test]
fn hits_come_newest_first_or_best_first_and_no_more_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let documents: Vec<Document> = (0..50)
        .map(|key| {
            document(
                key,
                if key == 7 { "wolf wolf wolf" } else { "a wolf in a rather long sentence about other things" },
            )
        })
        .collect();
    let searcher = index(folder.path(), &documents);
    let limit = |limit, sort| Options { limit, sort, ..Options::default() };
    let newest = searcher.search(&read("wolf"), &limit(3, Sort::Time)).unwrap();
    assert_eq!(newest.iter().map(|hit| hit.key).collect::<Vec<_>>(), [49, 48, 47]);
    let best = searcher.search(&read("wolf"), &limit(1, Sort::Score)).unwrap();
    assert_eq!(best.iter().map(|hit| hit.key).collect::<Vec<_>>(), [7]);
    // The order makes no difference to the score.
    let by_time = searcher.search(&read("wolf said:"), &limit(50, Sort::Time)).unwrap();
    let by_score = searcher.search(&read("wolf said:"), &limit(50, Sort::Score)).unwrap();
    let sorted = |mut hits: Vec<Hit>| {
        hits.sort_by_key(|hit| hit.key);
        hits
    };
    assert!(by_score.iter().all(|hit| hit.score > 0.0));
    assert_eq!(sorted(by_time), sorted(by_score));
    assert_eq!(searcher.search(&read("wolf"), &limit(0, Sort::Time)).unwrap(), []);
    assert_eq!(searcher.count(&read("wolf"), &limit(1, Sort::Time)).unwrap(), 50);
}

#[test]
fn what_the_user_wrote_of_a_moment_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let noted = |key, text: &str, note: &str| Document { notes: vec![note.to_owned()], ..document(key, text) };
    let starred = Document { is_starred: true, ..noted(3, "wolf", "Call back, tomorrow") };
    let nobody = Document { is_correction: true, state: 2, ..document(4, "") };
    let corrected = Document { is_correction: true, ..document(5, "wolf") };
    let documents =
        [document(1, "wolf"), noted(2, "wolf", "Two meetings #todo, #Follow-up"), starred, nobody, corrected];
    let searcher = index(folder.path(), &documents);
    for (text, expected) in [
        ("wolf is:starred", vec![3]),
        ("-is:starred wolf", vec![5, 2, 1]),
        ("has:note", vec![3, 2]),
        ("note:meeting", vec![2]),
        ("note:todo", vec![2]),
        ("note:#todo", vec![2]),
        ("note:#meetings", vec![]),
        ("note:#follow-up wolf", vec![2]),
        ("note:\"call back\"", vec![3]),
        ("note:\"back call\"", vec![]),
        ("meetings", vec![]),
        ("is:corrected", vec![5, 4]),
        ("is:corrected wolf", vec![5]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
}

#[test]
fn what_was_heard_how_long_and_by_which_model_restricts_too() {
    let folder = tempfile::tempdir().unwrap();
    // NOW is a Monday.
    let short = Document { end: at(12), ..document(1, "wolf") };
    let long = Document { end: at(20 + 90), model: "ggml-large-v3".to_owned(), ..document(2, "wolf and bear") };
    let echo = Document { is_echo: true, state: 2, ..document(3, "wolf") };
    let replay = Document { is_replay: true, state: 2, ..document(4, "sheep") };
    let sunday = Document { start: at(-86_400), end: at(-86_399), ..document(5, "wolf") };
    let searcher = index(folder.path(), &[short, long, echo, replay, sunday]);
    for (text, expected) in [
        ("wolf", vec![2, 1, 5]),
        ("dur:>10s", vec![2]),
        ("wolf dur:<=2s", vec![1, 5]),
        ("dur:1m..2m wolf", vec![2]),
        ("-dur:>10s wolf", vec![1, 5]),
        ("dur:<-1", vec![]),
        ("model:large", vec![2]),
        ("model:ggml-large-v3 wolf", vec![2]),
        ("wolf model:small.en", vec![1, 5]),
        ("model:en.small", vec![]),
        ("has:echo", vec![3]),
        ("has:replay wolf", vec![]),
        ("has:replay", vec![4]),
        ("wolf -has:echo", vec![2, 1, 5]),
        ("day:mon wolf", vec![2, 1]),
        ("day:sun", vec![5]),
        ("day:sat..sun,tue", vec![5]),
        ("day:mon..sun", vec![2, 1, 5]),
        ("-day:mon", vec![5]),
    ] {
        assert_eq!(keys(&searcher, text, &Options::default()), expected, "{text}");
    }
}

#[test]
fn words_like_those_are_looked_for_only_where_nothing_has_them_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = index(
        folder.path(),
        &[
            document(1, "the quarterly budget"),
            document(2, "Kathryn came by"),
            document(3, "a new bucket"),
            Document { start: at(-400 * 86_400), end: at(-400 * 86_400 + 1), ..document(4, "wolves of Kubernetes") },
        ],
    );
    for (text, likeness, expected) in [
        ("budget", Likeness::Words, vec![1]),
        ("budgte", Likeness::Spelling, vec![1]),
        ("budgte -quarterly", Likeness::Words, vec![]),
        ("said:kuberntes", Likeness::Spelling, vec![4]),
        ("kuberntes on:2026-11-23", Likeness::Words, vec![]),
        ("Catherine", Likeness::Sound, vec![2]),
        ("catherine came", Likeness::Sound, vec![2]),
        ("\"budgte\"", Likeness::Words, vec![]),
        ("budgte*", Likeness::Words, vec![]),
        ("xyzzyx", Likeness::Words, vec![]),
        ("", Likeness::Words, vec![]),
    ] {
        let found = searcher.find(&read(text), &Options::default()).unwrap();
        let keys: Vec<i64> = found.hits.iter().map(|hit| hit.key).collect();
        assert_eq!((found.likeness, keys), (likeness, expected), "{text}");
    }
    let found = searcher.find(&read("catherine came"), &Options::default()).unwrap();
    let text = "Kathryn came by";
    let marked: Vec<&str> = highlight(text, &found.query).into_iter().map(|place| &text[place]).collect();
    assert_eq!(marked, ["Kathryn", "came"]);
}

#[test]
fn hits_are_counted_by_local_day_until_nobody_wants_to_know() {
    let folder = tempfile::tempdir().unwrap();
    let mut documents = Vec::new();
    for day in 0..500_i64 {
        for hit in 0..=day % 5 {
            let start = at(-day * 86_400 + hit * 60);
            documents.push(Document { start, end: start.plus_micros(1), ..document(day * 10 + hit, "wolf") });
        }
    }
    let hidden = Document { state: 2, ..document(9_999, "wolf") };
    documents.push(hidden);
    let searcher = index(folder.path(), &documents);
    let days = searcher.days(&read("wolf"), &Options::default(), &|| false).unwrap().unwrap();
    assert_eq!(days.len(), 500);
    for (place, day) in days.iter().enumerate() {
        assert!(day.span.contains(at(-(499 - i64::try_from(place).unwrap()) * 86_400)));
        assert_eq!(day.hits, (499 - place as u64) % 5 + 1);
    }
    let of_year = read("wolf since:2026-01-01");
    let count = searcher.count(&of_year, &Options::default()).unwrap();
    let days = searcher.days(&of_year, &Options::default(), &|| false).unwrap().unwrap();
    assert_eq!(days.iter().map(|day| day.hits).sum::<u64>(), count as u64);
    assert_eq!(searcher.days(&read(""), &Options::default(), &|| false).unwrap(), Some(vec![]));
    let looks = std::cell::Cell::new(0);
    let cancelled = searcher.days(&read("wolf"), &Options::default(), &|| {
        looks.set(looks.get() + 1);
        looks.get() > 1
    });
    assert_eq!((cancelled.unwrap(), looks.get()), (None, 2), "it stops where it is told to");
}
