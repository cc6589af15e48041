//! whisper.cpp through whisper-rs: one context, one state, one window after the other.

use crate::words::{Token, words};
use crate::{alignment, limits};
use speech::models::ModelInfo;
use speech::{Decoding, RATE, Recognised};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use timeline::{Clock, SystemClock};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

/// Name and version of what recognises.
const ENGINE: &str = "whisper.cpp 1.8.3";

/// The whisper.cpp limit.
const MOST_BEAMS: u32 = 8;
/// Samples per centisecond, whisper.cpp's unit of time.
const CENTISECOND: i64 = 160;

/// Why a model or a window failed.
#[derive(Debug, thiserror::Error)]
pub enum WhisperCppError {
    /// whisper.cpp said no while doing something. For a window, the next may be fine.
    #[error("whisper.cpp cannot {operation}")]
    Failed {
        /// What was being done.
        operation: &'static str,
        /// What it said.
        #[source]
        source: whisper_rs::WhisperError,
    },
    /// It was broken off for a window that someone waits for; to be decoded again.
    #[error("the window was broken off")]
    BrokenOff,
    /// There is no such language.
    #[error("{0:?} is not a language that whisper knows")]
    Language(String),
    /// An English-only model can't translate.
    #[error("this model knows English only and cannot translate")]
    CannotTranslate,
}

/// A loaded model.
pub struct WhisperCpp {
    context: Arc<WhisperContext>,
    state: WhisperState,
    break_off: Arc<AtomicBool>,
}

impl WhisperCpp {
    /// Loads a model that [`speech::models::inspect`] found whole.
    ///
    /// # Errors
    /// [`WhisperCppError::Failed`] where whisper.cpp refuses it.
    pub fn open(model: &Path, info: &ModelInfo) -> Result<Self, WhisperCppError> {
        // Flash attention costs a fifth to a quarter on a CPU, and switches the words' times off everywhere.
        Self::open_with(model, info, false)
    }

    /// As [`open`](Self::open), with flash attention or without: to be measured against each other.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(model: &Path, info: &ModelInfo, flash_attention: bool) -> Result<Self, WhisperCppError> {
        static LOGGING: Once = Once::new();
        LOGGING.call_once(whisper_rs::install_logging_hooks);
        let failed = |operation| move |source| WhisperCppError::Failed { operation, source };
        let mut parameters = WhisperContextParameters::default();
        parameters.flash_attn(flash_attention);
        if !flash_attention {
            parameters.dtw_parameters(alignment::parameters(info));
        }
        let context = WhisperContext::new_with_params(model, parameters).map_err(failed("load the model"))?;
        let state = context.create_state().map_err(failed("prepare the model"))?;
        Ok(Self { context: Arc::new(context), state, break_off: Arc::default() })
    }

    /// Another that computes on its own with the same weights, which are in memory once.
    ///
    /// # Errors
    /// [`WhisperCppError::Failed`] where its memory can't be had.
    pub fn beside(&self) -> Result<Self, WhisperCppError> {
        let failed = |source| WhisperCppError::Failed { operation: "prepare the model", source };
        let state = self.context.create_state().map_err(failed)?;
        Ok(Self { context: Arc::clone(&self.context), state, break_off: Arc::default() })
    }

    /// Raising the flag ends a window that is being decoded with [`WhisperCppError::BrokenOff`], when its encoder has run or before its next token.
    pub fn break_off_when(&mut self, raised: Arc<AtomicBool>) {
        self.break_off = raised;
    }

    /// Name and version.
    pub fn name() -> &'static str {
        ENGINE
    }

    /// Whether the model knows other languages than English.
    pub fn multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// Recognises a window: 16 kHz, at most 30 s.
    ///
    /// # Errors
    /// [`WhisperCppError`]; the model is usable afterwards.
    pub fn recognise(&mut self, samples: &[f32], decoding: &Decoding) -> Result<Recognised, WhisperCppError> {
        let began = SystemClock.boot_micros();
        let samples = samples.get(..samples.len().min(30 * RATE)).unwrap_or_default();
        if samples.len() < limits::SHORTEST {
            return Ok(Recognised::default());
        }
        let language = self.language(samples, decoding)?;
        let mut parameters = parameters(samples, decoding, &language);
        let raised = Arc::clone(&self.break_off);
        // whisper-rs takes the closure for what it is boxed in; only a box of its own is called rightly. It is never freed: some bytes a window.
        parameters.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(Box::new(move || {
            raised.load(Ordering::Relaxed)
        }) as Box<dyn FnMut() -> bool>);
        let broken_off = || self.break_off.load(Ordering::Relaxed);
        self.state.full(parameters, samples).map_err(|source| {
            let failed = WhisperCppError::Failed { operation: "decode the window", source };
            if broken_off() { WhisperCppError::BrokenOff } else { failed }
        })?;
        let tokens = self.tokens();
        let mut recognised = Recognised {
            no_speech_p: self.no_speech(limits::threads(decoding))?,
            words: words(&tokens, samples.len()),
            language: Some(language),
            compute_micros: 0,
        };
        recognised.compute_micros = SystemClock.boot_micros() - began;
        Ok(recognised)
    }

    /// How likely the window just decoded holds no speech: the probability of that token behind the start of the transcript, as in
    /// Whisper's own code, at the price of one token more. whisper.cpp's own figure is read from the first of the prompt's logits, of which it
    /// computes only the last: with a prompt of several tokens it is whatever the window before has left there.
    fn no_speech(&mut self, threads: usize) -> Result<f32, WhisperCppError> {
        let failed = |source| WhisperCppError::Failed { operation: "ask whether there is speech", source };
        self.state.decode(&[self.context.token_sot()], 0, threads).map_err(failed)?;
        let logits = self.state.get_logits().map_err(failed)?;
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
        let token = usize::try_from(self.context.token_nosp()).unwrap_or(usize::MAX);
        Ok(logits.get(token).map_or(0.0, |logit| (logit - most).exp() / sum))
    }

    /// The text tokens of the window just decoded.
    fn tokens(&self) -> Vec<Token> {
        let end_of_text = self.context.token_eot();
        let mut tokens = Vec::new();
        for segment in self.state.as_iter() {
            for token in (0..segment.n_tokens()).filter_map(|at| segment.get_token(at)) {
                let data = token.token_data();
                let Ok(bytes) = token.to_bytes() else { continue };
                if data.id < end_of_text {
                    let end = usize::try_from(data.t_dtw.saturating_mul(CENTISECOND)).unwrap_or(0);
                    tokens.push(Token { bytes: bytes.to_vec(), p: data.p, logprob: data.plog, end });
                }
            }
        }
        tokens
    }

    fn language(&mut self, samples: &[f32], decoding: &Decoding) -> Result<String, WhisperCppError> {
        if !self.multilingual() {
            return if decoding.translate { Err(WhisperCppError::CannotTranslate) } else { Ok("en".to_owned()) };
        }
        if let Some(set) = &decoding.language {
            return known_language(set);
        }
        if let [only] = decoding.allowed.as_slice() {
            return known_language(only);
        }
        self.detect(samples, decoding)
    }

    /// Asks the model, at the price of an encoder run.
    fn detect(&mut self, samples: &[f32], decoding: &Decoding) -> Result<String, WhisperCppError> {
        let failed = |source| WhisperCppError::Failed { operation: "find out the language", source };
        let threads = limits::threads(decoding);
        self.state.pcm_to_mel(samples, threads).map_err(failed)?;
        let (_, probabilities) = self.state.lang_detect(0, threads).map_err(failed)?;
        let best = (0..)
            .zip(&probabilities)
            .filter_map(|(id, p)| Some((whisper_rs::get_lang_str(id)?, *p)))
            .filter(|(language, _)| {
                decoding.allowed.is_empty() || decoding.allowed.iter().any(|allowed| allowed == language)
            })
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match best {
            Some((language, _)) => Ok(language.to_owned()),
            None => Err(WhisperCppError::Language(decoding.allowed.join(", "))),
        }
    }
}

impl std::fmt::Debug for WhisperCpp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhisperCpp").field("multilingual", &self.multilingual()).finish_non_exhaustive()
    }
}

fn parameters<'a>(samples: &[f32], decoding: &Decoding, language: &'a str) -> FullParams<'a, 'static> {
    let strategy = match decoding.beam_size {
        0 | 1 => SamplingStrategy::Greedy { best_of: 1 },
        beams => SamplingStrategy::BeamSearch {
            beam_size: i32::try_from(beams.min(MOST_BEAMS)).unwrap_or(1),
            patience: -1.0,
        },
    };
    let mut parameters = FullParams::new(strategy);
    parameters.set_n_threads(i32::try_from(limits::threads(decoding)).unwrap_or(1));
    parameters.set_language(Some(language));
    parameters.set_translate(decoding.translate);
    parameters.set_no_context(true);
    parameters.set_n_max_text_ctx(0);
    parameters.set_no_timestamps(true);
    parameters.set_single_segment(true);
    parameters.set_max_tokens(i32::try_from(limits::most_tokens(samples.len())).unwrap_or(0));
    parameters.set_suppress_blank(true);
    parameters.set_suppress_nst(true);
    parameters.set_temperature(decoding.temperature);
    // A window that fails a threshold would be decoded up to 25 times more; doubt marks it instead.
    parameters.set_temperature_inc(0.0);
    // Nothing is dropped here, however unsure: that is for the doubt rule to say.
    parameters.set_no_speech_thold(1.0);
    parameters.set_print_special(false);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters
}

/// A language's name as whisper.cpp wants it. It panics on text with a NUL, so that is never passed on.
fn known_language(language: &str) -> Result<String, WhisperCppError> {
    let name = language.to_lowercase();
    if !name.contains('\0') && whisper_rs::get_lang_id(&name).is_some() {
        return Ok(name);
    }
    Err(WhisperCppError::Language(language.to_owned()))
}
