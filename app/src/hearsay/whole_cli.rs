//! The whole command line, with those of the recorder and the worker in their places: what manual pages and completions are
//! made of. `hearsay record` and `hearsay work` hand what was typed to the other executable as it is.

use crate::cli::Cli;
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;

#[path = "../record/arguments.rs"]
#[allow(dead_code, reason = "the recorder uses the rest")]
mod record;
#[path = "../work/cli.rs"]
#[allow(dead_code, reason = "the worker uses the rest")]
mod work;

/// `hearsay` with all commands and their options.
pub(crate) fn command() -> Command {
    let whole = |short: Command| {
        let (name, sibling) = match short.get_name() {
            "record" => ("record", record::Arguments::command()),
            "work" => ("work", work::Args::command()),
            _ => return short,
        };
        let about = short.get_about().cloned().unwrap_or_default();
        sibling.name(name).bin_name(format!("hearsay {name}")).about(about)
    };
    Cli::command().disable_help_subcommand(true).mut_subcommands(whole)
}

/// What was typed behind `hearsay record`, where that can be read.
pub(crate) fn recorder(arguments: &[OsString]) -> Option<record::Arguments> {
    record::Arguments::try_parse_from([OsString::from("hearsay record")].iter().chain(arguments)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorders_and_the_workers_options_are_in_it() {
        let mut whole = command();
        whole.build();
        for (name, option) in [("record", "loopback"), ("work", "once"), ("search", "heard")] {
            let command = whole.find_subcommand(name).unwrap();
            assert!(command.get_arguments().any(|it| it.get_long() == Some(option)), "hearsay {name} --{option}");
            assert!(command.get_after_help().is_some_and(|help| help.to_string().contains("hearsay ")), "{name}");
        }
    }

    /// Each command has an example, and each of them can be typed.
    #[test]
    fn every_command_has_an_example() {
        fn look(command: &Command, path: &str, missing: &mut Vec<String>) {
            let help = command.get_after_help().or(command.get_after_long_help()).map(ToString::to_string);
            if !help.is_some_and(|help| help.contains(path)) {
                missing.push(path.to_owned());
            }
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                look(sub, &format!("{path} {}", sub.get_name()), missing);
            }
        }
        let mut missing = Vec::new();
        look(&command(), "hearsay", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
