//! Answers on the home's socket: see [`capture::control`] for what is asked and said.

use home::Home;
use recorder::{Command, SharedStatus};
use std::sync::mpsc::SyncSender;

/// The socket, as long as it lives. Where there can be none, the recorder goes on without.
pub(crate) struct Control {
    #[cfg(unix)]
    _socket: Option<unix::Socket>,
}

/// Starts answering.
pub(crate) fn serve(home: &Home, status: &SharedStatus, commands: SyncSender<Command>) -> Control {
    #[cfg(unix)]
    {
        let path = home.recorder_socket();
        let socket = unix::serve(&path, status.clone(), commands);
        if let Err(error) = &socket {
            tracing::error!(
                "cannot listen at {}: {error}; status and pause will not reach this recorder",
                path.display()
            );
        }
        Control { _socket: socket.ok() }
    }
    #[cfg(not(unix))]
    {
        let _ = (home, status, commands);
        Control {}
    }
}

#[cfg(unix)]
mod unix {
    use super::{Command, SharedStatus};
    use capture::control::{Answer, LINE_BYTES, Request};
    use rustix::fs::Mode;
    use std::io::{self, BufRead, BufReader, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::{SyncSender, sync_channel};
    use std::time::Duration;

    /// How long a client may take to ask, and the writer to do what was asked.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// A socket that is taken away with this value.
    pub(super) struct Socket {
        path: PathBuf,
    }

    impl Drop for Socket {
        #[expect(clippy::disallowed_methods, reason = "a socket that nobody listens on, not a file of the user's")]
        fn drop(&mut self) {
            std::fs::remove_file(&self.path).ok();
        }
    }

    pub(super) fn serve(path: &Path, status: SharedStatus, commands: SyncSender<Command>) -> io::Result<Socket> {
        let listener = bind(path)?;
        let answer = move || {
            for client in listener.incoming() {
                let answered = client.and_then(|client| answer(&client, &status, &commands));
                if let Err(error) = answered {
                    tracing::debug!("a client of the control socket: {error}");
                }
            }
        };
        std::thread::Builder::new().name("hs-control".into()).spawn(answer)?;
        Ok(Socket { path: path.to_owned() })
    }

    /// Binds the socket with mode 0600 from the start. Whoever holds the recorder's lock may take over what is there.
    #[expect(clippy::disallowed_methods, reason = "a socket that a killed recorder left, not a file of the user's")]
    fn bind(path: &Path) -> io::Result<UnixListener> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The mask counts for the whole process, for the moment of the bind. All else is created with its own mode.
        let before = rustix::process::umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        listener
    }

    fn answer(client: &UnixStream, status: &SharedStatus, commands: &SyncSender<Command>) -> io::Result<()> {
        client.set_read_timeout(Some(PATIENCE))?;
        client.set_write_timeout(Some(PATIENCE))?;
        let mut line = String::new();
        BufReader::new(client.take(LINE_BYTES)).read_line(&mut line)?;
        let answer = match serde_json::from_str(&line) {
            Ok(Request::Status) => Answer::Status(status.read()),
            Ok(request) => carry_out(request, commands),
            Err(error) => Answer::Error { error: format!("not a request: {error}") },
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        let mut client = client;
        client.write_all(&line)
    }

    fn carry_out(request: Request, commands: &SyncSender<Command>) -> Answer {
        let (done, wait) = sync_channel(1);
        let sent = commands.try_send(Command { request, done }).is_ok();
        match wait.recv_timeout(PATIENCE) {
            Ok(status) if sent => Answer::Status(status),
            _ => Answer::Error { error: "the recorder is busy or about to end".to_owned() },
        }
    }
}
