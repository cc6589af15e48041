//! `hearsay man`: the manual pages, out of the same words as `--help`.

use crate::failure::Failure;
use crate::output::{self, Out};
use crate::whole_cli;
use anyhow::{Context as _, Result};
use clap_mangen::Man;
use home::Exit;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Which page, or where to.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ManArgs {
    /// Of which command [default: hearsay itself]
    #[arg(value_name = "COMMAND", conflicts_with = "to")]
    command: Vec<String>,
    /// Write the pages of all commands into a folder
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

const HELP: &str = "\
Examples:
  hearsay man search | man -l -
  hearsay man --to ~/.local/share/man/man1     then: man hearsay-search

The Debian package brings them.";

/// A page: its name (`hearsay-search`) and what troff reads.
struct Page {
    name: String,
    text: Vec<u8>,
}

/// Prints one, or writes all.
pub(crate) fn run(args: &ManArgs) -> Result<Exit> {
    let pages = pages()?;
    if let Some(folder) = &args.to {
        write(&pages, folder)?;
        return Ok(Exit::Done);
    }
    let name = std::iter::once("hearsay").chain(args.command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let page = pages.iter().find(|page| page.name == name).ok_or_else(|| {
        Failure::usage(format!("there is no command `{}`", name.replace('-', " "))).hint("`hearsay --help` lists them")
    })?;
    let mut out = Out::stdout();
    out.write_all(&page.text)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn write(pages: &[Page], folder: &Path) -> Result<()> {
    let cannot = || format!("cannot write the pages to {}", folder.display());
    home::files::create_dir_all(folder).with_context(cannot)?;
    for Page { name, text } in pages {
        let mut file = home::files::create_or_truncate(&folder.join(format!("{name}.1"))).with_context(cannot)?;
        file.write_all(text).with_context(cannot)?;
    }
    output::say(&format!("{} pages are in {}", pages.len(), folder.display()));
    Ok(())
}

/// The pages of all commands that are shown, each before those below it.
fn pages() -> Result<Vec<Page>> {
    let mut whole = whole_cli::command();
    whole.build();
    let mut pages = Vec::new();
    collect(&whole, &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, pages: &mut Vec<Page>) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let text = page(command).context("cannot lay out a manual page")?;
    pages.push(Page { name, text });
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| collect(sub, pages))
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let source = concat!("hearsay ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("hearsay");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut text)?;
    }
    if command.get_subcommands().any(|sub| !sub.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_help() {
        text.extend_from_slice(examples(&help.to_string()).as_bytes());
    }
    Ok(text)
}

/// What stands below the options of a command: indented lines stay as they are, the others are filled.
fn examples(help: &str) -> String {
    let mut roff = String::from(".SH EXAMPLES\n");
    let mut verbatim = false;
    for line in help.lines().filter(|line| !matches!(line.trim(), "Example:" | "Examples:")) {
        let indented = line.starts_with(' ');
        if indented != verbatim {
            roff.push_str(if indented { ".PP\n.nf\n" } else { ".fi\n" });
            verbatim = indented;
        }
        if line.trim().is_empty() {
            roff.push_str(".PP\n");
        } else {
            // A line that begins with a dot or a quotation mark would be a request (groff(7)).
            let escaped = line.replace('\\', "\\e").replace('-', "\\-");
            roff.push_str("\\&");
            roff.push_str(&escaped);
            roff.push('\n');
        }
    }
    if verbatim {
        roff.push_str(".fi\n");
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_of_its_own_and_no_hidden_one_has() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        for name in ["hearsay", "hearsay-record", "hearsay-work", "hearsay-search", "hearsay-models-get"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(!names.contains(&"hearsay-view"), "{names:?}");
        let record = pages.iter().find(|page| page.name == "hearsay-record").unwrap();
        let text = String::from_utf8(record.text.clone()).unwrap();
        assert!(text.contains("\\-\\-loopback") && text.contains(".SH EXAMPLES") && !text.contains("supervised"));
    }

    #[test]
    fn examples_keep_their_lines_and_nothing_in_them_is_a_request() {
        let roff = examples("Examples:\n  a --b\n  .c\\d\n\nExit codes: 0 done");
        assert_eq!(roff, ".SH EXAMPLES\n.PP\n.nf\n\\&  a \\-\\-b\n\\&  .c\\ed\n.fi\n.PP\n\\&Exit codes: 0 done\n");
    }
}
