//! The real window under a display of the test's own: the program takes a picture of itself, and the picture is looked at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[path = "../src/hearsay/viewer/sample.rs"]
#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod sample;

use home::Home;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::Display;

/// The colours of the two sides in the dark theme.
const SAID: [u8; 3] = [0xE8, 0xA2, 0x4F];
const HEARD: [u8; 3] = [0x7F, 0xB2, 0xF2];

struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let mut reader =
            png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(frame.color_type, png::ColorType::Rgb);
        let pixels = bytes[..frame.buffer_size()].chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
        Self { width: frame.width, height: frame.height, pixels }
    }

    fn colours(&self) -> HashMap<[u8; 3], usize> {
        let mut colours = HashMap::new();
        for pixel in &self.pixels {
            *colours.entry(*pixel).or_default() += 1;
        }
        colours
    }

    /// The share of pixels that differ.
    fn difference(&self, other: &Self) -> f64 {
        let differ = self.pixels.iter().zip(&other.pixels).filter(|(a, b)| a != b).count();
        f64::from(u32::try_from(differ).unwrap()) / f64::from(self.width * self.height)
    }
}

/// The program in a home, with nothing of the user's around it.
fn quiet(command: &mut Command, folder: &Path) {
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "HEARSAY_LOG", "HEARSAY_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", folder).env("XDG_RUNTIME_DIR", folder).env("TZ", "UTC");
    command.arg("--home").arg(folder.join("home"));
}

fn picture(display: &Display, folder: &Path, name: &str, arguments: &[&str]) -> Picture {
    let png: PathBuf = folder.join(name);
    let mut command = display.command(env!("CARGO_BIN_EXE_hearsay"));
    command.arg("view").args(arguments).arg("--screenshot").arg(&png);
    quiet(&mut command, folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Picture::read(&png)
}

#[test]
fn the_window_shows_the_conversation_that_was_found() {
    let folder = tempfile::tempdir().unwrap();
    sample::fill(&Home::at(&folder.path().join("home")));
    let display = Display::start(1280, 800).unwrap();
    let dark = ["--theme", "dark", "--size", "1280x800"];
    let nothing = picture(&display, folder.path(), "nothing.png", &dark);
    let found = [dark.as_slice(), &["--query", "the", "--open"]].concat();
    let found = picture(&display, folder.path(), "found.png", &found);
    assert_eq!((found.width, found.height), (1280, 800));
    let colours = found.colours();
    assert!(colours.len() > 200, "letters are smooth, so a window with text has many colours: {}", colours.len());
    for side in [SAID, HEARD] {
        assert!(colours.get(&side).is_some_and(|pixels| *pixels > 100), "{side:?} in {} colours", colours.len());
    }
    assert!(found.difference(&nothing) > 0.1, "the conversation is there: {}", found.difference(&nothing));
    let light = ["--theme", "light", "--size", "900x600", "--query", "the", "--open"];
    let light = picture(&display, folder.path(), "light.png", &light);
    assert_eq!((light.width, light.height), (900, 600));
    let bright = light.pixels.iter().filter(|pixel| pixel.iter().all(|value| *value > 200)).count();
    assert!(bright * 2 > light.pixels.len(), "most of a light window is light");
}

/// Every page and what lies over it, light and at one point a pixel, dark and at two. `HEARSAY_PICTURES` names a folder that the pictures are put
/// into, for who wants to look at them.
#[test]
fn every_page_is_drawn_light_and_dark_and_at_twice_the_size() {
    let folder = tempfile::tempdir().unwrap();
    sample::fill(&Home::at(&folder.path().join("home")));
    let display = Display::start(2560, 1600).unwrap();
    let pages: [(&str, &[&str]); 6] = [
        ("start", &[]),
        ("day", &["--query", "the", "--open"]),
        ("calendar", &["--query", "the", "--open", "--dialog", "calendar"]),
        ("keys", &["--dialog", "keys"]),
        ("live", &["--page", "live"]),
        ("settings", &["--page", "settings"]),
    ];
    for (theme, size, scale, pixels) in
        [("light", "1280x800", "1", (1280, 800)), ("dark", "2560x1600", "2", (2560, 1600))]
    {
        let mut seen: Vec<(String, Picture)> = Vec::new();
        for (page, arguments) in pages {
            let name = format!("{page}-{theme}.png");
            let how = ["--theme", theme, "--size", size, "--scale", scale];
            let picture = picture(&display, folder.path(), &name, &[&how, arguments].concat());
            if let Some(kept) = std::env::var_os("HEARSAY_PICTURES") {
                std::fs::copy(folder.path().join(&name), Path::new(&kept).join(&name)).unwrap();
            }
            assert_eq!((picture.width, picture.height), pixels, "{name}");
            let colours = picture.colours().len();
            assert!(colours > 100, "{colours} colours in {name}");
            for (other, before) in &seen {
                let difference = picture.difference(before);
                assert!(difference > 0.005, "{name} is as good as {other}: {difference}");
            }
            seen.push((name, picture));
        }
    }
}

#[test]
fn without_a_display_there_is_one_line_and_exit_code_4() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearsay"));
    quiet(&mut command, folder.path());
    let output =
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{told}");
    let errors: Vec<&str> = told.lines().filter(|line| !line.starts_with("hint:")).collect();
    let [line] = errors.as_slice() else { panic!("{told}") };
    assert!(line.starts_with("error: cannot open a window: ") && !line.contains(".rs"), "{told}");
}
