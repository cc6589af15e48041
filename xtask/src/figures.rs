//! The figures of the README, held against their sources.
//!
//! A limit is a phrase that `xtask/figures/limits.tsv` leads to a line of the code. What was measured stands between
//! `<!-- figures: RECORD -->` and `<!-- /figures -->`, and rounds what `xtask/figures/RECORD.md` has, which `cargo xtask keep` writes.

use crate::{Args, keep};
use clap::CommandFactory;
use std::path::Path;
use testkit::documents;

/// A phrase of the README, and the code that makes it true.
struct Limit {
    says: String,
    file: String,
    code: String,
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn limits() -> Vec<Limit> {
    let text = read("xtask/figures/limits.tsv");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    fields.map(|of| Limit { says: of[0].clone(), file: of[1].clone(), code: of[2].clone() }).collect()
}

/// The README's promises and what was measured of them, on one line.
fn promises() -> String {
    let readme = read("README.md");
    let section = readme.split("\n## What it promises\n").nth(1).unwrap().split("\n## ").next().unwrap();
    on_one_line(section)
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands in each record's marks, and what stands in none.
fn pieces(text: &str) -> (Vec<(&str, &str)>, Vec<&str>) {
    let mut all = text.split("<!-- figures: ");
    let (mut marked, mut others) = (Vec::new(), vec![all.next().unwrap_or_default()]);
    for piece in all {
        let (record, rest) = piece.split_once(" -->").unwrap();
        let (inside, after) = rest.split_once("<!-- /figures -->").unwrap_or_else(|| panic!("{record} has no end"));
        marked.push((record, inside));
        others.push(after);
    }
    (marked, others)
}

/// A number as it is written, with what follows it.
fn numbers(text: &str) -> Vec<(String, &str)> {
    let (mut found, mut before, mut rest) = (Vec::new(), ' ', text);
    while let Some(letter) = rest.chars().next() {
        let length = rest.find(|it: char| !it.is_ascii_digit() && it != '.' && it != ',').unwrap_or(rest.len());
        let number = rest[..length].trim_end_matches(['.', ',']);
        // What follows a letter is part of a name: H100, q8_0, AVX-512.
        let is_name = before.is_alphanumeric() || before == '_';
        if letter.is_ascii_digit() && !number.is_empty() {
            if !is_name {
                found.push((number.replace(',', ""), &rest[number.len()..]));
            }
            (before, rest) = ('0', &rest[number.len()..]);
            continue;
        }
        // A dash within a name.
        before = if letter == '-' && before.is_alphabetic() { 'a' } else { letter };
        rest = &rest[letter.len_utf8()..];
    }
    found
}

/// The text without what is in backticks, and without the phrases of the limits.
fn unexplained(text: &str, limits: &[Limit]) -> String {
    let mut text: String = text.split('`').step_by(2).collect();
    for limit in limits {
        text = text.replace(&limit.says, " ");
    }
    text
}

/// Whether a figure is one of the numbers, rounded to its own last digit.
fn is_rounded(figure: &str, of: &[f64]) -> bool {
    let Ok(value) = figure.parse::<f64>() else { return false };
    let decimals = figure.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let zeros = figure.len() - figure.trim_end_matches('0').len();
    // At least two digits of a whole number mean what they say.
    let zeros = if decimals > 0 { 0 } else { zeros.min(figure.len().saturating_sub(2)) };
    let power = i32::try_from(zeros).unwrap() - i32::try_from(decimals).unwrap();
    of.iter().any(|number| (number - value).abs() <= 10_f64.powi(power) / 2.0 + 1e-9)
}

/// The numbers of a record, also in the larger units of time.
fn numbers_of(record: &str) -> Vec<f64> {
    let mut all = Vec::new();
    for (number, unit) in numbers(record) {
        let Ok(number) = number.parse::<f64>() else { continue };
        let unit = unit.trim_start();
        all.push(number);
        if unit.starts_with("us") || unit.starts_with("µs") {
            all.extend([number / 1e3, number / 1e6]);
        } else if unit.starts_with("ms") {
            all.push(number / 1e3);
        }
    }
    all
}

#[test]
fn every_limit_is_that_of_the_code() {
    let promises = promises();
    for Limit { says, file, code } in limits() {
        assert!(promises.contains(&says), "limits.tsv: the README doesn't say {says:?}");
        assert!(read(&file).contains(&code), "limits.tsv: {says:?}: {file} doesn't say {code:?}");
    }
}

#[test]
fn every_figure_has_a_source() {
    let (limits, promises) = (limits(), promises());
    for text in pieces(&promises).1 {
        let left = numbers(&unexplained(text, &limits)).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert!(left.is_empty(), "neither in limits.tsv nor in the marks of a record: {left:?} of {text}");
    }
    let readme = on_one_line(&read("README.md"));
    let marked = pieces(&readme).0;
    assert!(marked.len() > 3, "{marked:?}");
    for (record, text) in marked {
        let kept = read(&format!("xtask/figures/{record}.md"));
        let of = numbers_of(&kept);
        for (figure, _) in numbers(&unexplained(text, &limits)) {
            // A version is no number.
            let is_version = figure.matches('.').count() > 1;
            let has = if is_version { kept.contains(&figure) } else { is_rounded(&figure, &of) };
            assert!(
                has,
                "{figure} isn't in xtask/figures/{record}.md: keep what was printed by `cargo xtask keep {record}`"
            );
        }
    }
}

#[test]
fn every_record_says_what_was_run_and_when() {
    let records = testkit::files_below(&keep::folder(), ".md");
    assert!(records.len() > 3, "{records:?}");
    for path in records {
        let text = std::fs::read_to_string(&path).unwrap();
        for section in text.split("\n## ").skip(1) {
            let heading = section.lines().next().unwrap();
            for words in documents::commands(heading, "cargo") {
                let fault = Args::command().try_get_matches_from(words.iter().skip(1)).err();
                let fault = fault.filter(clap::Error::use_stderr);
                assert!(words[1] != "xtask" || fault.is_none(), "{}: {heading}: {fault:?}", path.display());
            }
            assert!(heading.starts_with('`') && heading.ends_with('`'), "{}: {heading}", path.display());
            assert!(section.contains("\nMeasured 20"), "{}: {heading}: when?", path.display());
        }
    }
}

#[test]
fn a_figure_without_a_source_is_found() {
    let found = |text: &str| numbers(text).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(found("5,900 a second, H100, q8_0, AVX-512, 1.2.1 and 0.6 s."), ["5900", "1.2.1", "0.6"]);
    assert_eq!(numbers_of("194 ms, 1234567 us"), [194.0, 0.194, 1_234_567.0, 1_234.567, 1.234_567]);
    for (figure, number, is) in [
        ("4.6", 4.62, true),
        ("4.6", 4.66, false),
        ("5900", 5_873.0, true),
        ("5900", 5_840.0, false),
        ("20", 20.4, true),
        ("20", 21.0, false),
        ("100", 104.0, true),
        ("100", 106.0, false),
    ] {
        assert_eq!(is_rounded(figure, &[number]), is, "{figure} of {number}");
    }
}
