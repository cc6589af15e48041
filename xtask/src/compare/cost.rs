//! What a program costs, with every process that it starts.

use anyhow::{Context, Result, ensure};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// What it used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// User and system time of all its processes, in seconds.
    pub(crate) cpu_s: f64,
    /// From its start to its end.
    pub(crate) wall_s: f64,
    /// The most memory: the peaks of its processes, added.
    pub(crate) peak_bytes: u64,
}

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs it to its end. One at a time: what a program has used is what this process's ended children have used more than before, by
/// `/proc/self/stat`, and counts the children of a child that waits for them.
///
/// # Errors
/// Where it can't be started or fails.
#[expect(clippy::disallowed_methods, reason = "a real program is measured in real time")]
pub(crate) fn measure(command: &mut Command) -> Result<Cost> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (before, began) = (ended_children_s()?, Instant::now());
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let mut peaks = Peaks::default();
    let status = loop {
        peaks.look(&child);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let wall_s = began.elapsed().as_secs_f64();
    ensure!(status.success(), "{name} ended with {status}");
    Ok(Cost { cpu_s: ended_children_s()? - before, wall_s, peak_bytes: peaks.sum() })
}

impl std::ops::Add for Cost {
    type Output = Self;

    /// One after the other.
    fn add(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s + other.cpu_s,
            wall_s: self.wall_s + other.wall_s,
            peak_bytes: self.peak_bytes.max(other.peak_bytes),
        }
    }
}

/// The middle one of several runs, figure by figure.
pub(crate) fn median(costs: &[Cost]) -> Cost {
    let middle = |of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let peak_bytes = costs.iter().map(|cost| cost.peak_bytes).max().unwrap_or_default();
    Cost { cpu_s: middle(|cost| cost.cpu_s), wall_s: middle(|cost| cost.wall_s), peak_bytes }
}

/// User and system time of all children that have ended and were waited for, in seconds; see `proc_pid_stat(5)`.
fn ended_children_s() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat: this needs Linux")?;
    let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
    let field = |number: usize| after.split_whitespace().nth(number - 3).and_then(|text| text.parse::<u64>().ok());
    let ticks = field(16).zip(field(17)).map(|(user, system)| user + system).context("no times in /proc/self/stat")?;
    #[expect(clippy::cast_precision_loss, reason = "ticks of some hours")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The highest memory seen of each process.
#[derive(Default)]
struct Peaks(std::collections::BTreeMap<u32, u64>);

impl Peaks {
    fn look(&mut self, child: &Child) {
        let mut waiting = vec![child.id()];
        while let Some(id) = waiting.pop() {
            // Whatever has ended in between has been seen before.
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let kib = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
            if let Some(kib) = kib {
                self.0.insert(id, kib * 1024);
            }
            let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { continue };
            for thread in threads.flatten() {
                let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                waiting.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
            }
        }
    }

    fn sum(&self) -> u64 {
        self.0.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All children of a process count, and other tests have some: this one has a process of its own.
    #[test]
    fn the_work_of_a_childs_child_is_counted() {
        let me = std::env::current_exe().unwrap();
        let alone = ["--exact", "compare::cost::tests::alone", "--ignored", "--nocapture"];
        assert!(Command::new(me).args(alone).status().unwrap().success());
    }

    #[test]
    #[ignore = "the one above runs it in a process of its own"]
    fn alone() {
        let spin = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done' & wait";
        let spun = measure(Command::new("sh").args(["-c", spin])).unwrap();
        let slept = measure(Command::new("sh").args(["-c", "sleep 0.3"])).unwrap();
        assert!(spun.cpu_s > 0.1, "{spun:?}");
        assert!(slept.cpu_s < 0.1 && slept.wall_s >= 0.3, "{slept:?}");
        assert!(spun.peak_bytes > 500_000);
        assert!(measure(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }

    #[test]
    fn of_several_runs_the_middle_one_counts() {
        let cost = |cpu_s, wall_s| Cost { cpu_s, wall_s, peak_bytes: 1 };
        assert_eq!(median(&[cost(5.0, 1.0), cost(1.0, 3.0), cost(2.0, 2.0)]), cost(2.0, 2.0));
    }
}
