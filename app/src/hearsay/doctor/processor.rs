//! What recognition computes with.

use super::finding::Finding;
use kernels::{Isa, Level, UnusableIsa};

const TOPIC: &str = "processor";

/// Which of our kernels this processor runs.
pub(super) fn kernels() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    told(Isa::chosen().map(Isa::level), Isa::fastest().level(), cores)
}

fn told(chosen: Result<Level, UnusableIsa>, fastest: Level, threads: usize) -> Finding {
    let level = match chosen {
        Ok(level) => level,
        Err(error) => {
            return Finding::bad(TOPIC, error.to_string(), "unset HEARSAY_ISA; nothing is transcribed until then");
        }
    };
    let text = format!("{threads} threads; recognition computes with {}", described(level));
    if level != fastest {
        return Finding::note(TOPIC, format!("{text}, though there is {}", described(fastest)), "unset HEARSAY_ISA");
    }
    if level == Level::Portable && cfg!(target_arch = "x86_64") {
        let advice = "AVX2, FMA and F16C are what a processor needs: every one since 2015; in a virtual machine, hand the host's on (`-cpu host`)";
        return Finding::note(TOPIC, format!("{text}: slow, and whisper.cpp can't run at all"), advice);
    }
    Finding::good(TOPIC, text)
}

fn described(level: Level) -> &'static str {
    match level {
        Level::Portable => "no special instructions",
        Level::Neon => "NEON with dot products",
        Level::Avx2 => "AVX2",
        Level::AvxVnni => "AVX-VNNI",
        Level::Avx512 => "AVX-512 VNNI",
        Level::Amx => "AMX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn the_kernels_in_use_are_named_and_slower_ones_than_there_are_noted() {
        assert_eq!(
            told(Ok(Level::Avx2), Level::Avx2, 4),
            Finding::good(TOPIC, "4 threads; recognition computes with AVX2")
        );
        let held = told(Ok(Level::Avx2), Level::Amx, 4);
        assert!(held.verdict == Verdict::Note && held.text.ends_with("though there is AMX"), "{held:?}");
        let unusable = told(Err(UnusableIsa { name: "mmx".into() }), Level::Avx2, 4);
        assert!(unusable.verdict == Verdict::Bad && unusable.text.contains("mmx"), "{unusable:?}");
        assert!(kernels().text.contains("recognition computes with"));
    }
}
