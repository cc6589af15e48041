//! Whether the disk below the home is encrypted. hearsay doesn't encrypt, so the disk has to.
//!
//! On Linux: the file system that holds the home, by `/proc/self/mountinfo` (proc(5)); the block devices below it, by `/sys`, where
//! device-mapper names a LUKS or plain dm-crypt device by a UUID that begins with `CRYPT-`; and fscrypt, by what statx(2) says of the
//! folder.

use super::finding::Finding;
use home::Home;
use std::path::{Path, PathBuf};

const TOPIC: &str = "encryption";
/// Devices below devices: a partition of a volume of a LUKS of a RAID of a disk. More would be a circle.
const DEEPEST: u32 = 12;

/// What is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// Encrypted, by what.
    By(&'static str),
    /// Plain, on which file system.
    Plain(String),
    /// In memory: gone with the power.
    Memory,
    /// Can't be told, and why.
    Unknown(String),
}

/// Looks.
pub(super) fn of(home: &Home) -> Finding {
    let place = existing(home.root());
    if !cfg!(target_os = "linux") {
        return told(Known::Unknown("this system isn't asked".to_owned()));
    }
    if is_fscrypt(place) {
        return told(Known::By("fscrypt"));
    }
    let place = std::fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
    match std::fs::read_to_string("/proc/self/mountinfo") {
        Ok(mounts) => told(look(&place, &mounts, Path::new("/sys"))),
        Err(error) => told(Known::Unknown(format!("/proc/self/mountinfo: {error}"))),
    }
}

/// The folder, or the nearest above it that there is.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

fn told(known: Known) -> Finding {
    const ADVICE: &str = "who takes the disk hears everything: keep the home on an encrypted one (LUKS when the system is installed, or fscrypt for a folder)";
    match known {
        Known::By(what) => Finding::good(TOPIC, format!("the home lies on an encrypted disk ({what})")),
        Known::Memory => {
            Finding::note(TOPIC, "the home lies in memory, and is gone with the power", "set HEARSAY_HOME to a disk")
        }
        Known::Plain(filesystem) => {
            Finding::note(TOPIC, format!("the home lies on a disk without any ({filesystem})"), ADVICE)
        }
        Known::Unknown(why) => Finding::note(TOPIC, format!("can't be told: {why}"), ADVICE),
    }
}

#[cfg(target_os = "linux")]
fn is_fscrypt(place: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    statx(CWD, place, AtFlags::empty(), StatxFlags::BASIC_STATS)
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::ENCRYPTED))
}

#[cfg(not(target_os = "linux"))]
fn is_fscrypt(_place: &Path) -> bool {
    false
}

/// One line of mountinfo, as far as it matters.
struct Mount<'a> {
    device: &'a str,
    point: PathBuf,
    filesystem: &'a str,
    source: &'a str,
}

impl<'a> Mount<'a> {
    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`.
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(2);
        let (device, point) = (before.next()?, before.nth(1)?);
        let mut after = after.split(' ');
        Some(Self { device, point: unescaped(point).into(), filesystem: after.next()?, source: after.next()? })
    }
}

/// Blanks, tabs, line breaks and backslashes are written in octal.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

fn look(place: &Path, mounts: &str, sys: &Path) -> Known {
    // The last one that is mounted there hides those before it.
    let above = mounts.lines().filter_map(Mount::parse).filter(|mount| place.starts_with(&mount.point));
    let Some(mount) = above.max_by_key(|mount| mount.point.components().count()) else {
        return Known::Unknown("no file system is mounted there".to_owned());
    };
    match mount.filesystem {
        "ecryptfs" => return Known::By("eCryptfs"),
        "fuse.gocryptfs" | "fuse.encfs" | "fuse.cryfs" | "fuse.securefs" => {
            return Known::By("an encrypting file system");
        }
        "tmpfs" | "ramfs" => return Known::Memory,
        _ => {}
    }
    // btrfs and others have a device number of their own, and name what they lie on.
    let numbered = sys.join("dev/block").join(mount.device);
    let named = mount.source.rsplit('/').next().map(|name| sys.join("class/block").join(name));
    let device = [Some(numbered), named, mapped(mount.source, sys)].into_iter().flatten().find(|path| path.exists());
    match device {
        Some(device) if is_crypt(&device, DEEPEST) => Known::By("dm-crypt"),
        Some(_) => Known::Plain(mount.filesystem.to_owned()),
        None => Known::Unknown(format!("{} from {:?} shows no disk", mount.filesystem, mount.source)),
    }
}

/// `/dev/mapper/NAME` is a device whose name `/sys` keeps in a file.
fn mapped(source: &str, sys: &Path) -> Option<PathBuf> {
    let name = source.strip_prefix("/dev/mapper/")?;
    let devices = std::fs::read_dir(sys.join("class/block")).ok()?.flatten();
    let is_it = |path: &PathBuf| std::fs::read_to_string(path.join("dm/name")).is_ok_and(|it| it.trim() == name);
    devices.map(|entry| entry.path()).find(is_it)
}

/// Whether the device, or every one that it is made of, is encrypted.
fn is_crypt(device: &Path, deepest: u32) -> bool {
    if std::fs::read_to_string(device.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let below = std::fs::read_dir(device.join("slaves")).into_iter().flatten().flatten();
    let below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
    deepest > 0 && !below.is_empty() && below.iter().all(|device| is_crypt(device, deepest - 1))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A /sys with a device of that number and name, encrypted or not, made of others.
    fn device(sys: &Path, number: &str, name: &str, uuid: Option<&str>, of: &[&str]) {
        let folder = sys.join("class/block").join(name);
        home::files::create_dir_all(&folder.join("slaves")).unwrap();
        if let Some(uuid) = uuid {
            home::files::create_dir_all(&folder.join("dm")).unwrap();
            home::files::create_new(&folder.join("dm/uuid")).unwrap().write_all(uuid.as_bytes()).unwrap();
            home::files::create_new(&folder.join("dm/name")).unwrap().write_all(b"vault\n").unwrap();
        }
        for below in of {
            std::os::unix::fs::symlink(sys.join("class/block").join(below), folder.join("slaves").join(below)).unwrap();
        }
        home::files::create_dir_all(&sys.join("dev/block")).unwrap();
        std::os::unix::fs::symlink(&folder, sys.join("dev/block").join(number)).unwrap();
    }

    #[test]
    fn luks_is_found_below_a_volume_and_a_plain_partition_is_told() {
        let sys = tempfile::tempdir().unwrap();
        device(sys.path(), "8:1", "sda1", None, &[]);
        device(sys.path(), "253:0", "dm-0", Some("CRYPT-LUKS2-1f-vault"), &["sda1"]);
        device(sys.path(), "253:1", "dm-1", Some("LVM-abc"), &["dm-0"]);
        device(sys.path(), "253:2", "dm-2", Some("LVM-def"), &["dm-0", "sda1"]);
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            30 22 253:1 / /home rw,noatime shared:1 - ext4 /dev/mapper/v-home rw\n\
            31 22 253:2 / /mixed rw - xfs /dev/mapper/v-mixed rw\n\
            32 22 0:40 / /data\\040disk rw - btrfs /dev/mapper/vault rw\n\
            33 22 0:41 / /run rw - tmpfs tmpfs rw\n\
            34 22 0:42 / /remote rw - nfs4 server:/export rw\n";
        for (place, expected) in [
            ("/home/me/hearsay", Known::By("dm-crypt")),
            ("/homework", Known::Plain("ext4".into())),
            ("/mixed", Known::Plain("xfs".into())),
            ("/data disk/x", Known::By("dm-crypt")),
            ("/run/user", Known::Memory),
            ("/remote", Known::Unknown("nfs4 from \"server:/export\" shows no disk".into())),
        ] {
            assert_eq!(look(Path::new(place), mounts, sys.path()), expected, "{place}");
        }
    }

    #[test]
    fn lines_that_cannot_be_read_are_left_out_and_this_machine_is_told_of() {
        assert_eq!(
            look(Path::new("/x"), "nonsense\n1 2 3\n - \n", Path::new("/sys")),
            Known::Unknown("no file system is mounted there".into())
        );
        let folder = tempfile::tempdir().unwrap();
        let found = of(&Home::at(&folder.path().join("not there yet")));
        assert_eq!(found.topic, TOPIC);
    }
}
