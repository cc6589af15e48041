//! `models` and `config` as scripts see them: the real program, and a real server on this machine.
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
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// Serves a file at `/model.bin` with ranges, as file hosts do. The first `broken` answers end half way through.
fn serve(file: Vec<u8>, mut broken: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::Builder::new()
        .name("test-server".into())
        .spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is what is tested.
                if answer(stream.unwrap(), &file, broken > 0).is_ok() {
                    broken = broken.saturating_sub(1);
                }
            }
        })
        .unwrap();
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, file: &[u8], broken: bool) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap()?;
    let mut from = 0;
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
    }
    if !request.starts_with("GET /model.bin ") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    let rest = &file[from..];
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())?;
    stream.write_all(if broken { &rest[..rest.len() / 2] } else { rest })
}

fn fixture() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/fixture-q8.bin")).unwrap()
}

/// A home whose configuration names a mirror.
fn with_mirror(mirror: &str) -> Sample {
    let sample = Sample::empty();
    sample.home().ensure().unwrap();
    let mut config = home::files::create_new(&sample.home().config_file()).unwrap();
    writeln!(config, "[models]\nmirror = \"{mirror}\"").unwrap();
    sample
}

#[test]
fn a_model_is_fetched_in_pieces_and_checked() {
    let sample = with_mirror(&serve(fixture(), 1));
    let ran = sample.run(&["models", "get", "model.bin"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("broke off") && ran.err.contains("hint: the same command goes on from there"),
        "{}",
        ran.err
    );
    assert!(sample.home().models().join("model.bin.part").is_file());

    let ran = sample.run(&["models", "get", "model.bin"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(ran.err.contains("fetched and checked"), "{}", ran.err);
    assert_eq!(std::fs::read(sample.home().models().join("model.bin")).unwrap(), fixture());

    let ran = sample.run(&["models", "get", "model.bin"]);
    assert!(ran.code == 0 && ran.err.contains("is here already"), "{}", ran.err);
    // What is here already is compared with what was asked for as well.
    let sum = ran.err.split_once("SHA-256 ").unwrap().1[..64].to_uppercase();
    let ran = sample.run(&["models", "get", "model.bin", "--sha256", &sum]);
    assert!(ran.code == 0 && ran.err.contains("is here already"), "{}", ran.err);
    let wrong = "ab".repeat(32);
    let ran = sample.run(&["models", "get", "model.bin", "--sha256", &wrong]);
    assert!(ran.code == 4 && ran.err.contains("is damaged") && ran.err.contains(&wrong), "{}", ran.err);
    assert!(sample.home().models().join("model.bin").is_file(), "it stays");
    let installed: Vec<_> =
        sample.run(&["models", "list", "--json"]).json().into_iter().filter(|row| row["installed"] == true).collect();
    assert_eq!(installed.len(), 1);
    for (field, expected) in [
        ("name", serde_json::json!("model")),
        ("bytes", serde_json::json!(fixture().len())),
        ("languages", serde_json::json!("en")),
    ] {
        assert_eq!(installed[0][field], expected);
    }
    let ran = sample.run(&["models", "verify"]);
    assert!(ran.code == 0 && ran.err.starts_with("good: "), "{}", ran.err);
}

#[test]
fn a_model_that_is_not_what_it_should_be_is_not_installed() {
    let mirror = serve(fixture(), 0);
    let sample = with_mirror(&mirror);
    let wrong = "ab".repeat(32);
    let ran = sample.run(&["models", "get", "model.bin", "--sha256", &wrong]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("is damaged") && ran.err.contains(&wrong), "{}", ran.err);
    let left: Vec<_> =
        std::fs::read_dir(sample.home().models()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("model")), "{left:?}");

    let ran = sample.run(&["models", "get", "other.bin"]);
    assert!(ran.code == 4 && ran.err.contains(&format!("{mirror}/other.bin")), "{}", ran.err);
    let ran = sample.run(&["models", "get", "no-such-model"]);
    assert!(ran.code == 4 && ran.err.contains("`hearsay models list` shows what there is"), "{}", ran.err);
}

#[test]
fn a_file_is_added_only_if_it_is_a_whole_model() {
    let sample = Sample::empty();
    let path = sample.path("mine.bin");
    let add = |bytes: &[u8]| {
        home::files::create_or_truncate(&path).unwrap().write_all(bytes).unwrap();
        sample.run(&["models", "add", "mine.bin"])
    };
    let whole = fixture();
    for bytes in [b"lmgg\0\0\0\0".as_slice(), &whole[..whole.len() / 2], b"just a text, nothing more"] {
        let ran = add(bytes);
        assert_eq!((ran.code, ran.out.as_str()), (4, ""));
        assert!(ran.err.starts_with("error: ") && ran.err.contains("mine.bin"), "{}", ran.err);
    }
    let ran = add(&whole);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(std::fs::read(sample.home().models().join("mine.bin")).unwrap(), whole);

    let mut flipped = whole;
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    home::files::create_or_truncate(&sample.home().models().join("mine.bin")).unwrap().write_all(&flipped).unwrap();
    let ran = sample.run(&["models", "verify", "mine"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("is damaged"), "{}", ran.err);
}

#[test]
fn config_prints_what_is_in_effect_and_reads_it_back() {
    let sample = with_mirror("http://127.0.0.1:9");
    let ran = sample.run(&["config"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with(&format!("# From {}", sample.home().config_file().display())), "{}", ran.out);
    assert!(
        ran.out.contains("mirror = \"http://127.0.0.1:9\"") && ran.out.contains("# model = \"base.en\""),
        "{}",
        ran.out
    );
    let copy = sample.path("copy.toml");
    home::files::create_new(&copy).unwrap().write_all(ran.out.as_bytes()).unwrap();
    let json = |arguments: &[&str]| sample.run(&[&["config", "--json"], arguments].concat()).json();
    assert_eq!(json(&["--config", "copy.toml"]), json(&[]));
    assert_eq!(json(&[])[0]["models"]["mirror"], "http://127.0.0.1:9");
}
