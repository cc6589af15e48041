//! The command line. What a command does is in its own file below `commands`.

#[cfg(target_os = "linux")]
use crate::commands::tray::TrayArgs;
use crate::commands::{
    ask_recorder::PauseArgs,
    backup::BackupArgs,
    bench::BenchArgs,
    check::CheckArgs,
    compare::CompareArgs,
    completions::CompletionsArgs,
    config::ConfigArgs,
    correct::CorrectArgs,
    demo::DemoArgs,
    devices::DevicesArgs,
    doctor::DoctorArgs,
    export::ExportArgs,
    forget::ForgetArgs,
    gaps::GapsArgs,
    import::ImportArgs,
    live::LiveArgs,
    man::ManArgs,
    marks::MarksArgs,
    models::ModelsArgs,
    note::NoteArgs,
    passes::PassesArgs,
    play::PlayArgs,
    prefer::PreferArgs,
    rebuild::RebuildArgs,
    repair::RepairArgs,
    retain::RetainArgs,
    retranscribe::{CancelArgs, RetranscribeArgs},
    run::RunArgs,
    search::SearchArgs,
    serve::ServeArgs,
    service::ServiceArgs,
    show::ShowArgs,
    sibling::SiblingArgs,
    star::StarArgs,
    status::StatusArgs,
    view::ViewArgs,
};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Records what you say and what you hear, and finds any sentence of it again.
///
/// Without a command it opens the viewer. Nothing leaves this machine, unless you configure a server to transcribe.
#[derive(Debug, Parser)]
#[command(name = "hearsay", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  hearsay run                     record and transcribe until Ctrl-C
  hearsay record                  record both sides until Ctrl-C
  hearsay work                    turn what was recorded into text
  hearsay live                    read along
  hearsay search 'budget meeting' find it
  hearsay show today              read it
  hearsay                         look at it and listen to it";

/// The heading of the options that every command has.
const EVERYWHERE: &str = "Options of every command";

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where everything is kept [default: `HEARSAY_HOME`, else hearsay in your data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    pub(crate) home: Option<PathBuf>,
    /// The configuration [default: config.toml in the home, else in your configuration folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub(crate) config: Option<PathBuf>,
    /// Say more on stderr; twice for much more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Record and transcribe, and start again what dies
    Run(RunArgs),
    /// Record the microphone and what the speakers play
    #[command(disable_help_flag = true)]
    Record(SiblingArgs),
    /// Record nothing for a while
    Pause(PauseArgs),
    /// Go on recording
    #[command(after_help = "Example:\n  hearsay resume")]
    Resume,
    /// Finish the segments that are being recorded now, so that they are transcribed
    #[command(after_help = "Example:\n  hearsay rotate && hearsay work --once")]
    Rotate,
    /// Turn what was recorded into text
    #[command(disable_help_flag = true)]
    Work(SiblingArgs),
    /// List microphones and outputs
    Devices(DevicesArgs),
    /// Copy recordings into the archive
    Import(ImportArgs),
    /// Read along while it is said
    Live(LiveArgs),
    /// Find what was said
    Search(SearchArgs),
    /// Read a conversation in two columns: said left, heard right
    Show(ShowArgs),
    /// Play a moment, both sides in sync, or cut it out into a file
    Play(PlayArgs),
    /// Write the words of a span as text, subtitles, Markdown or JSON
    Export(ExportArgs),
    /// Transcribe a span again, with another model
    Retranscribe(RetranscribeArgs),
    /// End what `retranscribe` has queued
    Cancel(CancelArgs),
    /// List what was transcribed with which model
    Passes(PassesArgs),
    /// Show where two passes heard different words
    Compare(CompareArgs),
    /// Choose which pass is read over a span
    Prefer(PreferArgs),
    /// Write what was really said in the place of what was heard
    Correct(CorrectArgs),
    /// Put a star on what was said
    Star(StarArgs),
    /// Note something on what was said
    Note(NoteArgs),
    /// List your stars and notes
    Marks(MarksArgs),
    /// Tell what the recorder and the worker are doing, and how much room is left
    Status(StatusArgs),
    /// Show in the system's tray whether it records
    #[cfg(target_os = "linux")]
    Tray(TrayArgs),
    /// List times without sound, and why
    Gaps(GapsArgs),
    /// Keep the rules on how long sound is kept, and pin what no rule may touch
    Retain(RetainArgs),
    /// Take what was recorded and said in a span off the disk, for good
    Forget(ForgetArgs),
    /// Make the index anew, and a lost database of the words beside the sound
    Rebuild(RebuildArgs),
    /// Look whether all files are as they were left, and name what isn't
    Check(CheckArgs),
    /// Mend what `check` names, where that is possible
    Repair(RepairArgs),
    /// Copy sound, words and database to another folder, while recording goes on
    Backup(BackupArgs),
    /// Look whether everything is well, and say what to do where it isn't
    Doctor(DoctorArgs),
    /// Have the system record and transcribe from login on
    Service(ServiceArgs),
    /// Let programs of this machine search and read (a local API, MCP)
    Serve(ServeArgs),
    /// List, fetch, add, convert, check and remove speech models
    Models(ModelsArgs),
    /// Measure how fast this machine transcribes with a model
    Bench(BenchArgs),
    /// Print the configuration in effect
    Config(ConfigArgs),
    /// Print a script that completes commands and options in a shell
    Completions(CompletionsArgs),
    /// Print the manual page of a command, or write them all
    Man(ManArgs),
    /// Go the whole way with the sample day: import, transcribe, search
    Demo(DemoArgs),
    /// Open the viewer in a certain way
    #[command(hide = true)]
    View(ViewArgs),
}
