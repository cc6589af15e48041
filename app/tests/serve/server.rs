//! A server at work, and what it answers to the bytes of a request.

use crate::sample::Sample;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{ChildStderr, Stdio};
use std::time::Duration;
use testkit::Killed;

/// `hearsay serve` on a port of its own.
pub(crate) struct Server {
    pub(crate) sample: Sample,
    pub(crate) port: u16,
    pub(crate) child: Killed,
    /// What it said until it listened.
    pub(crate) said: String,
    pub(crate) stderr: BufReader<ChildStderr>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The objects of its body, one a line.
    pub(crate) fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{self:?}");
        self.body.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::of(Sample::day(), &[])
    }

    /// With more arguments.
    pub(crate) fn of(sample: Sample, arguments: &[&str]) -> Self {
        let all = [&["serve", "--port", "0"], arguments].concat();
        let mut child = Killed(sample.command(&all).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap());
        let mut stderr = BufReader::new(child.0.stderr.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let before = said.len();
            assert!(stderr.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            if let Some((_, behind)) = said[before..].split_once("http://127.0.0.1:") {
                break behind.split(' ').next().unwrap().parse().unwrap();
            }
        };
        Self { sample, port, child, said, stderr }
    }

    pub(crate) fn token(&self) -> String {
        std::fs::read_to_string(self.sample.home().serve_token()).unwrap().trim().to_owned()
    }

    /// The answer to these very bytes.
    pub(crate) fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
    }

    /// A request with the headers of one who may ask, but for those that are given, which take their place.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let usual = [
            ("Host", format!("127.0.0.1:{}", self.port)),
            ("Authorization", format!("Bearer {}", self.token())),
            ("Content-Length", body.len().to_string()),
        ];
        let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let line = |name: &str, value: &str| format!("{name}: {value}\r\n");
        let kept = usual.iter().filter(|(name, _)| !given(name)).map(|(name, value)| line(name, value));
        let added = headers.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| line(name, value));
        let lines: String = kept.chain(added).collect();
        self.send(&format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n{body}"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }
}
