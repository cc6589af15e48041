//! When each token was said.
//!
//! While a token is decoded, some heads of the decoder look at where its sound is. Their looks, made comparable and smoothed, are a matrix of
//! tokens and positions; the cheapest way through it that only goes forth gives each token its place (dynamic time warping). As
//! [openai-whisper](https://github.com/openai/whisper), `timing.py`, does it in a second run with the finished text.
#![expect(
    clippy::indexing_slicing,
    reason = "places in matrices whose sizes are made from the same numbers a line above"
)]

use kernels::{Isa, softmax};

/// Seconds of a position.
const POSITION: f32 = 0.02;
/// Positions that a look is smoothed over.
const SMOOTHED: usize = 7;

/// Start and end, in seconds from the window's start, of what each row but the last looked for.
///
/// `looks` has for each token that was read the scores of `heads` heads for all positions, one head behind the other; the first `skip` steered only and are
/// there to be compared with. Of the positions the first `heard` have sound.
pub(crate) fn times(isa: Isa, looks: &[&[f32]], heads: usize, heard: usize, skip: usize) -> Vec<(f32, f32)> {
    let rows = looks.len();
    if heads == 0 || heard == 0 || rows <= skip + 1 {
        return Vec::new();
    }
    let mut matrix = vec![0.0; (rows - skip) * heard];
    let mut weights = vec![0.0; rows * heard];
    for head in 0..heads {
        for (look, weights) in looks.iter().zip(weights.chunks_exact_mut(heard)) {
            let positions = look.len() / heads;
            weights.copy_from_slice(&look[head * positions..][..heard]);
        }
        softmax(isa, &mut weights, heard, heard);
        compare(&mut weights, heard);
        for (row, sum) in weights.chunks_exact(heard).skip(skip).zip(matrix.chunks_exact_mut(heard)) {
            smooth(row, sum);
        }
    }
    let starts = path(&matrix, heard);
    let at = |row: usize| starts.get(row).map_or(0.0, |position| seconds(*position));
    (0..rows - skip - 1).map(|row| (at(row), at(row + 1))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "positions of 30 s")]
fn seconds(position: usize) -> f32 {
    position as f32 * POSITION
}

/// Brings each position to mean 0 and variance 1 over the rows.
#[expect(clippy::cast_precision_loss, reason = "at most some hundred rows")]
fn compare(weights: &mut [f32], heard: usize) {
    let rows = (weights.len() / heard) as f32;
    let (mut mean, mut variance) = (vec![0.0; heard], vec![0.0; heard]);
    for row in weights.chunks_exact(heard) {
        for (mean, weight) in mean.iter_mut().zip(row) {
            *mean += weight / rows;
        }
    }
    for row in weights.chunks_exact(heard) {
        for ((variance, weight), mean) in variance.iter_mut().zip(row).zip(&mean) {
            *variance += (weight - mean) * (weight - mean) / rows;
        }
    }
    for row in weights.chunks_exact_mut(heard) {
        for ((weight, mean), variance) in row.iter_mut().zip(&mean).zip(&variance) {
            *weight = if *variance > 0.0 { (*weight - mean) / variance.sqrt() } else { 0.0 };
        }
    }
}

/// Adds the medians of seven neighbours each, mirrored at the ends, to `sum`.
fn smooth(row: &[f32], sum: &mut [f32]) {
    let half = SMOOTHED / 2;
    if row.len() <= half {
        sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        return;
    }
    let last = row.len() - 1;
    let mirrored = |at: usize| {
        row[if at < half {
            half - at
        } else if at - half > last {
            2 * last - (at - half)
        } else {
            at - half
        }]
    };
    let wide: Vec<f32> = (0..row.len() + 2 * half).map(mirrored).collect();
    for (sum, neighbours) in sum.iter_mut().zip(wide.array_windows()) {
        *sum += median(*neighbours);
    }
}

/// The fourth of seven, by a sorting network (Knuth's, 16 comparisons): without branches.
fn median(mut of: [f32; SMOOTHED]) -> f32 {
    const PAIRS: [(usize, usize); 16] = [
        (0, 6),
        (2, 3),
        (4, 5),
        (0, 2),
        (1, 4),
        (3, 6),
        (0, 1),
        (2, 5),
        (3, 4),
        (1, 2),
        (4, 6),
        (2, 3),
        (4, 5),
        (1, 2),
        (3, 4),
        (5, 6),
    ];
    for (low, high) in PAIRS {
        let (a, b) = (of[low], of[high]);
        (of[low], of[high]) = if a < b { (a, b) } else { (b, a) };
    }
    of[SMOOTHED / 2]
}

/// For each row the first position on the way through the matrix with the largest sum.
fn path(matrix: &[f32], heard: usize) -> Vec<usize> {
    #[derive(Clone, Copy)]
    enum Step {
        Both,
        Row,
        Position,
    }
    let rows = matrix.len() / heard;
    let mut steps = vec![Step::Position; rows * heard];
    // What the cheapest way to each position of the row before costs; the first row is reached from outside.
    let mut before = vec![f32::INFINITY; heard + 1];
    before[0] = 0.0;
    for row in 0..rows {
        let mut costs = vec![f32::INFINITY; heard + 1];
        for position in 0..heard {
            let (both, next_row, next_position) = (before[position], before[position + 1], costs[position]);
            let (cost, step) = if both < next_row && both < next_position {
                (both, Step::Both)
            } else if next_row < both && next_row < next_position {
                (next_row, Step::Row)
            } else {
                (next_position, Step::Position)
            };
            costs[position + 1] = cost - matrix[row * heard + position];
            steps[row * heard + position] = step;
        }
        before = costs;
    }
    let mut starts = vec![0; rows];
    let (mut row, mut position) = (rows - 1, heard - 1);
    loop {
        starts[row] = position;
        let step = match (row, position) {
            (0, 0) => return starts,
            (0, _) => Step::Position,
            (_, 0) => Step::Row,
            _ => steps[row * heard + position],
        };
        row -= usize::from(!matches!(step, Step::Position));
        position -= usize::from(!matches!(step, Step::Row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_seven() {
        let mut of = [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0];
        for turn in 0..7 {
            of.rotate_left(1);
            of.swap(turn, 0);
            assert!((median(of) - 3.0).abs() < f32::EPSILON, "{of:?}");
        }
    }

    #[test]
    fn looks_that_step_through_the_sound_give_their_steps() {
        // Ten rows of which the first steers; each looks at 20 positions, one behind the other.
        let looks: Vec<Vec<f32>> =
            (0..10).map(|row| (0..200).map(|at| if at / 20 + 1 == row { 8.0 } else { 0.0 }).collect()).collect();
        let looks: Vec<&[f32]> = looks.iter().map(Vec::as_slice).collect();
        let times = times(Isa::fastest(), &looks, 1, 180, 1);
        assert_eq!(times.len(), 8);
        for (at, (start, end)) in (0_u8..).zip(times) {
            let want = f32::from(at) * 0.4;
            assert!((start - want).abs() < 0.05 && (end - want - 0.4).abs() < 0.05, "{at}: {start} to {end}");
        }
    }

    #[test]
    fn too_little_to_look_at_gives_no_times() {
        let isa = Isa::fastest();
        assert!(times(isa, &[], 1, 100, 1).is_empty());
        assert!(times(isa, &[&[0.0; 10], &[0.0; 10]], 1, 10, 1).is_empty());
        assert!(times(isa, &[&[0.0; 10][..]; 4], 1, 0, 1).is_empty());
        assert_eq!(times(isa, &[&[0.0; 10][..]; 4], 1, 2, 1).len(), 2);
    }
}
