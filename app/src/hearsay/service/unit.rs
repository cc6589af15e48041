//! What the two units say. Pure.

use crate::failure::Failure;
use anyhow::Result;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The recorder's unit.
pub(crate) const RECORD: &str = "hearsay-record.service";
/// The worker's unit.
pub(crate) const WORK: &str = "hearsay-work.service";

/// What differs from user to user.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The folder of the executables.
    pub(crate) executables: PathBuf,
    /// The home, where it isn't the default one.
    pub(crate) home: Option<PathBuf>,
    /// The configuration, where one was named.
    pub(crate) config: Option<PathBuf>,
}

/// How every unit of ours ends.
const END: &str = "\
TimeoutStopSec=10
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
";

/// The recorder: started again whatever ends it, and by systemd's watchdog where it hangs.
pub(crate) fn recorder(setup: &Setup) -> Result<String> {
    let mut unit = String::from(
        "[Unit]\n\
         Description=hearsay: records what you say and what you hear\n\
         After=pipewire-pulse.service pulseaudio.service\n\
         # However often it fails, it is tried again: a night without a recorder is worse than a busy log.\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=notify\n",
    );
    command(&mut unit, setup, "hearsay-record")?;
    unit.push_str(
        "Restart=always\n\
         RestartSec=1\n\
         # 2: the configuration is wrong, and would be the next time.\n\
         RestartPreventExitStatus=2\n\
         WatchdogSec=30\n\
         TimeoutStartSec=60\n",
    );
    unit.push_str(END);
    Ok(unit)
}

/// The worker: takes what nobody else wants of processor and disk, and is the first to go when memory is short.
pub(crate) fn worker(setup: &Setup) -> Result<String> {
    let mut unit = String::from(
        "[Unit]\n\
         Description=hearsay: turns what was recorded into text\n\
         After=hearsay-record.service\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=exec\n",
    );
    command(&mut unit, setup, "hearsay-work")?;
    unit.push_str(
        "Nice=19\n\
         IOSchedulingClass=idle\n\
         CPUWeight=20\n\
         OOMScoreAdjust=500\n\
         Restart=on-failure\n\
         RestartSec=30\n\
         RestartPreventExitStatus=2\n",
    );
    unit.push_str(END);
    Ok(unit)
}

fn command(unit: &mut String, setup: &Setup, program: &str) -> Result<()> {
    let path = setup.executables.join(program);
    // Variables are replaced in arguments, not in the path of the program.
    write!(unit, "ExecStart={}", quoted(text(&path)?))?;
    if let Some(config) = &setup.config {
        write!(unit, " --config {}", quoted(&text(config)?.replace('$', "$$")))?;
    }
    unit.push('\n');
    if let Some(home) = &setup.home {
        writeln!(unit, "Environment={}", quoted(&format!("HEARSAY_HOME={}", text(home)?)))?;
    }
    Ok(())
}

/// A path as text; a unit can hold no other.
fn text(path: &Path) -> Result<&str> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    Ok(text.ok_or_else(|| {
        Failure::usage(format!("{} cannot stand in a systemd unit", path.display()))
            .hint("only text without line breaks can; link or move it to such a path")
    })?)
}

/// In quotes where it has to be, as systemd.syntax(7) has them; `%` begins a specifier everywhere (systemd.unit(5)).
fn quoted(text: &str) -> String {
    let text = text.replace('%', "%%");
    if text.chars().all(|letter| !letter.is_whitespace() && !"\"'\\;".contains(letter)) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        Setup { executables: "/opt/hear say".into(), home: None, config: None }
    }

    #[test]
    fn paths_are_written_so_that_systemd_reads_them_as_they_are() {
        for (plain, written) in [
            ("/usr/bin/hearsay-record", "/usr/bin/hearsay-record"),
            ("/opt/hear say/x", "\"/opt/hear say/x\""),
            ("/opt/100%/x", "/opt/100%%/x"),
            ("/opt/a\"b\\c/x", "\"/opt/a\\\"b\\\\c/x\""),
        ] {
            assert_eq!(quoted(plain), written);
        }
        assert!(text(Path::new("/home/a\nExecStart=/bin/sh")).is_err(), "no line of another's making");
    }

    #[test]
    fn home_and_configuration_are_passed_on_where_they_are_not_the_usual_ones() {
        let usual = recorder(&setup()).unwrap();
        assert!(usual.contains("\nExecStart=\"/opt/hear say/hearsay-record\"\n") && !usual.contains("Environment"));
        let named = Setup { home: Some("/data/my home".into()), config: Some("/etc/$x.toml".into()), ..setup() };
        for unit in [recorder(&named).unwrap(), worker(&named).unwrap()] {
            assert!(unit.contains("\nEnvironment=\"HEARSAY_HOME=/data/my home\"\n"), "{unit}");
            assert!(unit.contains(" --config /etc/$$x.toml\n"), "{unit}");
        }
    }

    #[test]
    fn the_recorder_is_always_started_again_and_the_worker_stands_back() {
        let (recorder, worker) = (recorder(&setup()).unwrap(), worker(&setup()).unwrap());
        for line in ["Type=notify", "Restart=always", "RestartSec=1", "WatchdogSec=30", "UMask=0077"] {
            assert!(recorder.lines().any(|found| found == line), "{line} in {recorder}");
        }
        for line in ["Nice=19", "IOSchedulingClass=idle", "Restart=on-failure", "UMask=0077"] {
            assert!(worker.lines().any(|found| found == line), "{line} in {worker}");
        }
    }
}
