//! What is stored comes back, exactly once, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::{Archive, at, said, span};
use store::{NewUtterance, Outcome, State, StoreError, WindowRow, Word};
use timeline::{Side, SpanSet, TrackName};

#[test]
fn a_window_comes_back_as_it_was_stored() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let word = |from, to, text: &str, p| Word { span: span(from, to), text: text.to_owned(), p };
    let utterance = NewUtterance {
        span: span(1_250, 3_480),
        text: "Good morning, Zoë.".to_owned(),
        language: Some("en".to_owned()),
        p: 0.8125,
        no_speech_p: 0.03125,
        mean_logprob: -0.25,
        vad_mean: 0.5,
        vad_peak: 0.75,
        tokens_per_s: 4.0,
        repetition: 0.0,
        state: State::Doubtful,
        reason: Some("few words".to_owned()),
        echo_of: Some("20231114T221320.900Z-loopback-00000000".to_owned()),
        replay_of: Some("20231113T080000.000Z-mic-00000000".to_owned()),
        words: vec![
            word(1_250, 1_600, "Good", 0.9876),
            word(1_600, 2_400, "morning,", 1.0),
            word(2_500, 3_480, "Zoë.", 0.5),
        ],
    };
    let seq = archive.store.commit_window(&archive.window(pass, 0, 5_000, vec![utterance.clone()])).unwrap();
    assert_eq!(seq, 1);

    let read = archive.reopened().utterances(&span(0, 10_000)).unwrap();
    let [read] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(read.id.to_string(), format!("20231114T221321.250Z-mic-{}", archive.name(pass)));
    assert_eq!((read.track.as_str(), read.side, read.span), ("mic", Side::Said, utterance.span));
    assert_eq!((&read.text, &read.language, &read.reason), (&utterance.text, &utterance.language, &utterance.reason));
    assert_eq!((&read.echo_of, &read.replay_of), (&utterance.echo_of, &utterance.replay_of));
    assert_eq!((read.p, read.no_speech_p, read.mean_logprob), (0.8125, 0.03125, -0.25));
    assert_eq!((read.vad_mean, read.vad_peak, read.state), (0.5, 0.75, State::Doubtful));
    assert_eq!(read.words, utterance.words);
    assert_eq!(archive.store.by_id(&read.id).unwrap().as_ref(), Some(read));
    assert_eq!(archive.store.by_keys(&[read.key, 99, read.key]).unwrap(), [read.clone(), read.clone()]);
    let coverage: SpanSet = [span(0, 5_000)].into_iter().collect();
    assert_eq!(archive.store.coverage(pass, &TrackName::mic()).unwrap(), coverage);
}

#[test]
fn a_window_that_comes_twice_is_refused_and_changes_nothing() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let window = archive.window(pass, 10_000, 20_000, vec![said(11_000, 12_000, "once")]);
    archive.store.commit_window(&window).unwrap();
    let before = archive.dump();
    for (start, end) in [(10_000, 20_000), (5_000, 10_001), (19_999, 30_000), (12_000, 13_000), (0, 60_000)] {
        let late = archive.window(pass, start, end, vec![said(start, end, "twice")]);
        match archive.store.commit_window(&late) {
            Err(StoreError::AlreadyCovered { covered, .. }) => assert_eq!(covered, span(10_000, 20_000)),
            other => panic!("{start}..{end}: {other:?}"),
        }
        assert_eq!(archive.dump(), before, "{start}..{end}");
    }
    // Another pass, another track, and the spans that touch are free.
    let other = archive.pass("small.en", 0, 1);
    archive.store.commit_window(&archive.window(other, 10_000, 20_000, vec![])).unwrap();
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    archive.store.commit_window(&WindowRow { track: TrackName::loopback(), ..window }).unwrap();
    for (start, end) in [(0, 10_000), (20_000, 30_000)] {
        archive.store.commit_window(&archive.window(pass, start, end, vec![])).unwrap();
    }
}

#[test]
fn a_gap_in_a_window_stays_uncovered_and_an_utterance_around_it_is_still_current() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let gaps: SpanSet = [span(4_000, 6_000)].into_iter().collect();
    // Its middle lies in the gap, where no pass speaks.
    let window = archive.window(pass, 0, 10_000, vec![said(3_500, 6_500, "before and after")]);
    archive.store.commit_window(&WindowRow { gaps: gaps.clone(), ..window.clone() }).unwrap();
    let covered: SpanSet = [span(0, 4_000), span(6_000, 10_000)].into_iter().collect();
    assert_eq!(archive.store.coverage(pass, &TrackName::mic()).unwrap(), covered);
    assert_eq!(archive.current(), ["before and after"]);
    // Sound that is found for the gap later is free to be covered, once.
    archive.store.commit_window(&archive.window(pass, 4_000, 6_000, vec![])).unwrap();
    assert!(matches!(archive.store.commit_window(&window), Err(StoreError::AlreadyCovered { .. })));
    let silent =
        WindowRow { gaps: [span(0, 20_000)].into_iter().collect(), ..archive.window(pass, 10_000, 20_000, vec![]) };
    assert!(matches!(archive.store.commit_window(&silent), Err(StoreError::BadWindow { .. })), "nothing but a gap");
}

#[test]
fn windows_that_contradict_themselves_are_refused_and_change_nothing() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let before = archive.dump();
    let whole = archive.window(pass, 0, 10_000, vec![said(1_000, 2_000, "x")]);
    let nothing = WindowRow { outcome: Outcome::Nothing, ..whole.clone() };
    let quarantined = WindowRow { outcome: Outcome::Quarantined, ..whole.clone() };
    let empty = WindowRow { span: span(5_000, 5_000), ..whole.clone() };
    let outside = archive.window(pass, 0, 10_000, vec![said(10_001, 10_002, "x")]);
    let long = archive.window(pass, 0, 700_000, vec![said(0, 600_001, "x")]);
    let large = archive.window(pass, 0, 10_000, vec![said(0, 1_000, &"x".repeat(65_537))]);
    for window in [nothing, quarantined, empty, outside, long, large] {
        let result = archive.store.commit_window(&window);
        assert!(matches!(result, Err(StoreError::BadWindow { .. })), "{result:?}");
    }
    let unknown = WindowRow { pass: 77, ..whole.clone() };
    assert!(matches!(archive.store.commit_window(&unknown), Err(StoreError::UnknownPass { key: 77 })));
    let unknown = WindowRow { track: TrackName::loopback(), ..whole };
    assert!(matches!(archive.store.commit_window(&unknown), Err(StoreError::UnknownTrack { .. })));
    assert_eq!(archive.dump(), before);
}

#[test]
fn utterances_of_one_millisecond_get_ids_in_the_order_of_their_window() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let mut second = said(1_000, 2_000, "two");
    second.span.start = second.span.start.plus_micros(400);
    let texts = vec![said(1_000, 2_000, "one"), second, said(1_000, 2_000, "three"), said(1_001, 2_000, "four")];
    archive.store.commit_window(&archive.window(pass, 0, 3_000, texts)).unwrap();
    // The next window may begin in the same millisecond.
    let mut late = archive.window(pass, 3_000, 9_000, vec![said(3_000, 3_000, "five")]);
    late.utterances[0].span.start = at(1_000);
    late.utterances[0].span.end = at(3_000);
    archive.store.commit_window(&late).unwrap();
    let utterances = archive.store.utterances(&span(0, 9_000)).unwrap();
    let ids: Vec<(String, String)> = utterances.iter().map(|u| (u.text.clone(), u.id.to_string())).collect();
    let name = archive.name(pass);
    let expected = [
        ("one", "21.000", ""),
        ("three", "21.000", "~3"),
        ("five", "21.000", "~4"),
        ("two", "21.000", "~2"),
        ("four", "21.001", ""),
    ];
    let expected =
        expected.map(|(text, second, repeat)| (text.to_owned(), format!("20231114T2213{second}Z-mic-{name}{repeat}")));
    assert_eq!(ids, expected);
    for utterance in utterances {
        assert_eq!(archive.store.by_id(&utterance.id).unwrap(), Some(utterance));
    }
}

#[test]
fn rows_of_nothing_that_touch_become_one() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let mut nothing = |start, end| {
        let mut row = WindowRow::nothing(pass, TrackName::mic(), span(start, end));
        row.compute_micros = 10;
        archive.store.commit_window(&row).unwrap()
    };
    for (start, end) in [(0, 60), (60, 120), (300, 360), (180, 240), (120, 180)] {
        assert_eq!(nothing(start, end), 0, "nothing changes for the index");
    }
    archive.store.commit_window(&archive.window(pass, 240, 300, vec![said(250, 260, "x")])).unwrap();
    let rows = archive.coverage_rows();
    assert_eq!(
        rows,
        [(0, 240, "nothing".to_owned(), 40), (240, 300, "words".to_owned(), 7), (300, 360, "nothing".to_owned(), 10)]
    );
    let summary = &archive.store.passes().unwrap()[0];
    assert_eq!((summary.covered_micros, summary.compute_micros, summary.speech_micros), (360_000, 57, 70));
    assert_eq!(summary.spans.iter().collect::<Vec<_>>(), [span(0, 360)]);
}

#[test]
fn quarantined_windows_are_dealt_with_and_counted() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    let row = WindowRow {
        outcome: Outcome::Quarantined,
        reason: Some("the engine crashed three times".to_owned()),
        ..WindowRow::nothing(pass, TrackName::mic(), span(0, 30))
    };
    archive.store.commit_window(&row).unwrap();
    assert!(archive.store.coverage(pass, &TrackName::mic()).unwrap().covers(&span(0, 30)));
    assert_eq!(archive.store.counters().unwrap().quarantined, 1);
    assert_eq!(archive.store.passes().unwrap()[0].quarantined, 1);
}

#[test]
fn the_nearest_utterance_is_found_on_either_side_and_hidden_ones_are_not() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    assert_eq!(archive.store.nearest(at(0)).unwrap(), None);
    let mut hidden = said(5_000, 6_000, "hidden");
    hidden.state = State::Hidden;
    let texts = vec![said(1_000, 2_000, "early"), hidden, said(9_000, 10_000, "late")];
    archive.store.commit_window(&archive.window(pass, 0, 20_000, texts)).unwrap();
    for (time, expected) in
        [(-50_000, "early"), (1_500, "early"), (5_400, "early"), (5_600, "late"), (9_999, "late"), (99_000, "late")]
    {
        assert_eq!(archive.store.nearest(at(time)).unwrap().unwrap().text, expected, "{time}");
    }
}

#[test]
fn long_spans_are_read_in_pages_without_loss_and_short_ones_hold_what_overlaps() {
    let mut archive = Archive::new();
    let pass = archive.pass("base.en", 0, 0);
    archive.store.ensure_track(&TrackName::loopback(), Side::Heard).unwrap();
    for window in 0..60 {
        let start = window * 1_000;
        let texts: Vec<NewUtterance> = (0..50).map(|i| said(start + i * 10, start + i * 10 + 15, "x")).collect();
        let row = archive.window(pass, start, start + 1_000, texts);
        archive.store.commit_window(&WindowRow { track: TrackName::loopback(), ..row.clone() }).unwrap();
        archive.store.commit_window(&row).unwrap();
    }
    let all = archive.store.utterances(&timeline::Span::ALL).unwrap();
    assert_eq!(all.len(), 6_000);
    assert!(
        all.windows(2).all(
            |w| (w[0].span.start, w[0].track.as_str(), w[0].key) < (w[1].span.start, w[1].track.as_str(), w[1].key)
        )
    );
    let some = archive.store.utterances(&span(105, 110)).unwrap();
    assert_eq!(some.iter().map(|u| u.span).collect::<Vec<_>>(), [span(100, 115), span(100, 115)]);
}
