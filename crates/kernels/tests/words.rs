//! Products of words are what plain loops give.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "small numbers, and some that are equal bit by bit"
)]

mod chance;

use chance::Chance;
use kernels::{Isa, Rows, WordPanels, WordRows, softmax, word_product};

/// The largest step of either side, as the crate documents it.
fn steps_of_words(k: usize) -> f32 {
    (f64::from(i32::MAX) / k as f64).sqrt().floor().min(32_767.0) as f32
}

#[test]
fn products_of_words_are_the_plain_loops_over_random_shapes_with_every_tail_and_the_same_on_every_level() {
    let mut chance = Chance(41);
    let mut rooms: Vec<_> = Isa::all().map(|isa| (isa, <(WordRows, WordPanels)>::default())).collect();
    for round in 0..100 {
        let (m, k, n) = (1 + chance.below(70), 1 + chance.below(100), 1 + chance.below(100));
        let (stride, right_stride, out_stride) =
            (k + chance.below(5), n.max(k) + chance.below(5), n + chance.below(40));
        // Now and then the largest sums that there can be.
        let even = |chance: &mut Chance, count: usize| {
            if round % 10 == 9 { vec![1.0; count] } else { chance.numbers(count) }
        };
        let (left, right) = (even(&mut chance, m * stride), even(&mut chance, n.max(k) * right_stride));
        let before = chance.numbers(m * out_stride);
        let by_inputs = round % 2 == 0;
        let mut first: Option<Vec<f32>> = None;
        for (isa, (rows, panels)) in &mut rooms {
            let isa = *isa;
            rows.take(isa, Rows::new(&left, m, stride, k).unwrap());
            if by_inputs {
                panels.set_inputs(isa, Rows::new(&right, k, right_stride, n).unwrap());
            } else {
                panels.set_outputs(isa, Rows::new(&right, n, right_stride, k).unwrap());
            }
            assert_eq!((rows.rows(), panels.k(), panels.n()), (m, k, n));
            let mut out = before.clone();
            word_product(isa, rows, panels, &mut out, out_stride);
            if let Some(first) = &first {
                assert!(&out == first, "{isa:?} {m}x{k}x{n}");
                continue;
            }
            let bound = k as f32 / steps_of_words(k);
            for row in 0..m {
                for column in 0..out_stride {
                    let at = row * out_stride + column;
                    let weight =
                        |i: usize| right[if by_inputs { i * right_stride + column } else { column * right_stride + i }];
                    let sum = |i: usize| f64::from(left[row * stride + i]) * f64::from(weight(i));
                    let want = if column < n { (0..k).map(sum).sum() } else { f64::from(before[at]) };
                    let far = (f64::from(out[at]) - want).abs() as f32;
                    assert!(far <= if column < n { bound } else { 0.0 }, "{m}x{k}x{n} at {row},{column}: {far} off");
                }
            }
            first = Some(out);
        }
    }
}

#[test]
fn what_is_weighted_by_a_softmax_in_words_is_near_the_same_in_f32_and_still_a_mean() {
    let mut chance = Chance(43);
    // The last ones are all alike: the most that a sum can be.
    for (m, k, steep) in
        [(1, 1, 12.0), (5, 31, 12.0), (16, 32, 12.0), (33, 101, 12.0), (40, 1_500, 12.0), (13, 1_500, 0.0)]
    {
        let scores: Vec<f32> = chance.numbers(m * k).iter().map(|score| score * steep - 30.0).collect();
        let mut weights = scores.clone();
        softmax(Isa::fastest(), &mut weights, k, k);
        // The second column is the same everywhere.
        let values: Vec<f32> = (0..k).flat_map(|_| [chance.number(), 0.5]).collect();
        for isa in Isa::all() {
            let (mut rows, mut panels, mut out) = (WordRows::default(), WordPanels::default(), vec![0.0; 2 * m]);
            rows.take_softmax(isa, Rows::dense(&scores, k));
            panels.set_inputs(isa, Rows::dense(&values, 2));
            word_product(isa, &rows, &panels, &mut out, 2);
            for (weights, got) in weights.chunks(k).zip(out.chunks(2)) {
                let want: f32 = weights.iter().zip(values.chunks(2)).map(|(weight, value)| weight * value[0]).sum();
                assert!((got[0] - want).abs() < 1e-3, "{isa:?} {m}x{k}: {} for {want}", got[0]);
                assert!((got[1] - 0.5).abs() < 1e-5, "{isa:?} {m}x{k}: {}", got[1]);
            }
        }
    }
}

#[test]
fn words_that_are_no_numbers_become_zeros() {
    let isa = Isa::fastest();
    for bad in [[f32::NAN, 1.0, 2.0], [1.0, f32::INFINITY, 0.0], [0.0; 3], [1e-42; 3]] {
        let (mut rows, mut panels, mut out) = (WordRows::default(), WordPanels::default(), [7.0]);
        rows.take(isa, Rows::dense(&bad, 3));
        panels.set_outputs(isa, Rows::dense(&[1.0, 2.0, 3.0], 3));
        word_product(isa, &rows, &panels, &mut out, 1);
        assert_eq!(out, [0.0], "{bad:?}");
        rows.take(isa, Rows::dense(&[1.0, 2.0, 3.0], 3));
        for by_inputs in [false, true] {
            if by_inputs {
                panels.set_inputs(isa, Rows::dense(&bad, 1));
            } else {
                panels.set_outputs(isa, Rows::dense(&bad, 3));
            }
            out = [7.0];
            word_product(isa, &rows, &panels, &mut out, 1);
            assert_eq!(out, [0.0], "{bad:?}");
        }
    }
    for bad in [[f32::NAN, 1.0, 2.0], [1.0, f32::INFINITY, 0.0]] {
        let (mut rows, mut panels, mut out) = (WordRows::default(), WordPanels::default(), [7.0]);
        rows.take_softmax(isa, Rows::dense(&bad, 3));
        panels.set_outputs(isa, Rows::dense(&[1.0, 2.0, 3.0], 3));
        word_product(isa, &rows, &panels, &mut out, 1);
        assert_eq!(out, [0.0], "{bad:?}");
    }
}
