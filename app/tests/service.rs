//! `hearsay service`: the units as systemd itself judges them, their modes, and what is told to systemd.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
mod sample;

use sample::{Ran, Sample};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNITS: [&str; 2] = ["hearsay-record.service", "hearsay-work.service"];

/// Runs `hearsay service` with a configuration folder of the test's own, in which there may be anything.
fn service(sample: &Sample, arguments: &[&str], systemctl: Option<&Path>) -> Ran {
    let mut command = sample.command(&[&["service"], arguments].concat());
    command.env("XDG_CONFIG_HOME", sample.path("config")).env_remove("DBUS_SESSION_BUS_ADDRESS");
    if let Some(folder) = systemctl {
        command.env("PATH", folder);
    }
    // Whatever the umask says.
    let output = Command::new("sh")
        .args(["-c", "umask 0; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(sample.folder.path())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("HEARSAY_LOG")
        .output();
    output.unwrap().into()
}

fn unit(sample: &Sample, name: &str) -> PathBuf {
    sample.path("config/systemd/user").join(name)
}

fn write(path: &Path, text: &str) {
    home::files::create_dir_all(path.parent().unwrap()).unwrap();
    std::io::Write::write_all(&mut home::files::create_or_truncate(path).unwrap(), text.as_bytes()).unwrap();
}

/// A `systemctl` that takes down what it is told. The folder is a whole PATH: `sh` is reached by its own path.
fn pretend_systemctl(sample: &Sample) -> PathBuf {
    let folder = sample.path("bin");
    let log = sample.path("told").display().to_string();
    write(&folder.join("systemctl"), &format!("#!/bin/sh\necho \"$@\" >> '{log}'\n"));
    std::fs::set_permissions(folder.join("systemctl"), PermissionsExt::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink("/bin/sh", folder.join("sh")).unwrap();
    folder
}

fn told(sample: &Sample) -> Vec<String> {
    let told = std::fs::read_to_string(sample.path("told")).unwrap_or_default();
    told.lines().map(|line| line.replace("--user --quiet --no-ask-password ", "")).collect()
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units_and_they_are_the_users_alone() {
    let sample = Sample::empty();
    let ran = service(&sample, &["install"], Some(&pretend_systemctl(&sample)));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    for name in UNITS {
        let mode = std::fs::metadata(unit(&sample, name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
        let mut verify = Command::new("systemd-analyze");
        verify.args(["--user", "verify"]).arg(unit(&sample, name)).env("XDG_RUNTIME_DIR", sample.folder.path());
        let verdict = testkit::output(&mut verify, "systemd").unwrap();
        assert_eq!(String::from_utf8_lossy(&verdict.stderr), "", "{name}");
        let text = std::fs::read_to_string(unit(&sample, name)).unwrap();
        assert!(text.contains(&format!("Environment=HEARSAY_HOME={}", sample.home().root().display())), "{text}");
    }
    let folder = sample.path("config/systemd/user");
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "no file was left over");
}

#[test]
fn a_second_install_changes_nothing_and_another_home_changes_the_units() {
    let sample = Sample::empty();
    let systemctl = pretend_systemctl(&sample);
    let install = |more: &[&str]| service(&sample, &[&["install"], more].concat(), Some(&systemctl));
    assert_eq!(install(&[]).code, 0);
    let look = || {
        UNITS.map(|name| {
            let path = unit(&sample, name);
            (std::fs::read(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap())
        })
    };
    let (before, enable) = (look(), format!("enable --now {}", UNITS.join(" ")));
    assert_eq!(told(&sample), ["daemon-reload", &enable]);
    let again = install(&[]);
    assert_eq!((again.code, look() == before), (0, true), "{}", again.err);
    assert!(again.err.contains("nothing had to be changed"), "{}", again.err);
    assert_eq!(told(&sample)[2..], [enable.as_str()]);
    let other = install(&["--home", "/srv/another home"]);
    assert_eq!(other.code, 0, "{}", other.err);
    assert_eq!(told(&sample)[3..], ["daemon-reload", &enable, &format!("try-restart {}", UNITS.join(" "))]);
    assert!(String::from_utf8_lossy(&look()[0].0).contains("Environment=\"HEARSAY_HOME=/srv/another home\""));
}

#[test]
fn remove_takes_away_only_what_hearsay_wrote() {
    let sample = Sample::empty();
    let systemctl = pretend_systemctl(&sample);
    let ran = service(&sample, &["remove"], Some(&systemctl));
    assert_eq!((ran.code, ran.err.as_str()), (0, "there is no service to remove\n"));
    assert_eq!(service(&sample, &["install"], Some(&systemctl)).code, 0);
    let [record, work] = UNITS.map(|name| unit(&sample, name));
    let other = unit(&sample, "another.service");
    write(&other, "[Unit]\n");
    let changed = std::fs::read_to_string(&work).unwrap() + "Nice=5\n";
    write(&work, &changed);

    let ran = service(&sample, &["remove", "--dry-run"], Some(&systemctl));
    assert!(ran.err.contains("would remove") && record.exists(), "{}", ran.err);
    let ran = service(&sample, &["remove"], Some(&systemctl));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("hearsay-work.service isn't as hearsay wrote it and stays"), "{}", ran.err);
    assert_eq!((record.exists(), std::fs::read_to_string(&work).unwrap(), other.exists()), (false, changed, true));
    assert_eq!(told(&sample)[2..], ["disable --now hearsay-record.service", "daemon-reload"]);

    let ran = service(&sample, &["install"], Some(&systemctl));
    assert_eq!((ran.code, record.exists()), (4, false), "nothing is written where one is not ours");
    assert!(ran.err.starts_with("error: ") && ran.err.contains("\nhint: "), "{}", ran.err);
}

#[test]
fn without_systemd_the_units_are_written_and_what_to_type_is_said() {
    let sample = Sample::empty();
    let nothing = sample.path("nothing");
    home::files::create_dir_all(&nothing).unwrap();
    std::os::unix::fs::symlink("/bin/sh", nothing.join("sh")).unwrap();
    let ran = service(&sample, &["install"], Some(&nothing));
    assert_eq!(ran.code, 3, "{}", ran.err);
    let hint = "hint: in a session of your own: systemctl --user daemon-reload && systemctl --user enable --now ";
    assert!(ran.err.contains("note: systemd could not be told") && ran.err.contains(hint), "{}", ran.err);
    assert!(UNITS.iter().all(|name| unit(&sample, name).exists()));
    let ran = service(&sample, &["remove"], Some(&nothing));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(UNITS.iter().all(|name| !unit(&sample, name).exists()));
}

#[test]
fn a_dry_run_prints_the_units_and_writes_nothing() {
    let sample = Sample::empty();
    let ran = service(&sample, &["install", "--dry-run"], None);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for line in ["Restart=always", "WatchdogSec=30", "Nice=19", "IOSchedulingClass=idle", "hearsay-work.service"] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    assert!(!sample.path("config").exists() && !sample.home().root().exists());
}
