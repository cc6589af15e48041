//! `hearsay config`.

use crate::context::Context;
use crate::output::Out;
use crate::settings::{KEYS, Key, shown};
use anyhow::{Context as _, Result};
use home::{Config, Exit};
use std::io::Write;

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

/// Prints what is in effect, and where it comes from.
pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<Exit> {
    let (config, file) = context.config()?;
    let mut out = Out::stdout();
    if args.json {
        out.json(&config)?;
    } else {
        let from = match file {
            Some(file) => format!("# From {}; what isn't set there has its default.", file.display()),
            None => format!(
                "# The defaults: there is no configuration file. {} would be one.",
                context.home.config_file().display()
            ),
        };
        out.write_all(commented(&config, &from)?.as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The configuration with a word on every key, below a first line.
pub(crate) fn commented(config: &Config, first: &str) -> Result<String> {
    let mut lines = vec![first.to_owned()];
    let table = toml::Table::try_from(config).context("cannot write the configuration as TOML")?;
    let mut section = "";
    for Key { name: key, about, example, .. } in KEYS {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_the_configuration_with_a_word_on_every_key() {
        let mut config = Config::default();
        config.work.temperature = 0.2;
        let text = commented(&config, "# first").unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
        assert!(text.contains("temperature = 0.2\n"), "{text}");
        let everything = Config {
            work: home::WorkConfig { model: Some("m".into()), onnxruntime: Some("o".into()), ..config.work.clone() },
            openai: home::OpenAiConfig {
                url: Some("u".into()),
                model: Some("m".into()),
                key_file: Some("k".into()),
                ..home::OpenAiConfig::default()
            },
            ..config
        };
        for (section, keys) in toml::Table::try_from(&everything).unwrap() {
            for key in keys.as_table().unwrap().keys() {
                assert!(KEYS.iter().any(|known| known.name == format!("{section}.{key}")), "{section}.{key}");
            }
        }
    }
}
