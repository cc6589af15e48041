//! `demo`: the whole way with the sample day, and what it says where the result isn't what was said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::Sample;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")).unwrap()
}

/// The sample day with another reference of its first conversation.
fn with_reference(sample: &Sample, change: impl Fn(&str) -> String) -> PathBuf {
    let folder = sample.path("fixtures");
    home::files::create_dir_all(&folder.join("days")).unwrap();
    std::os::unix::fs::symlink(fixtures().join("models"), folder.join("models")).unwrap();
    for entry in std::fs::read_dir(fixtures().join("days")).unwrap() {
        let path = entry.unwrap().path();
        let copy = folder.join("days").join(path.file_name().unwrap());
        if path.ends_with("standup.tsv") {
            let text = change(&std::fs::read_to_string(&path).unwrap());
            std::io::Write::write_all(&mut home::files::create_new(&copy).unwrap(), text.as_bytes()).unwrap();
        } else {
            std::os::unix::fs::symlink(&path, &copy).unwrap();
        }
    }
    folder
}

#[test]
#[cfg(target_os = "linux")]
fn the_demo_finds_what_was_said_when_it_was_said() {
    let sample = Sample::empty();
    let arguments = format!("demo --no-view --home demo --fixtures {}", fixtures().display());
    // On a terminal, where people see it: bars are drawn and words stand out.
    let ran = sample.run_on_terminal(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.out);
    for expected in ["2026-11-23 09:15:04  said   We decided to postpone ", "x real time", "every hit agrees"] {
        assert!(ran.out.contains(expected), "{expected}: {}", ran.out);
    }
    assert!(!sample.home().root().exists(), "the user's own home is never touched");
    the_documented_script_reads_it_without_hearsay(&sample, &sample.path("demo"));

    let ran = sample.run(&arguments.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, 2, "a home with something in it is left alone");
    assert!(ran.err.contains("isn't empty"), "{}", ran.err);
}

/// The script in `app/docs/files.md`, which knows nothing but the files.
#[cfg(target_os = "linux")]
fn the_documented_script_reads_it_without_hearsay(sample: &Sample, home: &Path) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/files.md");
    let page = std::fs::read_to_string(page).unwrap();
    let script = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let shown = page.lines().find(|line| line.contains("We decided to postpone Phoenix")).unwrap();
    let mut python = std::process::Command::new("python3");
    let read = testkit::output(python.arg("-c").arg(script).arg(home), "python3").unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    assert!(read.lines().any(|line| line == shown), "{shown}: {read}");
    let exported = sample.run(&["--home", "demo", "export", "2026-11-23", "--format", "jsonl"]);
    assert_eq!(read.lines().count(), exported.json().iter().filter(|line| line["state"] == "shown").count());
}

#[test]
fn the_demo_fails_where_the_words_are_not_where_the_reference_has_them() {
    let sample = Sample::empty();
    // Phoenix was said at 4.220 s: that is too far from where this reference has it.
    let fixtures = with_reference(&sample, |text| text.replace("mic\t4.220\t", "mic\t4.900\t"));
    let ran = sample.run(&["demo", "--no-view", "--fixtures", fixtures.to_str().unwrap()]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("error: 1 of 4 searches don't agree with the reference"), "{}", ran.err);
}
