//! How it begins and ends, and what it leaves behind.

use crate::sample::Sample;
use crate::server::Server;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use testkit::{files_below, wait_until};

/// Every file of the home with what is in it, but for what SQLite keeps for those who read.
fn content(sample: &Sample) -> BTreeMap<PathBuf, Vec<u8>> {
    let reading = |path: &PathBuf| ["-wal", "-shm"].iter().any(|end| path.to_string_lossy().ends_with(end));
    let files = files_below(sample.home().root(), "").into_iter().filter(|path| !reading(path));
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn asking_changes_nothing() {
    let server = Server::start();
    let before = content(&server.sample);
    for path in
        ["/v1/search?query=phoenix", "/v1/show?span=all", "/v1/export?span=all&hidden=true", "/v1/status", "/v1/passes"]
    {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for method in ["DELETE", "PUT", "POST"] {
        assert_eq!(server.ask(method, "/v1/show?span=all", &[], "{}").status, 405);
    }
    assert!(content(&server.sample) == before, "a file was changed, made or taken away");
}

#[test]
fn the_token_is_made_once_for_the_user_alone_and_never_printed() {
    let server = Server::start();
    let (path, token) = (server.sample.home().serve_token(), server.token());
    assert_eq!(token.len(), 64);
    assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(server.said.contains(&path.display().to_string()) && !server.said.contains(&token), "{}", server.said);
    let Server { sample, child, .. } = server;
    drop(child);
    let again = Server::of(sample, &[]);
    assert_eq!(again.token(), token, "clients keep working");
    assert_ne!(Server::start().token(), token, "another home has another");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let Server { sample, child, .. } = again;
        drop(child);
        mode(0o644);
        let ran = sample.run(&["serve", "--port", "0"]);
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains("others may read it") && !ran.err.contains(&token), "{}", ran.err);
        mode(0o600);
        std::io::Write::write_all(&mut home::files::create_or_truncate(&path).unwrap(), b"short\n").unwrap();
        let ran = sample.run(&["serve", "--port", "0"]);
        assert!(ran.code == 4 && ran.err.contains("holds no token"), "{}", ran.err);
    }
}

#[test]
fn a_home_with_nothing_in_it_is_served_too() {
    let server = Server::of(Sample::empty(), &[]);
    let answer = server.get("/v1/search?query=phoenix");
    assert!(
        answer.rows().is_empty() && answer.header("Hearsay-Note").unwrap().contains("no transcript yet"),
        "{answer:?}"
    );
    assert!(server.get("/v1/passes").rows().is_empty());
    assert_eq!(server.get("/v1/status").rows()[0]["recorder"]["running"], false);
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_in_good_order() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut server = Server::start();
        // Somebody who has connected and says nothing holds nothing up.
        let idle = std::net::TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        assert_eq!(server.get("/v1/status").status, 200);
        rustix::process::kill_process(rustix::process::Pid::from_child(&server.child.0), signal).unwrap();
        wait_until("its end", || server.child.0.try_wait().unwrap().is_some());
        assert_eq!(server.child.0.wait().unwrap().code(), Some(0));
        drop(idle);
        let mut rest = String::new();
        server.stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn what_is_asked_and_answered_is_never_logged() {
    let mut server = Server::of(Sample::day(), &["-vvv"]);
    let json = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"phoenix"}}}"#;
    let answer = server.ask("POST", "/mcp", &json, call);
    assert!(answer.status == 200 && answer.body.contains("December"), "{answer:?}");
    assert!(server.get("/v1/search?query=phoenix").body.contains("December"));
    server.ask("POST", "/mcp", &json, &call.replace(r#""query""#, r#""queery""#));
    server.get("/v1/search?query=phoenix&since=phoenix");
    server.child.0.kill().unwrap();
    let mut log = server.said.clone();
    server.stderr.read_to_string(&mut log).unwrap();
    let log = log.to_lowercase();
    assert!(!log.contains("phoenix") && !log.contains("december") && !log.contains(&server.token()), "{log}");
}
