//! Days of everything at once.

use crate::sim::{S, STEP, Sim, count};
use capture::control::Request;
use std::sync::atomic::Ordering::SeqCst;
use timeline::Clock;

/// A generator of its own, so that a seed means the same for ever.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Blocks come late by less than this. A stall right after a stream began finds no earlier block to place the stream by,
/// so that its gap is off by as much; with a frame of 10 ms, that is within what is allowed at a gap's edges.
const LATE_MICROS: i64 = 40_000;

/// What ends at a moment.
type Ending = (i64, Box<dyn FnOnce(&mut Sim)>);

/// Something goes wrong: what ends it later, if anything has to.
fn fault(sim: &mut Sim, random: &mut Random) -> Option<Ending> {
    let side = if random.below(2) == 0 { "mic" } else { "loopback" };
    let now = sim.now();
    let until = |length: i64, end: Box<dyn FnOnce(&mut Sim)>| Some((now + length * S, end));
    let kind = random.below(14);
    if std::env::var_os("HEARSAY_TRACE").is_some() {
        println!("{} s: fault {kind} ({side}), the clock shows {}", now / S, sim.clock.wall());
    }
    match kind {
        0 | 1 => {
            sim.source.unplug(side);
            until(1 + random.below(120), Box::new(move |sim| sim.source.plug_back(side)))
        }
        2 | 3 => {
            sim.source.with(side, |plug| plug.dead = true);
            let length = if side == "mic" { 60 } else { 3_600 };
            until(1 + random.below(length), Box::new(move |sim| sim.source.with(side, |plug| plug.dead = false)))
        }
        4 => {
            sim.source.with("mic", |plug| plug.muted.store(true, SeqCst));
            until(5 + random.below(300), Box::new(|sim| sim.source.with("mic", |plug| plug.muted.store(false, SeqCst))))
        }
        5 => {
            sim.source.with("mic", |plug| plug.zero = true);
            until(1 + random.below(90), Box::new(|sim| sim.source.with("mic", |plug| plug.zero = false)))
        }
        6 => {
            for _ in 0..2 * (1 + random.below(25)) {
                sim.deliver(STEP);
            }
            None
        }
        7 => {
            let most = if random.below(4) == 0 { 20_000 } else { 120 };
            sim.sleep((1 + random.below(most)) * S);
            None
        }
        8 => {
            let steps = [-3_600, 3_600, -5, 5, -90, 90, -1, 1];
            sim.clock.step_wall(steps[usize::try_from(random.below(8)).unwrap()] * S);
            None
        }
        9 => {
            let free = if random.below(2) == 0 { Ok(1_000) } else { Err("it is gone".to_owned()) };
            *sim.free.lock().unwrap() = free;
            until(1 + random.below(90), Box::new(|sim| *sim.free.lock().unwrap() = Ok(1 << 40)))
        }
        10 => {
            sim.ask(&Request::Pause { minutes: Some(u32::try_from(1 + random.below(10)).unwrap()) });
            None
        }
        11 => {
            sim.crash();
            sim.deliver(random.below(60) * S);
            sim.start();
            None
        }
        12 => {
            sim.stop();
            sim.deliver(random.below(60) * S);
            sim.start();
            None
        }
        _ => {
            sim.ask(&Request::Rotate);
            None
        }
    }
}

#[test]
fn simulated_days_of_every_fault_leave_every_frame_accounted_for() {
    let hours = count("HEARSAY_SIMULATED_HOURS", 72);
    let seed = count("HEARSAY_SEED", 4);
    let mut random = Random(u64::try_from(seed).unwrap());
    let mut sim = Sim::with_drift(100, 60, -80);
    sim.start();
    let (end, mut next, mut faults) = (sim.now() + hours * 3_600 * S, sim.now() + 60 * S, 0);
    let mut endings: Vec<Ending> = Vec::new();
    while sim.now() < end {
        let now = sim.now();
        let (over, later): (Vec<Ending>, Vec<Ending>) = endings.into_iter().partition(|(at, _)| *at <= now);
        endings = later;
        for (_, end) in over {
            end(&mut sim);
        }
        if now >= next {
            faults += 1;
            endings.extend(fault(&mut sim, &mut random));
            // Now and then one comes right after another.
            let most = if random.below(5) == 0 { 5 } else { 600 };
            next = sim.now() + (1 + random.below(most)) * S;
        }
        sim.late = random.below(LATE_MICROS);
        sim.deliver(STEP);
        sim.round();
    }
    sim.stop();
    println!("{hours} h, {faults} faults, seed {seed}, up to {}", sim.clock.wall());
    for track in ["mic", "loopback"] {
        let verdict = sim.verdict(track);
        println!(
            "{track}: {} frames delivered = {} written + {} in gaps; off by at most {} ms; gaps {:?}",
            verdict.delivered,
            verdict.written,
            verdict.told,
            verdict.off / 1_000,
            verdict.gaps
        );
        verdict.assert_sound(250_000);
    }
}
