use crate::{Home, HooksConfig, OpenAiConfig, RetentionConfig, home_dir};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Everything that can be set, with its defaults: one TOML file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[record]`: what is recorded and how.
    pub record: RecordConfig,
    /// `[work]`: how sound becomes words.
    pub work: WorkConfig,
    /// `[openai]`: the server that recognises, where `[work]` says so.
    pub openai: OpenAiConfig,
    /// `[hooks]`: programs that are run when something happens.
    pub hooks: HooksConfig,
    /// `[models]`: where models come from.
    pub models: ModelsConfig,
    /// `[retention]`: how long sound is kept, and how.
    pub retention: RetentionConfig,
}

/// `[record]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordConfig {
    /// The microphone: `default`, `none`, or a device's id or name.
    pub mic: String,
    /// What is heard: `default` (the default output), `none`, or a device's id or name.
    pub loopback: String,
    /// How devices are reached.
    pub source: SourceChoice,
    /// Segments end on multiples of this many minutes of the wall clock.
    pub segment_minutes: u32,
    /// What was written is synced to the disk this often, in seconds: all that a power cut may cost.
    pub sync_every_s: u32,
    /// Frames per second on disk.
    pub sample_rate: SampleRateChoice,
    /// Whether the desktop is told when a side is dead or the disk is full.
    pub notify: bool,
}

impl Default for RecordConfig {
    fn default() -> Self {
        Self {
            mic: "default".to_owned(),
            loopback: "default".to_owned(),
            source: SourceChoice::Auto,
            segment_minutes: 5,
            sync_every_s: 5,
            sample_rate: SampleRateChoice::Speech,
            notify: true,
        }
    }
}

/// How devices are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceChoice {
    /// The sound server's own protocol on Linux, cpal elsewhere.
    #[default]
    Auto,
    /// The PulseAudio protocol (PipeWire speaks it too).
    Pulse,
    /// cpal: ALSA, WASAPI, Core Audio.
    Cpal,
}

/// Frames per second on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SampleRateChoice {
    /// 16 kHz, what recognition works at: 2.8 GB a day and track.
    #[default]
    #[serde(rename = "16000")]
    Speech,
    /// The device's own rate.
    #[serde(rename = "native")]
    Native,
}

/// `[work]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkConfig {
    /// What recognises.
    pub engine: EngineChoice,
    /// A model's name or file; the only installed one where it isn't set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model of what is written as it is said, for those who watch: a smaller one is quicker. The model of everything else
    /// where it isn't set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_model: Option<String>,
    /// The languages that may be spoken (`["de", "en"]`), or `["auto"]`.
    pub language: Vec<String>,
    /// Width of the beam search; 0 is greedy, which is several times faster.
    pub beam_size: u32,
    /// Sampling temperature; 0 takes the likeliest word.
    pub temperature: f32,
    /// What isn't English is translated too, beside what was said.
    pub translate: bool,
    /// Threads of recognition; 0 chooses by the machine.
    pub threads: u32,
    /// How long, in seconds of the track, speech may wait for more to share a window with.
    pub max_wait_s: u32,
    /// The model is kept in memory for so many minutes without anything to recognise.
    pub unload_after_min: u32,
    /// What is transcribed while the machine runs on its battery.
    pub on_battery: OnBattery,
    /// What runs the voice detector.
    pub vad: VadChoice,
    /// The ONNX Runtime library for `vad = "onnx"`, where it isn't in a usual place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onnxruntime: Option<PathBuf>,
}

impl Default for WorkConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::default(),
            model: None,
            live_model: None,
            language: vec!["auto".to_owned()],
            beam_size: 0,
            temperature: 0.0,
            translate: false,
            threads: 0,
            max_wait_s: 300,
            unload_after_min: 5,
            on_battery: OnBattery::Live,
            vad: VadChoice::Builtin,
            onnxruntime: None,
        }
    }
}

impl WorkConfig {
    /// The same with an engine of this machine, for models that lie here.
    #[must_use]
    pub fn on_this_machine(&self) -> Self {
        let engine = if self.engine == EngineChoice::OpenAi { EngineChoice::default() } else { self.engine };
        Self { engine, ..self.clone() }
    }
}

/// What recognises speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// Our own, many windows at once: the faster one on a processor.
    Hearsay,
    /// whisper.cpp, by way of whisper-rs: it knows graphics cards too.
    WhisperRs,
    /// A server that speaks OpenAI's protocol: the sound goes there.
    #[serde(rename = "openai")]
    OpenAi,
}

impl EngineChoice {
    /// Those that run on this machine, in `hearsay-engine`.
    pub const LOCAL: [Self; 2] = [Self::Hearsay, Self::WhisperRs];

    /// As in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hearsay => "hearsay",
            Self::WhisperRs => "whisper-rs",
            Self::OpenAi => "openai",
        }
    }

    /// The one of this name, among those that run on this machine.
    pub fn named(name: &str) -> Option<Self> {
        Self::LOCAL.into_iter().find(|choice| choice.name() == name)
    }
}

impl Default for EngineChoice {
    /// Our own where its kernels are the faster ones: on x86-64, and not where the build is one for a graphics card.
    fn default() -> Self {
        if cfg!(all(target_arch = "x86_64", not(feature = "gpu"))) { Self::Hearsay } else { Self::WhisperRs }
    }
}

/// What is transcribed while the machine runs on its battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBattery {
    /// What is recorded; old days aren't transcribed again meanwhile.
    #[default]
    Live,
    /// Only what somebody watches; the rest waits.
    Pause,
    /// Everything.
    All,
}

/// What runs the voice detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VadChoice {
    /// The built-in forward pass.
    #[default]
    Builtin,
    /// ONNX Runtime with the same weights, or an error.
    Onnx,
}

/// `[models]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// Where `ggml-NAME.bin` lies.
    pub mirror: String,
    /// More such places, tried in turn where the ones before can't give it.
    pub mirrors: Vec<String>,
    /// The proxy on the way there; what `HTTPS_PROXY` and its like say where it isn't set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            mirror: "https://huggingface.co/ggerganov/whisper.cpp/resolve/main".to_owned(),
            mirrors: Vec::new(),
            proxy: None,
        }
    }
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named on the command line, or one that exists, can't be read.
    #[error("cannot read the configuration {path:?}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file isn't TOML of the right form. The message names line and key.
    #[error("{path:?}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with a suggestion where a key is misspelt.
        message: String,
    },
}

impl Config {
    /// The configuration of a run, and the file it came from: `--config`, else the home's own, else the one in
    /// the user's configuration folder, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with the file; a file that isn't there is an error only where it was named.
    pub fn load(home: &Home, flag: Option<&Path>) -> Result<(Self, Option<PathBuf>), ConfigError> {
        if let Some(path) = flag {
            let text =
                std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
            return Ok((Self::parse(&text, path)?, Some(path.into())));
        }
        let user = home_dir::config_folder().map(|folder| folder.join("config.toml"));
        for path in [Some(home.config_file()), user].into_iter().flatten() {
            match std::fs::read_to_string(&path) {
                Ok(text) => return Ok((Self::parse(&text, &path)?, Some(path))),
                // Where a file lies in the place of a folder there is no configuration either; who makes the folder says so.
                Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(source) => return Err(ConfigError::Read { path, source }),
            }
        }
        Ok((Self::default(), None))
    }

    /// The configuration that `text` is; `path` is for the error.
    ///
    /// # Errors
    /// [`ConfigError::Parse`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let mut message = error.to_string().trim_end().to_owned();
            if let Some(suggestion) = suggestion(error.message()) {
                message = format!("{message}\nhint: did you mean `{suggestion}`?");
            }
            ConfigError::Parse { path: path.into(), message }
        })
    }
}

/// The known key nearest to an unknown one, from serde's "unknown field `x`, expected one of `a`, `b`".
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let (distance, known) = quoted.map(|known| (strsim::damerau_levenshtein(unknown, known), known)).min()?;
    (distance <= 3).then(|| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn defaults_read_back_from_what_is_written() {
        let text = toml::to_string(&Config::default()).unwrap();
        assert_eq!(parse(&text).unwrap(), Config::default());
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_suggestion() {
        let error = parse("[work]\nbeamsize = 5\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("did you mean `beam_size`?"), "{error}");
        assert!(parse("[wrok]\n").unwrap_err().contains("did you mean `work`?"));
    }
}
