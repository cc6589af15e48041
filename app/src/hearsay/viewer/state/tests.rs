#![expect(clippy::single_range_in_vec_init, reason = "lists of one range")]

use super::conversation::MAX_LINES;
use super::*;
use timeline::{PassName, Side, Span};

fn at(s: i64) -> WallTime {
    WallTime::from_millis(1_795_425_312_000 + s * 1_000)
}

fn line(key: i64, start_s: i64) -> Line {
    Line::said(key, Span::new(at(start_s), at(start_s + 2)), &format!("line {key}"))
}

fn number(effects: &[Effect]) -> u64 {
    match effects.first() {
        Some(Effect::Ask(
            Question::Search { number, .. } | Question::Lines { number, .. } | Question::More { number, .. },
        )) => *number,
        other => panic!("no question but {other:?}"),
    }
}

/// A state in which the conversation around line 5 is open.
fn opened() -> State {
    let mut state = State::default();
    let asked = number(&state.apply(Action::Type("line".into())));
    let hit = Line { found: vec![0..4], ..line(5, 50) };
    let found = Found { hits: vec![hit], ..Found::default() };
    state.receive(Answer::Search { number: asked, found: Ok(found) });
    let effects = state.apply(Action::Open(0));
    assert_eq!(effects.last(), Some(&Effect::Play(at(50).plus_micros(-LEAD_IN_MICROS))));
    let span = Span::new(at(-70), at(172));
    let lines = Ok(vec![line(4, 40), line(5, 50), line(6, 60)]);
    state.receive(Answer::Lines { number: number(&effects), span, lines, end: None });
    state
}

fn keys(state: &State) -> Vec<i64> {
    state.conversation.as_ref().unwrap().lines.iter().map(|line| line.key).collect()
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut state = State::default();
    let first = number(&state.apply(Action::Type("a".into())));
    let second = number(&state.apply(Action::Type("ab".into())));
    let found = |key| Ok(Found { hits: vec![line(key, 0)], ..Found::default() });
    state.receive(Answer::Search { number: first, found: found(1) });
    assert!(state.search.found.hits.is_empty() && state.search.waiting);
    state.receive(Answer::Search { number: second, found: found(2) });
    assert_eq!(state.search.found.hits.first().map(|hit| hit.key), Some(2));
    state.apply(Action::Type(" ".into()));
    state.receive(Answer::Search { number: second, found: found(2) });
    assert!(state.search.found.hits.is_empty(), "nothing is typed, so nothing is found");
}

#[test]
fn a_failed_search_keeps_the_last_results_and_says_why() {
    let mut state = opened();
    let asked = number(&state.apply(Action::Type("line 5".into())));
    state.receive(Answer::Search { number: asked, found: Err("the disk is gone".into()) });
    assert_eq!(state.search.error.as_deref(), Some("the disk is gone"));
    assert_eq!(state.search.found.hits.len(), 1);
}

#[test]
fn one_side_is_always_searched() {
    let mut state = State::default();
    state.apply(Action::ToggleSide(Side::Said));
    assert_eq!((state.search.said, state.search.heard), (false, true));
    state.apply(Action::ToggleSide(Side::Heard));
    assert_eq!((state.search.said, state.search.heard), (true, false));
}

#[test]
fn an_opened_hit_stays_marked_and_highlighted_among_its_neighbours() {
    let state = opened();
    let conversation = state.conversation.as_ref().unwrap();
    assert_eq!((keys(&state), conversation.marked), (vec![4, 5, 6], Some(5)));
    assert_eq!(conversation.lines[1].found, [0..4]);
}

#[test]
fn more_lines_join_in_order_and_the_ends_are_remembered() {
    let mut state = opened();
    let effects = state.apply(Action::Earlier);
    assert!(state.apply(Action::Earlier).is_empty(), "one question at a time");
    let span = Span::new(at(-500), at(-70));
    state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(vec![line(3, -480)]), end: None });
    assert_eq!(keys(&state), [3, 4, 5, 6]);
    assert_eq!(state.conversation.as_ref().unwrap().span.start, at(-500));
    let effects = state.apply(Action::Later);
    let span = Span::new(at(172), at(172));
    state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(vec![]), end: Some(true) });
    assert!(state.conversation.as_ref().unwrap().at_end && !state.conversation.as_ref().unwrap().at_start);
}

#[test]
fn the_far_end_is_let_go_when_there_are_too_many_lines() {
    let mut state = opened();
    let effects = state.apply(Action::Later);
    let many = (0..4_000).map(|i| line(100 + i, 180 + i)).collect();
    let span = Span::new(at(172), at(9_000));
    state.receive(Answer::Lines { number: number(&effects), span, lines: Ok(many), end: None });
    let conversation = state.conversation.as_ref().unwrap();
    assert_eq!((conversation.lines.len(), conversation.lines.last().unwrap().key), (MAX_LINES, 4_099));
    assert_eq!(conversation.span.start, conversation.lines[0].span.start);
}

#[test]
fn space_pauses_and_goes_on_and_the_arrows_stay_within_what_is_shown() {
    let mut state = opened();
    assert_eq!(state.apply(Action::TogglePlay), [Effect::Pause]);
    assert_eq!(state.apply(Action::TogglePlay), [Effect::Resume]);
    let effects = state.apply(Action::SeekBy(STEP_MICROS));
    assert_eq!(effects, [Effect::Seek(at(55).plus_micros(-LEAD_IN_MICROS))]);
    assert_eq!(state.apply(Action::SeekBy(i64::MAX)), [Effect::Seek(at(172))]);
}

#[test]
fn the_line_that_is_heard_is_known_and_more_is_asked_for_near_the_end() {
    let mut state = opened();
    let playback = |s| Playback { playing: true, position: Some(at(s)), error: None };
    assert!(state.hear(playback(61)).is_empty());
    assert_eq!(state.spoken().map(|line| line.key), Some(6));
    assert!(state.hear(playback(65)).is_empty());
    assert_eq!(state.spoken(), None);
    let effects = state.hear(playback(160));
    assert!(matches!(effects.as_slice(), [Effect::Ask(Question::More { later: true, .. })]), "{effects:?}");
    assert!(state.hear(playback(161)).is_empty(), "it was asked for already");
}

#[test]
fn a_dialog_asks_one_thing_after_the_other_and_drops_what_is_late() {
    let mut state = opened();
    let asked = state.apply(Action::Again(Reach::Conversation));
    let Some(Effect::Ask(Question::Models { number })) = asked.first() else { panic!("{asked:?}") };
    let models = vec!["large".to_owned(), "small".to_owned()];
    let news = Ok(News::Models { models, likely: Some("large".to_owned()) });
    let asked = state.receive(Answer::Dialog { number: *number, news });
    let span = Span::new(at(40), at(62));
    let Some(Effect::Ask(Question::Estimate { number: first, span: of, model })) = asked.first() else {
        panic!("{asked:?}")
    };
    assert_eq!((*of, model.as_str()), (span, "large"));
    let asked = state.apply(Action::ChooseModel("small".to_owned()));
    let Some(Effect::Ask(Question::Estimate { number: second, .. })) = asked.first() else { panic!("{asked:?}") };
    let estimate = |sound| Ok(News::Estimate(Estimate { sound, speech: 1.0, takes: None }));
    state.receive(Answer::Dialog { number: *first, news: estimate(1.0) });
    let shown = |state: &State| match &state.dialog {
        Some(Dialog::Again(again)) => again.estimate.map(|estimate| estimate.sound),
        _ => None,
    };
    assert_eq!(shown(&state), None, "it is of the other model");
    state.receive(Answer::Dialog { number: *second, news: estimate(2.0) });
    assert_eq!(shown(&state), Some(2.0));
    let asked = state.apply(Action::QueueAgain);
    let Some(Effect::Ask(Question::Queue { number, model, .. })) = asked.first() else { panic!("{asked:?}") };
    assert_eq!(model, "small");
    state.apply(Action::CloseDialog);
    assert!(state.receive(Answer::Dialog { number: *number, news: Ok(News::Done("late".to_owned())) }).is_empty());
    assert_eq!(state.dialog, None);
    // A day has 24 hours, and the line lies in it.
    state.apply(Action::Again(Reach::Day));
    let Some(Dialog::Again(again)) = &state.dialog else { panic!("{:?}", state.dialog) };
    assert!(again.span.contains(at(50)) && again.span.len_micros() == 86_400_000_000, "{}", again.span);
}

#[test]
fn a_choice_reads_the_conversation_anew() {
    let mut state = opened();
    let asked = state.apply(Action::Compare);
    let Some(Effect::Ask(Question::Passes { number, .. })) = asked.first() else { panic!("{asked:?}") };
    let version = |name: &str, is_read| Version { pass: PassName::new(name).unwrap(), model: name.to_owned(), is_read };
    let passes = vec![version("00000001", true), version("00000002", false)];
    let asked = state.receive(Answer::Dialog { number: *number, news: Ok(News::Passes(passes)) });
    let Some(Effect::Ask(Question::Compare { left, right, .. })) = asked.first() else { panic!("{asked:?}") };
    assert_eq!((left.as_str(), right.as_str()), ("00000002", "00000001"), "the best stands on the right");
    let asked = state.apply(Action::Prefer(left.clone()));
    let Some(Effect::Ask(Question::Prefer { number, .. })) = asked.first() else { panic!("{asked:?}") };
    let asked = state.receive(Answer::Dialog { number: *number, news: Ok(News::Done("done".to_owned())) });
    let lines = asked.iter().find_map(|effect| match effect {
        Effect::Ask(Question::Lines { number, span, .. }) => Some((*number, *span)),
        _ => None,
    });
    let (number, span) = lines.unwrap();
    state.receive(Answer::Lines { number, span, lines: Ok(vec![line(8, 41)]), end: None });
    assert_eq!(keys(&state), [8], "what the other pass heard is gone");
}

#[test]
fn what_is_written_about_a_line_is_kept_and_read_anew_and_an_error_leaves_it_in_the_field() {
    let mut state = opened();
    let is_nothing = state.apply(Action::Write(99, Writing::Note));
    assert!(is_nothing.is_empty() && state.dialog.is_none(), "there is no such line");
    assert_eq!(state.apply(Action::Write(5, Writing::Correction)), []);
    let written = |state: &State| match &state.dialog {
        Some(Dialog::Write(write)) => (write.text.clone(), write.stands(), write.told.error.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(written(&state), ("line 5".to_owned(), false, None));
    state.apply(Action::Edit("line five".into()));
    let save = |state: &mut State| match state.apply(Action::Save).as_slice() {
        [Effect::Ask(Question::Write { number, key: 5, writing: Writing::Correction, text: Some(text) })] => {
            assert_eq!(text, "line five");
            *number
        }
        other => panic!("{other:?}"),
    };
    let number = save(&mut state);
    assert_eq!(state.apply(Action::Save), [], "it is being kept");
    state.receive(Answer::Dialog { number, news: Err("no room left".into()) });
    assert_eq!(written(&state), ("line five".to_owned(), false, Some("no room left".into())));
    let number = save(&mut state);
    let effects = state.receive(Answer::Dialog { number, news: Ok(News::Done(String::new())) });
    assert_eq!(state.dialog, None);
    assert!(
        matches!(effects.as_slice(), [Effect::Ask(Question::Lines { .. }), Effect::Ask(Question::Search { .. })]),
        "{effects:?}"
    );
    let starred = state.apply(Action::Star(5, true));
    assert_eq!(starred, [Effect::Ask(Question::Star { key: 5, starred: true })]);
    state.receive(Answer::Starred(Err("no room left".into())));
    assert_eq!(state.conversation.as_ref().unwrap().error.as_deref(), Some("no room left"));
}
