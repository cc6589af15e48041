//! A disk that gets full within a test.

use crate::TestkitError;
use crate::process::output;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use tempfile::TempDir;

/// Set in the process that runs in a namespace of its own.
const INSIDE: &str = "HEARSAY_TEST_IN_NAMESPACE";

/// A tmpfs of so many bytes, mounted into a folder of the test's own; unmounted with this value.
#[derive(Debug)]
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one.
    ///
    /// # Errors
    /// [`TestkitError::Failed`] where this process may not mount; see [`in_namespace`](Self::in_namespace).
    pub fn mount(bytes: u64) -> Result<Self, TestkitError> {
        let dir = TempDir::with_prefix("disk-").map_err(|error| TestkitError::file(std::env::temp_dir(), error))?;
        mount(&["-t", "tmpfs", "-o", &format!("size={bytes},mode=0700"), "tmpfs"], dir.path())?;
        Ok(Self { dir })
    }

    /// Runs the test of this name again in a namespace where this user may mount, if it may not here: `None` where it
    /// may, else how that ended.
    ///
    /// # Errors
    /// [`TestkitError`] where neither is possible: such a machine can't run the test, and that is a failure.
    pub fn in_namespace(test: &str) -> Result<Option<ExitStatus>, TestkitError> {
        if Self::mount(1 << 20).is_ok() {
            return Ok(None);
        }
        let failed = |what: String| TestkitError::Failed { program: "mount".into(), what };
        if std::env::var_os(INSIDE).is_some() {
            return Err(failed(
                "a tmpfs can be mounted neither here nor by `unshare -rm`: run the test as root".into(),
            ));
        }
        let exe = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount"]).arg(exe).args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
        let status = command.status();
        let missing = |source| TestkitError::Missing { program: "unshare".into(), package: "util-linux", source };
        status.map(Some).map_err(missing)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Fills the disk up to so many free bytes, at once; the file that does it.
    ///
    /// # Errors
    /// [`TestkitError::Failed`] where the disk is fuller already.
    pub fn fill_up_to(&self, free: u64) -> Result<PathBuf, TestkitError> {
        let mut df = Command::new("df");
        let said = output(df.args(["--block-size=1", "--output=avail"]).arg(self.path()), "coreutils")?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let there: u64 = said.split_whitespace().last().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
        let filler = self.path().join("filler");
        let bytes = there.saturating_sub(free);
        if bytes == 0 {
            let what = format!("only {there} bytes are free, and {free} were to stay");
            return Err(TestkitError::Failed { program: "fallocate".into(), what });
        }
        let filled = output(Command::new("fallocate").args(["-l", &bytes.to_string()]).arg(&filler), "util-linux");
        // Whoever else writes may have been quicker: then it takes what is left, byte by byte.
        if filled.is_err() {
            output(Command::new("sh").args(["-c", "cat /dev/zero > \"$0\" || :"]).arg(&filler), "dash")?;
        }
        Ok(filler)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still hold a file. That it fails shows as a leftover mount only.
        output(Command::new("umount").arg("--lazy").arg(self.dir.path()), "mount").ok();
    }
}

/// Mounts something on a folder.
fn mount(args: &[&str], on: &Path) -> Result<(), TestkitError> {
    output(Command::new("mount").args(args).arg(on), "mount").map(|_| ())
}

/// Something lies over a folder until this value is dropped: an empty, read-only disk.
#[derive(Debug)]
pub struct Covered(PathBuf);

impl SmallDisk {
    /// Covers a folder with an empty disk that can't be written.
    ///
    /// # Errors
    /// As [`mount`](Self::mount).
    pub fn cover(folder: &Path) -> Result<Covered, TestkitError> {
        mount(&["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs"], folder)?;
        Ok(Covered(folder.to_owned()))
    }
}

impl Drop for Covered {
    fn drop(&mut self) {
        output(Command::new("umount").arg("--lazy").arg(&self.0), "mount").ok();
    }
}
