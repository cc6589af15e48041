//! Two rows of words side by side, with as few changes as possible (edit distance). Pure.

/// What has become of a word; by its place on the left, on the right, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pair {
    /// It stands on both sides.
    Same(usize, usize),
    /// Another stands in its place.
    Changed(usize, usize),
    /// Only on the left.
    Lost(usize),
    /// Only on the right.
    New(usize),
}

impl Pair {
    /// Its place on the left.
    pub(crate) const fn left(self) -> Option<usize> {
        match self {
            Self::Same(at, _) | Self::Changed(at, _) | Self::Lost(at) => Some(at),
            Self::New(_) => None,
        }
    }

    /// Its place on the right.
    pub(crate) const fn right(self) -> Option<usize> {
        match self {
            Self::Same(_, at) | Self::Changed(_, at) | Self::New(at) => Some(at),
            Self::Lost(_) => None,
        }
    }
}

/// A word without capitals and punctuation.
pub(crate) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Aligns words; every place of either side comes once, in order. Takes the product of both lengths.
pub(crate) fn align(left: &[String], right: &[String]) -> Vec<Pair> {
    // What it costs to make the rest of the left from the rest of the right.
    let mut costs = vec![vec![0_u32; right.len() + 1]; left.len() + 1];
    let cost = |costs: &[Vec<u32>], i: usize, j: usize| costs.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for i in (0..=left.len()).rev() {
        for j in (0..=right.len()).rev() {
            let least = match (left.get(i), right.get(j)) {
                (None, None) => 0,
                (Some(_), None) => cost(&costs, i + 1, j) + 1,
                (None, Some(_)) => cost(&costs, i, j + 1) + 1,
                (Some(a), Some(b)) => {
                    let both = cost(&costs, i + 1, j + 1) + u32::from(a != b);
                    both.min(cost(&costs, i + 1, j) + 1).min(cost(&costs, i, j + 1) + 1)
                }
            };
            if let Some(place) = costs.get_mut(i).and_then(|row| row.get_mut(j)) {
                *place = least;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < left.len() || j < right.len() {
        let here = cost(&costs, i, j);
        let pair = match (left.get(i), right.get(j)) {
            (Some(a), Some(b)) if a == b && here == cost(&costs, i + 1, j + 1) => Pair::Same(i, j),
            (Some(_), Some(_)) if here == cost(&costs, i + 1, j + 1) + 1 => Pair::Changed(i, j),
            (Some(_), _) if here == cost(&costs, i + 1, j) + 1 => Pair::Lost(i),
            _ => Pair::New(j),
        };
        i += usize::from(pair.left().is_some());
        j += usize::from(pair.right().is_some());
        pairs.push(pair);
    }
    pairs
}
