//! What the processor can do and how many cores it has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// More threads than this gain nothing for the models people run, and take the machine from its user.
const MOST_THREADS: usize = 8;

/// The instructions that this build of whisper.cpp uses and this processor lacks; it would die of them without a word.
pub fn missing_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let has = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("fma", std::arch::is_x86_feature_detected!("fma")),
            ("f16c", std::arch::is_x86_feature_detected!("f16c")),
            ("bmi2", std::arch::is_x86_feature_detected!("bmi2")),
        ];
        has.into_iter().filter(|(_, has)| !has).map(|(name, _)| name).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

/// Physical cores this process may use, at least 1 and at most 8: two threads on one core slow whisper.cpp down.
pub fn physical_cores() -> usize {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = cores_of(Path::new("/sys/devices/system/cpu")).unwrap_or(usable);
    cores.clamp(1, usable.min(MOST_THREADS))
}

/// Counts distinct (package, core) pairs of the online processors.
fn cores_of(folder: &Path) -> Option<usize> {
    let read = |path: &Path, name: &str| fs::read_to_string(path.join("topology").join(name)).ok();
    let cores: BTreeSet<(String, String)> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((read(&path, "physical_package_id")?, read(&path, "core_id")?))
        })
        .collect();
    (!cores.is_empty()).then_some(cores.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_core_to_compute_on() {
        assert!((1..=MOST_THREADS).contains(&physical_cores()));
    }
}
