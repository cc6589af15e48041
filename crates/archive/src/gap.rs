use crate::{GapCause, GapRow, Row, Session};
use timeline::{Span, TrackName};

/// Time without sound between two blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// From when to when nothing came, in the session's wall time.
    pub span: Span,
    /// The session's index of its first frame.
    pub frame: u64,
    /// The frames that the track was moved on.
    pub frames: u64,
    /// Whether they are silence in the file. Where they reach over the segment's border they aren't written: the
    /// segment ends, and the next begins after them.
    pub written: bool,
}

impl Gap {
    /// The journal's row for it.
    pub fn row(&self, session: &Session, track: &TrackName, cause: GapCause) -> Row {
        Row::Gap(GapRow {
            at: self.span.end,
            session: session.id().to_owned(),
            track: track.clone(),
            cause,
            from: self.span.start,
            to: self.span.end,
            frame: self.frame,
            frames: self.frames,
            written: self.written,
        })
    }
}
