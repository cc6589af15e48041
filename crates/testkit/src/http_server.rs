use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// `POST`.
    pub method: String,
    /// With what is behind its `?`.
    pub path: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a server does with a request.
#[derive(Debug, Clone)]
pub enum HttpReply {
    /// A status and a body of JSON.
    Json(u16, String),
    /// The first half of what was promised, and the connection's end.
    Half(String),
    /// Elsewhere.
    Redirect(String),
    /// Nothing, until whoever asks gives up.
    Silence,
    /// The connection's end.
    HangUp,
}

/// A server on a port of this machine that does what a test tells it, well or badly.
pub struct HttpServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// No connection is read from or written to for longer.
const PATIENCE: Duration = Duration::from_mins(2);

impl HttpServer {
    /// On a port that is free.
    ///
    /// # Errors
    /// Where the system gives no port or thread.
    pub fn start(answer: impl Fn(&HttpRequest) -> HttpReply + Send + Sync + 'static) -> std::io::Result<Self> {
        Self::start_on(0, answer)
    }

    /// On a port of a server that was there before.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(
        port: u16,
        answer: impl Fn(&HttpRequest) -> HttpReply + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let (address, stop, answer) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)), Arc::new(answer));
        let stopped = Arc::clone(&stop);
        let accept = move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let answer = Arc::clone(&answer);
                let serve = move || {
                    // Whoever asked may have gone.
                    stream.and_then(|stream| serve(&stream, &*answer)).ok();
                };
                if std::thread::Builder::new().name("test-http".to_owned()).spawn(serve).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("test-http".to_owned()).spawn(accept)?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for HttpServer {
    /// Its port answers no more.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It looks once it is spoken to.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn serve(stream: &TcpStream, answer: &(dyn Fn(&HttpRequest) -> HttpReply + Send + Sync)) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let request = read(&mut reader)?;
    let mut writer = stream;
    let head = |status: u16, length: usize, more: &str| {
        format!(
            "HTTP/1.1 {status} As Asked\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"
        )
    };
    match answer(&request) {
        HttpReply::Json(status, body) => write!(writer, "{}{body}", head(status, body.len(), "")),
        HttpReply::Half(body) => {
            let half: String = body.chars().take(body.chars().count() / 2).collect();
            write!(writer, "{}{half}", head(200, body.len(), ""))
        }
        HttpReply::Redirect(to) => write!(writer, "{}", head(307, 0, &format!("Location: {to}\r\n"))),
        HttpReply::Silence => std::io::copy(&mut reader, &mut std::io::sink()).map(drop),
        HttpReply::HangUp => Ok(()),
    }
}

fn read(reader: &mut impl BufRead) -> std::io::Result<HttpRequest> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace().map(ToOwned::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut request = HttpRequest { method, path, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut request.body)?;
    Ok(request)
}
