//! What recording costs: the real recorder on a real sound server without a card, on an idle machine and on one whose
//! cores are all busy.

use crate::process_usage::Usage;
use anyhow::{Context, Result, bail, ensure};
use archive::{Archive, GapCause, Journal, Row};
use home::Home;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Killed, Rig};

/// How long.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long is measured, on each of the two machines: 90s, 5m
    #[arg(long = "for", value_name = "TIME", default_value = "5m", value_parser = length)]
    length: Duration,
    /// The executable that is measured [default: the one in release, built now]
    #[arg(long, value_name = "FILE")]
    recorder: Option<PathBuf>,
    /// On one of the two machines alone
    #[arg(long, value_enum)]
    machine: Option<Machine>,
}

/// What else the machine has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Machine {
    /// Nothing but to play what is recorded
    Idle,
    /// More than it can: every core is busy
    Busy,
}

/// What comes before measuring: opening devices and filling what is filled once.
const WARM_UP: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_secs(5);
const HZ: u32 = 48_000;

/// What one run cost.
struct Cost {
    /// Of one core, as a share.
    cpu: f64,
    private_start: u64,
    private_end: u64,
    private_most: u64,
    /// Times in which sound was lost, by number or by the clock.
    losses: usize,
    recorded_s: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let recorder = args.recorder.clone().map_or_else(build, Ok)?;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let mut out = std::io::stdout();
    writeln!(out, "both tracks {HZ} Hz stereo, {} s each, {cores} cores\n", args.length.as_secs())?;
    writeln!(
        out,
        "{:18}  {:>10}  {:>28}  {:>6}  {:>12}",
        "", "of a core", "private MiB start/end/most", "losses", "recorded s"
    )?;
    for (machine, name, busy) in [(Machine::Idle, "idle machine", 0), (Machine::Busy, "every core busy", cores)] {
        if args.machine.is_some_and(|only| only != machine) {
            continue;
        }
        let cost = measure(&recorder, args.length, busy)?;
        let mib = |bytes: u64| format!("{:.1}", f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0);
        let memory = format!("{} / {} / {}", mib(cost.private_start), mib(cost.private_end), mib(cost.private_most));
        writeln!(
            out,
            "{name:18}  {:>8.2} %  {memory:>28}  {:>6}  {:>12.1}",
            cost.cpu * 100.0,
            cost.losses,
            cost.recorded_s
        )?;
    }
    Ok(())
}

/// Builds the recorder in release; where it lies.
fn build() -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let build = ["build", "--release", "--locked", "--package", "hearsay", "--bin", "hearsay-record"];
    ensure!(Command::new(cargo).args(build).status().context("cannot start cargo")?.success(), "the build failed");
    // This program lies in target/PROFILE/; the one it measures in target/release/.
    let me = std::env::current_exe().context("cannot tell where this program lies")?;
    let target = me.parent().and_then(Path::parent).context("this program lies nowhere")?;
    Ok(target.join("release/hearsay-record"))
}

#[expect(clippy::disallowed_methods, reason = "a real process is measured in real time")]
fn measure(recorder: &Path, length: Duration, busy: usize) -> Result<Cost> {
    let rig = Rig::start()?;
    let dir = tempfile::tempdir()?;
    let noise = dir.path().join("noise.wav");
    write_noise(&noise, WARM_UP + length + Duration::from_secs(30))?;
    // A microphone in stereo: the monitor of a second output.
    rig.pactl(&["load-module", "module-null-sink", "sink_name=room", "rate=48000", "channels=2", "format=s16le"])?;
    let _playing = ["speakers", "room"].map(|sink| play(&rig, &noise, sink)).into_iter().collect::<Result<Vec<_>>>()?;
    let home = dir.path().join("home");
    let mut command = rig.command(recorder);
    command.arg("--home").arg(&home).args(["--mic", "room.monitor"]).env_remove("HEARSAY_HOME");
    let mut child = Killed(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot record")?);
    let busy: Vec<Killed> = (0..busy).map(|_| spin()).collect::<Result<_>>()?;
    std::thread::sleep(WARM_UP);
    let (start, began) = (Usage::of(child.0.id())?, Instant::now());
    let mut most = start.private_bytes;
    while began.elapsed() < length {
        std::thread::sleep(LOOK_EVERY.min(length));
        most = most.max(Usage::of(child.0.id())?.private_bytes);
    }
    let (end, elapsed) = (Usage::of(child.0.id())?, began.elapsed().as_secs_f64());
    drop(busy);
    let pid = child.0.id().to_string();
    testkit::output(Command::new("kill").args(["-TERM", &pid]), "procps")?;
    let status = child.0.wait()?;
    ensure!(status.success(), "the recorder ended with {status}");
    let (losses, recorded_s) = recorded(&home)?;
    let cpu = (end.cpu_s - start.cpu_s) / elapsed;
    let (private_start, private_end) = (start.private_bytes, end.private_bytes);
    Ok(Cost { cpu, private_start, private_end, private_most: most, losses, recorded_s })
}

/// A core that is never idle.
fn spin() -> Result<Killed> {
    Command::new("sh").args(["-c", "while :; do :; done"]).spawn().map(Killed).context("cannot start sh")
}

fn play(rig: &Rig, wav: &Path, sink: &str) -> Result<Killed> {
    let mut command = rig.command("paplay");
    command.arg(format!("--device={sink}")).arg(wav).stdin(Stdio::null());
    command.spawn().map(Killed).context("cannot run paplay (Debian package pulseaudio-utils)")
}

fn write_noise(path: &Path, length: Duration) -> Result<()> {
    let spec =
        hound::WavSpec { channels: 2, sample_rate: HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec)?;
    let mut state = 1_u32;
    for _ in 0..u64::from(HZ) * length.as_secs() * 2 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [.., low, high] = state.to_le_bytes();
        writer.write_sample(i16::from_le_bytes([low, high]) / 8)?;
    }
    Ok(writer.finalize()?)
}

/// Losses by the journal, and seconds of the shorter track.
fn recorded(home: &Path) -> Result<(usize, f64)> {
    let archive = Archive::open(&Home::at(home));
    let journal = Journal::open(&archive);
    let mut losses = 0;
    for day in archive.days()? {
        let rows = journal.rows(&day)?.rows;
        let lost = |row: &&Row| matches!(row, Row::Gap(gap) if gap.cause.is_loss() && gap.cause != GapCause::Reopened);
        losses += rows.iter().filter(lost).count();
    }
    let segments = archive.scan()?.segments;
    let of = |track: &str| -> i64 {
        let own = segments.iter().filter(|segment| segment.name.track.as_str() == track);
        own.map(|segment| segment.span.len_micros()).sum()
    };
    let shorter = of("mic").min(of("loopback"));
    if shorter == 0 {
        bail!("nothing was recorded");
    }
    #[expect(clippy::cast_precision_loss, reason = "minutes")]
    Ok((losses, shorter as f64 / 1e6))
}

fn length(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let number: u64 = number.parse().map_err(|_| "say it like 90s or 5m".to_owned())?;
    if number == 0 { Err("say it like 90s or 5m".to_owned()) } else { Ok(Duration::from_secs(number * unit)) }
}
