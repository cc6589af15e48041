//! Where an ONNX Runtime may lie.

use std::path::{Path, PathBuf};

/// The places to try, in order: what was set, beside the executable, where `./dev` puts it, the system's.
/// `set` is the configuration's; an environment variable goes before it.
pub(super) fn candidates(set: Option<&Path>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["HEARSAY_ONNXRUNTIME", "ORT_DYLIB_PATH"]
        .iter()
        .filter_map(std::env::var_os)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .chain(set.map(Path::to_owned))
        .collect();
    let mut folders = Vec::new();
    if let Some(beside) = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)) {
        folders.push(beside);
    }
    if let Some(user) = std::env::var_os("HOME") {
        folders.push(PathBuf::from(user).join(".local/share/hearsay/lib"));
    }
    folders.extend(SYSTEM_FOLDERS.iter().map(PathBuf::from));
    found.extend(folders.iter().flat_map(|folder| libraries_in(folder)));
    found
}

const SYSTEM_FOLDERS: &[&str] = &[
    "/usr/local/lib",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/opt/onnxruntime/lib",
    "/opt/homebrew/lib",
];

/// `libonnxruntime.so`, `libonnxruntime.so.1.23.2`, `onnxruntime.dll`, ... newest name first; the libraries
/// of its providers and bindings are not it.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            name == "onnxruntime.dll"
                || name == "libonnxruntime.so"
                || name.starts_with("libonnxruntime.so.")
                || (name.starts_with("libonnxruntime.")
                    && path.extension().is_some_and(|extension| extension == "dylib"))
        })
        .collect();
    found.sort();
    found.reverse();
    found
}
