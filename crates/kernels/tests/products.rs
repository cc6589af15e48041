//! Kernels against plain loops, over random shapes with every tail.
#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "small numbers, and some that are equal bit by bit")]

use kernels::{FloatPanels, Isa, Rows, Then, float_product, largest, log_sum_exp, normalise, softmax};

/// A small generator (xorshift64*), so that every run sees the same numbers.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn number(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn numbers(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.number()).collect()
    }
}

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
    let isa = Isa::chosen();
    assert_eq!(log_sum_exp(isa, &[]), f32::NEG_INFINITY);
    assert_eq!(log_sum_exp(isa, &[f32::NEG_INFINITY; 3]), f32::NEG_INFINITY);
}
