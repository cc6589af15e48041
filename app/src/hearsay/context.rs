use anyhow::Result;
use home::{Config, Home};
use std::path::PathBuf;
use std::process::Command;
use timeline::{Clock, Span, SystemClock, WallTime};

/// What every command is given: where things lie and what time it is.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The home of this run.
    pub(crate) home: Home,
    /// Whether the home was named with `--home`.
    pub(crate) home_named: bool,
    /// `--config`.
    pub(crate) config_file: Option<PathBuf>,
    /// How many times `-v` was given.
    pub(crate) verbose: u8,
    /// When the command was started: what `today` and `last 2h` are read by.
    pub(crate) now: WallTime,
}

impl Context {
    /// The context of a command line.
    ///
    /// # Errors
    /// Where no home is named or known.
    pub(crate) fn new(global: crate::cli::Global) -> Result<Self> {
        Ok(Self {
            home: Home::resolve(global.home.as_deref())?,
            home_named: global.home.is_some(),
            config_file: global.config,
            verbose: global.verbose,
            now: SystemClock.wall(),
        })
    }

    /// This program once more, on the same home with the same configuration, for as long as it likes: Ctrl-C in the terminal of whoever
    /// starts it is not for it.
    ///
    /// # Errors
    /// Where the system doesn't tell where this program lies.
    pub(crate) fn another(&self) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--home").arg(self.home.root());
        if let Some(config) = &self.config_file {
            command.arg("--config").arg(config);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(command)
    }

    /// The configuration, and the file it came from.
    pub(crate) fn config(&self) -> Result<(Config, Option<PathBuf>)> {
        Ok(Config::load(&self.home, self.config_file.as_deref())?)
    }

    /// Reads a span whose words came as several arguments: `last 2h`.
    pub(crate) fn span(&self, words: &[String]) -> Result<Span> {
        Ok(timeline::parse_span(&words.join(" "), self.now)?)
    }
}
