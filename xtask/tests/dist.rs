//! `cargo xtask dist`, with the executables of the build under test: the package is what Debian's policy asks for, it installs into a
//! root of its own, what it brings runs from there, and removing it leaves the home alone.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;
use testkit::{files_below, output};

/// What was made, once for all tests.
struct Made {
    _folder: TempDir,
    deb: PathBuf,
    tarball: PathBuf,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(make)
}

fn make() -> Made {
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let executables = xtask.parent().unwrap();
    assert!(executables.join("hearsay-engine").exists(), "build all: cargo test --workspace");
    let folder = tempfile::tempdir().unwrap();
    let mut dist = Command::new(xtask);
    dist.args(["dist", "--fast", "--executables"]).arg(executables).arg("--out").arg(folder.path());
    output(&mut dist, "dpkg-dev").unwrap();
    let one = |ending: &str| {
        let mut found = files_below(folder.path(), ending);
        assert_eq!(found.len(), 1, "{ending}: {found:?}");
        found.remove(0)
    };
    Made { deb: one(".deb"), tarball: one(".tar.gz"), _folder: folder }
}

fn said(command: &mut Command, package: &'static str) -> String {
    String::from_utf8(output(command, package).unwrap().stdout).unwrap()
}

/// What lies in an archive as `tar -tv` lists it, by path: mode and owner.
fn listed(listing: &str) -> BTreeMap<String, (String, String)> {
    listing
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields[5].trim_start_matches('.').to_owned(), (fields[0].to_owned(), fields[1].to_owned()))
        })
        .collect()
}

#[test]
fn the_package_holds_what_it_promises_for_everybody_to_read() {
    let files = listed(&said(Command::new("dpkg-deb").arg("--contents").arg(&made().deb), "dpkg"));
    for (path, (mode, owner)) in &files {
        let expected = match () {
            () if path.ends_with('/') => "drwxr-xr-x",
            () if path.starts_with("/usr/bin/") => "-rwxr-xr-x",
            () => "-rw-r--r--",
        };
        assert_eq!((mode.as_str(), owner.as_str()), (expected, "root/root"), "{path}");
        assert!(path == "/" || path.starts_with("/usr/"), "{path}");
    }
    for path in [
        "bin/hearsay",
        "bin/hearsay-engine",
        "bin/hearsay-record",
        "bin/hearsay-work",
        "lib/systemd/user/hearsay-record.service",
        "lib/systemd/user/hearsay-work.service",
        "share/applications/hearsay.desktop",
        "share/bash-completion/completions/hearsay",
        "share/doc/hearsay/LICENCES-OF-PARTS.txt",
        "share/doc/hearsay/changelog.Debian.gz",
        "share/doc/hearsay/changelog.gz",
        "share/doc/hearsay/copyright",
        "share/fish/vendor_completions.d/hearsay.fish",
        "share/hearsay/fixtures/days/call.mic.flac",
        "share/hearsay/fixtures/models/fixture-q8.bin",
        "share/icons/hicolor/scalable/apps/hearsay.svg",
        "share/man/man1/hearsay.1.gz",
        "share/man/man1/hearsay-models-get.1.gz",
        "share/man/man1/hearsay-record.1.gz",
        "share/zsh/vendor-completions/_hearsay",
    ] {
        assert!(files.contains_key(&format!("/usr/{path}")), "{path} is missing");
    }
    assert!(!files.keys().any(|path| path.contains(".wants/")), "nothing is enabled");
}

#[test]
fn the_package_says_what_it_needs_and_runs_no_script() {
    let deb = &made().deb;
    let field = |name: &str| said(Command::new("dpkg-deb").arg("--field").arg(deb).arg(name), "dpkg").trim().to_owned();
    assert_eq!(
        (field("Package"), field("Version")),
        ("hearsay".into(), concat!(env!("CARGO_PKG_VERSION"), "-1").into())
    );
    for library in ["libasound2", "libc6", "libstdc++6"] {
        assert!(field("Depends").contains(library), "{library}: {}", field("Depends"));
    }
    assert!(field("Recommends").contains("pipewire-pulse | pulseaudio"));
    let folder = tempfile::tempdir().unwrap();
    output(Command::new("dpkg-deb").arg("--control").arg(deb).arg(folder.path()), "dpkg").unwrap();
    let mut about: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    about.sort();
    assert_eq!(about, ["control", "md5sums"]);
}

#[test]
fn all_of_the_tarball_lies_in_one_folder() {
    let listing = said(Command::new("tar").arg("-tvzf").arg(&made().tarball), "tar");
    let files = listed(&listing);
    let top = made().tarball.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz");
    assert!(files.keys().all(|path| path.starts_with(&format!("{top}/"))), "{listing}");
    for path in
        ["bin/hearsay", "LICENSE-MIT", "share/man/man1/hearsay-search.1", "share/hearsay/fixtures/days/call.tsv"]
    {
        assert!(files.contains_key(&format!("{top}/{path}")), "{path} is missing");
    }
    assert!(!files.keys().any(|path| path.contains("systemd")), "its units would name another folder");
    assert_eq!(files[&format!("{top}/bin/hearsay")], ("-rwxr-xr-x".into(), "0/0".into()));
}

#[test]
fn the_same_tree_makes_the_same_files() {
    let again = make();
    let read = |path: &Path| std::fs::read(path).unwrap();
    assert!(read(&made().tarball) == read(&again.tarball), "the tarball");
    assert!(read(&made().deb) == read(&again.deb), "the package");
}

/// A root in which there is nothing but dpkg's own records, and a home of somebody.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for folder in ["var/lib/dpkg/updates", "var/lib/dpkg/info", "var/lib/dpkg/triggers", "home/someone"] {
            home::files::create_dir_all(&root.path(folder)).unwrap();
        }
        for file in ["var/lib/dpkg/status", "var/lib/dpkg/available"] {
            home::files::create_new(&root.path(file)).unwrap();
        }
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// dpkg, as root of this root: in a namespace where this user is root, if he isn't.
    fn dpkg(&self, arguments: &[&str]) {
        let mut dpkg = Command::new("unshare");
        dpkg.args(["--map-root-user", "dpkg", "--force-depends", "--log=/dev/null", "--root"]).arg(self.0.path());
        output(dpkg.args(arguments), "util-linux").unwrap();
    }

    /// What it brought, as somebody with nothing of ours around.
    fn hearsay(&self, arguments: &[&str]) -> Output {
        let home = self.path("home/someone");
        let mut command = Command::new(self.path("usr/bin/hearsay"));
        command.args(arguments).current_dir(&home).env_clear().env("HOME", &home).env("TMPDIR", &home);
        command.env("PATH", "/usr/bin:/bin").env("TZ", "UTC").env("XDG_RUNTIME_DIR", &home).output().unwrap()
    }
}

#[test]
fn what_was_installed_runs_and_removing_it_leaves_the_home_alone() {
    let root = Root::new();
    root.dpkg(&["-i", made().deb.to_str().unwrap()]);

    let doctor = root.hearsay(&["doctor", "--json"]);
    let found = String::from_utf8(doctor.stdout).unwrap();
    assert!(found.contains("all four executables are together"), "{found}");
    // It finds the sample day that the package brought.
    let demo = root.hearsay(&["demo", "--no-view", "--home", "demo"]);
    let said = String::from_utf8_lossy(&demo.stderr).into_owned();
    assert_eq!(demo.status.code(), Some(0), "{said}");
    assert!(said.contains("every hit agrees with the reference"), "{said}");
    let search = root.hearsay(&["--home", "demo", "search", "phoenix"]);
    assert_eq!(search.status.code(), Some(0));

    let of_home = || {
        let mut files = files_below(&root.path("home"), "");
        files.sort();
        files.into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
    };
    let before = of_home();
    assert!(before.iter().any(|(_, path)| path.ends_with("archive.sqlite3")), "{}", before.len());
    root.dpkg(&["--purge", "hearsay"]);
    assert!(of_home() == before, "the home is as it was");
    assert!(!root.path("usr").exists(), "{:?}", files_below(&root.path("usr"), ""));
}

#[test]
fn systemd_and_the_desktop_take_what_the_package_brings() {
    let folder = tempfile::tempdir().unwrap();
    output(Command::new("dpkg-deb").arg("-x").arg(&made().deb).arg(folder.path()), "dpkg").unwrap();
    let usr = folder.path().join("usr");
    let unit = std::fs::read_to_string(usr.join("lib/systemd/user/hearsay-record.service")).unwrap();
    assert!(unit.contains("\nExecStart=/usr/bin/hearsay-record\n") && !unit.contains("HEARSAY_HOME"), "{unit}");
    let mut validate = Command::new("desktop-file-validate");
    let verdict = output(validate.arg(usr.join("share/applications/hearsay.desktop")), "desktop-file-utils").unwrap();
    assert_eq!(String::from_utf8_lossy(&verdict.stdout), "");
    // groff says what it can't read.
    for page in ["hearsay", "hearsay-record", "hearsay-search", "hearsay-models-convert"] {
        let page = usr.join(format!("share/man/man1/{page}.1.gz"));
        let mut groff = Command::new("sh");
        groff.args(["-c", "zcat \"$0\" | groff -man -Tutf8 -ww -rLL=100n -P-cbu"]).arg(&page);
        let shown = output(&mut groff, "groff-base").unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stderr), "", "{}", page.display());
        assert!(String::from_utf8_lossy(&shown.stdout).contains("EXAMPLES"), "{}", page.display());
    }
}
