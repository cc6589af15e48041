//! The icon in the tray, as a panel on the session's bus sees it: `hearsay run` in a rig, on a bus of the test's own.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use testkit::{Killed, Rig, fixture, wait_until};
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{OwnedValue, Value};

/// Longer than a busy machine takes to start what puts the icon there.
const PATIENCE: Duration = Duration::from_secs(120);
const ITEM: (&str, &str) = ("/StatusNotifierItem", "org.kde.StatusNotifierItem");
const MENU: (&str, &str) = ("/MenuBar", "com.canonical.dbusmenu");

/// What a panel offers: icons say their name here.
struct Watcher(Sender<String>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String) {
        self.0.send(service).unwrap();
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

/// A bus, and its address.
fn bus() -> (Killed, String) {
    let mut daemon = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nosyslog", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Killed(daemon), address.trim().to_owned())
}

/// The icon.
struct Icon {
    panel: Connection,
    name: String,
}

/// A line of a menu with all that are below it.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Icon {
    fn proxy(&self, (path, interface): (&'static str, &'static str)) -> Proxy<'static> {
        let builder = zbus::blocking::proxy::Builder::new(&self.panel).destination(self.name.clone()).unwrap();
        let builder = builder.path(path).unwrap().interface(interface).unwrap();
        builder.cache_properties(zbus::proxy::CacheProperties::No).build().unwrap()
    }

    fn title(&self) -> String {
        self.proxy(ITEM).get_property("Title").unwrap()
    }

    /// The lines of the menu, with their numbers.
    fn menu(&self) -> Vec<(i32, String)> {
        let (_, layout): (u32, Layout) = self.proxy(MENU).call("GetLayout", &(0, -1, Vec::<String>::new())).unwrap();
        let line = |line: OwnedValue| {
            let (id, properties, _): Layout = Value::from(line).downcast().unwrap();
            let label = properties.get("label").map(|label| String::try_from(label.clone()).unwrap());
            (id, label.unwrap_or_default())
        };
        layout.2.into_iter().map(line).collect()
    }

    fn click(&self, label: &str) {
        let menu = self.menu();
        let id = menu.iter().find(|(_, found)| found == label).unwrap_or_else(|| panic!("no {label} in {menu:?}")).0;
        let _: () = self.proxy(MENU).call("Event", &(id, "clicked", Value::from(0), 0_u32)).unwrap();
    }

    /// The title ends like this, sooner or later.
    fn wait_for(&self, end: &str) {
        wait_until(end, || self.title().ends_with(end));
    }
}

#[test]
fn the_icon_tells_that_it_records_pauses_it_and_ends_it() {
    let (_daemon, address) = bus();
    let (send, registered) = channel();
    let panel = connection::Builder::address(address.as_str())
        .unwrap()
        .serve_at("/StatusNotifierWatcher", Watcher(send))
        .unwrap()
        .name("org.kde.StatusNotifierWatcher")
        .unwrap()
        .build()
        .unwrap();
    let (rig, folder) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = folder.path().join("home");
    let run = |arguments: &[&str]| {
        let mut command = rig.command(env!("CARGO_BIN_EXE_hearsay"));
        command.arg("--home").arg(&home).args(arguments).env("HOME", folder.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &address).env_remove("HEARSAY_HOME").stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Killed(command.spawn().unwrap())
    };
    let model = fixture("models/fixture-q8.bin").display().to_string();
    let mut recording = run(&["run", "--yes", "--model", &model]);
    let name = registered.recv_timeout(PATIENCE).unwrap();
    let icon = Icon { panel, name };
    icon.wait_for("hearsay: recording");
    let tip: (String, Vec<(i32, i32, Vec<u8>)>, String, String) = icon.proxy(ITEM).get_property("ToolTip").unwrap();
    assert!(tip.3.contains("mic: ") && tip.3.contains("loopback: "), "{tip:?}");
    let pictures: Vec<(i32, i32, Vec<u8>)> = icon.proxy(ITEM).get_property("IconPixmap").unwrap();
    icon.click("Pause");
    icon.wait_for("hearsay: paused");
    assert!(home.join("pause.json").exists(), "it outlasts a crash");
    let paused: Vec<(i32, i32, Vec<u8>)> = icon.proxy(ITEM).get_property("IconPixmap").unwrap();
    assert_ne!(pictures, paused);
    assert!(!icon.menu().iter().any(|(_, label)| label == "Pause"));
    icon.click("Go on recording");
    icon.wait_for("hearsay: recording");

    // For a recorder that is a service there is the command.
    let mut beside = run(&["tray"]);
    let beside_name = registered.recv_timeout(PATIENCE).unwrap();
    let second = Icon { panel: icon.panel.clone(), name: beside_name };
    second.wait_for("hearsay: recording");
    second.click("Take this icon away");
    wait_until("the end of the icon", || beside.0.try_wait().unwrap().is_some());

    icon.click("Stop recording, and end");
    wait_until("the end of run", || recording.0.try_wait().unwrap().is_some());
    assert!(recording.0.wait().unwrap().success());
}

#[test]
fn without_a_session_there_is_one_line_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearsay"));
    command.args(["--home", "home", "tray"]).current_dir(folder.path()).env_remove("HEARSAY_HOME");
    let output = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.starts_with("error: ") && said.contains("\nhint: ") && said.lines().count() == 2, "{said}");
}
