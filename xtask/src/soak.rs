use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use std::io::Write;
use std::process::Command;

/// Which tests, at their long counts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// All of them where none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
}

/// Tests that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A conversation cut into segments at random, with workers that die; takes hours
    CutAnywhere,
    /// Ten hours in which nobody speaks
    Noise,
    /// The worker is killed while it transcribes the sample day
    WorkerKills,
    /// The worker is killed while it transcribes the sample day again with another model
    CampaignKills,
    /// The database is made anew and killed meanwhile
    RebuildKills,
    /// `forget` is killed, and whoever comes next finishes it
    ForgetKills,
    /// Segments are packed, and `hearsay retain` is killed meanwhile
    RetainKills,
    /// Bytes are flipped in every kind of file, and `hearsay backup` is killed
    Care,
    /// The recorder is killed at random moments
    RecorderKills,
    /// The recorder is stopped in mid-block
    RecorderStops,
    /// Devices that vanish and return
    DeviceLosses,
    /// Power that is cut
    PowerCuts,
    /// Recording while every core is busy
    RecorderLoad,
    /// Simulated days with every fault
    Simulation,
    /// Suspends, steps and rotations
    Clocks,
    /// From the end of an utterance to the search that finds it
    Latency,
    /// Queries out of a grammar of everything that can be typed
    Queries,
    /// Echoes over the whole grid of delays, drifts and loudness
    Echoes,
    /// The engine's memory over many windows and loads
    EngineMemory,
    /// Both engines, token by token
    SameTokens,
    /// Both sides in step, for an hour
    Playing,
    /// Anything pressed in the viewer, for ten minutes
    Presses,
}

impl Part {
    const ALL: [Self; 22] = [
        Self::Noise,
        Self::CutAnywhere,
        Self::Clocks,
        Self::Simulation,
        Self::RecorderStops,
        Self::RecorderKills,
        Self::DeviceLosses,
        Self::PowerCuts,
        Self::RecorderLoad,
        Self::WorkerKills,
        Self::CampaignKills,
        Self::RebuildKills,
        Self::ForgetKills,
        Self::RetainKills,
        Self::Care,
        Self::Queries,
        Self::Latency,
        Self::Echoes,
        Self::EngineMemory,
        Self::SameTokens,
        Self::Playing,
        Self::Presses,
    ];

    /// The package, its test target (none: its unit tests), what the tests' names begin with or contain, and the
    /// counts, each in the variable that the test reads.
    fn tests(self) -> (&'static str, Option<&'static str>, &'static str, &'static [(&'static str, &'static str)]) {
        match self {
            Self::CutAnywhere => (
                "worker",
                Some("cut_anywhere"),
                "cut_anywhere_",
                &[
                    ("HEARSAY_CUT_LAYOUTS", "200"),
                    ("HEARSAY_CUT_MINUTES", "20"),
                    ("HEARSAY_CUT_MODEL_LAYOUTS", "200"),
                    ("HEARSAY_CUT_MODEL_MINUTES", "20"),
                ],
            ),
            Self::Noise => ("speech", Some("hard_sound"), "", &[("HEARSAY_NOISE_SECONDS", "3600")]),
            Self::WorkerKills => ("hearsay", Some("day"), "kill::", &[("HEARSAY_KILLS", "200")]),
            Self::CampaignKills => ("hearsay", Some("day"), "again::", &[("HEARSAY_CAMPAIGN_KILLS", "100")]),
            Self::RebuildKills => ("hearsay", Some("day"), "rebuild", &[("HEARSAY_REBUILD_KILLS", "50")]),
            Self::ForgetKills => ("hearsay", Some("commands_forget"), "killed", &[("HEARSAY_FORGET_KILLS", "50")]),
            Self::RetainKills => ("hearsay", Some("day"), "retain", &[("HEARSAY_RETAIN_KILLS", "50")]),
            Self::Care => ("hearsay", Some("day"), "care", &[("HEARSAY_FLIPS", "500"), ("HEARSAY_BACKUP_KILLS", "50")]),
            Self::RecorderKills => ("hearsay", Some("recorder"), "killed", &[("HEARSAY_RECORDER_KILLS", "200")]),
            Self::RecorderStops => ("hearsay", Some("recorder"), "stopped", &[("HEARSAY_RECORDER_STOPS", "200")]),
            Self::DeviceLosses => ("hearsay", Some("recorder"), "devices", &[("HEARSAY_DEVICE_LOSSES", "20")]),
            Self::PowerCuts => ("hearsay", Some("recorder"), "power_cut", &[("HEARSAY_POWER_CUTS", "20")]),
            Self::RecorderLoad => ("hearsay", Some("recorder"), "load", &[("HEARSAY_LOAD_SECONDS", "300")]),
            Self::Simulation => (
                "recorder",
                Some("simulated"),
                "",
                &[("HEARSAY_SIMULATED_HOURS", "720"), ("HEARSAY_ROTATIONS", "10000")],
            ),
            Self::Queries => ("index", Some("fuzz"), "", &[("HEARSAY_FUZZ_QUERIES", "100000")]),
            Self::Echoes => ("engine", Some("echo"), "", &[("HEARSAY_ECHO_CASES", "90")]),
            Self::Latency => ("hearsay", Some("live"), "", &[("HEARSAY_LIVE_SECONDS", "140")]),
            Self::EngineMemory => (
                "engine",
                Some("process"),
                "memory",
                &[("HEARSAY_ENGINE_WINDOWS", "200"), ("HEARSAY_ENGINE_LOADS", "20")],
            ),
            Self::SameTokens => ("engine", Some("same_tokens"), "", &[("HEARSAY_SAME_WINDOWS", "200")]),
            Self::Playing => ("hearsay", None, "in_step", &[("HEARSAY_SYNC_MINUTES", "60")]),
            Self::Presses => ("hearsay", None, "whatever_is_pressed", &[("HEARSAY_RANDOM_SECONDS", "600")]),
            Self::Clocks => ("archive", None, "clocks", &[("HEARSAY_CLOCK_CASES", "200000")]),
        }
    }
}

/// Each test reads its count from the environment and prints what it did.
pub(crate) fn run(args: &Args) -> Result<()> {
    let parts = if args.parts.is_empty() { &Part::ALL } else { args.parts.as_slice() };
    let mut failed = Vec::new();
    for part in parts {
        let (package, target, names, counts) = part.tests();
        writeln!(std::io::stdout(), "\n== {part:?}: {counts:?}")?;
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut command = Command::new(cargo);
        command.args(["test", "--release", "--locked", "--package", package]);
        match target {
            Some(target) => command.args(["--test", target]),
            // Its unit tests are those of the program.
            None if package == "hearsay" => command.args(["--bin", "hearsay"]),
            None => command.arg("--lib"),
        };
        command.args(["--", "--nocapture", names]).envs(counts.iter().copied());
        if matches!(part, Part::Latency) {
            command.arg("--include-ignored");
        }
        if !command.status().context("cannot start cargo")?.success() {
            failed.push(*part);
        }
    }
    ensure!(failed.is_empty(), "failed, see above: {failed:?}");
    Ok(())
}
