use clap::Parser;
use home::{RecordConfig, SourceChoice};
use std::path::PathBuf;

/// Record what you say and what you hear.
///
/// Both tracks go into WAV files of five minutes, until Ctrl-C. What isn't said here comes from the configuration.
#[derive(Debug, Parser)]
#[command(
    name = "hearsay-record",
    version,
    after_help = "Examples:\n  hearsay record\n  hearsay record --for 90s --mic 'USB' --loopback none\n\nThe first time, on a terminal, it asks as `hearsay run` does. `hearsay devices` lists what can be recorded. Exit codes: 0 done · 2 usage · 3 one track recorded nothing · 4 failed, or not agreed to"
)]
pub(crate) struct Arguments {
    #[arg(
        long,
        value_name = "DIR",
        help = "The folder that holds everything [default: $HEARSAY_HOME, else the user's data folder]"
    )]
    pub(crate) home: Option<PathBuf>,
    /// The configuration file [default: config.toml of the home]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The microphone: default, none, an id, or a part of its name
    #[arg(long, value_name = "NAME")]
    pub(crate) mic: Option<String>,
    /// What is heard: default (what the default output plays), all, none, an id, or a part of its name
    #[arg(long, value_name = "NAME")]
    pub(crate) loopback: Option<String>,
    /// How devices are reached: auto, pulse or cpal
    #[arg(long, value_name = "SOURCE", value_parser = source)]
    pub(crate) source: Option<SourceChoice>,
    /// Stop after so long: 90s, 10m, 1h30m
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    pub(crate) length: Option<i64>,
    /// Ask nothing, also the first time: whoever is recorded has agreed
    #[arg(long)]
    pub(crate) yes: bool,
    /// Run as a child of `hearsay run`: stop in good order when stdin is closed, wait for devices, draw no meter
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
}

impl Arguments {
    /// The configuration with what was said on the command line in its place.
    pub(crate) fn over(&self, config: RecordConfig) -> RecordConfig {
        RecordConfig {
            mic: self.mic.clone().unwrap_or(config.mic),
            loopback: self.loopback.clone().unwrap_or(config.loopback),
            source: self.source.unwrap_or(config.source),
            ..config
        }
    }
}

fn source(text: &str) -> Result<SourceChoice, String> {
    match text {
        "auto" => Ok(SourceChoice::Auto),
        "pulse" => Ok(SourceChoice::Pulse),
        "cpal" => Ok(SourceChoice::Cpal),
        _ => Err("it is auto, pulse or cpal".to_owned()),
    }
}

/// `90s`, `10m`, `1h30m`, or a bare number of seconds, in microseconds.
fn length(text: &str) -> Result<i64, String> {
    let unreadable = || "say it like 90s, 10m or 1h30m".to_owned();
    let mut seconds: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: i64 = number.parse().map_err(|_| unreadable())?;
        let unit = after.chars().next().unwrap_or('s');
        let each = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return Err(unreadable()),
        };
        seconds = number.checked_mul(each).and_then(|more| seconds.checked_add(more)).ok_or_else(unreadable)?;
        rest = after.get(unit.len_utf8()..).unwrap_or_default();
    }
    if seconds > 0 { seconds.checked_mul(1_000_000).ok_or_else(unreadable) } else { Err(unreadable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_type_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5400), ("45", 45), ("2h5s", 7205)] {
            assert_eq!(length(text), Ok(seconds * 1_000_000), "{text}");
        }
        for text in ["", "0s", "s", "1x", "-5s", "1.5h", "99999999999999999999h", "9223372036854775807h"] {
            assert!(length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_well_formed_and_goes_before_the_configuration() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
        let said = Arguments::parse_from(["hearsay-record", "--mic", "USB", "--source", "cpal"]);
        let config = said.over(RecordConfig { loopback: "none".into(), ..RecordConfig::default() });
        assert_eq!((config.mic.as_str(), config.loopback.as_str(), config.source), ("USB", "none", SourceChoice::Cpal));
    }
}
