//! One run over what is there: windows are planned, recognised and stored until nothing is left that can be dealt with.

use super::{FOLLOW_EVERY_MICROS, STOP_CHECK, Task, Worker};
use crate::desk::Stored;
use crate::live_lane::STEP;
use crate::planned_window::PlannedWindow;
use crate::queue::{InFlight, Sender};
use crate::track_stream::TrackStream;
use crate::{Progress, Summary, WorkerError};
use speech::Ticket;
use std::collections::HashMap;
use store::WorkerState;
use timeline::{Side, WallTime};

/// One run over what is there.
pub(super) struct Run<'a, 'b> {
    pub(super) task: Task,
    pub(super) streams: Vec<TrackStream>,
    /// Windows of microphones that wait for what was played meanwhile, one a track at most.
    pub(super) held: Vec<PlannedWindow>,
    /// Up to where tracks with what was played are dealt with that may still go on.
    pub(super) heard_fronts: Vec<WallTime>,
    pub(super) in_flight: HashMap<Ticket, InFlight>,
    pub(super) summary: Summary,
    pub(super) started: i64,
    pub(super) followed: i64,
    /// Nothing more is begun; what is under way is finished.
    pub(super) gives_way: bool,
    pub(super) stop: &'a dyn Fn() -> bool,
    pub(super) report: &'a mut (dyn FnMut(Progress<'_>) + 'b),
}

/// What everything else is translated to.
const ENGLISH: &str = "en";

impl Worker {
    pub(super) fn drain(&mut self, run: &mut Run<'_, '_>) -> Result<(), WorkerError> {
        loop {
            if (run.stop)() {
                return Ok(());
            }
            if self.forgets_due()? {
                self.forgets.broke_off = true;
                return Ok(());
            }
            if !run.gives_way && self.has_to_give_way(&run.task)? {
                run.gives_way = true;
                self.leave_last(run);
            }
            let waits = run.task.campaign.is_some() && self.live_goes_first();
            let depth = self.queue(run.task.lane()).depth();
            while run.in_flight.len() < depth && !run.gives_way && !waits {
                let Some(planned) = self.plan_next(run)? else { break };
                if planned.window.pieces.is_empty() {
                    let stored = self.desk.store_nothing(run.task.pass, planned)?;
                    self.stored(run, &stored)?;
                } else {
                    self.submit(run, planned)?;
                }
                if (run.stop)() {
                    return Ok(());
                }
                if self.forgets_due()? {
                    self.forgets.broke_off = true;
                    return Ok(());
                }
            }
            if run.in_flight.is_empty() && waits && !run.gives_way {
                self.step_live();
                std::thread::sleep(STEP);
                continue;
            }
            if run.in_flight.is_empty() {
                return Ok(());
            }
            let patience = if self.step_live() { STEP } else { STOP_CHECK };
            let lane = run.task.lane();
            let mut sender = Sender { lane, decoding: &run.task.plan.decoding, in_flight: &mut run.in_flight };
            if let Some(answer) = self.queue(lane).answer(&mut sender, patience)? {
                let stored = self.desk.store_answer(run.task.pass, answer)?;
                self.stored(run, &stored)?;
            }
        }
    }

    /// The next window of the track that is furthest behind, so that both sides of a conversation come together. `None` where there
    /// is nothing to do before an answer has come.
    fn plan_next(&mut self, run: &mut Run<'_, '_>) -> Result<Option<PlannedWindow>, WorkerError> {
        loop {
            if let Some(at) = run.held.iter().position(|held| run.heard_up_to(held.span.end)) {
                return Ok(Some(run.held.swap_remove(at)));
            }
            let one_by_one = run.task.finds_out_languages();
            let waits = |stream: &TrackStream| {
                (one_by_one && run.in_flight.values().any(|window| window.planned.track == *stream.track()))
                    || run.held.iter().any(|held| held.track == *stream.track())
            };
            let next = run.streams.iter().enumerate().filter(|(_, stream)| !waits(stream));
            let next = next.filter_map(|(at, stream)| Some((stream.next_start()?, at))).min();
            let Some((_, at)) = next else { return Ok(None) };
            let Some(stream) = run.streams.get_mut(at) else { return Ok(None) };
            let (live, desk) = (&mut self.live, &mut self.desk);
            let mut between = || {
                if let Some(live) = live {
                    live.step(desk);
                }
            };
            if let Some(planned) = stream.next(&mut self.vad, &run.task.plan.windows, &mut between)? {
                if planned.side != Side::Said || run.heard_up_to(planned.span.end) {
                    return Ok(Some(planned));
                }
                // What was played meanwhile must be known first: it may be its echo.
                run.held.push(planned);
                continue;
            }
            // What is left of this track may still go on.
            run.summary.waiting_micros += stream.left_micros();
            let stream = run.streams.swap_remove(at);
            if stream.side() == Side::Heard {
                run.heard_fronts.extend(stream.front());
            }
        }
    }

    fn submit(&mut self, run: &mut Run<'_, '_>, mut planned: PlannedWindow) -> Result<(), WorkerError> {
        self.needed = self.desk.clock.boot_micros();
        if let Some(retainer) = &mut self.retainer {
            retainer.pause();
        }
        if let Some(original) = run.task.original {
            let language = self.desk.store.language_within(original, &planned.track, &planned.span)?;
            let Some(language) = language.filter(|language| language != ENGLISH) else {
                let stored = self.desk.store_nothing(run.task.pass, planned)?;
                return self.stored(run, &stored);
            };
            planned.language = Some(language);
        } else if run.task.finds_out_languages() {
            planned.language = self.desk.language_before(run.task.pass, &planned)?;
        }
        let lane = run.task.lane();
        let mut sender = Sender { lane, decoding: &run.task.plan.decoding, in_flight: &mut run.in_flight };
        Ok(self.queue(lane).submit(&mut sender, planned)?)
    }

    /// Takes back all windows but the one that was submitted first: the recogniser is at it.
    fn leave_last(&mut self, run: &mut Run<'_, '_>) {
        let Some(first) = run.in_flight.keys().min().copied() else { return };
        let first = run.in_flight.remove(&first).map(|window| (first, window));
        self.queue(run.task.lane()).cancel(&mut run.in_flight);
        run.in_flight.extend(first);
    }

    /// Tells of a stored window, and lets the index follow now and then.
    fn stored(&mut self, run: &mut Run<'_, '_>, stored: &Stored) -> Result<(), WorkerError> {
        let PlannedWindow { track, span, sound, .. } = &stored.planned;
        run.summary.windows += 1;
        run.summary.utterances += stored.utterances as u64;
        let window = &stored.planned.window;
        run.summary.recognised += u64::from(!window.pieces.is_empty());
        run.summary.packed_micros += window.packed_micros();
        run.summary.speech_micros += window.speech_micros();
        run.summary.sound_micros += sound.len_micros();
        if let Some(reason) = &stored.left_out {
            run.summary.quarantined += 1;
            (run.report)(Progress::Quarantined { track, span: *span, reason });
        }
        let now = self.desk.clock.boot_micros();
        run.summary.spent_micros = now - run.started;
        if now - run.followed > FOLLOW_EVERY_MICROS {
            run.followed = now;
            self.desk.follow()?;
            self.write_words()?;
            if run.task.campaign.is_none() {
                self.tell_state(run)?;
            }
        }
        let (left_micros, speed_x, utterances) = (run.left_micros(), run.summary.speed_x(), stored.utterances);
        (run.report)(Progress::Window { track, span: *span, utterances, speed_x, left_micros });
        Ok(())
    }

    pub(super) fn tell_state(&mut self, run: &Run<'_, '_>) -> Result<(), WorkerError> {
        self.desk.store.set_worker(&WorkerState {
            pid: std::process::id(),
            speed_x: run.summary.speed_x(),
            backlog_micros: run.left_micros().saturating_add(run.summary.waiting_micros),
            updated: self.desk.clock.wall(),
        })?;
        Ok(())
    }
}

impl Task {
    /// Whether a window's language depends on what was stored of the one before.
    fn finds_out_languages(&self) -> bool {
        self.original.is_none() && self.plan.decoding.language.is_none()
    }
}

impl Run<'_, '_> {
    /// Whether everything that was played before `end` is dealt with.
    fn heard_up_to(&self, end: WallTime) -> bool {
        let heard = |side: Side| side == Side::Heard;
        let left = self.streams.iter().filter(|stream| heard(stream.side())).filter_map(TrackStream::front);
        let in_flight = self.in_flight.values().filter(|window| heard(window.planned.side));
        left.chain(in_flight.map(|window| window.planned.span.start))
            .chain(self.heard_fronts.iter().copied())
            .all(|front| front >= end)
    }

    pub(super) fn left_micros(&self) -> i64 {
        let planned = self.in_flight.values().map(|window| &window.planned).chain(&self.held);
        let planned: i64 = planned.map(|planned| planned.sound.len_micros()).sum();
        self.streams.iter().map(TrackStream::left_micros).fold(planned, i64::saturating_add)
    }
}
