use crate::process::{Killed, TestkitError};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// An X server of the test's own, without a screen. Ends with this value.
#[derive(Debug)]
pub struct Display {
    name: String,
    _server: Killed,
}

impl Display {
    /// Starts a server with a screen of that size on the first number that is free.
    ///
    /// # Errors
    /// [`TestkitError::Missing`] where Xvfb isn't installed, [`TestkitError::Failed`] where it doesn't get ready.
    pub fn start(width: u32, height: u32) -> Result<Self, TestkitError> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let program = "Xvfb".to_owned();
        let child = command.spawn();
        let mut child = child.map_err(|source| TestkitError::Missing { program, package: "xvfb", source })?;
        let stdout = child.stdout.take();
        let server = Killed(child);
        let mut number = String::new();
        // Xvfb writes the number of its display once it is ready.
        let read = stdout.map(|stdout| BufReader::new(stdout).read_line(&mut number));
        match (read, number.trim().parse::<u32>()) {
            (Some(Ok(_)), Ok(number)) => Ok(Self { name: format!(":{number}"), _server: server }),
            _ => Err(TestkitError::Failed { program: "Xvfb".into(), what: "it did not get ready".into() }),
        }
    }

    /// What belongs into `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command that draws on this display.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.name).env_remove("WAYLAND_DISPLAY");
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_have_numbers_of_their_own() {
        let (one, two) = (Display::start(640, 480).unwrap(), Display::start(640, 480).unwrap());
        assert!(one.name().starts_with(':') && one.name() != two.name());
    }
}
