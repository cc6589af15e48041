//! The detector in ONNX Runtime, whose library is loaded while running.

use super::{INPUT, MODEL, VadError, library};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::Tensor;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

const STATE: usize = 2 * 128;
const RATE_HZ: i64 = 16_000;

pub(super) struct Onnx {
    session: Session,
    state: Vec<f32>,
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(operation: &'static str) -> impl Fn(E) -> VadError {
    move |source| VadError::Onnx { operation, source: source.into() }
}

/// Loads the first library that is one.
fn load_first(set: Option<&Path>) -> Result<Environment, VadError> {
    let candidates = library::candidates(set);
    let mut refused = None;
    for path in candidates.iter().filter(|path| path.exists()) {
        match load(path) {
            Ok(environment) => return Ok(environment),
            Err(error) => {
                tracing::debug!(library = %path.display(), %error, "not usable");
                refused = Some(error);
            }
        }
    }
    Err(refused.unwrap_or(VadError::NoLibrary(candidates)))
}

fn load(library: &Path) -> Result<Environment, VadError> {
    // Any other call of `ort` before this one would look for a library by itself, and panic where there is none.
    let builder = ort::init_from(library).map_err(failed("loading the library"))?;
    builder.with_name("hearsay").with_telemetry(false).build().map_err(failed("starting"))
}

impl Onnx {
    pub(super) fn open(set: Option<&Path>) -> Result<Self, VadError> {
        // A process has one environment, with one library, for good: whoever comes first loads it for all.
        static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);
        let mut loaded = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.is_none() {
            *loaded = Some(load_first(set)?);
        }
        match &*loaded {
            Some(environment) => Self::start(environment).map_err(failed("loading the voice detector")),
            None => Err(VadError::NoLibrary(Vec::new())),
        }
    }

    fn start(environment: &Environment) -> Result<Self, ort::Error> {
        let session = Session::builder(environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .commit_from_memory(MODEL)?;
        Ok(Self { session, state: vec![0.0; STATE] })
    }

    pub(super) fn reset(&mut self) {
        self.state = vec![0.0; STATE];
    }

    pub(super) fn probability(&mut self, input: &[f32; INPUT]) -> Result<f32, VadError> {
        self.run(input).map_err(failed("running the voice detector"))
    }

    fn run(&mut self, input: &[f32; INPUT]) -> Result<f32, ort::Error> {
        let state = std::mem::take(&mut self.state);
        let outputs = self.session.run(ort::inputs![
            "input" => Tensor::from_array(([1usize, INPUT], input.to_vec()))?,
            "state" => Tensor::from_array(([2usize, 1, 128], state))?,
            "sr" => Tensor::from_array(((), vec![RATE_HZ]))?
        ])?;
        let output = |name: &str| outputs.get(name).ok_or_else(|| ort::Error::new(format!("the model gave no {name}")));
        let probability = output("output")?.try_extract_tensor::<f32>()?.1.first().copied().unwrap_or(0.0);
        self.state = output("stateN")?.try_extract_tensor::<f32>()?.1.to_vec();
        Ok(probability)
    }
}
