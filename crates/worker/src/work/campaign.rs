//! Other passes over old days, while there is no new sound.

use super::{Planned, Task, Worker};
use crate::campaign_plan::JOINED_MICROS;
use crate::campaigns::ASK_EVERY_MICROS;
use crate::live_lane::LiveLane;
use crate::queue::Queue;
use crate::{PassPlan, Progress, Summary, WorkerError};
use archive::{ForgottenLog, Scan};
use speech::Lane;
use std::time::Duration;
use store::{Campaign, CampaignState, Pass};
use timeline::{Span, SpanSet};

/// A campaign is interrupted at least this often for a look at what there is: a segment that no event tells of waits as long as it is, and no longer.
const LOOK_WITHIN_MICROS: i64 = 300_000_000;

impl Worker {
    /// Goes on with the campaigns that may run, the oldest first, until there is new sound, something is to be forgotten, or `stop` says so. What there
    /// is was just looked at.
    pub(super) fn run_campaigns(
        &mut self,
        scan: &Scan,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let mut total = Summary::default();
        if let Some(campaigns) = &mut self.campaigns {
            campaigns.stuck.clear();
        }
        while !stop() && !self.forgets.broke_off && !self.has_new_sound() && !self.retention_goes_first() {
            let Some((campaign, pass)) = self.next_campaign()? else { break };
            // A campaign of weeks leaves no idle hour.
            self.snapshot.step(&self.home, self.desk.clock.wall());
            let spans = self.desk.store.campaign_spans(campaign.key)?;
            total.add_work(&self.run_campaign(scan, &Planned { campaign, spans }, &pass, once, stop, report)?);
        }
        let nothing_to_do = self.next_campaign()?.is_none();
        if let Some((_, queue)) = self.campaigns.as_mut().filter(|_| nothing_to_do).and_then(|it| it.open.as_mut()) {
            queue.rest();
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
        Ok(!self.retention_goes_first() && self.next_campaign()?.is_some())
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
        scan: &Scan,
        planned: &Planned,
        pass: &Pass,
        once: bool,
        stop: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Summary, WorkerError> {
        let campaign = &planned.campaign;
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
        let task = Task { plan, pass: pass.key, original: None, campaign: Some(planned.clone()) };
        report(Progress::Campaign { pass: name });
        let summary = match self.extend(scan, task, once, stop, report) {
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
        let reason = match () {
            () if interrupted => None,
            () if summary.waiting_micros > 0 => Some("its end waits for the recorder's next segment"),
            () if self.lacks_sound(planned)? => Some("some of its sound isn't there, or can't be read"),
            () => {
                self.desk.store.set_campaign(key, CampaignState::Done, None, self.desk.clock.wall())?;
                return Ok(summary);
            }
        };
        self.desk.store.set_campaign(key, CampaignState::Waiting, reason, self.desk.clock.wall())?;
        if let Some(campaigns) = self.campaigns.as_mut().filter(|_| reason.is_some()) {
            campaigns.stuck.insert(key);
        }
        Ok(summary)
    }

    /// Whether there was sound, when the campaign was asked for, that its pass hasn't dealt with and nobody took away.
    fn lacks_sound(&self, planned: &Planned) -> Result<bool, WorkerError> {
        let forgotten = ForgottenLog::open(&self.desk.archive).all()?;
        for (track, spans) in &planned.spans {
            let mut left = spans.minus(&self.desk.store.coverage(planned.campaign.pass, track)?);
            left = left.minus(&forgotten.of(track));
            let Some((first, last)) = left.iter().next().zip(left.iter().next_back()) else { continue };
            let retired = self.desk.archive.retired(&Span::new(first.start, last.end))?;
            let retired = retired.into_iter().filter(|it| it.track == *track).map(|it| Span::new(it.from, it.to));
            left = left.minus(&retired.collect::<SpanSet>());
            // Shorter gaps were within its spans from the beginning.
            if left.iter().any(|span| span.len_micros() >= JOINED_MICROS) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has the campaign's recogniser ready, and the other one not in memory unless somebody watches.
    fn open_campaign(&mut self, campaign: &Campaign, pass: &Pass) -> Result<(), WorkerError> {
        if !self.live.as_ref().is_some_and(LiveLane::is_at_work) {
            self.desk.queue.rest();
        }
        let Some(campaigns) = &mut self.campaigns else { return Ok(()) };
        if campaigns.open.as_ref().is_some_and(|(open, _)| *open == pass.key) {
            return Ok(());
        }
        campaigns.open = None;
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
        let Some(Planned { campaign, .. }) = &task.campaign else { return Ok((self.holds_back)()) };
        if self.retention_goes_first() {
            return Ok(true);
        }
        let Some(campaigns) = &mut self.campaigns else { return Ok(true) };
        let waits = (campaigns.settings.waits_for)(&campaign.terms, self.desk.clock.wall());
        Ok(waits.is_some() || !self.desk.store.campaign_is_open(campaign.key)?)
    }

    /// Whether the rules of retention are due or being kept: the two don't share files. While somebody watches they wait, and a campaign doesn't wait for them.
    fn retention_goes_first(&mut self) -> bool {
        let watched = self.live.as_ref().is_some_and(LiveLane::is_at_work);
        let clock = self.desk.clock.as_ref();
        self.watch.is_some() && !watched && self.retainer.as_mut().is_some_and(|retainer| retainer.needs_time(clock))
    }

    /// Whether a segment may have been finished since the last look.
    fn has_new_sound(&mut self) -> bool {
        let Some(watch) = &self.watch else { return false };
        let looked = self.desk.clock.boot_micros() - self.looked;
        self.woken |= watch.wait(Duration::ZERO) || looked >= LOOK_WITHIN_MICROS;
        self.woken
    }
}
