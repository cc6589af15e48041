//! What can be set: every key of the configuration with a word on it, and the file rewritten with its comments kept.

use anyhow::{Context as _, Result};
use home::{Config, Home, files};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, Value};

/// A key of the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its section and name, such as `record.mic`.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
    /// What it may be set to, as TOML, where it has no default.
    pub(crate) example: &'static str,
    /// What may stand there.
    pub(crate) kind: Kind,
}

/// What may stand in the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// True or false.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A number.
    Number,
    /// Words.
    Text,
    /// Words, separated by commas.
    List,
    /// A microphone.
    Microphone,
    /// Something that plays.
    Loopback,
    /// An installed model.
    Model,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, about, example: "", kind }
}

const fn unset(name: &'static str, kind: Kind, about: &'static str, example: &'static str) -> Key {
    Key { name, about, example, kind }
}

/// All of them, in the order of the file.
pub(crate) const KEYS: &[Key] = &[
    key("record.mic", Kind::Microphone, "\"default\", \"none\", or a device's id or name"),
    key(
        "record.loopback",
        Kind::Loopback,
        "what is heard: \"default\" (the default output), \"all\" outputs, \"none\", or a device's id or name",
    ),
    key(
        "record.source",
        Kind::Choice(&["auto", "pulse", "cpal"]),
        "how devices are reached: \"auto\", \"pulse\" or \"cpal\"",
    ),
    key("record.segment_minutes", Kind::Number, "files end on multiples of this many minutes of the clock"),
    key("record.sync_every_s", Kind::Number, "all that a power cut may cost, in seconds"),
    key("record.sample_rate", Kind::Choice(&["16000", "native"]), "\"16000\", or \"native\" for the device's own"),
    key("record.notify", Kind::Flag, "whether the desktop is told when a side is dead or the disk is full"),
    key(
        "work.engine",
        Kind::Choice(&["hearsay", "whisper-rs", "openai"]),
        "what recognises: \"hearsay\" (our own, many windows at once), \"whisper-rs\" (whisper.cpp, which knows graphics cards too), or \"openai\", the server below [openai]",
    ),
    unset(
        "work.model",
        Kind::Model,
        "a model's name or file; the only installed one where it isn't set",
        "\"base.en\"",
    ),
    unset(
        "work.live_model",
        Kind::Model,
        "the model of what is written while it is said (`hearsay live`); a smaller one is quicker",
        "\"tiny.en\"",
    ),
    key("work.language", Kind::List, "languages that may be spoken, such as [\"de\", \"en\"], or [\"auto\"]"),
    key("work.beam_size", Kind::Number, "width of the beam search; 0 is greedy and several times faster"),
    key("work.temperature", Kind::Number, "0 takes the likeliest word"),
    key(
        "work.translate",
        Kind::Flag,
        "what isn't English is translated too, beside what was said: `show --translated`",
    ),
    key("work.threads", Kind::Number, "0 chooses by the machine"),
    key(
        "work.max_wait_s",
        Kind::Number,
        "how long speech may wait for more to share a window with, in seconds of the recording",
    ),
    key(
        "work.unload_after_min",
        Kind::Number,
        "how long the model is kept in memory with nothing to recognise, in minutes",
    ),
    unset(
        "work.on_battery",
        Kind::Choice(&["live", "pause", "all"]),
        "what is transcribed on the battery: what is recorded, but no old days again; only what somebody watches; everything",
        "live | pause | all",
    ),
    key(
        "work.vad",
        Kind::Choice(&["builtin", "onnx"]),
        "what runs the voice detector: \"builtin\", or \"onnx\" for ONNX Runtime, with the same result in more time",
    ),
    unset(
        "work.onnxruntime",
        Kind::Text,
        "the ONNX Runtime library for it, where that isn't in a usual place",
        "\"/opt/onnxruntime/libonnxruntime.so\"",
    ),
    unset(
        "retention.flac_after",
        Kind::Text,
        "without a rule all sound stays as it is, forever; older segments become FLAC, the same sound in half the room",
        "\"7d\"",
    ),
    unset(
        "retention.text_only_after",
        Kind::Text,
        "the sound of what is older is taken away, its words stay",
        "\"365d\"",
    ),
    unset(
        "retention.silence_after",
        Kind::Text,
        "segments without a word are taken away when they are older",
        "\"30d\"",
    ),
    unset(
        "retention.max_size",
        Kind::Text,
        "where all sound is larger than this, the oldest is taken away",
        "\"200GB\"",
    ),
    unset(
        "openai.url",
        Kind::Text,
        "where the API of a server begins that transcribes for engine = \"openai\": all speech that is recorded is sent there",
        "\"http://gpu-host:8000/v1\"",
    ),
    unset("openai.model", Kind::Text, "the model to ask it for, as it calls it", "\"large-v3\""),
    unset(
        "openai.key_file",
        Kind::Text,
        "a file with the key that it wants; else HEARSAY_OPENAI_KEY",
        "\"/home/me/.config/hearsay/openai.key\"",
    ),
    key("openai.at_once", Kind::Number, "how many windows it is given at once"),
    key("openai.timeout_s", Kind::Number, "how long it may take for a window, in seconds"),
    key(
        "hooks.utterance",
        Kind::List,
        "a program and its arguments, run with one JSON object on its standard input when something was said or heard",
    ),
    key("hooks.gap", Kind::List, "the same, when sound was lost"),
    key("hooks.device_lost", Kind::List, "the same, when a device went away"),
    key("models.mirror", Kind::Text, "where ggml-NAME.bin lies"),
    key("models.mirrors", Kind::List, "more such places, tried in turn where the ones before can't give it"),
    unset(
        "models.proxy",
        Kind::Text,
        "the proxy on the way there; HTTPS_PROXY and its like count where it isn't set",
        "\"http://proxy.example:3128\"",
    ),
];

/// A value as people write it: TOML's own form of a whole number that stands for a fraction is kept, the noise of
/// a 32-bit fraction isn't.
pub(crate) fn shown(value: &toml::Value) -> String {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "it was a 32-bit fraction before it was written")]
        toml::Value::Float(fraction) => format!("{:?}", *fraction as f32),
        other => other.to_string(),
    }
}

/// Sets a key in the file that is in effect, or in the home's own where there is none; `value` is as TOML has it, and `None` takes the key out, so that its default holds. Comments and
/// everything else stay as they are.
///
/// # Errors
/// Where the file can't be read or written, or wouldn't be a configuration any more.
pub(crate) fn set(home: &Home, named: Option<&Path>, key: &str, value: Option<&str>) -> Result<PathBuf> {
    let value: Option<Value> = value.map(str::parse).transpose().context("that isn't a value")?;
    let (_, file) = Config::load(home, named)?;
    let path = file.unwrap_or_else(|| home.config_file());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let edited = edited(&text, key, value).with_context(|| format!("cannot change {}", path.display()))?;
    Config::parse(&edited, &path)?;
    write(&path, &edited).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The text with a key set, or taken out.
fn edited(text: &str, key: &str, value: Option<Value>) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let (section, name) = key.split_once('.').context("a key has a section")?;
    let Some(value) = value else {
        if let Some(section) = document.get_mut(section).and_then(Item::as_table_like_mut) {
            section.remove(name);
        }
        return Ok(document.to_string());
    };
    let section = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
    let section = section.as_table_like_mut().context("that section isn't one")?;
    match section.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            // What stands behind a value on its line is a comment on it.
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            section.insert(name, Item::Value(value));
        }
    }
    Ok(document.to_string())
}

/// Writes beside the file and puts the new one in its place, so that there is a whole one at any moment.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        files::create_dir_all(folder)?;
    }
    // A link is followed: who keeps the configuration elsewhere wants it to stay there.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = path.with_extension("toml.new");
    let mut file = files::create_or_truncate(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    files::rename_durably(&beside, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_set_and_taken_out_and_comments_stay() {
        let text = "# Mine.\n[record]\nmic = \"default\"   # the headset\n\n# Words.\n[work]\nbeam_size = 5\n";
        let changed = edited(text, "record.mic", Some("none".into())).unwrap();
        assert_eq!(changed, text.replace("\"default\"", "\"none\""));
        let added = edited(&changed, "work.threads", Some(2.into())).unwrap();
        assert!(added.ends_with("[work]\nbeam_size = 5\nthreads = 2\n"), "{added}");
        assert_eq!(edited(&added, "work.threads", None).unwrap(), changed);
        let new = edited("", "retention.flac_after", Some("7d".into())).unwrap();
        assert_eq!(new, "[retention]\nflac_after = \"7d\"\n");
        assert_eq!(edited("", "retention.flac_after", None).unwrap(), "");
    }

    #[test]
    fn what_would_not_be_a_configuration_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let path = set(&home, Some(&home.config_file()), "work.threads", Some("2"));
        assert!(path.is_err(), "a file that was named has to be there");
        let mut file = files::create_new(&home.config_file()).unwrap();
        file.write_all(b"[work]\nthreads = 1\n").unwrap();
        let error = set(&home, None, "work.threads", Some("\"many\"")).unwrap_err();
        assert!(format!("{error:#}").contains("line 2"), "{error:#}");
        assert_eq!(std::fs::read_to_string(home.config_file()).unwrap(), "[work]\nthreads = 1\n");
        set(&home, None, "work.threads", Some("3")).unwrap();
        assert_eq!(std::fs::read_to_string(home.config_file()).unwrap(), "[work]\nthreads = 3\n");
    }
}
