//! `hearsay config`.

use crate::context::Context;
use crate::output::Out;
use crate::settings::{KEYS, Key, shown};
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
        let text = commented(&config, None, Path::new("/home/me/config.toml")).unwrap();
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
