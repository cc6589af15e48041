//! What a process has used, as Linux tells it in `/proc`.

use anyhow::{Context, Result};

/// Processor time and memory of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time since it started, in seconds.
    pub(crate) cpu_s: f64,
    /// Memory that is its alone (`Private_Clean` and `Private_Dirty` of `smaps_rollup`), in bytes.
    pub(crate) private_bytes: u64,
    /// What of it lies in no file: the rest are pages of mapped files, which the system takes away when it needs the memory (`Private_Dirty`), in bytes.
    pub(crate) dirty_bytes: u64,
}

impl Usage {
    /// Of a process now.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |name: &str| {
            let path = format!("/proc/{pid}/{name}");
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}; has the process ended?"))
        };
        let stat = read("stat")?;
        // The name in brackets may hold anything; what follows it is numbers. See proc_pid_stat(5).
        let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
        let field = |number: usize| after.split_whitespace().nth(number - 3).and_then(|text| text.parse::<u64>().ok());
        let ticks = field(14).zip(field(15)).map(|(user, system)| user + system).context("no times in its stat")?;
        let rollup = read("smaps_rollup")?;
        let bytes = |name: &str| {
            let line = rollup.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
        };
        let (clean_bytes, dirty_bytes) = (bytes("Private_Clean:"), bytes("Private_Dirty:"));
        #[expect(clippy::cast_precision_loss, reason = "ticks of a process that runs for minutes")]
        let cpu_s = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Self { cpu_s, private_bytes: clean_bytes + dirty_bytes, dirty_bytes })
    }
}
