//! `hearsay play`: without a window, to the end, with a line of progress where stderr is a terminal.

use super::{Ears, Output, Player};
use crate::interrupt::stop_flag;
use anyhow::Context as _;
use home::{Exit, Home};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::Ordering;
use std::time::Duration;
use timeline::Span;

/// How often the line is drawn and the end is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Plays `span` through the default device and comes back when it was heard, at the end of all sound, or at Ctrl-C
/// (which is no error).
pub(crate) fn play_to_end(home: &Home, span: Span, ears: Ears, skip_silence: bool) -> anyhow::Result<Exit> {
    let stop = stop_flag()?;
    let player = Player::start(home, Output::Device, || {}).context("cannot start the player")?;
    player.set_ears(ears);
    player.skip_silence(skip_silence);
    player.play(span.start);
    let bar = bar(&span);
    let mut trouble = None;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(TICK);
        let now = player.playback();
        if let Some(error) = now.error
            && trouble.as_ref() != Some(&error)
        {
            if now.playing {
                bar.println(format!("warning: {error}"));
            } else {
                bar.finish_and_clear();
                anyhow::bail!(error);
            }
            trouble = Some(error);
        }
        let position = now.position.unwrap_or(span.start);
        bar.set_position(u64::try_from(position.micros_since(span.start) / 1_000).unwrap_or(0));
        bar.set_message(position.local().format("%H:%M:%S").to_string());
        if !now.playing || position >= span.end {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(if trouble.is_some() { Exit::Partly } else { Exit::Done })
}

fn bar(span: &Span) -> ProgressBar {
    let style = ProgressStyle::with_template("  {msg}  {bar:40}  {percent} %");
    ProgressBar::new(u64::try_from(span.len_micros() / 1_000).unwrap_or(0))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
