use home::{EngineChoice, WorkConfig};
use serde_json::{Value, json};
use speech::models::{Model, ModelInfo};
use speech::{Decoding, WindowParams};
use store::{NewPass, PROVISIONAL, Pass};
use timeline::WallTime;

/// What makes a pass: a model, an engine and the parameters that change what is heard.
#[derive(Debug, Clone)]
pub struct PassPlan {
    /// How the store knows the pass.
    pub pass: NewPass,
    /// What recognises.
    pub engine: EngineChoice,
    /// Where windows lie.
    pub windows: WindowParams,
    /// How the recogniser decodes.
    pub decoding: Decoding,
}

impl PassPlan {
    /// The main pass: recorded sound, every window as full as it gets.
    pub fn backlog(model: &Model, config: &WorkConfig, now: WallTime) -> Self {
        let windows = WindowParams::backlog(config.max_wait_s);
        Self::new("backlog", model, windows, config, decoding(&model.info, config), now)
    }

    /// The provisional pass: words as they are said.
    pub fn live(model: &Model, config: &WorkConfig, now: WallTime) -> Self {
        let plan = Self::new("live", model, WindowParams::live(), config, decoding(&model.info, config), now);
        Self { pass: NewPass { rank: PROVISIONAL, ..plan.pass }, ..plan }
    }

    /// The pass that writes English, whatever is spoken, beside the main one; `None` where it isn't wanted, or the model knows English only.
    pub fn translation(model: &Model, config: &WorkConfig, now: WallTime) -> Option<Self> {
        let decoding = Decoding { translate: true, ..decoding(&model.info, config) };
        let windows = WindowParams::backlog(config.max_wait_s);
        let wanted = config.translate && model.info.multilingual;
        wanted.then(|| Self::new("backlog", model, windows, config, decoding, now))
    }

    /// The same, made by a server: where it is and what it calls the model make another pass, for nobody can check what it runs.
    #[must_use]
    pub fn by_server(mut self, url: &str) -> Self {
        if let Value::Object(params) = &mut self.pass.params {
            params.insert("server".to_owned(), url.into());
            params.insert("asked_for".to_owned(), self.pass.model.as_str().into());
        }
        self
    }

    /// The plan that a pass was made by; `None` where it was made by another version of the program, or isn't of the backlog's kind.
    pub fn again(pass: &Pass) -> Option<Self> {
        let params = &pass.params;
        let allowed: Vec<String> = serde_json::from_value(params.get("language")?.clone()).ok()?;
        let decoding = Decoding {
            language: only_one(&allowed),
            allowed,
            translate: params.get("translate")?.as_bool()?,
            beam_size: serde_json::from_value(params.get("beam_size")?.clone()).ok()?,
            temperature: serde_json::from_value(params.get("temperature")?.clone()).ok()?,
            // A pass that has none was made before there was any.
            retry: params.get("retry").map_or(Some(0.0), |retry| serde_json::from_value(retry.clone()).ok())?,
            threads: 0,
        };
        let windows = serde_json::from_value(params.get("windows")?.clone()).ok()?;
        let of_pass = EngineChoice::LOCAL.into_iter().find(|choice| engine_name(*choice) == pass.engine)?;
        let Pass { model, model_sha256, engine, rank, created, .. } = pass.clone();
        let pass =
            NewPass { model, model_sha256, engine, params: params_of("backlog", &windows, &decoding), rank, created };
        let plan = Self { pass, engine: of_pass, windows, decoding };
        // Whatever isn't in the plan would be left out silently.
        (plan.pass.params == *params).then_some(plan)
    }

    fn new(
        lane: &str,
        model: &Model,
        windows: WindowParams,
        config: &WorkConfig,
        decoding: Decoding,
        created: WallTime,
    ) -> Self {
        let params = params_of(lane, &windows, &decoding);
        let rank = rank(&model.info);
        let (model, model_sha256) = (model.name.clone(), model.sha256.clone());
        let engine = engine_name(config.engine).to_owned();
        let pass = NewPass { model, model_sha256, engine, params, rank, created };
        Self { pass, engine: config.engine, windows, decoding }
    }
}

/// What recognises, and in what numbers; a part of every pass.
fn engine_name(choice: EngineChoice) -> &'static str {
    match choice {
        EngineChoice::Hearsay => "hearsay int8",
        EngineChoice::WhisperRs => "whisper.cpp",
        EngineChoice::OpenAi => "openai",
    }
}

/// Whatever changes words or their places is part of the pass; threads and the voice detector's backend, which give the same result, aren't.
fn params_of(lane: &str, windows: &WindowParams, decoding: &Decoding) -> Value {
    let mut params = json!({
        "lane": lane,
        "windows": windows,
        "language": decoding.allowed,
        "translate": decoding.translate,
        "beam_size": decoding.beam_size,
        "temperature": decoding.temperature,
        "levelled": true,
        "echo": if lane == "live" { "kept" } else { "taken out" },
    });
    if let (Value::Object(params), true) = (&mut params, decoding.retry > 0.0) {
        params.insert("retry".to_owned(), decoding.retry.into());
    }
    params
}

/// The language where only one may be spoken: it needn't be found out.
fn only_one(allowed: &[String]) -> Option<String> {
    match allowed {
        [only] => Some(only.clone()),
        _ => None,
    }
}

fn decoding(info: &ModelInfo, config: &WorkConfig) -> Decoding {
    let auto = config.language.is_empty() || config.language.iter().any(|language| language == "auto");
    let allowed = match (info.multilingual, auto) {
        (false, _) => vec!["en".to_owned()],
        (true, true) => Vec::new(),
        (true, false) => config.language.clone(),
    };
    Decoding {
        language: only_one(&allowed),
        allowed,
        translate: false,
        beam_size: config.beam_size,
        temperature: config.temperature,
        retry: RETRY,
        threads: config.threads,
    }
}

/// Temperature of the second try: none, until `cargo xtask bench accuracy --retry 0.5` says that it leaves fewer words wrong.
const RETRY: f32 = 0.0;

/// Larger models go before smaller ones: the parameters of the blocks in thousands, from the shape. An encoder's block has
/// 12 width² (attention and MLP), a decoder's 16 (cross-attention too); encoder and decoder of a Whisper model are equally wide.
fn rank(info: &ModelInfo) -> i64 {
    let square = i64::from(info.width) * i64::from(info.width);
    (12 * square * i64::from(info.encoder_layers) + 16 * square * i64::from(info.decoder_layers)) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_pass_says_how_it_was_made() {
        let windows = WindowParams::backlog(240);
        let decoding =
            Decoding { allowed: vec!["de".to_owned(), "en".to_owned()], beam_size: 5, ..Decoding::default() };
        let params = params_of("backlog", &windows, &decoding);
        // As a database gives it back.
        let params: Value = serde_json::from_str(&params.to_string()).unwrap();
        let pass = Pass {
            key: 1,
            name: timeline::PassName::new("1a2b3c4d").unwrap(),
            model: "large-v3".to_owned(),
            model_sha256: "00".repeat(32),
            engine: engine_name(EngineChoice::Hearsay).to_owned(),
            params,
            rank: 7,
            created: WallTime::from_micros(1),
            translation: false,
        };
        let plan = PassPlan::again(&pass).unwrap();
        assert_eq!((plan.windows, &plan.decoding, plan.engine), (windows, &decoding, EngineChoice::Hearsay));
        let foreign = Pass { params: json!({ "lane": "backlog", "something": "else" }), ..pass.clone() };
        assert!(PassPlan::again(&foreign).is_none());
        let unknown = Pass { engine: "another".to_owned(), ..pass.clone() };
        assert!(PassPlan::again(&unknown).is_none());
        let retried = Decoding { retry: 0.5, ..decoding.clone() };
        let plan = PassPlan::again(&Pass { params: params_of("backlog", &windows, &retried), ..pass.clone() }).unwrap();
        assert_eq!(plan.decoding, retried);
        let live = Pass { params: params_of("live", &windows, &decoding), ..pass };
        assert!(PassPlan::again(&live).is_none(), "its windows lie elsewhere");
    }
}
