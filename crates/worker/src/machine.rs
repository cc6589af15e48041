//! What the machine has to give: whether others need it, and whether it runs on its battery. On systems other than Linux nothing is known, and nothing
//! waits for it.

use std::path::Path;
use std::time::Duration;

/// Looks at the machine.
#[derive(Debug, Default)]
pub struct Machine {
    /// Where the processors' time had gone when it was last looked.
    before: Option<Times>,
    /// What came of that look.
    busy: bool,
}

/// Where the processors' time went since the start, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    /// To programs that don't stand back; the recogniser does.
    others: u64,
    all: u64,
}

/// Others need the machine if they take more of it than this share, as one over.
const BUSY_ONE_OVER: u64 = 4;
/// Looks between which less time went by tell nothing: half a second, in ticks of a processor.
const ENOUGH_TICKS: u64 = 50;
/// How long the first look takes.
const FIRST_LOOK: Duration = Duration::from_millis(200);

impl Machine {
    /// Whether others took a good part of the machine lately: between the last two looks that lie far enough apart.
    pub fn is_busy(&mut self) -> bool {
        let look = || {
            let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
            let Times { others, all } = times(&read("/proc/stat"))?;
            // The recogniser stands back; what finds the speech for it is this program itself.
            Some(Times { others: others.saturating_sub(own_ticks(&read("/proc/self/stat"))?), all })
        };
        let Some(before) = self.before.or_else(look) else { return false };
        if self.before.is_none() {
            std::thread::sleep(FIRST_LOOK);
        }
        let Some(now) = look() else { return false };
        let all = now.all.saturating_sub(before.all);
        if self.before.is_none() || all >= ENOUGH_TICKS * processors() {
            self.before = Some(now);
            self.busy = now.others.saturating_sub(before.others).saturating_mul(BUSY_ONE_OVER) > all;
        }
        self.busy
    }

    /// Whether the machine runs on its battery.
    pub fn is_on_battery(&self) -> bool {
        is_on_battery(Path::new("/sys/class/power_supply"))
    }
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn times(text: &str) -> Option<Times> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|ticks| ticks.parse().ok()).collect();
    let &[user, nice, system, idle, iowait, irq, softirq, steal] = ticks.as_slice() else { return None };
    let others = user + system + irq + softirq + steal;
    Some(Times { others, all: others + nice + idle + iowait })
}

/// User and system time of a process, out of its `/proc/PID/stat`: the 14th and 15th field, and its name may hold spaces.
fn own_ticks(text: &str) -> Option<u64> {
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11).map_while(|ticks| ticks.parse::<u64>().ok());
    Some(fields.next()? + fields.next()?)
}

fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |processors| processors.get() as u64)
}

/// A battery that gives, and no mains that do: a desktop's mouse has a battery, too, but its scope is the device.
fn is_on_battery(supplies: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(supplies) else { return false };
    let (mut discharging, mut mains) = (false, false);
    for supply in entries.flatten() {
        let read = |what: &str| std::fs::read_to_string(supply.path().join(what)).unwrap_or_default().trim().to_owned();
        if read("scope") == "Device" {
            continue;
        }
        match read("type").as_str() {
            "Battery" => discharging |= read("status") == "Discharging",
            _ => mains |= read("online") == "1",
        }
    }
    discharging && !mains
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_stands_back_is_not_busy() {
        let at = |line: &str| times(line).unwrap();
        let first = at("cpu  100 50 10 800 5 1 2 3 0 0\ncpu0 1");
        assert_eq!(first, Times { others: 116, all: 971 });
        assert_eq!(times("cpu  1 2 3"), None);
        assert_eq!(times("nothing"), None);
        let own = "4711 (a (b) c) S 1 4711 4711 0 -1 4194304 100 0 0 0 70 5 0 0 20 0 1 0 12345 1 2";
        assert_eq!(own_ticks(own), Some(75));
        assert_eq!(own_ticks("4711"), None);
    }

    #[test]
    fn a_battery_that_gives_without_mains_is_told_from_all_else() {
        let folder = tempfile::tempdir().unwrap();
        let supply = |name: &str, facts: &[(&str, &str)]| {
            let path = folder.path().join(name);
            home::files::create_dir_all(&path).unwrap();
            for (fact, value) in facts {
                let mut file = home::files::create_or_truncate(&path.join(fact)).unwrap();
                file.write_all(format!("{value}\n").as_bytes()).unwrap();
            }
        };
        assert!(!is_on_battery(&folder.path().join("missing")));
        supply("mouse", &[("type", "Battery"), ("status", "Discharging"), ("scope", "Device")]);
        assert!(!is_on_battery(folder.path()));
        supply("BAT0", &[("type", "Battery"), ("status", "Discharging")]);
        supply("AC", &[("type", "Mains"), ("online", "0")]);
        assert!(is_on_battery(folder.path()));
        supply("AC", &[("type", "Mains"), ("online", "1")]);
        assert!(!is_on_battery(folder.path()));
    }
}
