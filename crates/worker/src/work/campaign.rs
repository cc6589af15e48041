//! Other passes over old days, while there is no new sound.

use super::{Task, Worker};
use crate::campaigns::{ASK_EVERY_MICROS, Open};
use crate::queue::Queue;
use crate::watch::RESCAN;
use crate::{PassPlan, Progress, Summary, WorkerError};
use speech::Lane;
use std::time::Duration;
use store::{Campaign, CampaignState, Pass};

impl Worker {
    /// Goes on with the campaigns that may run, the oldest first, until there is new sound, something is to be forgotten, or `stop` says so.
    pub(super) fn run_campaigns(
        &mut self,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let mut total = Summary::default();
        while !stop() && !self.forgets.broke_off && !self.has_new_sound() {
            let Some((campaign, pass)) = self.next_campaign()? else { break };
            // A campaign of weeks leaves no idle hour.
            self.snapshot.step(&self.home, self.desk.clock.wall());
            let summary = self.run_campaign(&campaign, &pass, once, stop, report)?;
            let goes_on = summary.windows > 0;
            total.add_work(&summary);
            if !goes_on {
                // What is left of it waits for something.
                break;
            }
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
        if self.campaigns.is_none() || now - self.asked < ASK_EVERY_MICROS {
            return Ok(false);
        }
        self.asked = now;
        Ok(self.next_campaign()?.is_some_and(|(campaign, _)| !self.stuck.contains(&campaign.key)))
    }

    /// The first open campaign that may run. What the others wait for is said of them.
    fn next_campaign(&mut self) -> Result<Option<(Campaign, Pass)>, WorkerError> {
        let Some(campaigns) = &mut self.campaigns else { return Ok(None) };
        let now = self.desk.clock.wall();
        for campaign in self.desk.store.open_campaigns()? {
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
        let fail = |worker: &Self, why: &str| -> Result<Summary, WorkerError> {
            let now = worker.desk.clock.wall();
            worker.desk.store.set_campaign(campaign.key, CampaignState::Failed, Some(why), now)?;
            tracing::error!("the campaign of pass {} can't go on: {why}", campaign.name);
            // The next one is to be tried at once.
            Ok(Summary { windows: 1, ..Summary::default() })
        };
        let Some(mut plan) = PassPlan::again(pass) else {
            return fail(self, "its pass was made by another version of the program");
        };
        let own = campaign.terms.threads;
        plan.decoding.threads = if own == 0 { self.task.plan.decoding.threads } else { own };
        if let Err(error) = self.open_campaign(campaign, pass) {
            return fail(self, &home::one_line(&error));
        }
        let now = self.desk.clock.wall();
        if !self.desk.store.set_campaign(campaign.key, CampaignState::Running, None, now)? {
            return Ok(Summary { windows: 1, ..Summary::default() });
        }
        let only = Some(campaign.spans.clone());
        let task =
            Task { plan, pass: pass.key, original: None, lane: Lane::Campaign, only, campaign: Some(campaign.key) };
        report(Progress::Campaign { pass: &campaign.name });
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
        let done = summary.waiting_micros == 0 && !summary.broken_off && !summary.stopped;
        let state = if done { CampaignState::Done } else { CampaignState::Waiting };
        self.desk.store.set_campaign(campaign.key, state, None, self.desk.clock.wall())?;
        if !done && summary.windows == 0 {
            self.stuck.insert(campaign.key);
        }
        Ok(Summary { windows: summary.windows.max(u64::from(done)), ..summary })
    }

    /// Has the campaign's recogniser ready, and nobody else's in memory who doesn't need it.
    fn open_campaign(&mut self, campaign: &Campaign, pass: &Pass) -> Result<(), WorkerError> {
        let Some(campaigns) = &mut self.campaigns else { return Ok(()) };
        if campaigns.open.as_ref().is_some_and(|open| open.campaign.pass == pass.key) {
            return Ok(());
        }
        campaigns.open = None;
        if !self.live.as_ref().is_some_and(crate::live_lane::LiveLane::is_at_work) {
            self.desk.queue.rest();
        }
        let queue = Queue::new((campaigns.settings.recogniser)(campaign, pass)?);
        campaigns.open = Some(Open { campaign: campaign.clone(), queue });
        Ok(())
    }

    /// The recogniser of a task.
    pub(super) fn queue(&mut self, lane: Lane) -> &mut Queue {
        match &mut self.campaigns {
            Some(campaigns) if lane == Lane::Campaign => {
                campaigns.open.as_mut().map_or(&mut self.desk.queue, |open| &mut open.queue)
            }
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
        let Some(campaign) = task.campaign else { return Ok((self.holds_back)()) };
        let Some(campaigns) = &mut self.campaigns else { return Ok(true) };
        let wall = self.desk.clock.wall();
        let waits = campaigns.open.as_ref().and_then(|open| (campaigns.settings.waits_for)(&open.campaign.terms, wall));
        Ok(waits.is_some() || !self.desk.store.campaign_is_open(campaign)?)
    }

    /// Whether a segment may have been finished since the last look. One that no event told of is found by looking.
    fn has_new_sound(&mut self) -> bool {
        let Some(watch) = &self.watch else { return false };
        let looked = self.desk.clock.boot_micros() - self.looked;
        self.woken |= watch.wait(Duration::ZERO) || looked >= i64::try_from(RESCAN.as_micros()).unwrap_or(i64::MAX);
        self.woken
    }
}
