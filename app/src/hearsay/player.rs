//! Plays both sides of the archive in step.
//!
//! Three parts, so that neither the window nor the device ever waits for the other or for the disk:
//!
//! - [`Player`], held by the window or a command, sends orders and reads a small state;
//! - the thread `hs-play` owns the [`deck`] (reads the archive, mixes, changes rate and speed) and the
//!   device, and keeps a ring of ready frames a quarter of a second ahead;
//! - the device's callback takes frames from the ring ([`head`]). It only copies.
//!
//! Every frame in the ring carries its place on the timeline and the number of the order it belongs to. So a
//! seek is heard at once (older frames are dropped by the callback), and the position is that of the frame which is
//! being heard, not of the one that was read.
//!
//! What was heard is taken down in the archive's log of its own playback ([`diary`]), so that the worker can tell it from what
//! others said.
//!
//! The device is opened at the first play and closed after [`IDLE`] without one. When it fails it is opened anew, once.

#[cfg(test)]
mod clicks;
mod console;
mod deck;
mod diary;
mod head;
mod output;
mod silence;
mod stretch;
#[cfg(test)]
mod tests;
mod thread;

pub(crate) use console::play_to_end;
pub(crate) use output::Output;

use home::Home;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timeline::{Clock as _, Span, SystemClock, WallTime};

/// A device that plays nothing for this long is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Orders that may wait; more come only from a thread that is stuck on a dead disk.
const ORDERS: usize = 256;

/// How long the thread may take to end.
const LEAVING: Duration = Duration::from_secs(1);

/// The slowest and the fastest speed.
pub(crate) const SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=3.0;

/// Which sides are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ears {
    /// Both, mixed.
    #[default]
    Mix,
    /// Only what was said.
    Said,
    /// Only what was heard.
    Heard,
}

impl Ears {
    /// The gains of the two sides: said, heard.
    fn gains(self) -> (f32, f32) {
        match self {
            Self::Mix => (1.0, 1.0),
            Self::Said => (1.0, 0.0),
            Self::Heard => (0.0, 1.0),
        }
    }
}

/// What the player does right now.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Playback {
    /// Whether it plays; false at the end of all sound.
    pub(crate) playing: bool,
    /// What is being heard, or where the next play goes on.
    pub(crate) position: Option<WallTime>,
    /// Why it doesn't play, in a line.
    pub(crate) error: Option<String>,
}

/// An order to the thread.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    Play(WallTime),
    Pause,
    Resume,
    Seek(WallTime),
    Speed(f32),
    Ears(Ears),
    Loop(Option<Span>),
    SkipSilence(bool),
}

/// The handle. Dropping it ends the thread, which closes the device and takes down what was heard.
pub(crate) struct Player {
    /// `None` only while it is dropped.
    orders: Option<SyncSender<Order>>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
    desk: Arc<Desk>,
}

/// What the thread and the handle share.
struct Desk {
    shown: Mutex<Shown>,
    place: Arc<head::Place>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// The state as it is shown. An order changes it at once, as if it were obeyed already; the thread tells its own state
/// only when it has obeyed all of them. So who asks right after an order is never told of before.
#[derive(Default)]
struct Shown {
    playback: Playback,
    /// Orders given so far.
    ordered: u64,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Player {
    /// Starts the thread; no file and no device is touched before the first play. `wake` is called when the state
    /// changes by itself.
    pub(crate) fn start(home: &Home, output: Output, wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (orders, waiting) = sync_channel(ORDERS);
        let desk = Arc::new(Desk { shown: Mutex::default(), place: Arc::default(), wake: Box::new(wake) });
        let thread = thread::Thread::new(home, output, Arc::clone(&desk));
        let (running, ended) = sync_channel(0);
        let run = move || {
            thread.run(&waiting);
            drop(running);
        };
        std::thread::Builder::new().name("hs-play".to_owned()).spawn(run)?;
        Ok(Self { orders: Some(orders), ended, desk })
    }

    /// Plays from `from` on.
    pub(crate) fn play(&self, from: WallTime) {
        self.desk.place.next_turn(from.position());
        self.order(Order::Play(from), |playback| {
            *playback = Playback { playing: true, position: Some(from), error: None };
        });
    }

    /// Holds still where it is.
    pub(crate) fn pause(&self) {
        let position = self.playback().position;
        self.order(Order::Pause, |playback| (playback.playing, playback.position) = (false, position));
    }

    /// Goes on where it was paused.
    pub(crate) fn resume(&self) {
        self.order(Order::Resume, |playback| (playback.playing, playback.error) = (true, None));
    }

    /// Goes to `to`, playing on if it played.
    pub(crate) fn seek(&self, to: WallTime) {
        self.desk.place.next_turn(to.position());
        self.order(Order::Seek(to), |playback| playback.position = Some(to));
    }

    /// Plays faster or slower, within [`SPEEDS`]; the pitch stays.
    pub(crate) fn set_speed(&self, speed: f32) {
        self.order(Order::Speed(speed.clamp(*SPEEDS.start(), *SPEEDS.end())), |_| {});
    }

    /// Chooses the sides.
    pub(crate) fn set_ears(&self, ears: Ears) {
        self.order(Order::Ears(ears), |_| {});
    }

    /// Plays this again and again, once it is come to; `None`: no longer.
    pub(crate) fn set_loop(&self, looped: Option<Span>) {
        self.order(Order::Loop(looped), |_| {});
    }

    /// Skips what nobody is heard in, or no longer.
    pub(crate) fn skip_silence(&self, skips: bool) {
        self.order(Order::SkipSilence(skips), |_| {});
    }

    /// What it does right now.
    pub(crate) fn playback(&self) -> Playback {
        let mut playback = self.desk.lock().playback.clone();
        if playback.playing {
            let heard = self.desk.place.heard(SystemClock.boot_micros());
            playback.position = heard.or(playback.position);
        }
        playback
    }

    fn order(&self, order: Order, expect: impl FnOnce(&mut Playback)) {
        let mut shown = self.desk.lock();
        if self.orders.as_ref().is_some_and(|orders| orders.try_send(order).is_ok()) {
            shown.ordered += 1;
            expect(&mut shown.playback);
        } else {
            shown.playback.error = Some("the player does not answer: is the disk of the archive stuck?".to_owned());
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.orders = None;
        // A thread that is stuck on a dead disk holds nobody up.
        self.ended.recv_timeout(LEAVING).ok();
    }
}
