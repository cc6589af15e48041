//! What the pages say of the command line, held against it.

use crate::whole_cli;
use clap::error::ErrorKind;
use testkit::documents;

#[test]
fn every_command_line_in_the_pages_can_be_typed() {
    let (mut found, mut wrong) = (0, Vec::new());
    for page in documents::pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for words in documents::commands(&text, "hearsay") {
            found += 1;
            match whole_cli::command().try_get_matches_from(&words) {
                // A sentence names a command without what it wants.
                Err(error) if error.kind() == ErrorKind::MissingRequiredArgument && names_a_command(&words) => {}
                Err(error) if error.use_stderr() => {
                    wrong.push(format!("{}: `{}`: {}", page.display(), words.join(" "), error.kind()));
                }
                _ => {}
            }
        }
    }
    assert!(found > 100, "only {found} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether there is nothing behind `hearsay` but the names of commands, and perhaps the option that is spoken of.
fn names_a_command(words: &[String]) -> bool {
    let whole = whole_cli::command();
    let names = words.iter().skip(1).take_while(|word| !word.starts_with('-'));
    names.into_iter().try_fold(&whole, |command, word| command.find_subcommand(word)).is_some()
}

/// The examples below a command's help, too.
#[test]
fn every_example_of_the_help_can_be_typed() {
    fn look(command: &clap::Command, wrong: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        // What an example is for stands behind it, two blanks or more apart.
        let examples = help.lines().filter_map(|line| line.strip_prefix("  hearsay "));
        for example in examples.map(|line| line.split("   ").next().unwrap_or(line)) {
            let line = format!("```\nhearsay {example}\n```");
            for words in documents::commands(&line, "hearsay") {
                if let Err(error) = whole_cli::command().try_get_matches_from(&words)
                    && error.use_stderr()
                {
                    wrong.push(format!("`{}`: {}", words.join(" "), error.kind()));
                }
            }
        }
        command.get_subcommands().filter(|sub| !sub.is_hide_set()).for_each(|sub| look(sub, wrong));
    }
    let mut wrong = Vec::new();
    look(&whole_cli::command(), &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
