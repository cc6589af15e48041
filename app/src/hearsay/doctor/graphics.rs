//! Whether there is a graphics card, and whether this build uses it.

use super::finding::Finding;
use std::path::Path;

const TOPIC: &str = "graphics card";

/// What was found of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Card {
    None,
    /// NVIDIA's driver runs.
    Nvidia,
    /// Something that Vulkan may be able to compute with.
    Other,
}

/// What this build computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Build {
    Plain,
    Cuda,
    Vulkan,
}

/// Looks at what the system shows of cards.
pub(super) fn card() -> Finding {
    let build = match () {
        () if cfg!(feature = "cuda") => Build::Cuda,
        () if cfg!(feature = "vulkan") => Build::Vulkan,
        () => Build::Plain,
    };
    told(look(Path::new("/")), build)
}

fn look(root: &Path) -> Card {
    if root.join("proc/driver/nvidia/version").exists() || root.join("dev/nvidiactl").exists() {
        return Card::Nvidia;
    }
    let nodes = std::fs::read_dir(root.join("dev/dri")).into_iter().flatten().flatten();
    let renders = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("renderD");
    if nodes.into_iter().any(renders) { Card::Other } else { Card::None }
}

fn told(card: Card, build: Build) -> Finding {
    match (card, build) {
        (Card::None, Build::Plain) => {
            Finding::good(TOPIC, "none is seen, and none is needed: the processor recognises")
        }
        (Card::None, _) => Finding::bad(
            TOPIC,
            "this build computes on one, and none is seen",
            "install its driver, or take a plain build; in a container, hand the card on",
        ),
        (Card::Nvidia, Build::Cuda) => Finding::good(TOPIC, "NVIDIA's driver runs, and this build uses it (CUDA)"),
        (_, Build::Vulkan) => Finding::good(TOPIC, "there is one, and this build uses it (Vulkan)"),
        (Card::Other, Build::Cuda) => Finding::bad(
            TOPIC,
            "this build wants NVIDIA's driver, which doesn't run",
            "install the driver, or take a plain build",
        ),
        (Card::Nvidia, Build::Plain) => Finding::note(
            TOPIC,
            "NVIDIA's driver runs, and this build doesn't use it: the processor recognises",
            "for large models: `cargo build --release --features cuda`, as the README says",
        ),
        (Card::Other, Build::Plain) => {
            Finding::good(TOPIC, "there is one, and this build doesn't use it: the processor recognises")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn a_card_is_seen_by_what_its_driver_shows() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            home::files::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            home::files::create_new(&root.path().join(path)).unwrap();
        };
        assert_eq!(look(root.path()), Card::None);
        make("dev/dri/card0");
        assert_eq!(look(root.path()), Card::None, "it shows pictures, and computes nothing");
        make("dev/dri/renderD128");
        assert_eq!(look(root.path()), Card::Other);
        make("proc/driver/nvidia/version");
        assert_eq!(look(root.path()), Card::Nvidia);
    }

    #[test]
    fn a_build_for_a_card_that_is_not_there_is_bad() {
        assert_eq!(told(Card::None, Build::Plain).verdict, Verdict::Good);
        assert_eq!(told(Card::None, Build::Cuda).verdict, Verdict::Bad);
        assert_eq!(told(Card::Other, Build::Cuda).verdict, Verdict::Bad);
        assert_eq!(told(Card::Nvidia, Build::Cuda).verdict, Verdict::Good);
        assert!(told(Card::Nvidia, Build::Plain).advice.unwrap().contains("--features cuda"));
    }
}
