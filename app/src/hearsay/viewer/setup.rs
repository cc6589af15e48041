//! What the settings page asks for: what is set and where, what there is to choose from, and a key that is changed.

use super::state::{Installed, Setup};
use crate::commands::retain;
use crate::settings::{self, KEYS, shown};
use crate::{context::Context, output};
use anyhow::{Context as _, Result};
use capture::Kind;
use home::Config;
use speech::models;
use std::sync::Arc;
use timeline::SystemClock;

/// Gathers it.
///
/// # Errors
/// Where the configuration can't be read.
pub(super) fn gather(given: &Context) -> Result<Setup> {
    let (config, file) = given.config()?;
    let mut setup = Setup { values: values(&config)?, ..Setup::default() };
    if let Some(file) = &file {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let table: toml::Table = toml::from_str(&text)?;
        let is_set = |name: &str| {
            let (section, key) = name.split_once('.').unwrap_or_default();
            table.get(section).and_then(|section| section.get(key)).is_some()
        };
        setup.set = KEYS.iter().map(|key| key.name).filter(|name| is_set(name)).map(ToOwned::to_owned).collect();
    }
    setup.file = file;
    match capture::devices(config.record.source, Arc::new(SystemClock)) {
        Ok(mut devices) => {
            devices.sort_by_key(|device| !device.default);
            for device in devices {
                match device.kind {
                    Kind::Microphone => setup.microphones.push(device.name),
                    Kind::Loopback => setup.loopbacks.push(device.name),
                }
            }
        }
        Err(error) => setup.devices_error = Some(home::one_line(&error)),
    }
    (setup.models, setup.known) = models_of(given)?;
    given.home.root().clone_into(&mut setup.home);
    setup.retention = if config.retention.is_empty() {
        vec!["No rule is set: all sound stays as it is, forever.".to_owned()]
    } else {
        retain::would(given).unwrap_or_else(|error| vec![home::one_line(error.as_ref())])
    };
    Ok(setup)
}

/// Sets a key, or takes it out.
///
/// # Errors
/// As [`settings::set`].
pub(super) fn set(given: &Context, key: &str, value: Option<&str>) -> Result<()> {
    given.home.ensure()?;
    settings::set(&given.home, given.config_file.as_deref(), key, value)?;
    Ok(())
}

/// Every key that has a value, as the page shows it: words without quotation marks, lists with commas.
fn values(config: &Config) -> Result<std::collections::BTreeMap<String, String>> {
    let table = toml::Table::try_from(config).context("cannot write the configuration as TOML")?;
    let of_section = |(section, keys): (String, toml::Value)| {
        let toml::Value::Table(keys) = keys else { return Vec::new() };
        keys.into_iter().map(|(key, value)| (format!("{section}.{key}"), plain(&value))).collect()
    };
    Ok(table.into_iter().flat_map(of_section).collect())
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => shown(other),
    }
}

/// The models that are here, and those that can be had.
fn models_of(given: &Context) -> Result<(Vec<Installed>, Vec<Installed>)> {
    let describe = |listed: models::Listed| {
        let mut about = vec![output::size(listed.bytes)];
        about.push(listed.languages.unwrap_or("not a whole model").to_owned());
        about.extend(listed.speed.map(|speed| format!("{:.1} x real time here", speed.speech_x)));
        Installed { name: listed.name, about: about.join(", ") }
    };
    let (here, others): (Vec<_>, Vec<_>) =
        models::list(&given.home.models())?.into_iter().partition(|listed| listed.path.is_some());
    Ok((here.into_iter().map(describe).collect(), others.into_iter().map(describe).collect()))
}
