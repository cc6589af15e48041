//! The thread `hs-play`: obeys orders, keeps the ring full, opens and closes the device.

use super::deck::{Deck, Rendered};
use super::diary::Diary;
use super::head::Frame;
use super::output::{Opened, Output};
use super::{Desk, IDLE, Order, Playback};
use archive::{Archive, Played, PlayedLog};
use home::Home;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use timeline::{Clock as _, SystemClock, WallTime};

/// How often the ring is filled while it plays.
const PACE: Duration = Duration::from_millis(20);

/// Frames made at once, so that an order waits no longer than that takes.
const BLOCK: usize = 1_024;

/// A device that was just woken may refuse for a second or two, and on a busy machine for several: ALSA's pulse plugin knows no
/// delay until the sound server has told it one. It is opened anew this often, with a pause before each, until it is said to have
/// failed.
const REOPENINGS: u32 = 40;
const REOPEN_PAUSE: Duration = Duration::from_millis(200);

/// A device that fails sooner than this after it was opened was not heard, whatever it took: some take frames before they can say when
/// these will sound.
const SETTLING: Duration = Duration::from_secs(1);

/// What failed longer ago than this has nothing to do with what fails now.
const FORGET: Duration = Duration::from_secs(10);

pub(super) struct Thread {
    home: Home,
    deck: Deck,
    diary: Diary,
    log: PlayedLog,
    output: Output,
    device: Option<Opened>,
    opened_at: i64,
    desk: Arc<Desk>,
    playing: bool,
    /// All sound is in the ring; what is left is to hear it.
    ended: bool,
    position: WallTime,
    speed: f32,
    turn: u32,
    error: Option<String>,
    /// How often the device failed of late, and when it last did.
    failures: u32,
    failed_at: i64,
    idle_since: i64,
    /// Orders obeyed so far.
    obeyed: u64,
}

impl Thread {
    pub(super) fn new(home: &Home, output: Output, desk: Arc<Desk>) -> Self {
        let archive = Archive::open(home);
        Self {
            home: home.clone(),
            log: PlayedLog::open(&archive),
            deck: Deck::new(archive),
            diary: Diary::default(),
            output,
            device: None,
            opened_at: 0,
            desk,
            playing: false,
            ended: false,
            position: WallTime::from_micros(0),
            speed: 1.0,
            turn: 0,
            error: None,
            failures: 0,
            failed_at: 0,
            idle_since: 0,
            obeyed: 0,
        }
    }

    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let wait = if self.playing { PACE } else { IDLE };
            match orders.recv_timeout(wait) {
                Ok(first) => self.obey_all(std::iter::once(first).chain(orders.try_iter()).collect()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.rule_off(),
            }
            if self.playing {
                self.check_device();
                self.top_up();
                self.look();
            } else if SystemClock.boot_micros().saturating_sub(self.idle_since) >= micros(IDLE) {
                self.device = None;
            }
        }
    }

    /// Of several places to go to, as a dragged slider gives them, only the last matters.
    fn obey_all(&mut self, orders: Vec<Order>) {
        let last_place = orders.iter().rposition(|order| matches!(order, Order::Play(_) | Order::Seek(_)));
        for (i, order) in orders.into_iter().enumerate() {
            self.obeyed += 1;
            if matches!(order, Order::Seek(_)) && last_place.is_some_and(|last| i < last) {
                continue;
            }
            self.obey(order);
        }
        self.publish();
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Play(from) => {
                self.position = from;
                self.failures = 0;
                self.begin();
            }
            Order::Resume => {
                self.failures = 0;
                self.begin();
            }
            Order::Pause => {
                self.hold();
                self.stop(None);
            }
            Order::Seek(to) => {
                self.position = to;
                self.begin_if_playing();
            }
            Order::Speed(speed) => {
                self.hold();
                self.speed = speed;
                self.deck.set_speed(speed);
                self.begin_if_playing();
            }
            Order::Loop(looped) => {
                self.hold();
                self.deck.set_loop(looped);
                self.begin_if_playing();
            }
            Order::SkipSilence(skips) => {
                self.hold();
                self.deck.skip_silence(skips.then_some(&self.home));
                self.begin_if_playing();
            }
            Order::Ears(ears) => {
                self.hold();
                self.deck.set_ears(ears);
                self.begin_if_playing();
            }
        }
    }

    fn begin_if_playing(&mut self) {
        if self.playing {
            self.begin();
        }
    }

    /// Remembers what is being heard, to go on from there.
    fn hold(&mut self) {
        if self.playing {
            self.position = self.desk.place.heard(SystemClock.boot_micros()).unwrap_or(self.position);
            self.look();
            self.rule_off();
        }
    }

    /// Notes what is being heard.
    fn look(&mut self) {
        if let Some(place) = self.desk.place.heard(SystemClock.boot_micros())
            && let Some(played) = self.diary.heard(SystemClock.wall(), place, self.speed)
        {
            self.take_down(&played);
        }
    }

    /// Nothing is heard any more.
    fn rule_off(&mut self) {
        if let Some(played) = self.diary.end() {
            self.take_down(&played);
        }
    }

    fn take_down(&self, played: &Played) {
        // What nobody could hear isn't in the loopback either.
        if self.output == Output::Device
            && let Err(error) = self.log.append(played)
        {
            tracing::warn!("what was played is not on record: {}", home::one_line(&error));
        }
    }

    /// A new turn from `position` on: opens the device if need be and fills the ring.
    fn begin(&mut self) {
        if self.device.is_none() {
            match self.output.open(&self.desk.place) {
                Ok(device) => {
                    self.device = Some(device);
                    self.opened_at = SystemClock.boot_micros();
                }
                Err(error) => return self.stop(Some(home::one_line(error.as_ref()))),
            }
        }
        self.desk.place.set_speed(self.speed);
        self.turn = self.desk.place.next_turn(self.position.position());
        self.ended = false;
        match self.deck.cue(self.position.position()) {
            Ok(true) => {
                self.playing = true;
                self.error = None;
                self.publish();
                self.top_up();
            }
            Ok(false) => self.stop(Some("no sound is kept from here on".to_owned())),
            Err(error) => self.stop(Some(home::one_line(&error))),
        }
    }

    fn top_up(&mut self) {
        let Some(device) = &mut self.device else { return };
        while !self.ended && device.ring.slots() > 0 {
            let (ring, turn) = (&mut device.ring, self.turn);
            let frames = ring.slots().min(BLOCK);
            let rendered = self.deck.render(frames, device.rate_hz, |sample, at| {
                // There are as many slots as frames were asked for.
                ring.push(Frame { sample, at, turn }).ok();
            });
            match rendered {
                // While silence is looked through, orders are obeyed in between.
                Ok(Rendered::Frames(0)) => break,
                Ok(Rendered::Frames(_)) => {}
                Ok(Rendered::Ended) => self.ended = true,
                Err(error) => return self.stop(Some(home::one_line(&error))),
            }
        }
        let all_heard = device.ring.slots() == device.ring.buffer().capacity();
        if let Some(trouble) = self.deck.take_trouble() {
            self.error = Some(trouble);
            self.publish();
        }
        if self.ended && all_heard {
            self.position = self.desk.place.last().map_or(self.position, timeline::Position::wall);
            let error = self.error.take();
            self.stop(error);
        }
    }

    /// A device that failed is opened anew, at most [`REOPENINGS`] times in a row.
    fn check_device(&mut self) {
        let Some(failure) = self.device.as_ref().and_then(|device| device.failures.try_recv().ok()) else { return };
        let now = SystemClock.boot_micros();
        if now.saturating_sub(self.opened_at) < micros(SETTLING) {
            // Still where its turn began.
            self.rule_off();
        } else {
            self.hold();
        }
        self.device = None;
        if now.saturating_sub(self.failed_at) > micros(FORGET) {
            self.failures = 0;
        }
        self.failures += 1;
        self.failed_at = now;
        if self.failures > REOPENINGS {
            self.stop(Some(format!("the sound output failed: {failure}")));
        } else {
            tracing::info!("the sound output failed and is opened anew: {failure}");
            std::thread::sleep(REOPEN_PAUSE);
            self.begin();
        }
    }

    fn stop(&mut self, error: Option<String>) {
        tracing::debug!("stopped; {} frames were late so far", self.desk.place.starved());
        self.rule_off();
        self.playing = false;
        self.error = error;
        self.idle_since = SystemClock.boot_micros();
        self.turn = self.desk.place.next_turn(self.position.position());
        self.publish();
    }

    /// Tells the state, unless an order lies waiting that will change it.
    fn publish(&self) {
        let mut shown = self.desk.lock();
        if shown.ordered == self.obeyed {
            shown.playback =
                Playback { playing: self.playing, position: Some(self.position), error: self.error.clone() };
            drop(shown);
            (self.desk.wake)();
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::clicks;
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::sync_channel;

    /// The device takes frames from `start` on, then says that it failed.
    fn fail(thread: &mut Thread, start: WallTime) {
        let heard = |thread: &Thread| thread.desk.place.heard(SystemClock.boot_micros());
        for _ in 0..1_000 {
            if heard(thread) > Some(start) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(heard(thread) > Some(start), "nothing was taken");
        let (failed, failures) = sync_channel(1);
        failed.send("it is gone".to_owned()).unwrap();
        thread.device.as_mut().unwrap().failures = failures;
        thread.check_device();
    }

    #[test]
    fn what_a_device_took_that_failed_at_once_is_played_again_and_a_later_failure_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        clicks::record(&Archive::open(&home), 10, 10);
        let desk = Desk { shown: Mutex::default(), place: Arc::default(), wake: Box::new(|| {}) };
        let mut thread = Thread::new(&home, Output::Silent, Arc::new(desk));
        let start = clicks::at(2.0);
        thread.obey(Order::Play(start));
        for _ in 0..3 {
            fail(&mut thread, start);
            assert!(thread.playing && thread.position == start, "{:?}", thread.position);
        }
        // Opened long ago.
        thread.opened_at -= micros(2 * SETTLING);
        fail(&mut thread, start);
        assert!(thread.playing && thread.position > start, "{:?}", thread.position);
    }
}
