//! A small home with everything in it that the commands read: sound, transcript and index, made through the crates
//! that make them in earnest. And the program itself, run in it.

use archive::Archive;
use home::Home;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use store::{NewPass, NewUtterance, Outcome, State, Store, WindowRow, Word};
use timeline::{Side, Span, TrackName, WallTime};

/// When the sample's conversation begins; local time is UTC in all tests.
pub(crate) const START: &str = "2026-11-23T09:15:00Z";
/// How long the sample's sound is, on both tracks.
pub(crate) const SECONDS: u32 = 30;

/// A home in a folder of its own.
pub(crate) struct Sample {
    pub(crate) folder: tempfile::TempDir,
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The objects of its output, one a line.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("not killed by a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Sample {
    /// A home that isn't there yet.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A home with half a minute of conversation: sound, transcript and index.
    pub(crate) fn day() -> Self {
        let sample = Self::empty();
        sample.home().ensure().unwrap();
        sample.record();
        let mut store = sample.store();
        transcribe(&mut store);
        worker::Follower::open(&sample.home().index()).unwrap().catch_up(&store).unwrap();
        sample
    }

    pub(crate) fn home(&self) -> Home {
        Home::at(&self.folder.path().join("home"))
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.home().database()).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, in this home and with nothing of the user's around it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hearsay"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HEARSAY_LOG", "DISPLAY", "WAYLAND_DISPLAY"]
        {
            command.env_remove(name);
        }
        command.env("HEARSAY_HOME", self.home().root()).env("HOME", self.folder.path());
        command
            .env("TZ", "UTC")
            .env("COLUMNS", "80")
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("TMPDIR", self.folder.path());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the program on a terminal, as `script` makes one; what it says on stderr is in the output too.
    #[cfg(target_os = "linux")]
    pub(crate) fn run_on_terminal(&self, arguments: &str) -> Ran {
        let mut script = Command::new("script");
        script.args(["-qec", &format!("{} {arguments}", env!("CARGO_BIN_EXE_hearsay")), "/dev/null"]);
        script.current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, value) in self.command(&[]).get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.output().unwrap().into()
    }

    /// A tone on either track, so that each can be told from the other.
    fn record(&self) {
        let archive = Archive::open(&self.home());
        for (track, side, level) in [(TrackName::mic(), Side::Said, 1_000), (TrackName::loopback(), Side::Heard, 2_000)]
        {
            let source = self.path(&format!("{track}-source.wav"));
            write_wav(&source, 16_000, 1, SECONDS, level);
            archive::import::import(&archive, &source, &track, side, at(0.0), &mut |_| {}).unwrap();
        }
    }
}

/// A WAV file of one level.
pub(crate) fn write_wav(path: &Path, sample_rate: u32, channels: u16, seconds: u32, level: i16) {
    let spec = hound::WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    for _ in 0..sample_rate * seconds * u32::from(channels) {
        wav.write_sample(level).unwrap();
    }
    wav.finalize().unwrap();
}

/// A moment of the sample.
#[allow(clippy::cast_possible_truncation, reason = "seconds of a small sample")]
pub(crate) fn at(seconds: f64) -> WallTime {
    WallTime::parse_rfc3339(START).unwrap().plus_micros((seconds * 1e6).round() as i64)
}

/// Who said what when: the words of the sample, what makes two columns and what has to be escaped among them.
#[rustfmt::skip]
const SPOKEN: &[(&str, f64, f64, &str, State)] = &[
    ("mic", 1.5, 3.29, "I think we are out of time.", State::Shown),
    ("mic", 4.22, 7.275, "We decided to postpone Phoenix until December.", State::Shown),
    ("loopback", 8.042, 10.592, "The next item on the agenda is the agenda.", State::Shown),
    ("mic", 9.5, 11.25, "Phoenix & <budget> again?", State::Shown),
    ("loopback", 12.0, 18.75, "Action item for Monica, update the letter on Friday and tell everybody who was not here what we have decided about it.", State::Shown),
    ("loopback", 20.0, 21.0, "Thank you for watching.", State::Hidden),
    ("mic", 22.0, 23.5, "The password is in the monitor.", State::Doubtful),
    ("phone", 25.0, 27.0, "Everybody talks at once.", State::Shown),
];

fn transcribe(store: &mut Store) {
    let pass = pass(store, "sample", 0, 0);
    for (track, side) in [("mic", Side::Said), ("loopback", Side::Heard), ("phone", Side::Both)] {
        let name = TrackName::new(track).unwrap();
        store.ensure_track(&name, side).unwrap();
        let spoken = SPOKEN.iter().filter(|spoken| spoken.0 == track);
        let utterances = spoken.map(|&(_, from, to, text, state)| utterance(from, to, text, state)).collect();
        store.commit_window(&window(pass, &name, (0.0, f64::from(SECONDS)), utterances)).unwrap();
    }
}

/// The key of a pass of that model, whose sum is one digit all over.
pub(crate) fn pass(store: &Store, model: &str, digit: u8, rank: i64) -> i64 {
    let params = serde_json::json!({});
    let (model, engine) = (model.to_owned(), "by hand".to_owned());
    let new = NewPass { model_sha256: digit.to_string().repeat(64), model, engine, params, rank, created: at(60.0) };
    store.ensure_pass(&new).unwrap().key
}

/// What a pass made of some seconds of a track, ten times as fast as they went by.
pub(crate) fn window(pass: i64, track: &TrackName, (from, to): (f64, f64), utterances: Vec<NewUtterance>) -> WindowRow {
    WindowRow {
        pass,
        track: track.clone(),
        span: Span::new(at(from), at(to)),
        gaps: timeline::SpanSet::new(),
        outcome: if utterances.is_empty() { Outcome::Nothing } else { Outcome::Words },
        reason: None,
        speech_micros: 10_000_000,
        compute_micros: 1_000_000,
        utterances,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a few words")]
pub(crate) fn utterance(from: f64, to: f64, text: &str, state: State) -> NewUtterance {
    let words: Vec<&str> = text.split(' ').collect();
    let step = (to - from) / words.len() as f64;
    let word = |(n, text): (usize, &&str)| {
        let start = from + step * n as f64;
        Word { span: Span::new(at(start), at(start + step)), text: (*text).to_owned(), p: 0.9 }
    };
    NewUtterance {
        span: Span::new(at(from), at(to)),
        text: text.to_owned(),
        language: Some("en".to_owned()),
        p: 0.9,
        no_speech_p: 0.01,
        mean_logprob: -0.1,
        vad_mean: 0.9,
        vad_peak: 0.99,
        tokens_per_s: 4.0,
        repetition: 0.0,
        state,
        reason: (state != State::Shown).then(|| "for the sample".to_owned()),
        echo_of: None,
        replay_of: None,
        words: words.iter().enumerate().map(word).collect(),
    }
}

/// Compares a text with the golden of that name; `HEARSAY_BLESS=1` writes it instead.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/export").join(name);
    if std::env::var_os("HEARSAY_BLESS").is_some() {
        #[allow(clippy::disallowed_methods, reason = "a golden is a source file, not a user's")]
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(text, golden, "{name} (HEARSAY_BLESS=1 writes it anew)");
}
