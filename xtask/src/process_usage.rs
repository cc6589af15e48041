//! What a process has used, as Linux tells it in `/proc`.

use anyhow::{Context, Result};

/// Processor time and memory of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time since it started, in seconds.
    pub(crate) cpu_s: f64,
    /// Memory that is its alone (`Private_Clean` and `Private_Dirty` of `smaps_rollup`), in bytes.
    pub(crate) private_bytes: u64,
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
        let private =
            rollup.lines().filter(|line| line.starts_with("Private_Clean") || line.starts_with("Private_Dirty"));
        let kib: u64 = private.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
        #[expect(clippy::cast_precision_loss, reason = "ticks of a process that runs for minutes")]
        let cpu_s = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Self { cpu_s, private_bytes: kib * 1024 })
    }
}
