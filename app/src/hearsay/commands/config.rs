//! `hearsay config`.

use crate::context::Context;
use crate::output::Out;
use anyhow::{Context as _, Result};
use home::{Config, Exit};
use std::io::Write;
use std::path::Path;

/// How to print.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ConfigArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  hearsay config
  hearsay config > ~/.config/hearsay/config.toml     a file to start from";

/// What each key is for. A key that isn't set is shown with an example, commented out.
const KEYS: &[(&str, &str, &str)] = &[
    ("record.mic", "\"default\", \"none\", or a device's id or name", ""),
    (
        "record.loopback",
        "what is heard: \"default\" (the default output), \"all\" outputs, \"none\", or a device's id or name",
        "",
    ),
    ("record.source", "how devices are reached: \"auto\", \"pulse\" or \"cpal\"", ""),
    ("record.segment_minutes", "files end on multiples of this many minutes of the clock", ""),
    ("record.sync_every_s", "all that a power cut may cost, in seconds", ""),
    ("record.sample_rate", "\"16000\", or \"native\" for the device's own", ""),
    ("record.notify", "whether the desktop is told when a side is dead or the disk is full", ""),
    (
        "work.engine",
        "what recognises: \"hearsay\" (our own, many windows at once) or \"whisper-rs\" (whisper.cpp, which knows graphics cards too)",
        "",
    ),
    ("work.model", "a model's name or file; the only installed one where it isn't set", "\"base.en\""),
    (
        "work.live_model",
        "the model of what is written while it is said (`hearsay live`); a smaller one is quicker",
        "\"tiny.en\"",
    ),
    ("work.language", "languages that may be spoken, such as [\"de\", \"en\"], or [\"auto\"]", ""),
    ("work.beam_size", "width of the beam search; 0 is greedy and several times faster", ""),
    ("work.temperature", "0 takes the likeliest word", ""),
    ("work.translate", "what isn't English is translated too, beside what was said: `show --translated`", ""),
    ("work.threads", "0 chooses by the machine", ""),
    ("work.max_wait_s", "how long speech may wait for more to share a window with, in seconds of the recording", ""),
    ("work.unload_after_min", "how long the model is kept in memory with nothing to recognise, in minutes", ""),
    (
        "work.on_battery",
        "what is transcribed on the battery: what is recorded, but no old days again; only what somebody watches; everything",
        "live | pause | all",
    ),
    (
        "work.vad",
        "what runs the voice detector: \"builtin\", or \"onnx\" for ONNX Runtime, with the same result in more time",
        "",
    ),
    (
        "work.onnxruntime",
        "the ONNX Runtime library for it, where that isn't in a usual place",
        "\"/opt/onnxruntime/libonnxruntime.so\"",
    ),
    (
        "retention.flac_after",
        "without a rule all sound stays as it is, forever; older segments become FLAC, the same sound in half the room",
        "\"7d\"",
    ),
    ("retention.text_only_after", "the sound of what is older is taken away, its words stay", "\"365d\""),
    ("retention.silence_after", "segments without a word are taken away when they are older", "\"30d\""),
    ("retention.max_size", "where all sound is larger than this, the oldest is taken away", "\"200GB\""),
    ("models.mirror", "where ggml-NAME.bin lies", ""),
    ("models.mirrors", "more such places, tried in turn where the ones before can't give it", ""),
    (
        "models.proxy",
        "the proxy on the way there; HTTPS_PROXY and its like count where it isn't set",
        "\"http://proxy.example:3128\"",
    ),
];

/// Prints what is in effect, and where it comes from.
pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<Exit> {
    let (config, file) = context.config()?;
    let mut out = Out::stdout();
    if args.json {
        out.json(&config)?;
    } else {
        out.write_all(commented(&config, file.as_deref(), &context.home.config_file())?.as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn commented(config: &Config, file: Option<&Path>, own: &Path) -> Result<String> {
    let from = match file {
        Some(file) => format!("# From {}; what isn't set there has its default.", file.display()),
        None => format!("# The defaults: there is no configuration file. {} would be one.", own.display()),
    };
    let mut lines = vec![from];
    let table = toml::Table::try_from(config).context("cannot write the configuration as TOML")?;
    let mut section = "";
    for (key, about, example) in KEYS {
        let (in_section, name) = key.split_once('.').unwrap_or((section, key));
        if in_section != section {
            lines.extend([String::new(), format!("[{in_section}]")]);
            section = in_section;
        }
        let value = table.get(in_section).and_then(|section| section.get(name));
        lines.push(format!("# {about}"));
        lines.push(match value {
            Some(value) => format!("{name} = {}", shown(value)),
            None => format!("# {name} = {example}"),
        });
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// A value as people write it: TOML's own form of a whole number that stands for a fraction is kept, the noise of
/// a 32-bit fraction isn't.
fn shown(value: &toml::Value) -> String {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "it was a 32-bit fraction before it was written")]
        toml::Value::Float(fraction) => format!("{:?}", *fraction as f32),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_the_configuration_with_a_word_on_every_key() {
        let mut config = Config::default();
        config.work.temperature = 0.2;
        let text = commented(&config, None, Path::new("/home/me/config.toml")).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
        assert!(text.contains("temperature = 0.2\n"), "{text}");
        let everything = Config {
            work: home::WorkConfig { model: Some("m".into()), onnxruntime: Some("o".into()), ..config.work.clone() },
            ..config
        };
        for (section, keys) in toml::Table::try_from(&everything).unwrap() {
            for key in keys.as_table().unwrap().keys() {
                assert!(KEYS.iter().any(|(known, ..)| *known == format!("{section}.{key}")), "{section}.{key}");
            }
        }
    }
}
