use crate::process::{Killed, TestkitError, output};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PACKAGE: &str = "pulseaudio pulseaudio-utils";
/// How long the server may take to come up. It takes 0.1 s; a machine whose cores are all busy, longer.
const START_TRIES: u32 = 200;
const TRY_EVERY: Duration = Duration::from_millis(50);

/// Where a file is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// What is played here is heard: the source `speakers.monitor` has it.
    Speakers,
    /// What is played here is said: the microphone, the source `mic`, has it.
    MicFeed,
}

impl Sink {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Speakers => "speakers",
            Self::MicFeed => "mic_feed",
        }
    }
}

/// A PulseAudio server of the test's own, without a sound card: the sink `speakers` (2 channels, 48 kHz, the default)
/// and the source `mic` (1 channel, 48 kHz, the default). ALSA reaches the same two as the PCMs `rig_mic` and
/// `rig_loopback`. Ends with this value. Sinks that nobody used for a while may take 2 s to wake: wait for sound, don't
/// sleep.
#[derive(Debug)]
pub struct Rig {
    dir: TempDir,
    env: BTreeMap<&'static str, OsString>,
    _server: Killed,
}

impl Rig {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// [`TestkitError::Missing`] where `PulseAudio` isn't installed, [`TestkitError::Failed`] with the server's log.
    pub fn start() -> Result<Self, TestkitError> {
        Self::start_with(DEVICES)
    }

    /// Starts a server that has no devices at all.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_without_devices() -> Result<Self, TestkitError> {
        Self::start_with("")
    }

    fn start_with(devices: &str) -> Result<Self, TestkitError> {
        let dir = TempDir::with_prefix("rig-").map_err(|error| TestkitError::file(std::env::temp_dir(), error))?;
        let root = dir.path();
        for folder in ["run", "state"] {
            create_private(&root.join(folder))?;
        }
        let socket = root.join("native.sock");
        let cookie = root.join("cookie");
        write(&cookie, &[7; 256])?;
        let script = format!(
            ".fail\n{devices}load-module module-native-protocol-unix socket={} auth-cookie={}\n",
            socket.display(),
            cookie.display()
        );
        write(&root.join("rig.pa"), script.as_bytes())?;
        write(&root.join("asound.conf"), ALSA.as_bytes())?;
        let mut server = OsString::from("unix:");
        server.push(&socket);
        let env = BTreeMap::from([
            ("PULSE_SERVER", server),
            ("PULSE_COOKIE", cookie.into()),
            ("PULSE_RUNTIME_PATH", root.join("run").into()),
            ("PULSE_STATE_PATH", root.join("state").into()),
            ("PULSE_CONFIG_PATH", root.join("state").into()),
            ("XDG_RUNTIME_DIR", root.join("run").into()),
            ("ALSA_CONFIG_PATH", root.join("asound.conf").into()),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent".into()),
        ]);
        let daemon = spawn_server(root, &env)?;
        let mut rig = Self { dir, env, _server: Killed(daemon) };
        rig.wait_until_it_answers()?;
        Ok(rig)
    }

    fn wait_until_it_answers(&mut self) -> Result<(), TestkitError> {
        for _ in 0..START_TRIES {
            if self.dir.path().join("native.sock").exists() && self.pactl(&["info"]).is_ok() {
                return Ok(());
            }
            std::thread::sleep(TRY_EVERY);
        }
        let log = std::fs::read_to_string(self.dir.path().join("pulse.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(10).collect();
        Err(TestkitError::Failed { program: "pulseaudio".into(), what: format!("did not get ready; {tail:?}") })
    }

    /// What a process needs in its environment to use this server and no other.
    pub fn env(&self) -> &BTreeMap<&'static str, OsString> {
        &self.env
    }

    /// A command that uses this server.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.envs(&self.env);
        command
    }

    /// Plays a WAV file into a sink; ends with the file, or with the value.
    ///
    /// # Errors
    /// [`TestkitError::Missing`] where `paplay` isn't installed.
    pub fn play(&self, wav: &Path, sink: Sink) -> Result<Killed, TestkitError> {
        // paplay would only say so to nobody, and what is waited for never sounds.
        std::fs::metadata(wav)
            .map_err(|source| TestkitError::File { path: wav.to_owned(), what: source.to_string() })?;
        let mut command = self.command("paplay");
        // With paplay's own, long buffer: a short one runs dry on a busy machine, and silence gets into the sound.
        command.arg(format!("--device={}", sink.name())).arg(wav).stdin(Stdio::null());
        spawn(&mut command).map(Killed)
    }

    /// Asks the server something, or tells it: `["unload-module", "module-remap-source"]`. What it printed.
    ///
    /// # Errors
    /// [`TestkitError::Failed`] with what it said.
    pub fn pactl(&self, args: &[&str]) -> Result<String, TestkitError> {
        let output = output(self.command("pactl").args(args), PACKAGE)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Adds two sources, `left` and `right`, each with one channel of what the speakers play: two tracks of which is
    /// known exactly how they lie to each other. ALSA has them as `rig_left` and `rig_right`.
    ///
    /// # Errors
    /// [`TestkitError::Failed`] with what the server said.
    pub fn split_speakers(&self) -> Result<(), TestkitError> {
        for side in ["left", "right"] {
            let (name, channel) = (format!("source_name={side}"), format!("master_channel_map=front-{side}"));
            let map = ["master=speakers.monitor", "channels=1", "channel_map=mono", "remix=no"];
            let description = format!("source_properties=device.description=Speakers-{side}");
            let args =
                [["load-module", "module-remap-source", &name, &channel, &description].as_slice(), &map].concat();
            self.pactl(&args)?;
        }
        Ok(())
    }

    /// A folder that ends with the rig.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }
}

const DEVICES: &str = "\
load-module module-null-sink sink_name=speakers rate=48000 channels=2 format=s16le sink_properties=device.description=Speakers
load-module module-null-sink sink_name=mic_feed rate=48000 channels=1 format=s16le sink_properties=device.description=MicFeed
load-module module-remap-source source_name=mic master=mic_feed.monitor source_properties=device.description=VirtualMic
set-default-sink speakers
set-default-source mic
";

const ALSA: &str = "\
</usr/share/alsa/alsa.conf>
pcm.rig_mic { type pulse device \"mic\" hint { show on description \"Rig microphone\" } }
pcm.rig_loopback { type pulse device \"speakers.monitor\" hint { show on description \"Rig loopback\" } }
pcm.rig_left { type pulse device \"left\" hint { show on description \"Left of the speakers\" } }
pcm.rig_right { type pulse device \"right\" hint { show on description \"Right of the speakers\" } }
pcm.!default { type pulse }
ctl.!default { type pulse }
";

fn spawn_server(root: &Path, env: &BTreeMap<&'static str, OsString>) -> Result<Child, TestkitError> {
    let mut log = String::new();
    // Writing into a String can't fail.
    write!(log, "--log-target=file:{}", root.join("pulse.log").display()).ok();
    let mut command = Command::new("pulseaudio");
    command.envs(env).env_remove("PULSE_SERVER").arg("-n").arg("-F").arg(root.join("rig.pa")).args([
        "--daemonize=no",
        "--use-pid-file=no",
        "--exit-idle-time=-1",
        "--disallow-module-loading=no",
        "--high-priority=no",
        "--realtime=no",
        "--log-level=info",
        "--disable-shm=yes",
        "--resample-method=speex-float-5",
    ]);
    command.arg(log).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    spawn(&mut command)
}

pub(crate) fn spawn(command: &mut Command) -> Result<Child, TestkitError> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.spawn().map_err(|source| TestkitError::Missing { program, package: PACKAGE, source })
}

#[expect(clippy::disallowed_methods, reason = "a test's own files, in a folder that tempfile made private")]
fn write(path: &Path, bytes: &[u8]) -> Result<(), TestkitError> {
    std::fs::write(path, bytes).map_err(|error| TestkitError::file(path, error))
}

fn create_private(path: &Path) -> Result<(), TestkitError> {
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| TestkitError::file(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rigs_live_side_by_side() {
        let (one, two) = (Rig::start().unwrap(), Rig::start_without_devices().unwrap());
        let sources = |rig: &Rig| rig.pactl(&["list", "short", "sources"]).unwrap();
        assert!(sources(&one).contains("speakers.monitor") && sources(&one).contains("\tmic\t"));
        assert!(!sources(&two).contains("speakers"));
    }
}
