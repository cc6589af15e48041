//! What is told to the user's systemd, and what to type where it can't be told.

use std::process::{Command, Stdio};

/// Whether systemd did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// It did.
    Done,
    /// It is missing, or no systemd of this user answers.
    NotAnswering(String),
}

/// `systemctl --user`.
#[derive(Debug, Default)]
pub(crate) struct Systemctl {
    /// What was to be done and couldn't, as one would type it.
    pub(crate) left: Vec<String>,
    /// Why.
    pub(crate) reason: Option<String>,
}

impl Systemctl {
    /// Has systemd do something; where it can't be told, it is remembered as left to do.
    pub(crate) fn tell(&mut self, arguments: &[&str]) -> Told {
        // Who doesn't answer once isn't asked again: the order of the commands matters.
        let told = match &self.reason {
            Some(reason) => Told::NotAnswering(reason.clone()),
            None => run(arguments),
        };
        if let Told::NotAnswering(reason) = &told {
            self.left.push(format!("systemctl --user {}", arguments.join(" ")));
            self.reason.get_or_insert_with(|| reason.clone());
        }
        told
    }
}

fn run(arguments: &[&str]) -> Told {
    let mut command = Command::new("systemctl");
    command.args(["--user", "--quiet", "--no-ask-password"]).args(arguments).stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Told::Done,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("no reason given").trim().to_owned();
            Told::NotAnswering(format!("systemctl: {said}"))
        }
        Err(error) => Told::NotAnswering(format!("systemctl cannot be run: {error}")),
    }
}
