//! Softmax over rows.

use crate::Isa;
use crate::maths::exp;
use crate::score::highest;

const LANES: usize = 16;

/// Turns the first `len` numbers of each row into e^x over their sum; rows begin `stride` apart.
pub fn softmax(isa: Isa, rows: &mut [f32], stride: usize, len: usize) {
    versions!(isa, body(rows: &mut [f32], stride: usize, len: usize));
}

#[inline(always)]
fn body<const FMA: bool>(rows: &mut [f32], stride: usize, len: usize) {
    for row in rows.chunks_mut(stride.max(1)) {
        let Some(row) = row.get_mut(..len) else { return };
        let most = highest(row);
        let mut lanes = [0.0; LANES];
        let (chunks, rest) = row.as_chunks_mut::<LANES>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *x = exp::<FMA>(*x - most);
                *lane += *x;
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *x = exp::<FMA>(*x - most);
            *lane += *x;
        }
        let by = 1.0 / lanes.iter().sum::<f32>();
        for x in row {
            *x *= by;
        }
    }
}
