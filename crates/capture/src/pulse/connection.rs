//! One connection to the server: a command out, its reply in.

use super::{Env, client_name, server};
use crate::CaptureError;
use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, MAX_VERSION, Prop, Props, ProtocolError, SetClientNameReply,
};
use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long the server may take to answer. It is on this machine: a healthy one takes milliseconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that has been let in.
pub(super) struct Connection {
    socket: BufReader<UnixStream>,
    version: u16,
    sequence: u32,
}

impl Connection {
    /// Connects to the server that an environment names.
    pub(super) fn open(env: &Env) -> Result<Self, CaptureError> {
        let sockets = server::sockets(env);
        let mut reason = "no sound server is running here (PULSE_SERVER and XDG_RUNTIME_DIR name none)".to_owned();
        for path in sockets {
            match UnixStream::connect(&path) {
                Ok(socket) => return Self::let_in(socket, env),
                Err(error) => reason = format!("{}: {error}", path.display()),
            }
        }
        Err(unreachable(reason))
    }

    fn let_in(socket: UnixStream, env: &Env) -> Result<Self, CaptureError> {
        let io = |error: io::Error| unreachable(error.to_string());
        socket.set_read_timeout(Some(ANSWER_TIMEOUT)).map_err(io)?;
        socket.set_write_timeout(Some(ANSWER_TIMEOUT)).map_err(io)?;
        let mut connection = Self { socket: BufReader::new(socket), version: MAX_VERSION, sequence: 0 };
        let cookie = server::cookie(env);
        let auth = AuthParams { version: MAX_VERSION, supports_shm: false, supports_memfd: false, cookie };
        let reply: AuthReply = connection.ask(&Command::Auth(auth))?;
        connection.version = reply.version.min(MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, client_name());
        let _: SetClientNameReply = connection.ask(&Command::SetClientName(props))?;
        Ok(connection)
    }

    /// Sends a command and waits for its reply. Not for use once a stream runs: sound would come in between.
    pub(super) fn ask<R: CommandReply>(&mut self, command: &Command) -> Result<R, CaptureError> {
        let wanted = self.send(command).map_err(|error| unreachable(plain(&error)))?;
        let (sequence, reply) =
            protocol::read_reply_message(&mut self.socket, self.version).map_err(|error| unreachable(plain(&error)))?;
        if sequence == wanted { Ok(reply) } else { Err(unreachable("it answered out of turn".into())) }
    }

    /// Sends a command; returns the number its reply will carry.
    pub(super) fn send(&mut self, command: &Command) -> Result<u32, ProtocolError> {
        self.sequence = self.sequence.wrapping_add(1);
        // One write per message: a header of its own would be a system call and a wake-up of its own.
        let mut message = Vec::new();
        protocol::write_command_message(&mut message, self.sequence, command, self.version)?;
        io::Write::write_all(self.socket.get_mut(), &message)?;
        Ok(self.sequence)
    }

    /// Another handle on the socket, to close it by.
    pub(super) fn handle(&self) -> io::Result<UnixStream> {
        self.socket.get_ref().try_clone()
    }

    /// The protocol's version that both sides speak.
    pub(super) fn version(&self) -> u16 {
        self.version
    }

    /// Reads what has come, or waits up to the timeout set on the socket.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.socket, into)
    }

    /// How long [`read`](Self::read) waits.
    pub(super) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.socket.get_ref().set_read_timeout(Some(timeout))
    }
}

fn unreachable(reason: String) -> CaptureError {
    CaptureError::Unreachable { system: "the sound server", reason }
}

/// What the server or the system said, in people's words.
pub(super) fn plain(error: &ProtocolError) -> String {
    match error {
        ProtocolError::ServerError(error) => error.to_string(),
        ProtocolError::Io(error) if error.kind() == io::ErrorKind::WouldBlock => "it does not answer".into(),
        other => other.to_string(),
    }
}
