//! `hearsay devices`.

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Out};
use anyhow::Result;
use capture::{Device, Kind};
use home::Exit;
use std::io::Write;
use std::sync::Arc;
use timeline::SystemClock;

/// How to list.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct DevicesArgs {
    /// One JSON object per device
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Example:
  hearsay devices

What is marked with * is recorded by default. Others: `hearsay record --mic NAME --loopback NAME`,
or `mic` and `loopback` below `[record]` in the configuration. While a Bluetooth microphone is open, its headset plays
in call quality, so it is the default only where there is no other.";

/// What is said of a Bluetooth microphone wherever one is shown.
pub(crate) const CALL_QUALITY: &str = "Bluetooth: while it is recorded, its headset plays in call quality";

#[derive(serde::Serialize)]
struct DeviceRow<'a> {
    kind: &'static str,
    default: bool,
    bluetooth: bool,
    id: &'a str,
    name: &'a str,
    source: &'a str,
    detail: &'a str,
}

/// Lists what can be recorded.
pub(crate) fn run(args: &DevicesArgs, context: &Context) -> Result<Exit> {
    let (config, _) = context.config()?;
    let devices = capture::devices(config.record.source, Arc::new(SystemClock)).map_err(|error| {
        Failure::new(error.to_string()).hint("is a sound server running, and may this user reach it?")
    })?;
    if devices.is_empty() {
        output::say("there is neither a microphone nor an output on this machine");
        return Ok(Exit::NothingFound);
    }
    let mut out = Out::stdout();
    if args.json {
        for device in &devices {
            out.json(&row(device))?;
        }
    } else {
        for (kind, title) in [(Kind::Microphone, "microphones (said)"), (Kind::Loopback, "what is played (heard)")] {
            print(&mut out, title, devices.iter().filter(|device| device.kind == kind))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn row(device: &Device) -> DeviceRow<'_> {
    let Device { id, name, kind, default, bluetooth, source, detail } = device;
    DeviceRow { kind: kind.as_str(), default: *default, bluetooth: *bluetooth, id, name, source, detail }
}

fn print<'a>(out: &mut Out, title: &str, devices: impl Iterator<Item = &'a Device>) -> Result<()> {
    writeln!(out, "{title}")?;
    let mut none = true;
    for device in devices {
        none = false;
        let mark = if device.default { '*' } else { ' ' };
        let detail = if device.detail.is_empty() { String::new() } else { format!("  {}", device.detail) };
        let id = out.dim(&device.id);
        let bluetooth = match (device.bluetooth, device.kind) {
            (true, Kind::Microphone) => format!("  {CALL_QUALITY}"),
            (true, Kind::Loopback) => "  Bluetooth".to_owned(),
            (false, _) => String::new(),
        };
        writeln!(out, "  {mark} {}  {id}{detail}{bluetooth}", device.name)?;
    }
    if none {
        writeln!(out, "    none")?;
    }
    Ok(())
}
