//! Where panels lie.

use crate::Map;
use crate::line::Line;
use std::ops::Deref;
use std::sync::Arc;

/// Lines in memory of their own, or in a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    own: Vec<Line>,
    /// Where they are in a file instead: the first byte, and how many lines.
    mapped: Option<(Arc<Map>, usize, usize)>,
}

impl Lines {
    /// Lines of a file, where it has them.
    pub(crate) fn mapped(map: &Arc<Map>, at: usize, count: usize) -> Option<Self> {
        map.lines(at, count)?;
        Some(Self { own: Vec::new(), mapped: Some((Arc::clone(map), at, count)) })
    }

    /// To be written: what lies in a file is copied.
    pub(crate) fn own(&mut self) -> &mut Vec<Line> {
        if self.mapped.is_some() {
            self.own = self.to_vec();
            self.mapped = None;
        }
        &mut self.own
    }
}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        match &self.mapped {
            Some((map, at, count)) => map.lines(*at, *count).unwrap_or_default(),
            None => &self.own,
        }
    }
}
