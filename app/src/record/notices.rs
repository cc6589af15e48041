//! Desktop notifications, in a thread that may wait for the desktop: whoever records never does.

use recorder::Notify;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// Notices that may wait; more are dropped, since the status shows them too.
const WAITING: usize = 8;
/// How long the desktop may take to show one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What shows notices on this system's desktop, if the user wants them.
pub(crate) fn notices(wanted: bool) -> Notify {
    let (sender, receiver) = sync_channel(WAITING);
    let show = move || show_all(&receiver);
    if wanted && std::thread::Builder::new().name("hs-notify".into()).spawn(show).is_ok() {
        Arc::new(move |sentence| drop(sender.try_send(sentence.to_owned())))
    } else {
        Arc::new(|_| {})
    }
}

fn show_all(sentences: &Receiver<String>) {
    for sentence in sentences {
        let Some(mut command) = command(&sentence) else { return };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => wait(child),
            Err(error) => tracing::debug!("cannot show a notification: {error}"),
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(clippy::unnecessary_wraps, reason = "there are systems that have none")]
fn command(sentence: &str) -> Option<Command> {
    let mut command = Command::new("notify-send");
    command.args(["--app-name=hearsay", "--icon=audio-input-microphone", "hearsay"]).arg(sentence);
    Some(command)
}

/// Not tried on macOS.
#[cfg(target_os = "macos")]
fn command(sentence: &str) -> Option<Command> {
    let quoted = sentence.replace('\\', "\\\\").replace('"', "\\\"");
    let mut command = Command::new("osascript");
    command.arg("-e").arg(format!("display notification \"{quoted}\" with title \"hearsay\""));
    Some(command)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn command(_sentence: &str) -> Option<Command> {
    None
}

/// Waits until a notification was handed over, so that no dead child is left behind, but not for ever.
fn wait(mut child: Child) {
    let mut waited = Duration::ZERO;
    while matches!(child.try_wait(), Ok(None)) && waited < PATIENCE {
        std::thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
    if waited >= PATIENCE && child.kill().is_ok() {
        child.wait().ok();
    }
}
