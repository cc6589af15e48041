//! Where the programs and models lie.

use super::cost::{Cost, measure};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// All that a system may need.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder with hearsay's executables.
    pub(crate) hearsay: PathBuf,
    /// whisper.cpp's program.
    pub(crate) whisper_cli: Option<PathBuf>,
    /// Its voice detector's model.
    pub(crate) vad_model: Option<PathBuf>,
    /// A Python that has faster-whisper.
    pub(crate) python: Option<PathBuf>,
    /// The model for hearsay and whisper-cli.
    pub(crate) model: PathBuf,
    /// The same as a Hugging Face folder.
    pub(crate) hf: Option<PathBuf>,
    /// For what is made on the way.
    pub(crate) folder: PathBuf,
}

const SCRIPT: &str = include_str!("with_faster_whisper.py");

impl Tools {
    /// hearsay's folder of models, which goes from one home to the next.
    pub(crate) fn hearsay_models(&self) -> PathBuf {
        self.folder.join("hearsay-models")
    }

    /// faster-whisper with the model in that arithmetic, converted where it wasn't yet.
    ///
    /// # Errors
    /// Where it can't be converted.
    pub(crate) fn faster_whisper(&self, quantization: &str) -> Result<Command> {
        let python = self.python.as_ref().context("no Python")?;
        let script = self.folder.join("with_faster_whisper.py");
        if !script.is_file() {
            super::system::write(&script, SCRIPT)?;
        }
        let model = self.folder.join(format!("converted-{quantization}"));
        if !model.is_dir() {
            let mut convert = Command::new(python);
            convert.arg(&script).arg("convert").arg(self.hf.as_ref().context("no folder")?).arg(&model);
            let _: Cost = measure(convert.arg(quantization)).context("cannot convert the model for faster-whisper")?;
        }
        let mut command = Command::new(python);
        command.arg(&script).arg("transcribe").arg(&model);
        Ok(command)
    }
}

/// Builds hearsay's executables in release; the folder in which they lie.
///
/// # Errors
/// Where the build fails.
pub(crate) fn build() -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let build = ["build", "--release", "--locked", "--package", "hearsay"];
    ensure!(Command::new(cargo).args(build).status().context("cannot start cargo")?.success(), "the build failed");
    // This program lies in target/PROFILE/; the ones it measures in target/release/.
    let me = std::env::current_exe().context("cannot tell where this program lies")?;
    let target = me.parent().and_then(Path::parent).context("this program lies nowhere")?;
    Ok(target.join("release"))
}
