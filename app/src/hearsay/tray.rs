//! The icon in the system's tray: whether it records, and a menu that pauses it and opens the viewer. `hearsay run` has one; where services
//! record, `hearsay tray` shows it.
//!
//! It is a `StatusNotifierItem` on the session's D-Bus, which is what panels on Linux know. Threads: whoever calls [`run`] asks the
//! recorder every second; what is clicked is answered by one of ksni's.

mod item;
mod shown;
mod sign;

use crate::context::Context;
use anyhow::{Context as _, Result};
use capture::control::{self, ControlError, RecorderStatus, Request};
pub(crate) use item::Duty;
use item::Item;
use ksni::blocking::TrayMethods as _;
use shown::Shown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the recorder is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shows it until `stop` is raised; a panel that begins later, or again, is given it then.
///
/// # Errors
/// Where there is no session bus.
pub(crate) fn run(given: &Context, duty: Duty, stop: &Arc<AtomicBool>) -> Result<()> {
    let item = Item::new(given, duty, Arc::clone(stop));
    let handle = item.assume_sni_available(true).spawn().context("no session of a desktop is there to show it in")?;
    while !stop.load(Ordering::Relaxed) {
        match control::ask(&given.home, &Request::Status) {
            Ok(status) => handle.update(|item| item.show(Shown::of(&status))),
            Err(ControlError::NotRunning) => handle.update(|item| item.show(Shown::of(&RecorderStatus::stopped()))),
            // It is busy; what was known stays.
            Err(error) => {
                tracing::debug!("{error}");
                Some(())
            }
        };
        std::thread::sleep(LOOK_EVERY);
    }
    handle.shutdown().wait();
    Ok(())
}
