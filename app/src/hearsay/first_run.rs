//! The first `hearsay run`, `record` or `service install`: what is asked before anything is recorded, and the configuration that comes
//! of it.
//!
//! Only where somebody sits at a terminal, and only on a home that no recorder ever ran on and that has no configuration. Everything
//! that is asked can be said by flags or in a configuration as well; without a terminal nothing is asked and the defaults hold. Until
//! consent is given, no device is opened and nothing is written.

mod model;
mod questions;

use crate::commands::config;
use crate::consent;
use crate::context::Context;
use crate::level;
use crate::output;
use anyhow::{Context as _, Result};
use capture::{Device, Kind, Source};
use home::{Config, SourceChoice};
use questions::{Questions, Reply};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use timeline::SystemClock;

/// What was said by flags, which isn't asked.
#[derive(Debug, Default, Clone)]
pub(crate) struct Said {
    pub(crate) mic: Option<String>,
    pub(crate) loopback: Option<String>,
    pub(crate) source: Option<SourceChoice>,
    pub(crate) model: Option<String>,
}

/// Whether recording may begin: asks whoever has to be asked, unless `yes` was said beforehand. It says so where nothing is recorded.
///
/// # Errors
/// Where the configuration can't be read, or the terminal or the home fails.
pub(crate) fn may_record(context: &Context, yes: bool, said: &Said) -> Result<bool> {
    let (_, file) = context.config()?;
    if yes || !consent::is_owed(&context.home, file.as_deref()) || ask(context, said)? {
        return Ok(true);
    }
    output::say("nothing is recorded");
    Ok(false)
}

/// Asks, and writes the configuration; `false` where nothing is to be recorded.
fn ask(context: &Context, said: &Said) -> Result<bool> {
    let mut questions = Questions::of_terminal();
    if !agreed(context, &mut questions)? {
        return Ok(false);
    }
    let mut config = Config::default();
    config.record.source = said.source.unwrap_or(config.record.source);
    let source = capture::source(config.record.source, Arc::new(SystemClock));
    match source.and_then(|source| Ok((source.devices()?, source))) {
        Ok((devices, source)) => {
            for (kind, flag) in [(Kind::Microphone, &said.mic), (Kind::Loopback, &said.loopback)] {
                let Some(chosen) = choose(kind, flag.as_deref(), &devices, &source, &mut questions)? else {
                    return Ok(false);
                };
                match kind {
                    Kind::Microphone => config.record.mic = chosen,
                    Kind::Loopback => config.record.loopback = chosen,
                }
            }
        }
        Err(error) => {
            output::note(&format!("no device can be tried: {}", home::one_line(&error)));
            output::hint("the recorder waits for devices; `hearsay doctor` says more");
        }
    }
    context.home.ensure()?;
    config.work.model = match &said.model {
        Some(named) => Some(named.clone()),
        None => model::choose(context, &config, &mut questions)?,
    };
    write(context, &config)?;
    Ok(true)
}

fn agreed(context: &Context, questions: &mut Questions) -> Result<bool> {
    questions.say(&format!(
        "hearsay has never recorded here. From now on, until you stop it, it will record\n\
         \x20 what you say: the microphone\n\
         \x20 what you hear: everything this machine plays, the voices in your calls among it\n\
         and write both as sound and as text into {}.\n\
         Nothing leaves this machine. Ctrl-C stops it, `hearsay pause` lets it rest, `hearsay forget` takes out what should not be there.\n\
         \n\
         Before you record other people, ask them: in many places recording a conversation without everyone's consent\n\
         is a crime, whatever you do with it.",
        context.home.root().display()
    ))?;
    questions.yes("Do you want that, and will you ask them?", false)
}

/// The value for the configuration, after a test of what the device delivers; nothing where the questions came to their end.
fn choose(
    kind: Kind,
    flag: Option<&str>,
    devices: &[Device],
    source: &Arc<dyn Source>,
    questions: &mut Questions,
) -> Result<Option<String>> {
    if let Some(flag) = flag {
        return Ok(Some(flag.to_owned()));
    }
    let devices: Vec<&Device> = devices.iter().filter(|device| device.kind == kind).collect();
    let (title, call) = match kind {
        Kind::Microphone => ("What you say comes from", "say something"),
        Kind::Loopback => ("What you hear is played by", "play something, if you like"),
    };
    if devices.is_empty() {
        questions.say(&format!("There is no {kind} now; the default one is taken as soon as there is."))?;
        return Ok(Some("default".to_owned()));
    }
    let usual = devices.iter().position(|device| device.default).unwrap_or(0);
    let mut lines: Vec<String> = devices.iter().map(|device| described(device)).collect();
    lines.push("nothing: don't record this side".to_owned());
    loop {
        let Reply::Choice(number) = questions.choice(title, &lines, usual)? else { return Ok(None) };
        let Some(device) = devices.get(number) else { return Ok(Some("none".to_owned())) };
        test(source, device, call, questions)?;
        if questions.yes("Take it?", true)? {
            // The default is followed where it moves to.
            return Ok(Some(if device.default { "default".to_owned() } else { device.id.clone() }));
        }
        if questions.is_over() {
            return Ok(None);
        }
    }
}

fn described(device: &Device) -> String {
    let mut line = device.name.clone();
    if device.default {
        line.push_str(", the default");
    }
    if device.bluetooth {
        line.push_str(", Bluetooth");
        if device.kind == Kind::Microphone {
            line.push_str(": while it is recorded, its headset plays in call quality");
        }
    }
    line
}

/// Listens to a device, shows how loud it is, and says what that means.
fn test(source: &Arc<dyn Source>, device: &Device, call: &str, questions: &mut Questions) -> Result<()> {
    questions.say(&format!("Listening to {} for 3 s: {call}", device.name))?;
    let mut shown = false;
    let heard = level::listen(source, device, LISTEN, |db| {
        shown = true;
        questions.show(&format!("\r  {}", bar(db)))
    });
    if shown {
        questions.show("\n")?;
    }
    match heard {
        Ok(heard) => questions.say(&heard.verdict(device.kind)),
        Err(error) => questions.say(&format!("It can't be tried: {}", home::one_line(error.as_ref()))),
    }
}

/// A test has nothing to say.
const LISTEN: Duration = if cfg!(test) { Duration::from_millis(200) } else { level::LISTEN };
/// Characters of the bar, and the level at which it is empty.
const BAR: usize = 24;
const FLOOR_DB: f32 = -60.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 24")]
fn bar(db: f32) -> String {
    let share = ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0);
    let full = (share * BAR as f32).round() as usize;
    format!("▕{}{}▏{db:>5.0} dB", "█".repeat(full), " ".repeat(BAR.saturating_sub(full)))
}

/// The configuration with a comment on every key, into the home.
fn write(context: &Context, config: &Config) -> Result<()> {
    let path = context.home.config_file();
    let cannot = || format!("cannot write {}", path.display());
    let text = config::commented(
        config,
        "# Written when hearsay was first to record. Change what you like; a key that is taken out has its default.",
    )?;
    let mut file = home::files::create_new(&path).with_context(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)?;
    output::say(&format!("wrote {}; edit it whenever you like", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use capture::FakeSource;
    use timeline::SampleRate;

    fn fake() -> (Arc<dyn Source>, Vec<Device>) {
        let source = FakeSource::new();
        let rate = SampleRate::new(16_000).unwrap();
        for (id, kind) in [("usb", Kind::Microphone), ("webcam", Kind::Microphone), ("speakers", Kind::Loopback)] {
            source.plug_in(id, kind, rate, 1);
        }
        source.set_default("webcam", Kind::Microphone);
        let devices = source.devices().unwrap();
        (Arc::new(source), devices)
    }

    fn chosen(kind: Kind, flag: Option<&str>, answers: &str) -> (Option<String>, String) {
        let (source, devices) = fake();
        let mut questions = Questions::scripted(answers);
        let chosen = choose(kind, flag, &devices, &source, &mut questions).unwrap();
        (chosen, questions.said())
    }

    #[test]
    fn the_default_is_followed_another_is_named_and_none_is_none() {
        assert_eq!(chosen(Kind::Microphone, None, "\n\n").0.as_deref(), Some("default"));
        assert_eq!(chosen(Kind::Microphone, None, "1\ny\n").0.as_deref(), Some("usb"));
        assert_eq!(chosen(Kind::Microphone, None, "3\n").0.as_deref(), Some("none"));
        let (other, said) = chosen(Kind::Microphone, None, "9\n1\nn\n2\n\n");
        assert_eq!(other.as_deref(), Some("default"), "{said}");
        assert!(said.contains("from 1 to 3") && said.contains("Nothing came from it"), "{said}");
    }

    #[test]
    fn what_a_flag_says_is_not_asked_and_an_end_of_the_input_is_no_answer() {
        assert_eq!(chosen(Kind::Loopback, Some("all"), ""), (Some("all".to_owned()), String::new()));
        assert_eq!(chosen(Kind::Microphone, None, "").0, None);
        assert_eq!(chosen(Kind::Microphone, None, "1\n").0, None);
    }

    #[test]
    fn a_bar_is_empty_at_60_db_below_and_full_at_0() {
        assert!(bar(-60.0).contains("▕                        ▏  -60 dB"), "{}", bar(-60.0));
        assert_eq!(bar(0.0).matches('█').count(), BAR);
        assert_eq!(bar(-90.0).matches('█').count(), 0);
    }
}
