//! What the pages say of files, tests and tasks, held against the tree.

use crate::Args;
use clap::CommandFactory;
use std::path::{Path, PathBuf};
use testkit::documents;

fn root() -> PathBuf {
    std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn pages() -> Vec<(PathBuf, String)> {
    documents::pages().into_iter().map(|page| (page.clone(), std::fs::read_to_string(&page).unwrap())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for link in documents::links(&text).into_iter().filter(|link| !link.starts_with("http")) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            if !target.exists() {
                wrong.push(format!("{}: {link}", page.display()));
            } else if !anchor.is_empty() {
                let there = std::fs::read_to_string(&target).unwrap();
                if !documents::anchors(&there).iter().any(|it| it == anchor) {
                    wrong.push(format!("{}: {link} has no such heading", page.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_task_that_is_named_is_one() {
    let mut found = 0;
    for (page, text) in pages() {
        for words in
            documents::commands(&text, "cargo").into_iter().filter(|words| words.get(1).is_some_and(|it| it == "xtask"))
        {
            found += 1;
            let typed = words.iter().skip(1);
            if let Err(error) = Args::command().try_get_matches_from(typed) {
                assert!(!error.use_stderr(), "{}: {}: {error}", page.display(), words.join(" "));
            }
        }
        for words in documents::commands(&text, "./dev") {
            let known = ["arm", "demo", "setup", "test"];
            assert!(words.get(1).is_none_or(|it| known.contains(&it.as_str())), "{}: {words:?}", page.display());
        }
    }
    assert!(found > 5, "only {found} were found");
}

#[test]
fn every_path_that_is_named_is_there() {
    let tops = ["app/", "crates/", "fixtures/", "migrations/", "xtask/"];
    for (page, text) in pages() {
        for path in documents::code(&text).into_iter().filter(|it| tops.iter().any(|top| it.starts_with(top))) {
            // `NNNN_name.sql` is to be thought of, and a list of files isn't one.
            if path.contains([' ', '*', 'N']) {
                continue;
            }
            assert!(root().join(&path).exists(), "{} names {path}", page.display());
        }
    }
}

#[test]
fn the_version_in_the_pages_is_that_of_the_workspace() {
    let mut found = 0;
    for (page, text) in pages() {
        for rest in text.split("hearsay_").skip(1).filter(|rest| rest.starts_with(|it: char| it.is_ascii_digit())) {
            found += 1;
            assert!(rest.starts_with(concat!(env!("CARGO_PKG_VERSION"), "-1_")), "{}", page.display());
        }
    }
    assert!(found > 0);
}

/// Each promise of the README stands in `promises.md` with the tests that would fail if it were broken, and those tests are there.
#[test]
fn every_promise_has_a_test_behind_it() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("## What it promises").nth(1).unwrap().split("\n## ").next().unwrap();
    let promised: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next()).collect();
    assert!(promised.len() > 5, "{promised:?}");
    let table = std::fs::read_to_string(root().join("app/docs/promises.md")).unwrap();
    for promise in &promised {
        assert!(
            table.contains(&format!("| {} |", promise.trim_end_matches('.'))),
            "promises.md has nothing on {promise:?}"
        );
    }
    let sources = sources(&root());
    let tests = documents::code(&table).into_iter().filter(|it| it.contains('_') && !it.contains(['/', '.', ' ', '-']));
    let mut found = 0;
    for test in tests {
        found += 1;
        assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
    }
    assert!(found >= promised.len(), "{found} tests for {} promises", promised.len());
}

/// All of the workspace's Rust.
fn sources(root: &Path) -> String {
    let folders = ["app", "crates", "xtask"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| testkit::files_below(folder, ".rs"));
    files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}
