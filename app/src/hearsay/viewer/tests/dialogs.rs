//! What lies over the window: versions, transcribing again, what the user writes.

use super::*;
use crate::viewer::dialog_ui::FIELD as WRITTEN;

/// Opens the first hit, and what "More" has under this label.
fn more(window: &mut Harness<'static, Viewer>, label: &str) {
    window.get_by_label(&hit_label(&hits(window)[0])).click();
    wait(window, "the conversation", |state| {
        state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting)
    });
    window.state_mut().act(Action::TogglePlay);
    window.get_by_label_contains("More:").click();
    window.run_steps(3);
    window.get_by_label(label).click();
    window.run_steps(2);
}

#[test]
fn two_versions_are_compared_and_either_can_be_read() {
    at_home(|home| {
        sample::fill(home);
        sample::hear_again(home);
        let mut window = open(home);
        type_in(&mut window, "\"postpone phoenix\"");
        more(&mut window, "Compare versions");
        let compared = |state: &State| match &state.dialog {
            Some(Dialog::Versions(versions)) => !versions.told.waiting && versions.comparison.is_some(),
            _ => false,
        };
        wait(&mut window, "the comparison", compared);
        window.get_by_label_contains("they differ in one place");
        window.get_by_label_contains("December. became November.");
        let reads = |state: &State, text: &str| {
            let conversation = state.conversation.as_ref().unwrap();
            !conversation.waiting && conversation.lines.iter().any(|line| line.text.contains(text))
        };
        assert!(reads(&window.state().state, "November"));
        window.get_by_label("Read this one").click();
        wait(&mut window, "the other version", |state| compared(state) && reads(state, "December"));
        assert!(!reads(&window.state().state, "November"));
        window.get_by_label("Read the best again").click();
        wait(&mut window, "the best version", |state| compared(state) && reads(state, "November"));
        window.key_press(Key::Escape);
        window.run_steps(3);
        assert_eq!(window.state().state.dialog, None);
    });
}

/// The line that reads so now.
fn line_of(window: &Harness<'static, Viewer>, text: &str) -> Option<Line> {
    let conversation = window.state().state.conversation.as_ref()?;
    conversation.lines.iter().find(|line| line.text == text).cloned()
}

/// Clicks a line with the other button, and what the menu has under this label.
fn from_menu(window: &mut Harness<'static, Viewer>, text: &str, label: &str) {
    let line = line_label(&line_of(window, text).unwrap());
    window.get_by_label(&line).click_secondary();
    window.run_steps(3);
    window.get_by_label(label).click();
    window.run_steps(3);
}

/// Writes into the open dialog in the place of what it reads, and saves with Enter.
fn write(window: &mut Harness<'static, Viewer>, text: &str) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, WRITTEN).type_text(text);
    window.run_steps(2);
    window.key_press(Key::Enter);
    wait(window, "the end of the dialog", |state| state.dialog.is_none());
}

#[test]
fn a_line_is_starred_noted_and_corrected_from_its_menu() {
    const HEARD: &str = "We decided to postpone Phoenix until December.";
    const SAID: &str = "We decided to postpone Phoenix until November.";
    at_home(|home| {
        let mut window = searched(home, "december");
        window.get_by_label(&hit_label(&hits(&window)[0])).click();
        wait(&mut window, "the conversation", |state| {
            state.conversation.as_ref().is_some_and(|conversation| !conversation.waiting)
        });
        window.state_mut().act(Action::TogglePlay);
        from_menu(&mut window, HEARD, "Star");
        let is = |state: &State, text: &str, is: &dyn Fn(&Line) -> bool| {
            let conversation = state.conversation.as_ref().unwrap();
            !conversation.waiting && conversation.lines.iter().any(|line| line.text == text && is(line))
        };
        wait(&mut window, "the star", |state| is(state, HEARD, &|line| line.starred));
        window.get_by_label_contains("December. (Starred)");
        from_menu(&mut window, HEARD, "Note\u{2026}");
        write(&mut window, "call Anna #todo");
        wait(&mut window, "the note", |state| is(state, HEARD, &|line| line.notes == ["call Anna #todo"]));
        wait(&mut window, "the hit", |state| state.search.found.hits.iter().any(|hit| hit.starred));
        from_menu(&mut window, HEARD, "Correct\u{2026}");
        window.key_press(Key::Escape);
        window.run_steps(3);
        assert_eq!(window.state().state.dialog, None, "Escape leaves");
        from_menu(&mut window, HEARD, "Correct\u{2026}");
        assert!(window.query_by_label("Take back").is_none(), "there is nothing to take back");
        write(&mut window, SAID);
        wait(&mut window, "the correction", |state| is(state, SAID, &|line| line.heard.as_deref() == Some(HEARD)));
        let told = "(Starred; Note: call Anna #todo; Corrected; heard: We decided to postpone Phoenix until December.)";
        let line = line_label(&line_of(&window, SAID).unwrap());
        assert!(line.ends_with(told), "{line}");
        // What is under the pointer says the same.
        window.get_by_label(&line).hover();
        let mut seen = false;
        for _ in 0..200 {
            window.step();
            std::thread::sleep(Duration::from_millis(10));
            seen |= window.query_by_label_contains("Starred\nNote: call Anna #todo\nCorrected; heard").is_some();
        }
        assert!(seen, "the hover text");
        // And each goes again.
        from_menu(&mut window, SAID, "Correct\u{2026}");
        window.get_by_label("Take back").click();
        wait(&mut window, "what was heard", |state| is(state, HEARD, &|line| line.heard.is_none()));
        from_menu(&mut window, HEARD, "Note\u{2026}");
        window.get_by_label("Take back").click();
        wait(&mut window, "no note", |state| is(state, HEARD, &|line| line.notes.is_empty()));
        from_menu(&mut window, HEARD, "Remove star");
        wait(&mut window, "no star", |state| is(state, HEARD, &|line| !line.starred));
    });
}

#[test]
fn a_day_is_queued_to_be_transcribed_again_and_taken_back() {
    at_home(|home| {
        sample::fill(home);
        home::files::create_dir_all(&home.models()).unwrap();
        std::fs::copy(testkit::fixture("models/fixture-q8.bin"), home.models().join("ggml-fixture.bin")).unwrap();
        let mut window = open(home);
        type_in(&mut window, "postpone");
        more(&mut window, "Transcribe this day again");
        let told = |state: &State| match &state.dialog {
            Some(Dialog::Again(again)) => again.told.clone(),
            Some(Dialog::Queue(queue)) => queue.told.clone(),
            other => panic!("{other:?}"),
        };
        wait(&mut window, "the estimate", |state| match &state.dialog {
            Some(Dialog::Again(again)) => again.estimate.is_some(),
            _ => false,
        });
        window.get_by_label_contains("10 min of sound");
        window.get_by_label("Transcribe").click();
        wait(&mut window, "the queue", |state| told(state).done.is_some());
        window.get_by_label_contains("no worker is running");
        let states = || {
            let store = store::Store::open_read_only(&home.database()).unwrap();
            store.campaigns().unwrap().iter().map(|campaign| campaign.state).collect::<Vec<_>>()
        };
        assert_eq!(states(), [store::CampaignState::Waiting]);
        window.get_by_label("Close").click();
        window.run_steps(3);
        window.state_mut().act(Action::ShowQueue);
        wait(&mut window, "the look at the queue", |state| {
            state.health.status.as_ref().is_some_and(|status| !status.worker.campaigns.is_empty())
        });
        window.run_steps(2);
        window.get_by_label("Cancel").click();
        wait(&mut window, "the end of it", |state| told(state).done.is_some());
        assert_eq!(states(), [store::CampaignState::Cancelled]);
    });
}
