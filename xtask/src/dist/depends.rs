//! What the package needs of others: the libraries that the executables are linked with, found by Debian's own tool in the files
//! themselves, and those that the viewer loads when it opens a window, which no tool can see.

use super::output;
use anyhow::{Context as _, Result, ensure};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Loaded by name when the viewer opens: OpenGL, and what X11 and Wayland need; and who answers for sound. The recorder and every other command do without the first.
pub(super) const RECOMMENDS: &str = "libegl1, libgl1, libwayland-client0, libwayland-egl1, libx11-6, libx11-xcb1, libxcursor1, libxi6, \
     libxkbcommon-x11-0, libxkbcommon0, libxrandr2, pipewire-pulse | pulseaudio";
/// `notify-send` shows notices of the recorder.
pub(super) const SUGGESTS: &str = "libnotify-bin";

/// `Depends:` of these executables.
pub(super) fn of(executables: &[PathBuf], work: &Path) -> Result<String> {
    let folder = work.join("shlibdeps");
    // It wants to stand in a source package.
    home::files::create_dir_all(&folder.join("debian"))?;
    let mut control = home::files::create_new(&folder.join("debian/control"))?;
    control.write_all(b"Source: hearsay\n\nPackage: hearsay\nArchitecture: any\n")?;
    let mut tool = Command::new("dpkg-shlibdeps");
    tool.arg("-O").args(executables.iter().map(|path| format!("-e{}", path.display()))).current_dir(&folder);
    let said =
        String::from_utf8(output(&mut tool, "dpkg-dev")?).context("dpkg-shlibdeps said something that is no text")?;
    let depends = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends=")).unwrap_or_default();
    ensure!(depends.contains("libc6"), "dpkg-shlibdeps found no C library among {depends:?}");
    Ok(depends.to_owned())
}
