//! Whom it refuses, and what can't be asked.

use crate::sample::Sample;
use crate::server::Server;
use std::net::TcpStream;

const SEARCH: &str = "/v1/search?query=phoenix";
/// What is only told to those who may know.
const SPOKEN: &str = "Phoenix";

#[test]
fn a_foreign_host_is_refused() {
    let server = Server::start();
    let (port, token) = (server.port, server.token());
    for own in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("LocalHost:{port}")] {
        assert_eq!(server.ask("GET", SEARCH, &[("Host", &own)], "").status, 200, "{own}");
    }
    for foreign in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("127.0.0.1:{port}.evil.example"),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        format!("127.0.0.2:{port}"),
        format!("0.0.0.0:{port}"),
    ] {
        for path in [SEARCH, "/mcp"] {
            let answer = server.ask("GET", path, &[("Host", &foreign)], "");
            assert_eq!((answer.status, answer.body.contains(SPOKEN)), (403, false), "{foreign}: {answer:?}");
        }
    }
    let own = format!("Host: 127.0.0.1:{port}\r\n");
    let rest = format!("Authorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    for request in [
        format!("GET {SEARCH} HTTP/1.0\r\n{rest}"),
        format!("GET {SEARCH} HTTP/1.1\r\n{own}Host: evil.example\r\n{rest}"),
        format!("GET http://evil.example{SEARCH} HTTP/1.1\r\n{own}{rest}"),
    ] {
        let answer = server.send(&request);
        assert_eq!((answer.status, answer.body.contains(SPOKEN)), (403, false), "{request}: {answer:?}");
    }
}

#[test]
fn a_foreign_origin_is_refused() {
    let server = Server::start();
    let port = server.port;
    let own = format!("http://localhost:{port}");
    assert_eq!(server.ask("GET", SEARCH, &[("Origin", &own)], "").status, 200);
    for foreign in [
        "http://evil.example".to_owned(),
        "https://evil.example".to_owned(),
        "null".to_owned(),
        "http://localhost".to_owned(),
        format!("https://localhost:{port}"),
        format!("http://localhost:{port}.evil.example"),
        format!("http://localhost:{port}/"),
        format!("http://evil.example, http://localhost:{port}"),
    ] {
        for (method, path) in [("GET", SEARCH), ("POST", "/mcp"), ("OPTIONS", "/mcp")] {
            let answer = server.ask(method, path, &[("Origin", &foreign)], "");
            assert_eq!((answer.status, answer.body.contains(SPOKEN)), (403, false), "{foreign}: {answer:?}");
            assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
        }
    }
    let twice = format!("{own}\r\nOrigin: http://evil.example");
    assert_eq!(server.ask("GET", SEARCH, &[("Origin", &twice)], "").status, 403);
}

#[test]
fn without_the_token_nothing_is_answered() {
    let server = Server::start();
    for (method, path) in
        [("GET", SEARCH), ("GET", "/v1/status"), ("POST", "/mcp"), ("GET", "/"), ("DELETE", "/v1/show")]
    {
        let answer = server.ask(method, path, &[("Authorization", "")], "");
        assert_eq!((answer.status, answer.header("WWW-Authenticate")), (401, Some("Bearer")), "{path}: {answer:?}");
        assert!(!answer.body.contains(SPOKEN), "{answer:?}");
    }
    let in_the_address = format!("{SEARCH}&token={}", server.token());
    assert_eq!(server.ask("GET", &in_the_address, &[("Authorization", "")], "").status, 401);
}

#[test]
fn a_wrong_token_is_refused() {
    let server = Server::start();
    let token = server.token();
    let twice = format!("Bearer {token}\r\nAuthorization: Bearer {token}");
    for wrong in [
        "Bearer",
        "Bearer 0",
        &format!("Bearer {}", "0".repeat(64)),
        &format!("Bearer {}", &token[1..]),
        &format!("Bearer {token}0"),
        &format!("Bearer {}", token.to_uppercase()),
        &format!("Basic {token}"),
        &token,
        &twice,
    ] {
        for (method, path) in [("GET", SEARCH), ("POST", "/mcp")] {
            let answer = server.ask(method, path, &[("Authorization", wrong)], "");
            assert_eq!((answer.status, answer.body.contains(SPOKEN)), (401, false), "{wrong}: {answer:?}");
        }
    }
    assert_eq!(server.ask("GET", SEARCH, &[("Authorization", &format!("bearer {token}"))], "").status, 200);
}

#[test]
fn every_other_method_is_refused_everywhere() {
    let server = Server::start();
    for method in ["PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FORGET"] {
        for path in [SEARCH, "/v1/show?span=all", "/v1/export?span=all", "/v1/status", "/v1/passes"] {
            let answer = server.ask(method, path, &[], "");
            assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET")), "{method} {path}: {answer:?}");
        }
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"] {
        let answer = server.ask(method, "/mcp", &[], "");
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")), "{method}: {answer:?}");
    }
    assert_eq!(server.ask("CONNECT", &format!("127.0.0.1:{}", server.port), &[], "").status, 404);
}

#[test]
fn no_path_leads_to_a_file() {
    let server = Server::start();
    for path in [
        "/",
        "/serve.token",
        "/archive.sqlite3",
        "/v1",
        "/v1/",
        "/v1/search/",
        "/v1/forget",
        "/v1/../serve.token",
        "/../../../../etc/passwd",
        "/v1/search/../../serve.token",
        "/v1/%2e%2e/serve.token",
        "/v1/..%2f..%2fserve.token",
        "/mcp/../serve.token",
        "//serve.token",
        "/v1\\..\\serve.token",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(!answer.body.contains(&server.token()) && !answer.body.contains("root:"), "{answer:?}");
    }
    for query in
        ["span=../../serve.token", "span=/etc/passwd", "span=today&to=/tmp/x", "span=today&home=/", "file=serve.token"]
    {
        assert_eq!(server.get(&format!("/v1/show?{query}")).status, 400, "{query}");
    }
}

#[test]
fn a_question_that_cannot_be_read_is_told_why() {
    let server = Server::start();
    for (path, word) in [
        ("/v1/search", "query"),
        ("/v1/search?query=%20", "nothing to search for"),
        ("/v1/search?query=x&limit=0", "limit is a number from 1"),
        ("/v1/search?query=x&since=someday", "someday"),
        ("/v1/search?query=x&side=left", "left"),
        ("/v1/show?span=someday", "times and spans look like"),
        ("/v1/status?verbose=1", "verbose"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert!(told["error"].as_str().unwrap().contains(word), "{path}: {told}");
    }
    let long = format!("/v1/search?query={}", "x".repeat(100_000));
    assert!(matches!(server.get(&long).status, 414 | 431), "a head is bounded");
    let large = "x".repeat((256 << 10) + 1);
    let json = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    assert_eq!(server.ask("POST", "/mcp", &json, &large).status, 413, "a body is bounded");
}

#[test]
#[cfg(target_os = "linux")]
fn it_listens_on_the_loopback_address_alone() {
    let server = Server::start();
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_ok());
    // Every address of 127.0.0.0/8 leads to this machine on Linux, so one that listens on all addresses would answer here.
    assert!(TcpStream::connect(("127.0.0.2", server.port)).is_err());
    let taken = Sample::day().run(&["serve", "--port", &server.port.to_string()]);
    assert_eq!(taken.code, 4);
    assert!(taken.err.contains("cannot listen on port"), "{}", taken.err);
}
