use home::WorkConfig;
use serde_json::json;
use speech::models::{Model, ModelInfo};
use speech::{Decoding, WindowParams};
use store::{NewPass, PROVISIONAL};
use timeline::WallTime;

/// What makes a pass: a model, an engine and the parameters that change what is heard.
#[derive(Debug, Clone)]
pub struct PassPlan {
    /// How the store knows the pass.
    pub pass: NewPass,
    /// Where windows lie.
    pub windows: WindowParams,
    /// How the recogniser decodes.
    pub decoding: Decoding,
}

impl PassPlan {
    /// The main pass: recorded sound, every window as full as it gets.
    pub fn backlog(model: &Model, config: &WorkConfig, now: WallTime) -> Self {
        let windows = WindowParams::backlog(config.max_wait_s);
        Self::new("backlog", model, windows, decoding(&model.info, config), now)
    }

    /// The provisional pass: words as they are said.
    pub fn live(model: &Model, config: &WorkConfig, now: WallTime) -> Self {
        let plan = Self::new("live", model, WindowParams::live(), decoding(&model.info, config), now);
        Self { pass: NewPass { rank: PROVISIONAL, ..plan.pass }, ..plan }
    }

    /// The pass that writes English, whatever is spoken, beside the main one; `None` where it isn't wanted, or the model knows English only.
    pub fn translation(model: &Model, config: &WorkConfig, now: WallTime) -> Option<Self> {
        let decoding = Decoding { translate: true, ..decoding(&model.info, config) };
        let windows = WindowParams::backlog(config.max_wait_s);
        let wanted = config.translate && model.info.multilingual;
        wanted.then(|| Self::new("backlog", model, windows, decoding, now))
    }

    fn new(lane: &str, model: &Model, windows: WindowParams, decoding: Decoding, created: WallTime) -> Self {
        // Whatever changes words or their places is part of the pass; threads and the voice detector's backend,
        // which give the same result, aren't.
        let params = json!({
            "lane": lane,
            "windows": windows,
            "language": decoding.allowed,
            "translate": decoding.translate,
            "beam_size": decoding.beam_size,
            "temperature": decoding.temperature,
            "levelled": true,
            "echo": if lane == "live" { "kept" } else { "taken out" },
        });
        let rank = rank(&model.info);
        let (model, model_sha256) = (model.name.clone(), model.sha256.clone());
        let engine = "whisper.cpp".to_owned();
        Self { pass: NewPass { model, model_sha256, engine, params, rank, created }, windows, decoding }
    }
}

fn decoding(info: &ModelInfo, config: &WorkConfig) -> Decoding {
    let auto = config.language.is_empty() || config.language.iter().any(|language| language == "auto");
    let allowed = match (info.multilingual, auto) {
        (false, _) => vec!["en".to_owned()],
        (true, true) => Vec::new(),
        (true, false) => config.language.clone(),
    };
    let language = match allowed.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    Decoding {
        language,
        allowed,
        translate: false,
        beam_size: config.beam_size,
        temperature: config.temperature,
        threads: config.threads,
    }
}

/// Larger models go before smaller ones: the parameters of the blocks in thousands, from the shape. An encoder's block has
/// 12 width² (attention and MLP), a decoder's 16 (cross-attention too); encoder and decoder of a Whisper model are equally wide.
fn rank(info: &ModelInfo) -> i64 {
    let square = i64::from(info.width) * i64::from(info.width);
    (12 * square * i64::from(info.encoder_layers) + 16 * square * i64::from(info.decoder_layers)) / 1_000
}
