//! Transcribing again: how much there is to do with a model, and queueing it. What `hearsay retranscribe` and the viewer do.

use anyhow::Result;
use archive::Archive;
use home::{Home, WorkConfig};
use speech::models::{self, Model};
use store::{PassSummary, Store, Terms};
use timeline::{PassName, WallTime};
use worker::{CampaignPlan, PassPlan, Wanted};

/// What there is to do with a model.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) plan: PassPlan,
    pub(crate) campaign: CampaignPlan,
    /// Whether the model's pass has begun.
    pub(crate) begun: bool,
    /// About how many seconds it takes; `None` where this machine never did anything like it.
    pub(crate) takes_s: Option<f64>,
    model: Model,
}

impl Again {
    /// Looks what there is, without changing anything.
    ///
    /// # Errors
    /// Where the model isn't there or damaged, or the archive or the database can't be read.
    pub(crate) fn look(home: &Home, work: &WorkConfig, model: &str, wanted: &Wanted, now: WallTime) -> Result<Self> {
        let model = models::choose(&home.models(), Some(model))?;
        let plan = PassPlan::backlog(&model, &work.on_this_machine(), now);
        let store = Store::open_read_only(&home.database())?;
        let passes = store.passes()?;
        let known = passes.iter().find(|known| known.pass.name == plan.pass.name());
        let campaign = CampaignPlan::look(&Archive::open(home), &store, known.map(|known| known.pass.key), wanted)?;
        let takes_s = takes_s(&plan, &passes, campaign.speech_micros);
        Ok(Self { begun: known.is_some(), plan, campaign, takes_s, model })
    }

    /// Queues it; the pass and the campaign's key. The terms' model is set here.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub(crate) fn queue(&self, home: &Home, terms: &Terms, now: WallTime) -> Result<(PassName, i64)> {
        let mut store = Store::open(&home.database())?;
        let pass = store.ensure_pass(&self.plan.pass)?;
        let model = &self.model;
        let named = models::locate(&home.models(), &model.name).is_ok_and(|path| path == model.path);
        let path = || std::path::absolute(&model.path).unwrap_or_else(|_| model.path.clone()).display().to_string();
        let terms = Terms { model: if named { model.name.clone() } else { path() }, ..terms.clone() };
        let key = store.add_campaign(pass.key, &self.campaign.spans, &terms, now)?;
        Ok((pass.name, key))
    }
}

/// About how long speech takes with a model here: as its own pass did, else as another one did, by the size of their models.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn takes_s(plan: &PassPlan, passes: &[PassSummary], speech_micros: i64) -> Option<f64> {
    let same = |known: &&PassSummary| known.pass.model_sha256 == plan.pass.model_sha256;
    let measured = |known: &PassSummary| known.speed_x().filter(|speed| *speed > 0.0);
    let own = passes.iter().filter(same).find_map(measured);
    let by_size = || {
        let size = |rank: i64| (rank > 0).then_some(rank as f64);
        let (speed, rank) = passes.iter().find_map(|known| Some((measured(known)?, size(known.pass.rank)?)))?;
        Some(speed * rank / size(plan.pass.rank)?)
    };
    own.or_else(by_size).map(|speed| crate::output::seconds(speech_micros) / speed)
}
