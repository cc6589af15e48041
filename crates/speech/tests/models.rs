//! Models on disk and over HTTP, against a real server on this machine and real damage.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

use sha2::{Digest, Sha256};
use speech::models::{self, Mirrors, ModelError, Progress, Wanted};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/models/fixture-q8.bin")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

/// How the server treats one request.
#[derive(Clone, Copy)]
enum Answer {
    /// As asked, ranges included.
    Fully,
    /// As asked, but the line goes dead after so many bytes.
    CutAfter(usize),
    /// All of it, whatever range was asked for.
    IgnoringRange,
}

/// A server of one file; its requests' `Range` headers are noted.
struct Server {
    mirror: String,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Server {
    fn start(file: &'static str, bytes: Vec<u8>, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mirror = format!("http://{}/models/", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&ranges);
        std::thread::Builder::new()
            .name("hs-test-http".to_owned())
            .spawn(move || {
                for answer in answers {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
                    let request = lines.next().unwrap();
                    let headers: Vec<String> =
                        lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
                    let range = headers
                        .iter()
                        .find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
                    noted.lock().unwrap().push(range);
                    if request != format!("GET /models/{file} HTTP/1.1") {
                        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
                        continue;
                    }
                    let from = if matches!(answer, Answer::IgnoringRange) { None } else { range };
                    let body = &bytes[from.unwrap_or(0)..];
                    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
                    let head =
                        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                    stream.write_all(head.as_bytes()).unwrap();
                    let len = if let Answer::CutAfter(len) = answer { len } else { body.len() };
                    // A client that has seen enough may be gone already.
                    drop(stream.write_all(&body[..len]));
                }
            })
            .unwrap();
        Self { mirror, ranges }
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().unwrap().clone()
    }
}

fn quiet(_: Progress) {}

#[test]
fn a_model_is_fetched_checked_and_found_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(fixture()).unwrap();
    let server = Server::start("ggml-fixture.bin", bytes.clone(), vec![Answer::Fully]);
    let wanted = Wanted::new("ggml-fixture.bin", Some(&sha256(&bytes).to_uppercase())).unwrap();
    let mut seen = Vec::new();
    let got =
        models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut |progress| seen.push(progress)).unwrap();
    assert!(got.fetched && got.sha256 == sha256(&bytes));
    assert_eq!(std::fs::read(&got.path).unwrap(), bytes);
    let whole = u64::try_from(bytes.len()).unwrap();
    assert_eq!((seen[0].have, seen.last().unwrap().have, seen.last().unwrap().of), (0, whole, Some(whole)));
    assert_eq!(models::locate(folder.path(), "fixture").unwrap(), got.path);
    let model = models::prepare(folder.path(), "fixture").unwrap();
    assert_eq!(
        (model.name.as_str(), model.sha256.as_str(), model.info.multilingual),
        ("fixture", sha256(&bytes).as_str(), false)
    );
    let again = models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet).unwrap();
    assert!(!again.fetched, "it is here already");
}

#[test]
fn a_cut_connection_is_an_error_and_the_next_call_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(fixture()).unwrap();
    let server = Server::start("ggml-fixture.bin", bytes.clone(), vec![Answer::CutAfter(1_000_000), Answer::Fully]);
    let wanted = Wanted::new("ggml-fixture.bin", Some(&sha256(&bytes))).unwrap();
    match models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet) {
        Err(ModelError::Interrupted { have: 1_000_000, of: Some(of), .. }) => {
            assert_eq!(of, u64::try_from(bytes.len()).unwrap());
        }
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(models::locate(folder.path(), "fixture"), Err(ModelError::Unknown { .. })),
        "half a model is none"
    );
    let got = models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet).unwrap();
    assert_eq!(std::fs::read(got.path).unwrap(), bytes);
    assert_eq!(server.ranges(), [None, Some(1_000_000)]);
}

#[test]
fn a_server_that_cannot_resume_sends_it_all_again() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(fixture()).unwrap();
    put(&folder.path().join("ggml-fixture.bin.part"), b"the beginning of another file");
    let server = Server::start("ggml-fixture.bin", bytes.clone(), vec![Answer::IgnoringRange]);
    let wanted = Wanted::new("ggml-fixture.bin", Some(&sha256(&bytes))).unwrap();
    let got = models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet).unwrap();
    assert_eq!(std::fs::read(got.path).unwrap(), bytes);
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(fixture()).unwrap();
    let server = Server::start("ggml-base.en.bin", bytes.clone(), vec![Answer::Fully]);
    // The published size differs too, so the sum that the user gave is what counts.
    let wanted = Wanted { bytes: None, ..Wanted::new("base.en", None).unwrap() };
    match models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet) {
        Err(ModelError::Checksum { expected, found, .. }) => {
            assert_eq!((expected.as_str(), found), (models::known_by_name("base.en").unwrap().sha256, sha256(&bytes)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "neither a model nor a part");
}

#[test]
fn without_a_known_sum_the_first_one_is_recorded_and_a_later_change_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(fixture()).unwrap();
    let server = Server::start("ggml-own.bin", bytes.clone(), vec![Answer::Fully]);
    let got = models::get(
        folder.path(),
        &Mirrors::at(&server.mirror),
        &Wanted::new("ggml-own.bin", None).unwrap(),
        &mut quiet,
    )
    .unwrap();
    assert_eq!(models::verify(folder.path(), &got.path).unwrap(), sha256(&bytes));
    let last = bytes.len() - 10;
    bytes[last] ^= 0x40;
    put(&got.path, &bytes);
    assert!(models::inspect(&got.path).is_ok(), "flipped bits inside the weights have no visible form");
    assert!(matches!(models::verify(folder.path(), &got.path), Err(ModelError::Checksum { .. })));
}

#[test]
fn what_the_server_does_not_have_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("ggml-fixture.bin", Vec::new(), vec![Answer::Fully]);
    let error = models::get(
        folder.path(),
        &Mirrors::at(&server.mirror),
        &Wanted::new("ggml-other.bin", None).unwrap(),
        &mut quiet,
    )
    .unwrap_err();
    assert!(matches!(&error, ModelError::Http { url, .. } if url.ends_with("/models/ggml-other.bin")), "{error:?}");
    let empty = Server::start("ggml-fixture.bin", b"<html>Sign in</html>".to_vec(), vec![Answer::Fully]);
    let error = models::get(
        folder.path(),
        &Mirrors::at(&empty.mirror),
        &Wanted::new("ggml-fixture.bin", None).unwrap(),
        &mut quiet,
    )
    .unwrap_err();
    assert!(matches!(error, ModelError::Broken { .. }), "a login page is not a model");
    assert!(matches!(Wanted::new("bas.en", None), Err(ModelError::Unknown { .. })));
    for name in ["../ggml-x.bin", "/etc/x.bin", ".x.bin"] {
        let wanted = Wanted { file: name.to_owned(), bytes: None, sha256: None };
        assert!(
            matches!(
                models::get(folder.path(), &Mirrors::at(&server.mirror), &wanted, &mut quiet),
                Err(ModelError::Name { .. })
            ),
            "{name}"
        );
    }
}

#[test]
fn a_missing_model_says_which_to_get_how_large_it_is_and_how() {
    let folder = tempfile::tempdir().unwrap();
    let text = models::locate(folder.path(), "base.en-q5_1").unwrap_err().to_string();
    assert_eq!(text, "the model base.en-q5_1 (60 MB) is not here\nhint: get it with `hearsay models get base.en-q5_1`");
    let text = models::locate(folder.path(), "bas.en").unwrap_err().to_string();
    assert!(text.contains("bas.en") && text.contains("models list"), "{text}");
}

#[test]
fn every_kind_of_damage_to_a_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(fixture()).unwrap();
    assert!(models::inspect(&fixture()).is_ok());
    let cut = |len: usize| good[..len].to_vec();
    let with = |at: usize, value: i32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let mut longer = good.clone();
    longer.push(0);
    let silero = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("silero/silero_vad_16k_op15.onnx")).unwrap();
    let damage: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "empty"),
        ("eight bytes", vec![7; 8], "begin"),
        ("text", b"Not a model at all, but a page of text.".repeat(50), "begin"),
        ("a GGUF file", b"GGUF\x03\0\0\0".repeat(10), "GGUF"),
        ("the voice detector", silero, "begin"),
        ("magic only", cut(4), "too early"),
        ("cut in the header", cut(30), "too early"),
        ("cut in the mel filters", cut(5_000), "too early"),
        ("cut by one byte", cut(good.len() - 1), "too early"),
        ("cut by 4 kB", cut(good.len() - 4_096), "too early"),
        ("one byte more", longer, "too early"),
        ("vocabulary of -1", with(4, -1), "vocabulary"),
        ("no heads", with(16, 0), "heads"),
        ("width of a million", with(12, 1_000_000), "width"),
        ("100,000 layers", with(20, 100_000), "layers"),
        ("one layer more", with(20, 5), "tensors"),
        ("no mel bands", with(40, 0), "mel bands"),
        ("number format 99", with(44, 99), "number format"),
        ("a milliard mel filters", with(48, 1 << 30), "mel filters"),
        ("a milliard tokens", with(52 + 4 + 80 * 201 * 4, 1 << 30), "tokens"),
        ("a token of four milliards", with(52 + 4 + 80 * 201 * 4 + 4, -1), "token"),
    ];
    for (kind, bytes, names) in damage {
        let path = folder.path().join("ggml-damaged.bin");
        put(&path, &bytes);
        match models::inspect(&path) {
            Err(error @ ModelError::Broken { .. }) => {
                let text = error.to_string();
                assert!(text.contains("ggml-damaged.bin") && text.contains(names), "{kind}: {text}");
            }
            other => panic!("{kind}: {other:?}"),
        }
    }
    assert!(matches!(models::inspect(folder.path()), Err(ModelError::Broken { .. })));
    assert!(matches!(models::inspect(&folder.path().join("none")), Err(ModelError::Io { .. })));
}

#[test]
fn a_file_cut_behind_its_vocabulary_is_no_model() {
    // whisper.cpp loads such a file as an empty model, and hears nothing for ever.
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(fixture()).unwrap();
    let number = |at: usize| usize::try_from(u32::from_le_bytes(good[at..at + 4].try_into().unwrap())).unwrap();
    let mut at = 52 + 4 + 80 * 201 * 4;
    let tokens = number(at);
    at += 4;
    for _ in 0..tokens {
        at += 4 + number(at);
    }
    let path = folder.path().join("ggml-empty.bin");
    put(&path, &good[..at]);
    let text = models::inspect(&path).unwrap_err().to_string();
    assert!(text.contains("0 of the 167 tensors"), "{text}");
}

#[test]
fn added_files_are_listed_beside_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = models::add(folder.path(), &fixture(), None).unwrap();
    assert_eq!(path, folder.path().join("fixture-q8.bin"));
    let list = models::list(folder.path()).unwrap();
    let own = list.iter().find(|line| line.name == "fixture-q8").unwrap();
    assert_eq!((own.path.as_ref(), own.languages, own.sha256), (Some(&path), Some("en"), None));
    assert!(list.iter().any(|line| line.name == "base.en" && line.bytes == 147_964_211));
    assert_eq!(models::default_model(folder.path()).unwrap(), path);
    assert!(matches!(
        models::add(folder.path(), &Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), None),
        Err(ModelError::Broken { .. })
    ));
}
