//! Markdown as far as tests hold it against the program: the command lines in it, and its links.

use std::path::{Path, PathBuf};

/// The pages whose words are checked: what users and developers read, from the workspace's root.
///
/// # Panics
/// Where the folder of user pages can't be read.
#[expect(clippy::expect_used, reason = "a test without its pages can only fail")]
pub fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = ["README.md", "CONTRIBUTING.md", "crates/README.md", "fixtures/README.md", "THIRD-PARTY.md"];
    let mut pages: Vec<PathBuf> = named.iter().map(|name| root.join(name)).collect();
    let users = std::fs::read_dir(root.join("app/docs")).expect("app/docs is there").flatten();
    pages.extend(users.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "md")));
    pages.sort();
    pages
}

/// All command lines of that program in a page, in its blocks of code and in its lines, as words that a shell would hand on.
pub fn commands(page: &str, program: &str) -> Vec<Vec<String>> {
    let lines = code(page).into_iter().flat_map(|line| split(&line));
    lines.filter(|words| words.first().is_some_and(|word| word == program)).collect()
}

/// Lines of blocks of code, and what stands between backticks elsewhere.
pub fn code(page: &str) -> Vec<String> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.trim().to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Where the links of a page lead: what stands between `](` and `)`.
pub fn links(page: &str) -> Vec<String> {
    page.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The anchors of a page's headings, as they are made on the web: lower case, blanks to dashes, nothing else but letters, digits and dashes.
pub fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// A line of shell as the words of its commands, without comments and redirections.
fn split(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words) = (Vec::new(), Vec::new());
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (None, '|' | ';' | '&') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            // What follows is a file of the shell's.
            (None, '>' | '<') => {
                word = None;
                letters.by_ref().skip_while(|letter| *letter == ' ').find(|letter| *letter == ' ');
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    commands.push(words);
    commands.retain(|words| !words.is_empty());
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_found_as_a_shell_would_run_them() {
        let page = "Type `hearsay show today`, or `less`.\n```\nhearsay search 'a b' --said   # find it\nhearsay x > y.txt && hearsay z | jq .\n```\n";
        let found: Vec<String> = commands(page, "hearsay").iter().map(|words| words.join("_")).collect();
        assert_eq!(found, ["hearsay_show_today", "hearsay_search_a b_--said", "hearsay_x", "hearsay_z"]);
    }

    #[test]
    fn links_and_anchors_are_found() {
        assert_eq!(links("[a](b.md#c) and [d](https://e)"), ["b.md#c", "https://e"]);
        assert_eq!(anchors("# What's *new*?\n## A b-c\ntext"), ["whats-new", "a-b-c"]);
    }
}
