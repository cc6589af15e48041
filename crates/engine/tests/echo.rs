//! The echo of what was played, through the real detector and a real model: what is left of it on the microphone's side, and
//! whether the words that were said at the same time survive. `HEARSAY_ECHO_CASES` says how many cases of the grid are tried.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test that can't read its fixture has failed; figures are of a few hundred words"
)]

use engine::Batched;
use speech::echo::{Cleaned, EchoShare, clean};
use speech::{Decoding, Heard, RATE, Vad, VadChoice, WindowFinder, WindowParams, doubt, utterances};
use std::collections::BTreeMap;
use testkit::{Chance, Room, count, fixture, normalise, references, sound, speech_level};
use timeline::Position;

/// As the worker cleans: blocks of a minute, with half a minute before each.
const BLOCK: usize = 60 * RATE;
const CONTEXT: usize = 30 * RATE;
/// How quiet the microphone's room is where nobody speaks there, in dBFS.
const QUIET_ROOM_DB: f32 = -66.0;
/// What is promised, in percent: words of others that are shown on the microphone's side, and own words that are lost: said,
/// recognised without the echo, and not with it. (A word that the recogniser gets wrong without the echo isn't the speaker's.)
const OTHERS_AT_MOST: f64 = 1.0;
const LOST_AT_MOST: f64 = 2.0;
/// Of a few cases: one of them is where more is lost than in any other, both speaking at once under an equally loud echo.
const LOST_OF_A_FEW_AT_MOST: f64 = 4.0;
/// How many cases of the whole grid are tried in every run.
const CASES: u32 = 4;

/// Who speaks while the loudspeakers do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Near {
    /// Nobody.
    Silent,
    /// In turns, as the conversation was.
    InTurns,
    /// At the same time: the loudspeakers' side is moved by some seconds.
    AtOnce,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    conversation: &'static str,
    near: Near,
    sir_db: f32,
    delay_ms: f64,
    drift_ppm: f64,
}

fn grid() -> Vec<Case> {
    let mut cases = Vec::new();
    for conversation in ["standup", "call"] {
        for near in [Near::AtOnce, Near::Silent, Near::InTurns] {
            for sir_db in [0.0, 6.0, 12.0] {
                for (delay_ms, drift_ppm) in [(3.0, 50.0), (40.0, -50.0), (40.0, 0.0), (120.0, 50.0), (120.0, -50.0)] {
                    cases.push(Case { conversation, near, sir_db, delay_ms, drift_ppm });
                }
            }
        }
    }
    cases
}

fn day(name: &str) -> Vec<f32> {
    sound::read_wav(&fixture(&format!("days/{name}.wav"))).unwrap().0
}

/// The sound without the echo, and what was taken out of each of its blocks.
struct Clean {
    sound: Vec<f32>,
    blocks: Vec<Cleaned>,
}

fn cleaned(mic: &[f32], reference: &[f32]) -> Clean {
    let mut all = Clean { sound: Vec::new(), blocks: Vec::new() };
    for start in (0..mic.len()).step_by(BLOCK) {
        let (from, to) = (start.saturating_sub(CONTEXT), (start + BLOCK).min(mic.len()));
        let block = clean(&mic[from..to], &reference[from..to], start - from..to - from);
        all.sound.extend_from_slice(block.samples.as_deref().unwrap_or(&mic[start..to]));
        all.blocks.push(block);
    }
    all
}

impl Clean {
    /// Whether an utterance is what the canceller has left of an echo, which the worker hides.
    fn is_left_over(&self, heard: &Heard) -> bool {
        let (from, to) = (heard.speech.0.0 as usize, heard.speech.1.0 as usize);
        let share = self.blocks.iter().enumerate().fold(EchoShare::default(), |share, (at, block)| {
            let within = |frame: usize| frame.clamp(at * BLOCK, (at + 1) * BLOCK) - at * BLOCK;
            share.and(&block.share(within(from)..within(to)))
        });
        share.is_left_over()
    }
}

fn heard(whisper: &Batched, vad: &mut Vad, sound: &[f32]) -> Vec<Heard> {
    let end = Position(sound.len() as i64);
    let (mut start, mut heard) = (Position(0), Vec::new());
    while start < end {
        let mut finder = WindowFinder::new(start, &WindowParams::default());
        let mut lead_in = vec![0.0; (-finder.reads_from().0).max(0) as usize];
        lead_in.extend_from_slice(&sound[finder.reads_from().0.max(0) as usize..]);
        let found = lead_in.chunks(RATE).find_map(|second| finder.push(vad, second).unwrap());
        let window = found.unwrap_or_else(|| finder.finish(end));
        start = window.span.1;
        if !window.pieces.is_empty() {
            let decoding = Decoding { threads: 1, ..Decoding::default() };
            let recognised = whisper.recognise(&window.samples, &decoding).unwrap();
            heard.extend(utterances(&window, &recognised));
        }
    }
    heard.retain(|heard| doubt::judge(heard).state != doubt::State::Hidden);
    heard
}

fn words(heard: &[Heard]) -> Vec<String> {
    heard.iter().flat_map(|heard| normalise(&heard.text)).collect()
}

/// Which words of `a` a longest common sequence with `b` holds.
fn found(a: &[String], b: &[String]) -> Vec<bool> {
    let mut best = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            best[i][j] = if x == y { best[i + 1][j + 1] + 1 } else { best[i + 1][j].max(best[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, vec![false; a.len()]);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            found[i] = true;
            (i, j) = (i + 1, j + 1);
        } else if best[i][j + 1] >= best[i + 1][j] {
            j += 1;
        } else {
            i += 1;
        }
    }
    found
}

/// The words of `a` that aren't in `b`.
fn missing<'a>(a: &'a [String], b: &[String]) -> Vec<&'a String> {
    a.iter().zip(found(a, b)).filter_map(|(word, found)| (!found).then_some(word)).collect()
}

/// The words of a conversation that were said into the microphone.
fn said(conversation: &str) -> Vec<String> {
    let said = references(&fixture(&format!("days/{conversation}.tsv"))).unwrap();
    said.iter().filter(|sentence| sentence.track == "mic").flat_map(|sentence| normalise(&sentence.text)).collect()
}

/// What came of a case: own words that are recognised without the echo, and those of them that aren't with it; words that
/// were written without the echo, right or wrong, and those that aren't with it; words of others, and those of them that are
/// new on this side.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    own: usize,
    lost: usize,
    written: usize,
    otherwise: usize,
    others: usize,
    shown: usize,
}

fn run(whisper: &Batched, vad: &mut Vad, case: &Case, seed: u64) -> Score {
    let (mut near, mut far) =
        (day(&format!("{}.mic", case.conversation)), day(&format!("{}.loopback", case.conversation)));
    let level = speech_level(&near);
    match case.near {
        Near::InTurns => {}
        Near::AtOnce => far.rotate_right(3 * RATE),
        Near::Silent => {
            let mut chance = Chance::new(seed);
            let size = 10_f32.powf(QUIET_ROOM_DB / 20.0) * 3.0_f32.sqrt();
            for sample in &mut near {
                *sample = size * (chance.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0);
            }
        }
    }
    let room = Room { delay_ms: case.delay_ms, drift_ppm: case.drift_ppm, reverberation_ms: 300.0, seed };
    let echo = room.hear(&far);
    let gain = level / speech_level(&echo) / 10_f32.powf(case.sir_db / 20.0);
    let mic: Vec<f32> = near.iter().zip(&echo).map(|(near, echo)| near + gain * echo).collect();
    let alone = words(&heard(whisper, vad, &near));
    let clean = cleaned(&mic, &far);
    let mut with_echo = heard(whisper, vad, &clean.sound);
    with_echo.retain(|heard| !clean.is_left_over(heard));
    let with_echo = words(&with_echo);
    let others = words(&heard(whisper, vad, &far));
    let (otherwise, new) = (missing(&alone, &with_echo), missing(&with_echo, &alone));
    let said = if case.near == Near::Silent { Vec::new() } else { said(case.conversation) };
    let (before, after) = (found(&said, &alone), found(&said, &with_echo));
    let lost: Vec<&String> =
        said.iter().zip(before.iter().zip(&after)).filter_map(|(word, (a, b))| (*a && !b).then_some(word)).collect();
    if !otherwise.is_empty() || !new.is_empty() {
        eprintln!("    lost {lost:?}; no longer written {otherwise:?}, new {new:?}");
    }
    Score {
        own: before.iter().filter(|found| **found).count(),
        lost: lost.len(),
        written: alone.len(),
        otherwise: otherwise.len(),
        others: others.len(),
        shown: new.iter().filter(|word| others.contains(word)).count(),
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.own += other.own;
        self.lost += other.lost;
        self.written += other.written;
        self.otherwise += other.otherwise;
        self.others += other.others;
        self.shown += other.shown;
    }
}

impl Score {
    fn shown_percent(&self) -> f64 {
        percent(self.shown, self.others)
    }

    fn lost_percent(&self) -> f64 {
        percent(self.lost, self.own)
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.2} % of {} words of others shown, {:.2} % of {} own words lost; of {} words that are written without the echo, \
             right or wrong, {:.2} % are others with it",
            self.shown_percent(),
            self.others,
            self.lost_percent(),
            self.own,
            self.written,
            percent(self.otherwise, self.written),
        )
    }
}

#[test]
fn what_was_played_is_not_shown_and_what_was_said_meanwhile_is() {
    let model = fixture("models/fixture-q8.bin");
    let whisper = Batched::open(&model).unwrap();
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let grid = grid();
    let tried = (count("HEARSAY_ECHO_CASES", CASES) as usize).clamp(1, grid.len());
    let mut sums = BTreeMap::<String, Score>::new();
    let mut sum = Score::default();
    for at in 0..tried {
        // Spread over the grid: 37 has no divisor in common with its length.
        let case = &grid[at * 37 % grid.len()];
        let score = run(&whisper, &mut vad, case, at as u64);
        eprintln!("{case:?}: {score:?}");
        *sums.entry(format!("{:?}, {:2} dB", case.near, case.sir_db)).or_default() += score;
        sum += score;
    }
    for (kind, score) in &sums {
        eprintln!("{kind}: {score}");
    }
    eprintln!("{tried} of {} cases: {sum}", grid.len());
    let lost_at_most = if tried == grid.len() { LOST_AT_MOST } else { LOST_OF_A_FEW_AT_MOST };
    assert!(sum.shown_percent() <= OTHERS_AT_MOST && sum.lost_percent() <= lost_at_most, "{sum}");
}
