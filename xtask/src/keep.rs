//! `cargo xtask keep`: what a measurement printed, kept in `xtask/figures`, so that the figures of the README have a source.

use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use timeline::{Clock, SystemClock};

/// What is kept, and where. It is read from standard input.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The record, as the README names it: a file of xtask/figures, without its ending
    #[arg(value_name = "RECORD")]
    record: String,
    /// The command that printed it; what the same one printed before is replaced
    #[arg(long, value_name = "COMMAND")]
    of: String,
    /// The machine, in words [default: its processor]
    #[arg(long, value_name = "MACHINE")]
    on: Option<String>,
}

/// Keeps it.
pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(home::is_plain_name(&args.record), "{:?} is no name of a file", args.record);
    let mut printed = String::new();
    std::io::stdin().read_to_string(&mut printed).context("cannot read what was printed")?;
    ensure!(printed.contains(|letter: char| letter.is_ascii_digit()), "there is no figure in what was printed");
    let path = folder().join(&args.record).with_extension("md");
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("# {}\n", args.record),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let machine = args.on.clone().map_or_else(processor, Ok)?;
    let about = format!("Measured {} on {machine}, {}.", SystemClock.wall().local().format("%Y-%m-%d"), commit()?);
    let after = with(&before, &args.of, &about, &printed);
    let mut file =
        home::files::create_or_truncate(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(after.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// Where records lie.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("figures")
}

/// A record with what a command printed, in the place of what the same one printed before.
fn with(record: &str, command: &str, about: &str, printed: &str) -> String {
    let mut sections = record.split("\n## ");
    let mut after = sections.next().unwrap_or_default().trim_end().to_owned();
    let heading = format!("`{command}`");
    let section = format!("{heading}\n\n{about}\n\n```\n{}\n```", printed.trim_matches('\n'));
    let mut all: Vec<&str> = sections.map(str::trim_end).collect();
    match all.iter_mut().find(|known| known.lines().next() == Some(&heading)) {
        Some(known) => *known = &section,
        None => all.push(&section),
    }
    for section in all {
        after.push_str("\n\n## ");
        after.push_str(section);
    }
    after.push('\n');
    after
}

fn processor() -> Result<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    Ok(name.context("this machine doesn't say what processor it has: say it with --on")?.1.trim().to_owned())
}

fn commit() -> Result<String> {
    let git = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output().context("cannot start git")?;
    ensure!(git.status.success(), "git doesn't know which commit this is");
    Ok(format!("commit {}", String::from_utf8_lossy(&git.stdout).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_printed_takes_the_place_of_what_it_printed_before() {
        let first = with("# search\n", "cargo xtask scale 9", "Measured then.", "1 ms\n");
        assert_eq!(first, "# search\n\n## `cargo xtask scale 9`\n\nMeasured then.\n\n```\n1 ms\n```\n");
        let both = with(&first, "cargo xtask scale 99", "Measured then.", "3 ms\n");
        let again = with(&both, "cargo xtask scale 9", "Measured now.", "\n2 ms");
        assert!(again.contains("Measured now.\n\n```\n2 ms\n```\n\n## `cargo xtask scale 99`\n"), "{again}");
        assert!(again.ends_with("3 ms\n```\n") && !again.contains("1 ms"), "{again}");
    }
}
