//! Byte pair encoding.

use crate::Token;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The tokens of a piece: beginning with single bytes, the two neighbours whose token together has the lowest rank become one, the first of equals, until there
/// are none. A byte without a token of its own is left out.
///
/// n bytes take n · log n steps: neighbours wait in a queue by rank, and what no longer fits when its turn comes is passed over.
pub(super) fn merged(piece: &[u8], rank: impl Fn(&[u8]) -> Option<Token>) -> Vec<Token> {
    // Where each part ends, by where it begins, and where the one before it begins, by the same. Where none begins, the end is zero.
    let mut ends: Vec<usize> = (1..=piece.len()).collect();
    let mut before: Vec<Option<usize>> = (0..piece.len()).map(|at| at.checked_sub(1)).collect();
    let of = |start: usize, end: usize| piece.get(start..end).and_then(&rank);
    let pair = |ends: &[usize], start: usize| {
        let middle = *ends.get(start)?;
        let end = *ends.get(middle)?;
        Some(Reverse((of(start, end)?, start, end)))
    };
    let mut queue: BinaryHeap<_> = (0..piece.len()).filter_map(|start| pair(&ends, start)).collect();
    while let Some(Reverse((_, start, end))) = queue.pop() {
        let middle = ends.get(start).copied().unwrap_or(0);
        // Unless either of the two was joined with something else meanwhile.
        if middle == 0 || middle == end || ends.get(middle) != Some(&end) {
            continue;
        }
        for (at, new) in [(start, end), (middle, 0)] {
            if let Some(place) = ends.get_mut(at) {
                *place = new;
            }
        }
        if let Some(place) = before.get_mut(end) {
            *place = Some(start);
        }
        let first = before.get(start).copied().flatten();
        queue.extend([Some(start), first].into_iter().flatten().filter_map(|start| pair(&ends, start)));
    }
    let parts = ends.iter().enumerate().filter(|(_, end)| **end > 0);
    parts.filter_map(|(start, end)| of(start, *end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Single bytes, and what is made of `a` and `b`.
    fn rank(bytes: &[u8]) -> Option<Token> {
        match bytes {
            [byte] => Some(u32::from(*byte)),
            b"ab" => Some(300),
            b"bb" => Some(301),
            b"aab" => Some(302),
            b"abbb" => Some(303),
            _ => None,
        }
    }

    /// The rule as it is written, however long it takes.
    fn plainly_merged(piece: &[u8]) -> Vec<Token> {
        let mut parts: Vec<Vec<u8>> = piece.iter().map(|byte| vec![*byte]).collect();
        loop {
            let pairs = parts.windows(2).enumerate().filter_map(|(at, pair)| Some((rank(&pair.concat())?, at)));
            let Some((_, at)) = pairs.min() else { break };
            let second = parts.remove(at + 1);
            parts[at].extend(second);
        }
        parts.iter().filter_map(|part| rank(part)).collect()
    }

    #[test]
    fn pieces_are_merged_as_the_rule_is_written() {
        for len in 0..11 {
            for bits in 0..1_u32 << len {
                let piece: Vec<u8> = (0..len).map(|at| if bits >> at & 1 == 1 { b'b' } else { b'a' }).collect();
                assert_eq!(merged(&piece, rank), plainly_merged(&piece), "{piece:?}");
            }
        }
    }

    #[test]
    fn a_piece_of_a_megabyte_takes_no_longer_than_its_bytes() {
        // Where each merge looked at all neighbours, this took hours.
        let tokens = merged(&b"ab".repeat(1 << 19), rank);
        assert_eq!(tokens, vec![300; 1 << 19]);
    }
}
