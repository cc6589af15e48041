//! Kernels against plain loops, over random shapes with every tail.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "small numbers, and some that are equal bit by bit"
)]

mod chance;

use chance::Chance;
use kernels::{
    BfloatPanels, BfloatRows, BytePanels, ByteRows, FloatPanels, Isa, Rows, Then, bfloat_product, byte_product,
    float_product, gather_dots, gather_sum, largest, log_sum_exp, normalise, softmax,
};

fn gelu(x: f64) -> f64 {
    // Φ by Simpson's rule: another way than the kernel's.
    let steps = 200;
    let h = x / f64::from(steps);
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let sum: f64 = (0..steps)
        .map(|i| {
            let a = f64::from(i) * h;
            h / 6.0 * (density(a) + 4.0 * density(a + h / 2.0) + density(a + h))
        })
        .sum();
    x * (0.5 + sum)
}

#[test]
fn products_are_the_plain_loops_over_random_shapes_with_every_tail() {
    let mut chance = Chance(7);
    for round in 0..120 {
        let (m, k, n) = (1 + chance.below(30), 1 + chance.below(90), 1 + chance.below(100));
        let (stride, out_stride) = (k + chance.below(5), n + chance.below(5));
        let left = chance.numbers(m * stride);
        let weights = chance.numbers(n * k);
        let bias = chance.numbers(n);
        let before = chance.numbers(m * out_stride);
        let panels = FloatPanels::of_outputs(k, weights.chunks_exact(k));
        let then = [Then::Store, Then::Bias(&bias), Then::BiasGelu(&bias), Then::BiasAdd(&bias)][round % 4];
        for isa in Isa::all() {
            let mut out = before.clone();
            float_product(isa, Rows::new(&left, m, stride, k).unwrap(), &panels, then, &mut out, out_stride);
            for row in 0..m {
                for column in 0..out_stride.min(out.len() - row * out_stride) {
                    let at = row * out_stride + column;
                    let want = if column < n {
                        let sum: f64 = (0..k)
                            .map(|i| f64::from(left[row * stride + i]) * f64::from(weights[column * k + i]))
                            .sum();
                        match then {
                            Then::Store => sum,
                            Then::Bias(_) => sum + f64::from(bias[column]),
                            Then::BiasGelu(_) => gelu(sum + f64::from(bias[column])),
                            Then::BiasAdd(_) => sum + f64::from(bias[column]) + f64::from(before[at]),
                        }
                    } else {
                        f64::from(before[at])
                    };
                    assert!(
                        (f64::from(out[at]) - want).abs() < 2e-5,
                        "{isa:?} {m}x{k}x{n} at {row},{column}: {} for {want}",
                        out[at]
                    );
                }
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_alone_and_among_others() {
    let mut chance = Chance(11);
    let (k, n) = (77, 70);
    let left = chance.numbers(29 * k);
    let weights = chance.numbers(n * k);
    let panels = FloatPanels::of_outputs(k, weights.chunks_exact(k));
    for isa in Isa::all() {
        let mut together = vec![0.0; 29 * n];
        float_product(isa, Rows::dense(&left, k), &panels, Then::Store, &mut together, n);
        for (row, together) in left.chunks_exact(k).zip(together.chunks_exact(n)) {
            let mut alone = vec![0.0; n];
            float_product(isa, Rows::dense(row, k), &panels, Then::Store, &mut alone, n);
            assert_eq!(alone, together, "{isa:?}");
        }
    }
}

#[test]
fn rows_are_normalised_and_softened_as_by_plain_loops() {
    let mut chance = Chance(13);
    for _ in 0..40 {
        let (m, width) = (1 + chance.below(4), 1 + chance.below(100));
        let rows = chance.numbers(m * width);
        let (scale, shift) = (chance.numbers(width), chance.numbers(width));
        for isa in Isa::all() {
            let mut normal = vec![0.0; m * width];
            normalise(isa, &rows, &scale, &shift, &mut normal);
            let mut soft = rows.clone();
            softmax(isa, &mut soft, width, width);
            for (row, (normal, soft)) in rows.chunks(width).zip(normal.chunks(width).zip(soft.chunks(width))) {
                let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / width as f64;
                let variance = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / width as f64;
                let sum: f64 = row.iter().map(|x| f64::from(*x).exp()).sum();
                for at in 0..width {
                    let x = f64::from(row[at]);
                    let want = (x - mean) / (variance + 1e-5).sqrt() * f64::from(scale[at]) + f64::from(shift[at]);
                    assert!((f64::from(normal[at]) - want).abs() < 1e-4, "{isa:?}: {} for {want}", normal[at]);
                    assert!((f64::from(soft[at]) - x.exp() / sum).abs() < 1e-6, "{isa:?}");
                }
                assert!((f64::from(log_sum_exp(isa, row)) - sum.ln()).abs() < 1e-5);
                assert_eq!(largest(isa, row), row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }
    let isa = Isa::fastest();
    assert_eq!(log_sum_exp(isa, &[]), f32::NEG_INFINITY);
    assert_eq!(log_sum_exp(isa, &[f32::NEG_INFINITY; 3]), f32::NEG_INFINITY);
    // A decoder finds out by this that its scores are no numbers, wherever among them.
    for isa in Isa::all() {
        for bad in [f32::NAN, f32::INFINITY] {
            for at in 0..70 {
                let mut row = [0.5; 70];
                row[at] = bad;
                assert!(!log_sum_exp(isa, &row).is_finite(), "{isa:?}, {bad} at {at}");
            }
            assert!(!log_sum_exp(isa, &[bad; 70]).is_finite());
        }
        assert!(log_sum_exp(isa, &[f32::NEG_INFINITY, 0.0]).is_finite());
    }
}

/// The nearest of 255 steps, and their width.
fn steps(numbers: impl Iterator<Item = f32> + Clone) -> (Vec<i64>, f64) {
    let most = numbers.clone().fold(0.0, |most: f32, x| most.max(x.abs()));
    let by = 127.0 / most;
    // Halves go to the even side, as in the processor.
    (numbers.map(|x| (x * by).round_ties_even() as i64).collect(), f64::from(most / 127.0))
}

#[test]
fn products_of_bytes_are_the_plain_loops_over_random_shapes_with_every_tail() {
    let mut chance = Chance(17);
    for round in 0..120 {
        let (m, k, n) = (1 + chance.below(30), 1 + chance.below(90), 1 + chance.below(100));
        let (stride, out_stride) = (k + chance.below(5), n + chance.below(5));
        let left = chance.numbers(m * stride);
        let weights = chance.numbers(n * k);
        let bias = chance.numbers(n);
        let before = chance.numbers(m * out_stride);
        let then = [Then::Store, Then::Bias(&bias), Then::BiasGelu(&bias), Then::BiasAdd(&bias)][round % 4];
        let mut first: Option<Vec<f32>> = None;
        for isa in Isa::all() {
            let mut right = BytePanels::zeros(k, n);
            let mut room = Vec::new();
            for (column, weights) in weights.chunks_exact(k).enumerate() {
                right.set_output(isa, column, weights, &mut room);
            }
            if round % 3 == 0 {
                let inputs: Vec<f32> = (0..k)
                    .flat_map(|i| (0..n).map(move |column| (i, column)))
                    .map(|(i, column)| weights[column * k + i])
                    .collect();
                right.set_inputs(Rows::dense(&inputs, n));
            }
            let mut rows = ByteRows::default();
            rows.take(isa, Rows::new(&left, m, stride, k).unwrap());
            let mut out = before.clone();
            byte_product(&rows, &right, then, &mut out, out_stride);
            if let Some(first) = &first {
                // Fused sums round otherwise, within GELU only.
                let is_close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
                let is_same =
                    if let Then::BiasGelu(_) = then { out.iter().zip(first).all(is_close) } else { &out == first };
                assert!(is_same, "{isa:?} {m}x{k}x{n}, {then:?}");
                continue;
            }
            let columns: Vec<_> = weights.chunks_exact(k).map(|weights| steps(weights.iter().copied())).collect();
            for row in 0..m {
                let (numbers, scale) = steps(left[row * stride..][..k].iter().copied());
                for (column, (weights, width)) in columns.iter().enumerate() {
                    let sum: i64 = numbers.iter().zip(weights).map(|(a, b)| a * b).sum();
                    let (sum, at) = (sum as f64 * scale * width, row * out_stride + column);
                    let want = match then {
                        Then::Store => sum,
                        Then::Bias(_) => sum + f64::from(bias[column]),
                        Then::BiasGelu(_) => gelu(sum + f64::from(bias[column])),
                        Then::BiasAdd(_) => sum + f64::from(bias[column]) + f64::from(before[at]),
                    };
                    let got = f64::from(out[at]);
                    assert!((got - want).abs() < 1e-5, "{isa:?} {m}x{k}x{n} at {row},{column}: {got} for {want}");
                }
            }
            let between = (0..out.len()).filter(|at| at % out_stride >= n);
            assert!(between.into_iter().all(|at| out[at] == before[at]), "what lies between the rows is left alone");
            first = Some(out);
        }
    }
}

#[test]
fn rows_taken_twice_are_as_good_as_with_sixteen_bits() {
    let mut chance = Chance(19);
    let (m, k, n) = (5, 64, 70);
    let (left, weights) = (chance.numbers(m * k), chance.numbers(n * k));
    for isa in Isa::all() {
        let mut right = BytePanels::zeros(k, n);
        let mut room = Vec::new();
        for (column, weights) in weights.chunks_exact(k).enumerate() {
            right.set_output(isa, column, weights, &mut room);
        }
        let mut rows = ByteRows::default();
        rows.take_twice(isa, Rows::dense(&left, k));
        assert_eq!(rows.rows(), 2 * m);
        let mut out = vec![0.0; 2 * m * n];
        byte_product(&rows, &right, Then::Store, &mut out, n);
        for row in 0..m {
            for column in 0..n {
                let (weights, width) = steps(weights[column * k..][..k].iter().copied());
                let want: f64 =
                    weights.iter().zip(&left[row * k..]).map(|(w, x)| *w as f64 * width * f64::from(*x)).sum();
                let got = f64::from(out[2 * row * n + column] + out[(2 * row + 1) * n + column]);
                assert!((got - want).abs() < 3e-4, "{isa:?}: {got} for {want}");
            }
        }
    }
}

#[test]
fn rows_that_are_no_numbers_become_zeros() {
    let isa = Isa::fastest();
    let mut right = BytePanels::zeros(3, 1);
    right.set_output(isa, 0, &[1.0, 2.0, 3.0], &mut Vec::new());
    for bad in [[f32::NAN, 1.0, 2.0], [1.0, f32::INFINITY, 0.0], [0.0; 3], [1e-42; 3]] {
        let mut rows = ByteRows::default();
        rows.take(isa, Rows::dense(&bad, 3));
        let mut out = [7.0];
        byte_product(&rows, &right, Then::Store, &mut out, 1);
        assert_eq!(out, [0.0], "{bad:?}");
    }
}

#[test]
fn lines_of_a_table_are_gathered_as_by_plain_loops() {
    let mut chance = Chance(23);
    let (stride, width) = (70, 64);
    let table = chance.numbers(9 * stride);
    let with = chance.numbers(width);
    let lines = [3_u16, 8, 0, 3];
    let weights = chance.numbers(lines.len());
    for isa in Isa::all() {
        let (mut dots, mut sum) = ([0.0; 4], vec![0.0; width]);
        gather_dots(isa, &with, &table, stride, &lines, &mut dots);
        gather_sum(isa, &weights, &table, stride, &lines, &mut sum);
        let line = |at: u16| &table[usize::from(at) * stride..][..width];
        for (dot, at) in dots.iter().zip(lines) {
            let want: f32 = line(at).iter().zip(&with).map(|(a, b)| a * b).sum();
            assert!((dot - want).abs() < 1e-5);
        }
        for (at, sum) in sum.iter().enumerate() {
            let want: f32 = lines.iter().zip(&weights).map(|(of, weight)| weight * line(*of)[at]).sum();
            assert!((sum - want).abs() < 1e-5);
        }
    }
}

/// What a product of bytes gives on this level, with rows and panels that were used for other shapes before.
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
fn product_of_bytes(
    isa: Isa,
    shape: (usize, usize, usize),
    numbers: &[f32],
    room: &mut (ByteRows, BytePanels),
) -> Vec<f32> {
    let ((m, k, n), (rows, panels)) = (shape, room);
    panels.reshape(k, n);
    for column in 0..n {
        panels.set_output(isa, column, &numbers[column..column + k], &mut Vec::new());
    }
    rows.take(isa, Rows::new(&numbers[n..], m, 1, k).unwrap());
    let mut out = vec![7.0; m * n];
    byte_product(rows, panels, Then::Store, &mut out, n);
    out
}

#[test]
fn products_of_bytes_have_the_same_bits_on_every_level_around_the_edges_of_tiles() {
    let mut chance = Chance(29);
    let even = chance.numbers(2_400);
    // The largest sums that there can be.
    let most = vec![1.0; 2_400];
    let mut rooms: Vec<_> = Isa::all().map(|isa| (isa, <(ByteRows, BytePanels)>::default())).collect();
    for m in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 49, 64, 65] {
        for k in [1, 3, 60, 63, 64, 65, 127, 128, 512, 2_048] {
            let n = [32, 1, 31, 33, 70][(m + k) % 5];
            for numbers in [&even, &most] {
                let mut products =
                    rooms.iter_mut().map(|(isa, room)| (*isa, product_of_bytes(*isa, (m, k, n), numbers, room)));
                let (_, portable) = products.next().unwrap();
                for (isa, product) in products {
                    assert!(product == portable, "{isa:?} {m}x{k}x{n}");
                }
            }
        }
    }
}

/// The nearest number of eight significant bits.
fn to_bfloat(number: f32) -> f32 {
    let unit = 2_f32.powf(number.abs().log2().floor() - 7.0);
    if number == 0.0 { 0.0 } else { (number / unit).round_ties_even() * unit }
}

#[test]
fn products_in_bf16_are_the_plain_loops_over_random_shapes_with_every_tail() {
    let mut chance = Chance(31);
    let mut rooms: Vec<_> = Isa::all().map(|isa| (isa, <(BfloatRows, BfloatPanels)>::default())).collect();
    for round in 0..80 {
        let (m, k, n) = (1 + chance.below(70), 1 + chance.below(100), 1 + chance.below(100));
        let (stride, right_stride, out_stride) =
            (k + chance.below(5), n.max(k) + chance.below(5), n + chance.below(40));
        let left = chance.numbers(m * stride);
        let right = chance.numbers(n.max(k) * right_stride);
        let before = chance.numbers(m * out_stride);
        let by_inputs = round % 2 == 0;
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
            bfloat_product(isa, rows, panels, &mut out, out_stride);
            for row in 0..m {
                for column in 0..out_stride {
                    let at = row * out_stride + column;
                    let weight =
                        |i: usize| right[if by_inputs { i * right_stride + column } else { column * right_stride + i }];
                    let sum = |i: usize| f64::from(to_bfloat(left[row * stride + i])) * f64::from(to_bfloat(weight(i)));
                    let want = if column < n { (0..k).map(sum).sum() } else { f64::from(before[at]) };
                    let got = f64::from(out[at]);
                    assert!((got - want).abs() < 1e-5, "{isa:?} {m}x{k}x{n} at {row},{column}: {got} for {want}");
                }
            }
            // Alone.
            let (row, mut alone) = (m / 2, vec![0.0; n]);
            rows.take(isa, Rows::dense(&left[row * stride..][..k], k));
            bfloat_product(isa, rows, panels, &mut alone, n);
            assert_eq!(alone, out[row * out_stride..][..n], "{isa:?} {m}x{k}x{n}");
        }
    }
}

#[test]
fn what_is_weighted_by_a_softmax_in_bf16_is_near_the_same_in_f32_and_still_a_mean() {
    let mut chance = Chance(37);
    for (m, k) in [(1, 1), (16, 32), (33, 100), (40, 1_500)] {
        let scores: Vec<f32> = chance.numbers(m * k).iter().map(|score| score * 12.0 - 30.0).collect();
        let mut weights = scores.clone();
        softmax(Isa::fastest(), &mut weights, k, k);
        // The second column is the same everywhere.
        let values: Vec<f32> = (0..k).flat_map(|_| [chance.number(), 0.5]).collect();
        for isa in Isa::all() {
            let (mut rows, mut panels, mut out) = (BfloatRows::default(), BfloatPanels::default(), vec![0.0; 2 * m]);
            rows.take_softmax(isa, Rows::dense(&scores, k));
            panels.set_inputs(isa, Rows::dense(&values, 2));
            bfloat_product(isa, &rows, &panels, &mut out, 2);
            for (weights, got) in weights.chunks(k).zip(out.chunks(2)) {
                let want: f32 = weights.iter().zip(values.chunks(2)).map(|(weight, value)| weight * value[0]).sum();
                assert!((got[0] - want).abs() < 1.0 / 256.0, "{isa:?} {m}x{k}: {} for {want}", got[0]);
                assert!((got[1] - 0.5).abs() < 1e-5, "{isa:?} {m}x{k}: {}", got[1]);
            }
        }
    }
    // Scores that are no numbers give none.
    for isa in Isa::all() {
        let (mut rows, mut panels, mut out) = (BfloatRows::default(), BfloatPanels::default(), [0.0; 2]);
        rows.take_softmax(isa, Rows::dense(&[0.0, f32::NAN, 1.0, 2.0], 2));
        panels.set_inputs(isa, Rows::dense(&[1.0, 1.0], 1));
        bfloat_product(isa, &rows, &panels, &mut out, 1);
        assert!(out[0].is_nan() && out[1] == 1.0, "{isa:?}: {out:?}");
    }
}

#[test]
fn threads_multiply_at_once_and_each_has_the_sums_it_would_have_alone() {
    let isa = Isa::fastest();
    let work = |seed: u64| {
        let mut chance = Chance(seed);
        let (m, k, n) = (48, 192, 96);
        let (left, right) = (chance.numbers(m * k), chance.numbers(n * k));
        let (mut rows, mut panels, mut out) = (ByteRows::default(), BytePanels::zeros(k, n), vec![0.0; m * n]);
        for (column, weights) in right.chunks_exact(k).enumerate() {
            panels.set_output(isa, column, weights, &mut Vec::new());
        }
        let (mut halves, mut half_panels) = (BfloatRows::default(), BfloatPanels::default());
        (0..200)
            .map(|_| {
                rows.take(isa, Rows::dense(&left, k));
                byte_product(&rows, &panels, Then::Store, &mut out, n);
                let bytes: f64 = out.iter().map(|number| f64::from(*number)).sum();
                // The system may stop a thread in the midst of products, and let another go on with its own.
                std::thread::yield_now();
                halves.take(isa, Rows::dense(&left, k));
                half_panels.set_outputs(isa, Rows::dense(&right, k));
                bfloat_product(isa, &halves, &half_panels, &mut out, n);
                (bytes, out.iter().map(|number| f64::from(*number)).sum())
            })
            .collect::<Vec<(f64, f64)>>()
    };
    let alone: Vec<_> = (1..=4).map(work).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=4).map(|seed| scope.spawn(move || work(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(together == alone);
    assert!(alone.iter().all(|sums| sums.iter().all(|sum| *sum == sums[0])));
}
