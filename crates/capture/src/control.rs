//! The recorder's control socket: one JSON object per line, a request in, the recorder's status out.
//!
//! ```text
//! {"cmd":"status"}                  {"running":true,"paused":false,"paused_until":null,"tracks":[...]}
//! {"cmd":"pause","minutes":10}      the status after it; without minutes: until `resume`
//! {"cmd":"resume"}  {"cmd":"rotate"}
//! anything else                     {"error":"..."}
//! ```
//!
//! The socket is the user's alone (0600) and lies in the runtime folder; [`home::Home::recorder_socket`] names it.

use home::Home;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use timeline::WallTime;

/// A request or an answer is no longer than this.
pub const LINE_BYTES: u64 = 64 * 1024;

/// What the recorder can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Only to say how it is.
    Status,
    /// To record nothing for a while.
    Pause {
        /// For so many minutes; until [`Request::Resume`] where it isn't said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u32>,
    },
    /// To go on recording.
    Resume,
    /// To finish the segments now and go on in new ones.
    Rotate,
}

/// How the recorder is: what `status --json` shows under `recorder`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecorderStatus {
    /// Whether there is one.
    pub running: bool,
    /// Whether it was asked to record nothing.
    pub paused: bool,
    /// Until when, if that was said.
    pub paused_until: Option<WallTime>,
    /// Its tracks.
    pub tracks: Vec<TrackStatus>,
    /// What its user should know and do, a sentence each: a disk that fills up, sound on an output that isn't recorded.
    pub warnings: Vec<String>,
}

/// What a track is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackState {
    /// Sound comes and is written.
    Recording,
    /// A loopback that has nothing to deliver, since nothing plays.
    Idle,
    /// The system reports the device as muted.
    Muted,
    /// A microphone that isn't muted delivers nothing but digital zero.
    Silent,
    /// The device is open and delivers nothing.
    Stalled,
    /// No device is open.
    NoDevice,
    /// Sound comes and can't be written.
    Disk,
    /// The user paused the recorder.
    Paused,
}

impl RecorderStatus {
    /// No recorder runs.
    pub const fn stopped() -> Self {
        Self { running: false, paused: false, paused_until: None, tracks: Vec::new(), warnings: Vec::new() }
    }
}

/// How one track is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackStatus {
    /// `mic` or `loopback`.
    pub track: String,
    /// What it is doing.
    pub state: TrackState,
    /// The name of its device, while one is open.
    pub device: Option<String>,
    /// Whether the system reports that device as muted.
    pub muted: bool,
    /// Its level, dB below full scale (0 is the loudest, -100 digital silence); none while nothing comes.
    pub level_db: Option<f32>,
    /// How long ago its last frame came, in seconds; none before the first.
    pub last_frame_age_s: Option<f64>,
    /// Sound written since local midnight, in seconds.
    pub written_today_s: f64,
    /// Gaps since local midnight; idle times and pauses aren't any.
    pub gaps_today: u32,
    /// How long they were together, in seconds.
    pub gaps_today_s: f64,
}

/// What the recorder answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// How it is, after what was asked for was done.
    Status(RecorderStatus),
    /// It couldn't be done.
    Error {
        /// Why.
        error: String,
    },
}

/// Why the recorder gave no status.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No recorder runs on this home.
    #[error("no recorder is running")]
    NotRunning,
    /// A recorder is there and can't be talked to. Trying again may help.
    #[error("cannot ask the recorder at {path:?}: {source}")]
    Io {
        /// Its socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The recorder refused, or isn't one: its socket belongs to another user.
    #[error("the recorder at {path:?} answered: {reason}")]
    Refused {
        /// Its socket.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// Asks the recorder of a home, within two seconds.
///
/// # Errors
/// [`ControlError::NotRunning`] where none runs; the others where one does.
#[cfg(unix)]
pub fn ask(home: &Home, request: &Request) -> Result<RecorderStatus, ControlError> {
    ask_at(&home.recorder_socket(), home.root(), request)
}

/// Asks the recorder that listens at a path, and whose home is `root`. [`ask`] knows where that is, unless the
/// recorder runs in another environment.
///
/// # Errors
/// As [`ask`].
#[cfg(unix)]
pub fn ask_at(
    path: &std::path::Path,
    root: &std::path::Path,
    request: &Request,
) -> Result<RecorderStatus, ControlError> {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::net::UnixStream;
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

    let failed = |source| ControlError::Io { path: path.to_owned(), source };
    let refused = |reason: &str| ControlError::Refused { path: path.to_owned(), reason: reason.to_owned() };
    let exchange = |mut socket: UnixStream| -> io::Result<Answer> {
        socket.set_read_timeout(Some(TIMEOUT))?;
        socket.set_write_timeout(Some(TIMEOUT))?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        socket.write_all(&line)?;
        let mut answer = String::new();
        BufReader::new(socket.take(LINE_BYTES)).read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    };
    // Where the runtime folder is the system's /tmp, anyone may have put a socket there.
    if let (Ok(socket), Ok(root)) = (std::fs::metadata(path), std::fs::metadata(root))
        && socket.uid() != root.uid()
    {
        return Err(refused("the socket belongs to another user"));
    }
    match UnixStream::connect(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            Err(ControlError::NotRunning)
        }
        Err(error) => Err(failed(error)),
        Ok(socket) => match exchange(socket).map_err(failed)? {
            Answer::Status(status) => Ok(status),
            Answer::Error { error } => Err(refused(&error)),
        },
    }
}

/// Asks the recorder of a home: not built on this system yet.
///
/// # Errors
/// Always [`ControlError::NotRunning`].
#[cfg(not(unix))]
pub fn ask(_home: &Home, _request: &Request) -> Result<RecorderStatus, ControlError> {
    Err(ControlError::NotRunning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_written_as_documented() {
        let json = |request: &Request| serde_json::to_string(request).unwrap();
        assert_eq!(json(&Request::Status), r#"{"cmd":"status"}"#);
        assert_eq!(json(&Request::Pause { minutes: Some(10) }), r#"{"cmd":"pause","minutes":10}"#);
        assert_eq!(json(&Request::Pause { minutes: None }), r#"{"cmd":"pause"}"#);
        assert_eq!(serde_json::from_str::<Request>(r#"{"cmd":"pause"}"#).unwrap(), Request::Pause { minutes: None });
        assert!(serde_json::from_str::<Request>(r#"{"cmd":"pause","hours":1}"#).is_err());
    }

    #[test]
    fn an_answer_is_a_status_or_an_error() {
        let status = RecorderStatus::stopped();
        let json = serde_json::to_string(&Answer::Status(status.clone())).unwrap();
        assert_eq!(json, r#"{"running":false,"paused":false,"paused_until":null,"tracks":[],"warnings":[]}"#);
        assert_eq!(serde_json::from_str::<Answer>(&json).unwrap(), Answer::Status(status));
        let error = serde_json::from_str::<Answer>(r#"{"error":"busy"}"#).unwrap();
        assert_eq!(error, Answer::Error { error: "busy".into() });
    }

    #[test]
    fn without_a_recorder_there_is_nobody_to_ask() {
        let dir = tempfile::tempdir().unwrap();
        let error = ask(&Home::at(dir.path()), &Request::Status).unwrap_err();
        assert!(matches!(error, ControlError::NotRunning), "{error}");
    }
}
