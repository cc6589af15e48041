//! What can be set, as it is and as it is being typed.

use super::{Effect, Question, State, Trial};
use crate::settings::{KEYS, Key, Kind};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is set, where, and what there is to choose from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Setup {
    /// The file that is in effect; `None` where there is none yet.
    pub(crate) file: Option<PathBuf>,
    /// Every key that has a value, as it is shown, its own or its default.
    pub(crate) values: BTreeMap<String, String>,
    /// The keys that the file sets.
    pub(crate) set: Vec<String>,
    /// The names of the microphones, and of what plays.
    pub(crate) microphones: Vec<String>,
    pub(crate) loopbacks: Vec<String>,
    /// Why there are none.
    pub(crate) devices_error: Option<String>,
    /// The installed models, and what is known of them.
    pub(crate) models: Vec<Installed>,
    /// Those that can be had.
    pub(crate) known: Vec<Installed>,
    /// Where sound and words lie.
    pub(crate) home: PathBuf,
    /// What the rules on how long sound is kept would do now.
    pub(crate) retention: Vec<String>,
}

/// A model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Installed {
    pub(crate) name: String,
    /// Its size, its languages and its speed here, in words.
    pub(crate) about: String,
}

/// The page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// `None` until it is known.
    pub(crate) setup: Option<Setup>,
    /// What is being typed, by key.
    pub(crate) drafts: BTreeMap<&'static str, String>,
    /// The key that was changed last, and what came of it.
    pub(crate) changed: Option<(&'static str, Result<(), String>)>,
    /// The device that is listened to, or was last.
    pub(crate) trial: Option<Trial>,
    /// Why nothing is known.
    pub(crate) error: Option<String>,
    pub(super) asked: u64,
}

impl State {
    pub(super) fn ask_settings(&mut self) -> Vec<Effect> {
        let number = self.next_number();
        self.settings.asked = number;
        vec![Effect::Ask(Question::Settings { number })]
    }

    pub(super) fn draft(&mut self, key: &'static str, text: String) -> Vec<Effect> {
        self.settings.drafts.insert(key, text);
        Vec::new()
    }

    /// Sets a key; `None` brings its default back.
    pub(super) fn set(&mut self, key: &'static str, text: Option<String>) -> Vec<Effect> {
        let Some(known) = KEYS.iter().find(|known| known.name == key) else { return Vec::new() };
        let value = match text.map(|text| value(known, &text)).transpose() {
            Ok(value) => value,
            Err(error) => {
                self.settings.changed = Some((key, Err(error)));
                return Vec::new();
            }
        };
        vec![Effect::Ask(Question::Set { key, value })]
    }

    pub(super) fn receive_settings(&mut self, number: u64, setup: Result<Setup, String>) {
        if number != self.settings.asked {
            return;
        }
        match setup {
            Ok(setup) => (self.settings.setup, self.settings.error) = (Some(setup), None),
            Err(error) => self.settings.error = Some(error),
        }
    }

    pub(super) fn receive_change(&mut self, key: &'static str, done: Result<(), String>) -> Vec<Effect> {
        if done.is_ok() {
            self.settings.drafts.remove(key);
        }
        self.settings.changed = Some((key, done));
        self.ask_settings()
    }
}

/// What was typed, as TOML has it.
fn value(key: &Key, text: &str) -> Result<String, String> {
    let text = text.trim();
    let value: toml_edit::Value = match key.kind {
        Kind::Flag => (text == "true").into(),
        Kind::Number => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) if key.name != "work.temperature" => number.into(),
            (_, Ok(number)) => number.into(),
            _ => return Err("a number stands here".to_owned()),
        },
        Kind::List => {
            text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect::<toml_edit::Array>().into()
        }
        Kind::Choice(_) | Kind::Text | Kind::Microphone | Kind::Loopback | Kind::Model => text.into(),
    };
    Ok(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_what_the_file_has() {
        let key = |name: &str| KEYS.iter().find(|key| key.name == name).unwrap();
        let toml = |name: &str, text: &str| value(key(name), text).unwrap();
        assert_eq!(toml("work.language", "de, en,"), "[\"de\", \"en\"]");
        assert_eq!(toml("work.threads", " 4 "), "4");
        assert_eq!(toml("work.temperature", "0.2"), "0.2");
        assert_eq!(toml("record.notify", "false"), "false");
        assert_eq!(toml("retention.flac_after", "7d"), "\"7d\"");
        assert!(value(key("work.threads"), "many").is_err());
    }
}
