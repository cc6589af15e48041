//! Downloads that go wrong in every way a server on this machine can bring about: each goes on, or says what is wrong, and half a file never
//! has a model's name.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

mod small_model;

use small_model::{sha256, small_model};
use speech::models::{self, Mirrors, ModelError, Wanted};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Does {
    /// Answers as asked, ranges included.
    Serve,
    /// Sends so many bytes of what was asked for and closes.
    CutAfter(usize),
    /// Sends so many bytes and then nothing, for longer than anybody waits.
    StallAfter(usize),
    /// Says so many bytes more than there are.
    ClaimMore(usize),
    /// Sends other bytes of the same length.
    OtherBytes,
    /// Says nothing of a length and sends twice as much.
    TwiceWithoutLength,
    /// Answers another stretch than was asked for.
    OtherRange,
    /// Answers so.
    Status(&'static str),
    /// Sends the client to another path, which it then serves.
    Redirect,
    /// Sends the client round in circles.
    Circle,
    /// Hangs up without an answer.
    HangUp,
}

/// A server that does one thing after the other and notes what was asked for.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The first line of a request, and from where on the file was asked for.
type Asked = (String, Option<usize>);

impl Server {
    fn start(file: &[u8], does: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, file, does) = (Arc::clone(&asked), file.to_vec(), does.to_vec());
        std::thread::Builder::new()
            .name("hs-test-http".to_owned())
            .spawn(move || {
                let mut stalled = Vec::new();
                for does in does {
                    let (mut stream, _) = listener.accept().unwrap();
                    let (path, from) = request(&stream);
                    noted.lock().unwrap().push((path, from));
                    // A client that has seen enough may be gone already.
                    answer(&mut stream, &file, from, does).ok();
                    if matches!(does, Does::StallAfter(_)) {
                        stalled.push(stream);
                    }
                }
                // Kept open until the test has ended.
                std::thread::sleep(Duration::from_mins(1));
            })
            .unwrap();
        Self { base, asked }
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        self.asked.lock().unwrap().iter().map(|(_, from)| *from).collect()
    }
}

fn request(stream: &TcpStream) -> (String, Option<usize>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default();
    let range = lines
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    (path, range)
}

fn answer(stream: &mut TcpStream, file: &[u8], from: Option<usize>, does: Does) -> std::io::Result<()> {
    let start = from.unwrap_or(0);
    let rest = &file[start.min(file.len())..];
    let head = |stream: &mut TcpStream, len: usize, at: usize| {
        let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
        let range = format!("content-range: bytes {at}-{}/{}", file.len() - 1, file.len());
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {len}\r\n{range}\r\nconnection: close\r\n\r\n")
    };
    let bare = |stream: &mut TcpStream, status: &str, more: &str| {
        write!(stream, "HTTP/1.1 {status}\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n")
    };
    match does {
        Does::Serve => head(stream, rest.len(), start).and_then(|()| stream.write_all(rest)),
        Does::CutAfter(len) | Does::StallAfter(len) => {
            head(stream, rest.len(), start)?;
            stream.write_all(&rest[..len.min(rest.len())])
        }
        Does::ClaimMore(more) => {
            head(stream, rest.len() + more, start)?;
            stream.write_all(rest)
        }
        Does::OtherBytes => {
            head(stream, rest.len(), start)?;
            stream.write_all(&rest.iter().map(|byte| byte ^ 1).collect::<Vec<_>>())
        }
        Does::TwiceWithoutLength => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            stream.write_all(file)?;
            stream.write_all(file)
        }
        Does::OtherRange => head(stream, file.len() - 10, 10).and_then(|()| stream.write_all(&file[10..])),
        Does::Status(status) => bare(stream, status, ""),
        Does::Redirect => bare(stream, "302 Found", "location: /elsewhere/model.bin\r\n"),
        Does::Circle => bare(stream, "302 Found", "location: /ggml-own.bin\r\n"),
        Does::HangUp => Ok(()),
    }
}

/// Fetches until nothing more is to be done or `tries` are over; after each try a model's name stands for a whole model or for nothing.
fn fetch(file: &[u8], does: &[Does], known: bool, tries: usize) -> (Vec<Result<(), ModelError>>, Server, bool) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(file, does);
    let mirrors = Mirrors { silence: Duration::from_millis(300), ..Mirrors::at(&server.base) };
    let wanted = Wanted {
        file: "ggml-own.bin".to_owned(),
        bytes: known.then_some(u64::try_from(file.len()).unwrap()),
        sha256: known.then(|| sha256(file)),
    };
    let (mut results, path) = (Vec::new(), folder.path().join("ggml-own.bin"));
    for _ in 0..tries {
        let got = models::get(folder.path(), &mirrors, &wanted, &mut |_| ());
        if path.exists() {
            assert!(got.is_ok() && std::fs::read(&path).unwrap() == file, "half a model has the name");
        }
        let done = got.is_ok();
        results.push(got.map(drop));
        if done {
            break;
        }
    }
    (results, server, path.exists())
}

#[test]
fn a_line_that_is_cut_or_falls_silent_is_said_and_gone_on_with() {
    let file = small_model();
    for does in [Does::CutAfter(100_000), Does::StallAfter(100_000)] {
        let (results, server, whole) = fetch(&file, &[does, does, Does::Serve], true, 3);
        for result in &results[..2] {
            let text = result.as_ref().unwrap_err().to_string();
            assert!(text.contains("broke off") && text.contains("hint: the same command goes on from there"), "{text}");
        }
        assert_eq!(server.ranges(), [None, Some(100_000), Some(200_000)]);
        assert!(whole && results[2].is_ok());
    }
    let silent = fetch(&file, &[Does::StallAfter(7)], true, 1).0.remove(0).unwrap_err().to_string();
    assert!(silent.contains("the server sent nothing for 0.3 s"), "{silent}");
}

#[test]
fn what_is_not_the_model_is_said_and_thrown_away() {
    let file = small_model();
    // Other bytes; the next try begins anew.
    let (results, server, whole) = fetch(&file, &[Does::OtherBytes, Does::Serve], true, 2);
    assert!(matches!(&results[0], Err(ModelError::Checksum { .. })), "{results:?}");
    assert!(whole && server.ranges() == [None, None]);
    // A wrong length is said before anything is fetched, or as soon as it is passed.
    let (results, _, whole) = fetch(&file, &[Does::ClaimMore(5), Does::TwiceWithoutLength, Does::Serve], true, 3);
    assert!(matches!(&results[0], Err(ModelError::Length { .. })), "{results:?}");
    assert!(matches!(&results[1], Err(ModelError::Length { .. })), "{results:?}");
    assert!(whole);
    // Of a model that isn't known, more was promised than came: that is a line that was cut.
    let (results, ..) = fetch(&file, &[Does::ClaimMore(5)], false, 1);
    assert!(matches!(&results[0], Err(ModelError::Interrupted { .. })), "{results:?}");
    // What came behind the model makes it none.
    let (results, _, whole) = fetch(&file, &[Does::TwiceWithoutLength], false, 1);
    assert!(matches!(&results[0], Err(ModelError::Broken { .. })) && !whole, "{results:?}");
}

#[test]
fn a_server_that_answers_another_stretch_is_asked_for_all_of_it() {
    let file = small_model();
    let (results, server, whole) = fetch(&file, &[Does::CutAfter(100_000), Does::OtherRange, Does::Serve], true, 2);
    assert!(whole && results[1].is_ok(), "{results:?}");
    assert_eq!(server.ranges(), [None, Some(100_000), None]);
}

#[test]
fn a_server_that_says_no_is_quoted_with_the_address() {
    let file = small_model();
    for (does, says) in [
        (Does::Status("404 Not Found"), "404"),
        (Does::Status("500 Internal Server Error"), "500"),
        (Does::Status("403 Forbidden"), "403"),
        (Does::HangUp, ""),
    ] {
        let (mut results, server, whole) = fetch(&file, &[does], true, 1);
        let error = results.remove(0).unwrap_err();
        let text = home::one_line(&error);
        assert!(text.contains(&format!("{}/ggml-own.bin", server.base)) && text.contains(says), "{text}");
        assert!(!whole);
    }
    let circle = [Does::Circle; 20];
    let (mut results, ..) = fetch(&file, &circle, true, 1);
    let text = home::one_line(&results.remove(0).unwrap_err());
    assert!(text.contains("redirect"), "{text}");
}

#[test]
fn a_redirection_is_followed_and_what_was_there_is_gone_on_with() {
    let file = small_model();
    let does = [Does::Redirect, Does::CutAfter(50_000), Does::Redirect, Does::Serve];
    let (results, server, whole) = fetch(&file, &does, true, 2);
    assert!(whole && results[1].is_ok(), "{results:?}");
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked[1].0.contains("/elsewhere/model.bin") && asked[3].1 == Some(50_000), "{asked:?}");
}

#[test]
fn the_next_mirror_is_tried_and_goes_on_where_the_first_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_model();
    let gone = Server::start(&file, &[Does::Status("404 Not Found")]);
    let weak = Server::start(&file, &[Does::CutAfter(70_000)]);
    let good = Server::start(&file, &[Does::Serve]);
    let mirrors = Mirrors { others: vec![weak.base.clone(), good.base.clone()], ..Mirrors::at(&gone.base) };
    let wanted = Wanted { file: "ggml-own.bin".to_owned(), bytes: None, sha256: Some(sha256(&file)) };
    let got = models::get(folder.path(), &mirrors, &wanted, &mut |_| ()).unwrap();
    assert!(std::fs::read(got.path).unwrap() == file);
    assert_eq!(good.ranges(), [Some(70_000)]);
}

#[test]
fn a_proxy_is_gone_through() {
    let folder = tempfile::tempdir().unwrap();
    let file = small_model();
    let server = Server::start(&file, &[Does::Serve]);
    let (proxy, through) = proxy();
    let mirrors = Mirrors { proxy: Some(proxy), ..Mirrors::at(&server.base) };
    let wanted = Wanted { file: "ggml-own.bin".to_owned(), bytes: None, sha256: Some(sha256(&file)) };
    models::get(folder.path(), &mirrors, &wanted, &mut |_| ()).unwrap();
    assert_eq!(through.lock().unwrap().as_slice(), [format!("CONNECT {} HTTP/1.1", &server.base[7..])]);
    let wrong = Mirrors { proxy: Some("carrier pigeon".to_owned()), ..mirrors };
    let other = tempfile::tempdir().unwrap();
    assert!(matches!(models::get(other.path(), &wrong, &wanted, &mut |_| ()), Err(ModelError::Proxy)));
}

/// A proxy for one tunnel: its address, and what it was asked for.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://user:secret@{}", listener.local_addr().unwrap());
    let through = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&through);
    std::thread::Builder::new()
        .name("hs-test-proxy".to_owned())
        .spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let (asked, _) = request(&client);
            let target = asked.split(' ').nth(1).unwrap().to_owned();
            noted.lock().unwrap().push(asked);
            let mut server = TcpStream::connect(target).unwrap();
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let (mut upstream, mut asking) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::Builder::new()
                .name("hs-test-tunnel".to_owned())
                .spawn(move || std::io::copy(&mut asking, &mut upstream).ok())
                .unwrap();
            std::io::copy(&mut server, &mut client).ok();
        })
        .unwrap();
    (address, through)
}
