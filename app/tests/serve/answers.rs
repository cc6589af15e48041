//! What it answers.

use crate::server::Server;
use serde_json::Value;

const MIC: &str = "audio/2026/2026-11-23/20261123T091500.000Z.mic.wav";
const LOOPBACK: &str = "audio/2026/2026-11-23/20261123T091500.000Z.loopback.wav";

/// The rows without their files, each of which must have some.
fn without_files(rows: Vec<Value>) -> Vec<Value> {
    rows.into_iter()
        .map(|mut row| {
            row.as_object_mut().unwrap().remove("files").expect("each row cites its files");
            row
        })
        .collect()
}

#[test]
fn each_path_answers_what_the_command_prints() {
    let server = Server::start();
    for (path, command) in [
        ("/v1/search?query=phoenix", vec!["search", "phoenix", "--json"]),
        (
            "/v1/search?query=phoenix&limit=1&sort=score",
            vec!["search", "phoenix", "--limit", "1", "--sort", "score", "--json"],
        ),
        (
            "/v1/search?query=the&side=heard&since=2026-11-23",
            vec!["search", "the", "--heard", "--since", "2026-11-23", "--json"],
        ),
        ("/v1/show?span=2026-11-23", vec!["show", "2026-11-23", "--json"]),
        ("/v1/export?span=all", vec!["export", "all", "--format", "jsonl"]),
        ("/v1/export?span=all&hidden=true", vec!["export", "all", "--format", "jsonl", "--hidden"]),
    ] {
        let (answer, printed) = (server.get(path), server.sample.run(&command));
        assert_eq!((printed.code, answer.header("Content-Type")), (0, Some("application/x-ndjson")));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert!(!printed.json().is_empty());
        assert_eq!(without_files(answer.rows()), printed.json(), "{path}");
    }
    for (path, command) in [("/v1/passes", "passes"), ("/v1/status", "status")] {
        let (mut answered, mut printed) = (server.get(path).rows(), server.sample.run(&[command, "--json"]).json());
        for row in answered.iter_mut().chain(&mut printed) {
            // Others write to the disk between the two.
            row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("disk_"));
        }
        assert_eq!((answered.len(), &answered), (1, &printed));
    }
}

#[test]
fn each_line_cites_the_file_that_holds_its_sound() {
    let server = Server::start();
    let rows = server.get("/v1/show?span=2026-11-23").rows();
    for row in &rows {
        let expected = match row["track"].as_str().unwrap() {
            "mic" => vec![MIC],
            "loopback" => vec![LOOPBACK],
            // Its words are there, its sound isn't.
            _ => vec![],
        };
        assert_eq!(row["files"], serde_json::json!(expected), "{row}");
        for file in row["files"].as_array().unwrap() {
            assert!(server.sample.home().root().join(file.as_str().unwrap()).is_file());
        }
    }
    assert!(rows.iter().any(|row| row["track"] == "phone"), "{rows:?}");
}

#[test]
fn what_a_command_would_say_beside_its_rows_is_in_headers() {
    let server = Server::start();
    let answer = server.get("/v1/search?query=zeppelin");
    assert_eq!((answer.rows(), answer.header("Hearsay-Note")), (vec![], Some("nothing found")));
    let answer = server.get("/v1/search?query=agneda");
    assert_eq!(answer.rows()[0]["match"], "spelling");
    assert!(answer.header("Hearsay-Note").unwrap().contains("spelled much like them"), "{answer:?}");
    let answer = server.get("/v1/show?span=2020");
    assert_eq!(answer.header("Hearsay-Note"), Some("nothing was said or heard in that span"));
}

#[test]
fn hidden_lines_are_served_to_those_alone_who_ask_for_them() {
    let server = Server::start();
    let texts = |path: &str| -> Vec<String> {
        server.get(path).rows().iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect()
    };
    let hidden = "Thank you for watching.";
    for path in
        ["/v1/search?query=watching", "/v1/show?span=all", "/v1/export?span=all", "/v1/export?span=all&hidden=false"]
    {
        assert!(!texts(path).iter().any(|text| text == hidden), "{path}");
    }
    for path in ["/v1/search?query=is:hidden", "/v1/export?span=all&hidden=true"] {
        assert!(texts(path).iter().any(|text| text == hidden), "{path}");
    }
}

#[test]
fn what_was_forgotten_is_never_served() {
    let server = Server::start();
    let everything = [
        "/v1/search?query=december",
        "/v1/search?query=december%20OR%20is:hidden",
        "/v1/show?span=all",
        "/v1/export?span=all&hidden=true",
    ];
    assert!(server.get(everything[0]).body.contains("postpone"));
    let forgotten = server.sample.run(&["forget", "2026-11-23T09:15:04Z..2026-11-23T09:15:07Z", "--yes"]);
    assert_eq!(forgotten.code, 0, "{}", forgotten.err);
    for path in everything {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("postpone"), "{path}: {answer:?}");
    }
    assert!(server.get("/v1/show?span=all").body.contains("agenda"), "the rest is still there");
}
