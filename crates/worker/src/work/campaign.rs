//! Other passes over old days, while there is no new sound.

use super::{Task, Worker};
use crate::campaigns::ASK_EVERY_MICROS;
use crate::live_lane::LiveLane;
use crate::queue::Queue;
use crate::watch::RESCAN;
use crate::{PassPlan, Progress, Summary, WorkerError};
use speech::Lane;
use std::time::Duration;
use store::{Campaign, CampaignState, Pass};

impl Worker {
    /// Goes on with the campaigns that may run, the oldest first, until there is new sound, something is to be forgotten, or `stop` says so. What there
    /// is was just looked at.
    pub(super) fn run_campaigns(
        &mut self,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let mut total = Summary::default();
        if let Some(campaigns) = &mut self.campaigns {
            campaigns.stuck.clear();
        }
        while !stop() && !self.forgets.broke_off && !self.has_new_sound() {
            let Some((campaign, pass)) = self.next_campaign()? else { break };
            // A campaign of weeks leaves no idle hour.
            self.snapshot.step(&self.home, self.desk.clock.wall());
            total.add_work(&self.run_campaign(&campaign, &pass, once, stop, report)?);
        }
        if self.desk.store.open_campaigns()?.is_empty()
            && let Some(campaigns) = &mut self.campaigns
        {
            campaigns.open = None;
        }
        Ok(total)
    }

    /// Whether there is a campaign that may run now. Asks once a second at most.
    pub(super) fn campaign_is_due(&mut self) -> Result<bool, WorkerError> {
        let now = self.desk.clock.boot_micros();
        if now - self.asked < ASK_EVERY_MICROS {
            return Ok(false);
        }
        self.asked = now;
        Ok(self.next_campaign()?.is_some())
    }

    /// The first open campaign that may run, and has something left that can be done. What the others wait for is said of them.
    fn next_campaign(&mut self) -> Result<Option<(Campaign, Pass)>, WorkerError> {
        let Some(campaigns) = &mut self.campaigns else { return Ok(None) };
        let now = self.desk.clock.wall();
        for campaign in self.desk.store.open_campaigns()? {
            if campaigns.stuck.contains(&campaign.key) {
                continue;
            }
            match (campaigns.settings.waits_for)(&campaign.terms, now) {
                None => {
                    let pass = self.desk.store.pass(campaign.pass)?;
                    return Ok(pass.map(|pass| (campaign, pass)));
                }
                Some(reason) if campaign.reason.as_deref() != Some(reason) => {
                    self.desk.store.set_campaign(campaign.key, CampaignState::Waiting, Some(reason), now)?;
                }
                Some(_) => {}
            }
        }
        Ok(None)
    }

    fn run_campaign(
        &mut self,
        campaign: &Campaign,
        pass: &Pass,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let (key, name) = (campaign.key, &campaign.name);
        let fail = |worker: &Self, why: &str| -> Result<Summary, WorkerError> {
            worker.desk.store.set_campaign(key, CampaignState::Failed, Some(why), worker.desk.clock.wall())?;
            tracing::error!("the campaign of pass {name} can't go on: {why}");
            Ok(Summary::default())
        };
        let Some(mut plan) = PassPlan::again(pass) else {
            return fail(self, "its pass was made by another version of the program");
        };
        let own = campaign.terms.threads;
        plan.decoding.threads = if own == 0 { self.task.plan.decoding.threads } else { own };
        if let Err(error) = self.open_campaign(campaign, pass) {
            return fail(self, &home::one_line(&error));
        }
        if !self.desk.store.set_campaign(key, CampaignState::Running, None, self.desk.clock.wall())? {
            // It was cancelled meanwhile.
            return Ok(Summary::default());
        }
        let task = Task { plan, pass: pass.key, original: None, campaign: Some(campaign.clone()) };
        report(Progress::Campaign { pass: name });
        let summary = match self.extend(task, once, stop, report) {
            // It is of this model or this pass alone.
            Err(WorkerError::Engine(error)) => {
                if let Some(campaigns) = &mut self.campaigns {
                    campaigns.open = None;
                }
                return fail(self, &home::one_line(&error));
            }
            extended => extended?,
        };
        let interrupted = summary.broken_off || summary.stopped;
        let done = summary.waiting_micros == 0 && !interrupted;
        let state = if done { CampaignState::Done } else { CampaignState::Waiting };
        self.desk.store.set_campaign(key, state, None, self.desk.clock.wall())?;
        if let Some(campaigns) = self.campaigns.as_mut().filter(|_| !done && !interrupted) {
            campaigns.stuck.insert(key);
        }
        Ok(summary)
    }

    /// Has the campaign's recogniser ready, and nobody else's in memory who doesn't need it.
    fn open_campaign(&mut self, campaign: &Campaign, pass: &Pass) -> Result<(), WorkerError> {
        let Some(campaigns) = &mut self.campaigns else { return Ok(()) };
        if campaigns.open.as_ref().is_some_and(|(open, _)| *open == pass.key) {
            return Ok(());
        }
        campaigns.open = None;
        if !self.live.as_ref().is_some_and(LiveLane::is_at_work) {
            self.desk.queue.rest();
        }
        let queue = Queue::new((campaigns.settings.recogniser)(campaign, pass)?);
        campaigns.open = Some((pass.key, queue));
        Ok(())
    }

    /// The recogniser of a lane.
    pub(super) fn queue(&mut self, lane: Lane) -> &mut Queue {
        match self.campaigns.as_mut().and_then(|campaigns| campaigns.open.as_mut()) {
            Some((_, queue)) if lane == Lane::Campaign => queue,
            _ => &mut self.desk.queue,
        }
    }

    /// Whether a run has to give way: the machine is needed or spared; for a campaign, new sound goes first, it may be cancelled, or its hours be
    /// over. Asks once a second.
    pub(super) fn has_to_give_way(&mut self, task: &Task) -> Result<bool, WorkerError> {
        let now = self.desk.clock.boot_micros();
        if task.campaign.is_some() && self.has_new_sound() {
            return Ok(true);
        }
        if now - self.asked < ASK_EVERY_MICROS {
            return Ok(false);
        }
        self.asked = now;
        let Some(campaign) = &task.campaign else { return Ok((self.holds_back)()) };
        let Some(campaigns) = &mut self.campaigns else { return Ok(true) };
        let waits = (campaigns.settings.waits_for)(&campaign.terms, self.desk.clock.wall());
        Ok(waits.is_some() || !self.desk.store.campaign_is_open(campaign.key)?)
    }

    /// Whether a segment may have been finished since the last look. One that no event told of is found by looking.
    fn has_new_sound(&mut self) -> bool {
        let Some(watch) = &self.watch else { return false };
        let looked = self.desk.clock.boot_micros() - self.looked;
        self.woken |= watch.wait(Duration::ZERO) || looked >= i64::try_from(RESCAN.as_micros()).unwrap_or(i64::MAX);
        self.woken
    }
}
