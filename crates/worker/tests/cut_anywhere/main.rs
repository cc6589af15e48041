//! Borders don't exist: however a conversation is cut into segments, whenever they arrive, and wherever the worker is killed, the
//! rows are those of the uncut conversation, text and times, bit for bit.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't read its fixture has failed"
)]

mod conversation;
mod hash_engine;
mod life;
mod real_model;

use conversation::Conversation;
use hash_engine::HashEngine;
use life::{Life, Told};
use testkit::{Chance, count};

/// Layouts that every run tries; `cargo xtask soak cut-anywhere` tries 200 of 20 minutes.
const LAYOUTS: u32 = 5;
/// Minutes of conversation in every run.
const MINUTES: u32 = 5;

#[test]
fn a_conversation_cut_anywhere_gives_the_rows_of_the_uncut_one() {
    let conversation = Conversation::of_minutes(count("HEARSAY_CUT_MINUTES", MINUTES));
    let uncut = Life::new(&conversation).undisturbed(HashEngine);
    println!("uncut: {} rows, {} words, {} windows", uncut.utterances.len(), uncut.words(), uncut.windows);
    assert!(uncut.utterances.len() > 60 && uncut.words() > uncut.utterances.len(), "{} rows", uncut.utterances.len());
    let mut told = Told::default();
    let layouts = count("HEARSAY_CUT_LAYOUTS", LAYOUTS);
    for layout in 0..layouts {
        let mut chance = Chance::new(0xC07_0000 + u64::from(layout));
        let mut life = Life::new(&conversation);
        let cut = life.disturbed(&mut chance, &mut || HashEngine);
        cut.assert_same(&uncut, &format!("layout {layout}"));
        told.add(&life, &cut, &uncut);
        println!("layout {} of {layouts}: no row differs", layout + 1);
    }
    println!("{told}");
    assert!(told.kills > 0 && told.repeated > 0, "nobody was killed in the middle of a window: {told}");
}

/// The other sound must make other rows, or the test above could not fail.
#[test]
fn a_conversation_with_one_frame_moved_gives_other_rows() {
    let conversation = Conversation::of_minutes(1);
    let uncut = Life::new(&conversation).undisturbed(HashEngine);
    let moved = Life::new(&conversation.with_one_frame_changed()).undisturbed(HashEngine);
    assert_eq!(uncut.utterances.len(), moved.utterances.len());
    assert_ne!(uncut.utterances, moved.utterances);
}

/// A microphone's window waits until what was played meanwhile is dealt with; who is killed then has planned it, and stored nothing.
#[test]
fn a_kill_while_windows_wait_for_what_was_played_gives_the_rows_of_the_uncut_conversation() {
    let conversation = Conversation::of_minutes(1).through_loudspeakers();
    let uncut = Life::new(&conversation).undisturbed(HashEngine);
    let echoes = uncut.utterances.iter().filter(|row| row.echo_of.is_some()).count();
    println!("uncut: {} rows, {echoes} of them echoes, {} windows", uncut.utterances.len(), uncut.windows);
    assert!(echoes >= 3, "{echoes} echoes");
    let mut life = Life::new(&conversation);
    life.killed_at_every_answer(&mut || HashEngine).assert_same(&uncut, "killed at every answer");
    // The first has asked for the loopback's window; the microphone's waits for it.
    assert_eq!(life.kills, 2 * uncut.windows - 1);
}
