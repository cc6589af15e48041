use super::checksums::hash_rest;
use super::fetch::{Progress, http_error, io_error};
use super::{ModelError, fetch};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Bytes that are taken off the connection at once.
const PIECE: usize = 1 << 17;
/// Pieces that may wait to be written.
const WAITING: usize = 8;

/// What has come so far, with its hash.
pub(super) struct Part {
    path: PathBuf,
    pub(super) file: File,
    pub(super) hash: Sha256,
    have: u64,
}

impl Part {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = home::files::open_or_create(path)?;
        let mut hash = Sha256::new();
        let have = hash_rest(&mut file, &mut hash)?;
        Ok(Self { path: path.to_owned(), file, hash, have })
    }

    fn start_over(&mut self) -> Result<(), ModelError> {
        let failed = io_error(&self.path, "write");
        self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0))).map_err(failed)?;
        self.hash = Sha256::new();
        self.have = 0;
        Ok(())
    }

    /// Fetches what is missing. `expected` is the whole file's size, where anybody knows it; `silence` is how long the server may send nothing.
    pub(super) fn download(
        &mut self,
        agent: &ureq::Agent,
        url: &str,
        expected: Option<u64>,
        silence: Duration,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ModelError> {
        if expected.is_some_and(|expected| self.have > expected) {
            self.start_over()?;
        }
        if expected == Some(self.have) {
            return Ok(());
        }
        let answer = self.answer(agent, url)?;
        let length: Option<u64> =
            answer.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        let full = length.map(|length| self.have.saturating_add(length));
        if let (Some(expected), Some(full)) = (expected, full)
            && expected != full
        {
            return Err(ModelError::Length { url: url.to_owned(), expected, found: full });
        }
        progress(Progress { have: self.have, of: full });
        let pieces = pieces(answer.into_body().into_reader()).map_err(io_error(&self.path, "fetch"))?;
        self.take(&pieces, url, expected.or(full), silence, progress)
    }

    /// Asks for what is missing, or for everything where that isn't to be had.
    fn answer(&mut self, agent: &ureq::Agent, url: &str) -> Result<ureq::http::Response<ureq::Body>, ModelError> {
        let mut answer = ask(agent, url, self.have)?;
        let elsewhere = answer.status() == 206 && begins_at(&answer).is_some_and(|at| at != self.have);
        if self.have > 0 && (answer.status() == 416 || elsewhere) {
            // Nothing lies behind what is here: it is whole already, or it is something else. The sum can't tell which
            // without a size, so it is fetched anew. So it is where the server answers with another stretch than was asked for.
            self.start_over()?;
            answer = ask(agent, url, 0)?;
        }
        if !answer.status().is_success() {
            return Err(http_error(url)(ureq::Error::StatusCode(answer.status().as_u16())));
        }
        if answer.status() != 206 && self.have > 0 {
            // This server doesn't resume.
            self.start_over()?;
        }
        Ok(answer)
    }

    fn take(
        &mut self,
        pieces: &Receiver<io::Result<Vec<u8>>>,
        url: &str,
        full: Option<u64>,
        silence: Duration,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ModelError> {
        loop {
            let why = match pieces.recv_timeout(silence) {
                Ok(Ok(new)) => {
                    self.file.write_all(&new).map_err(io_error(&self.path, "write"))?;
                    self.hash.update(&new);
                    self.have = self.have.saturating_add(u64::try_from(new.len()).unwrap_or(0));
                    if let Some(expected) = full.filter(|full| self.have > *full) {
                        let found = self.have;
                        self.start_over()?;
                        return Err(ModelError::Length { url: url.to_owned(), expected, found });
                    }
                    progress(Progress { have: self.have, of: full });
                    continue;
                }
                // Everything was read.
                Err(RecvTimeoutError::Disconnected) if full.is_none_or(|full| self.have >= full) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => "the server closed the connection".to_owned(),
                Err(RecvTimeoutError::Timeout) => format!("the server sent nothing for {} s", silence.as_secs_f32()),
                Ok(Err(error)) => error.to_string(),
            };
            return Err(ModelError::Interrupted { url: url.to_owned(), have: self.have, of: full, why });
        }
    }
}

/// Reads on a thread of its own, `hs-fetch`: a read of a connection has no time limit. The thread ends with the connection, or when nobody listens
/// any more.
fn pieces(mut body: impl Read + Send + 'static) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = sync_channel(WAITING);
    let mut read = move |sender: &SyncSender<io::Result<Vec<u8>>>| {
        let mut bytes = vec![0; PIECE];
        loop {
            let piece = match body.read(&mut bytes) {
                Ok(0) => return,
                Ok(some) => Ok(bytes.get(..some).unwrap_or_default().to_vec()),
                Err(error) => Err(error),
            };
            let ends = piece.is_err();
            if sender.send(piece).is_err() || ends {
                return;
            }
        }
    };
    std::thread::Builder::new().name("hs-fetch".to_owned()).spawn(move || read(&sender))?;
    Ok(receiver)
}

fn ask(agent: &ureq::Agent, url: &str, from: u64) -> Result<ureq::http::Response<ureq::Body>, ModelError> {
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    request.call().map_err(fetch::http_error(url))
}

/// Where the stretch of a `206` begins, if it says so: `Content-Range: bytes 100-199/200`.
fn begins_at(answer: &ureq::http::Response<ureq::Body>) -> Option<u64> {
    let range = answer.headers().get("content-range")?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}
