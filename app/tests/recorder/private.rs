use crate::recording::{command, signal, wait_for_sound};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::{Killed, Rig, files_below};

#[test]
fn nobody_else_can_read_anything_under_any_umask() {
    let rig = Rig::start().unwrap();
    for umask in ["000", "077", "022"] {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let recorder = command(&rig, &home, &[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(recorder.get_program());
        shell.args(recorder.get_args()).envs(rig.env()).env_remove("HEARSAY_HOME");
        let mut child = Killed(shell.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_for_sound(&home, 100);
        let running = check(&home);
        for socket in files_below(&rig.folder().join("run"), ".sock") {
            assert_eq!(mode(&socket), 0o600, "{}", socket.display());
        }
        signal(&child.0, Signal::TERM);
        assert!(child.0.wait().unwrap().success());
        eprintln!("umask {umask}: {running} files and folders while it ran, {} after it", check(&home));
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Checks the modes of a tree; how many there were.
fn check(path: &Path) -> u32 {
    if !path.is_dir() {
        assert_eq!(mode(path), 0o600, "{}", path.display());
        return 1;
    }
    assert_eq!(mode(path), 0o700, "{}", path.display());
    1 + std::fs::read_dir(path).unwrap().map(|entry| check(&entry.unwrap().path())).sum::<u32>()
}
