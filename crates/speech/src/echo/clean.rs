use super::Cleaned;
use super::align::aligned;
use super::cleaned::SHARE_FRAMES;
use super::correlation::{is_silent, peaks};
use super::delay_line::DelayLine;
use super::filter::{BLOCK, Filter, Others};
use std::ops::Range;

/// Where the echo lies in the filter, in frames: what arrives up to 6 ms earlier than the clearest path has room.
const LEAD: f64 = 96.0;
/// With which share of the first uncertainty the filter goes through the sound: the first time it knows nothing, later it
/// knows the room, and what else is heard.
const ROUNDS: [f32; 3] = [1.0, 0.1, 0.003];
/// An echo explains at least this much of its own energy; a filter that learnt from chance adds as much as it takes.
const EXPLAINS_AT_LEAST: f64 = 0.4;

/// The sound of a microphone's track without the echo of what was played meanwhile.
///
/// `mic` and `reference` are the same stretch of time, 16 kHz; of it `keep` is given back, the rest is context in which the
/// delay, the drift and the room are learnt. It is a function of its arguments and nothing else.
///
/// Where the reference is silent, or isn't found in the microphone (headphones), the sound is left untouched, and that costs
/// little.
pub fn clean(mic: &[f32], reference: &[f32], keep: Range<usize>) -> Cleaned {
    if is_silent(reference) {
        return Cleaned::untouched();
    }
    let Some(line) = DelayLine::through(&peaks(mic, reference)) else { return Cleaned::untouched() };
    let echo = echo_in(mic, &aligned(reference, &line, LEAD));
    if !explains(mic, &echo) {
        return Cleaned::untouched();
    }
    let kept = || mic.iter().zip(&echo).take(keep.end).skip(keep.start);
    let samples: Vec<f32> = kept().map(|(mic, echo)| mic - echo).collect();
    let figures = samples.chunks(SHARE_FRAMES).zip(echo.get(keep.start..).unwrap_or_default().chunks(SHARE_FRAMES));
    let energy = figures.map(|(rest, echo)| (sum_of_squares(echo), sum_of_squares(rest))).collect();
    Cleaned { samples: Some(samples), energy }
}

/// The echo, after going through the sound until the room is known.
fn echo_in(mic: &[f32], played: &[f32]) -> Vec<f32> {
    let mut filter = Filter::new();
    let mut others: Vec<Others> = vec![Others::new(); mic.len().div_ceil(BLOCK)];
    let mut echo = Vec::new();
    for round in ROUNDS {
        filter.again(round);
        echo.clear();
        for ((mic, played), others) in mic.chunks(BLOCK).zip(played.chunks(BLOCK)).zip(&mut others) {
            let block = filter.push(played, mic, others);
            echo.extend(block.into_iter().take(mic.len()));
        }
        others = smoothed(&others);
    }
    echo
}

/// Speech comes and goes slower than the blocks: each block's power with its neighbours'.
fn smoothed(others: &[Others]) -> Vec<Others> {
    (0..others.len())
        .map(|at| {
            let around = others.get(at.saturating_sub(1)..(at + 2).min(others.len())).unwrap_or_default();
            let mut sum = vec![0.0_f32; BLOCK + 1];
            for block in around {
                sum.iter_mut().zip(block).for_each(|(sum, power)| *sum = sum.max(*power));
            }
            sum
        })
        .collect()
}

fn explains(mic: &[f32], echo: &[f32]) -> bool {
    let (mut taken, mut own) = (0.0_f64, 0.0_f64);
    for (mic, echo) in mic.iter().zip(echo) {
        let (mic, echo) = (f64::from(*mic), f64::from(*echo));
        taken += mic * mic - (mic - echo) * (mic - echo);
        own += echo * echo;
    }
    own > 0.0 && taken >= EXPLAINS_AT_LEAST * own
}

fn sum_of_squares(sound: &[f32]) -> f32 {
    sound.iter().map(|sample| sample * sample).sum()
}
