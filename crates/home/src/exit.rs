/// The exit codes of every executable: a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; also after SIGINT or SIGTERM of record, work and run.
    Done = 0,
    /// Nothing was found.
    NothingFound = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Partly done, or done in a degraded way.
    Partly = 3,
    /// Failed; nothing was changed.
    Failed = 4,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
