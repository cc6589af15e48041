//! What was delivered against what the archive and the journal hold.

use crate::sim::{S, Sim};
use crate::source::{PERIOD, Run};
use archive::{GapCause, GapRow, Row, Segment};
use std::collections::BTreeMap;
use timeline::WallTime;

/// What became of a track's frames.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) delivered: u64,
    pub(crate) written: u64,
    /// Delivered, not in a file, and in a gap.
    pub(crate) told: u64,
    /// Delivered, and nowhere.
    pub(crate) missing: u64,
    pub(crate) doubled: u64,
    /// In a file, and never delivered.
    pub(crate) wrong: u64,
    /// How far a frame lies from where it was captured, at most, in microseconds.
    pub(crate) off: i64,
    /// Time of a recorder's life that is neither sound nor gap: the longest stretch, in microseconds.
    pub(crate) hole: i64,
    pub(crate) gaps: BTreeMap<&'static str, usize>,
    /// The first few frames that are missing or wrong, to find out why.
    pub(crate) examples: Vec<String>,
}

/// A stretch of boot time.
type Stretch = (i64, i64);

/// From a session's wall time to the boot clock.
fn boot_at(sessions: &BTreeMap<String, (i64, i64)>, session: &str, wall: WallTime) -> i64 {
    let (boot, start) = sessions[session];
    boot + wall.as_micros() - start
}

/// How far from a frame's own place a gap may begin or end.
const EDGE: i64 = S / 20;

impl Sim {
    /// Judges a track (and `NAME-2` and so on, what it was called while the clock was set back).
    pub(crate) fn verdict(&self, track: &str) -> Verdict {
        let rows = self.rows();
        let sessions = sessions(&rows);
        let ours = |name: &str| is_called(name, track);
        let scan = self.archive().scan().unwrap();
        assert!(scan.faults.is_empty(), "{:?}", scan.faults);
        let segments: Vec<Segment> = scan.segments.into_iter().filter(|it| ours(it.name.track.as_str())).collect();
        let gaps: Vec<GapRow> = rows.into_iter().filter_map(gap).filter(|gap| ours(gap.track.as_str())).collect();
        let mut verdict = Verdict::default();
        let mut covered: Vec<Stretch> = Vec::new();
        for gap in &gaps {
            *verdict.gaps.entry(gap.cause.as_str()).or_default() += 1;
            covered.push((boot_at(&sessions, &gap.session, gap.from), boot_at(&sessions, &gap.session, gap.to)));
        }
        let told = merged(covered.clone());
        let runs = self.source.with(track, |plug| plug.runs.clone());
        let frames = runs.last().map_or(0, |run| run.first + run.frames);
        let mut seen = vec![0_u8; usize::try_from(frames).unwrap()];
        for segment in &segments {
            let session = segment.session.as_deref().unwrap();
            let at = boot_at(&sessions, session, segment.span.start);
            covered.push((at, boot_at(&sessions, session, segment.span.end)));
            verdict.read(segment, at, &runs, &mut seen);
        }
        verdict.account(&runs, &seen, &told);
        verdict.look_for_holes(&merged(covered), &self.lives);
        verdict
    }

    /// A track's gaps: cause, and from when to when by the boot clock.
    pub(crate) fn gaps(&self, track: &str) -> Vec<(&'static str, i64, i64)> {
        let rows = self.rows();
        let sessions = sessions(&rows);
        let stretch = |gap: GapRow| {
            let at = |wall| boot_at(&sessions, &gap.session, wall);
            (gap.cause.as_str(), at(gap.from), at(gap.to))
        };
        rows.into_iter().filter_map(gap).filter(|gap| is_called(gap.track.as_str(), track)).map(stretch).collect()
    }
}

/// The lines of the sessions: boot clock and wall time at the start of each.
fn sessions(rows: &[Row]) -> BTreeMap<String, (i64, i64)> {
    let session = |row: &Row| match row {
        Row::Session { at, session, boot_us, .. } => Some((session.clone(), (*boot_us, at.as_micros()))),
        _ => None,
    };
    rows.iter().filter_map(session).collect()
}

/// Whether a track has that name, or one that it has while the clock is set back.
fn is_called(name: &str, track: &str) -> bool {
    name == track || name.starts_with(&format!("{track}-"))
}

fn gap(row: Row) -> Option<GapRow> {
    match row {
        Row::Gap(gap) => Some(gap),
        _ => None,
    }
}

fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::new();
    for (from, to) in stretches {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

fn within(stretches: &[Stretch], at: i64) -> bool {
    let next = stretches.partition_point(|(from, _)| *from <= at + EDGE);
    next.checked_sub(1).is_some_and(|it| stretches[it].1 + EDGE >= at)
}

impl Verdict {
    /// Reads a file frame by frame: which of the ramp each is, by its value and about where it lies.
    fn read(&mut self, segment: &Segment, at: i64, runs: &[Run], seen: &mut [u8]) {
        let samples = hound::WavReader::open(&segment.path).unwrap().into_samples::<i16>();
        let length = segment.span.len_micros();
        let frames = i64::try_from(segment.frames.max(1)).unwrap();
        for (n, sample) in samples.enumerate() {
            let sample = sample.unwrap();
            if sample == 0 {
                continue;
            }
            let place = at + i64::try_from(n).unwrap() * length / frames;
            let value = u64::try_from(i64::from(sample) - 1).unwrap();
            match nearest(runs, place, value) {
                Some((frame, off)) if off.abs() < 2 * S => {
                    self.off = self.off.max(off.abs());
                    let count = &mut seen[usize::try_from(frame).unwrap()];
                    *count += 1;
                    if *count == 1 {
                        self.written += 1;
                    } else {
                        self.doubled += 1;
                    }
                }
                found => {
                    self.wrong += 1;
                    self.example(|| format!("wrong: {sample} in {} at {n}: {found:?}", segment.path.display()));
                }
            }
        }
    }

    fn account(&mut self, runs: &[Run], seen: &[u8], told: &[Stretch]) {
        for run in runs {
            self.delivered += run.frames;
            for n in 0..run.frames {
                let at = run.at + run.rate.micros(n);
                if seen[usize::try_from(run.first + n).unwrap()] > 0 {
                    continue;
                }
                if within(told, at) {
                    self.told += 1;
                } else {
                    self.missing += 1;
                    self.example(|| format!("missing: frame {} of {} s", run.first + n, at / S));
                }
            }
        }
    }

    fn look_for_holes(&mut self, covered: &[Stretch], lives: &[Stretch]) {
        for (from, to) in lives {
            let mut at = *from;
            for (next, end) in covered.iter().filter(|(next, end)| end > from && next < to) {
                // A track begins with its first frame, and devices take a while.
                let allowed = if at == *from { 5 * S } else { 0 };
                self.hole_between(at + allowed, *next);
                at = at.max(*end);
            }
            self.hole_between(at, *to);
        }
    }

    fn hole_between(&mut self, from: i64, to: i64) {
        if to - from > self.hole {
            self.hole = to - from;
            self.example(|| format!("hole: {} s to {} s", from / S, to / S));
        }
    }

    fn example(&mut self, text: impl FnOnce() -> String) {
        if self.examples.len() < 12 {
            self.examples.push(text());
        }
    }

    /// Every frame is accounted for, at its place.
    #[track_caller]
    pub(crate) fn assert_sound(&self, most_off: i64) {
        assert_eq!((self.missing, self.doubled, self.wrong), (0, 0, 0), "{self:#?}");
        assert_eq!(self.delivered, self.written + self.told, "{self:#?}");
        assert!(self.off <= most_off, "{self:#?}");
        assert!(self.hole <= 1_100_000, "{self:#?}");
    }

    /// Gaps that count as lost sound.
    pub(crate) fn losses(&self) -> usize {
        let idle = [GapCause::Idle.as_str(), GapCause::Paused.as_str()];
        self.gaps.iter().filter(|(cause, _)| !idle.contains(cause)).map(|(_, count)| count).sum()
    }
}

/// The frame of that value in the ramp that was captured nearest to a moment, and how far from it.
fn nearest(runs: &[Run], at: i64, value: u64) -> Option<(u64, i64)> {
    let next = runs.partition_point(|run| run.at <= at + S / 2);
    let mut best: Option<(u64, i64)> = None;
    for run in &runs[next.saturating_sub(3)..(next + 1).min(runs.len())] {
        let by_time = run.first + run.rate.frames(at - run.at).min(run.frames - 1);
        // The first of that value from a period before, and the one after it.
        let base = by_time - by_time % PERIOD + value;
        for frame in [base.checked_sub(PERIOD), Some(base), Some(base + PERIOD)].into_iter().flatten() {
            if (run.first..run.first + run.frames).contains(&frame) {
                let off = run.at + run.rate.micros(frame - run.first) - at;
                if best.is_none_or(|(_, least)| off.abs() < least.abs()) {
                    best = Some((frame, off));
                }
            }
        }
    }
    best
}
