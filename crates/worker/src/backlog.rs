use archive::Segment;
use std::collections::BTreeMap;
use timeline::{Side, Span, SpanSet, TrackName};

/// What there is to do: sound on disk, less what the pass covers.
#[derive(Debug, Clone, Default)]
pub struct Backlog {
    /// The tracks that have sound, by name.
    pub tracks: Vec<TrackBacklog>,
}

/// One track's share.
#[derive(Debug, Clone)]
pub struct TrackBacklog {
    /// The track.
    pub track: TrackName,
    /// Whose words it carries.
    pub side: Side,
    /// Its finished segments, earliest first.
    pub segments: Vec<Segment>,
    /// Where it has sound.
    pub sound: SpanSet,
    /// What the pass has dealt with.
    pub covered: SpanSet,
    /// Sound that isn't covered.
    pub left: SpanSet,
}

/// Spans shorter than this hold no speech: they are what is left where microseconds and frames round apart.
const SLIVER_MICROS: i64 = 1_000;

impl Backlog {
    /// Compares the segments with a pass's coverage.
    ///
    /// # Errors
    /// Whatever `coverage` fails with.
    pub fn of<E>(
        segments: Vec<Segment>,
        mut coverage: impl FnMut(&TrackName) -> Result<SpanSet, E>,
    ) -> Result<Self, E> {
        let mut by_track: BTreeMap<TrackName, Vec<Segment>> = BTreeMap::new();
        // A segment that is being written has no end yet; where speech stops in it is not known.
        for segment in segments.into_iter().filter(|segment| !segment.part) {
            by_track.entry(segment.name.track.clone()).or_default().push(segment);
        }
        let mut tracks = Vec::new();
        for (track, mut segments) in by_track {
            segments.sort_by_key(|segment| segment.span);
            let side = segments.first().map_or(Side::Both, |segment| segment.side);
            let sound: SpanSet = segments.iter().flat_map(|it| it.sound().iter().collect::<Vec<_>>()).collect();
            let covered = coverage(&track)?;
            let left = sound.minus(&covered).iter().filter(|span| span.len_micros() >= SLIVER_MICROS).collect();
            tracks.push(TrackBacklog { track, side, segments, sound, covered, left });
        }
        Ok(Self { tracks })
    }

    /// Leaves only what lies within some spans; the rest counts as dealt with.
    pub fn narrow(&mut self, only: &BTreeMap<TrackName, SpanSet>) {
        for track in &mut self.tracks {
            let wanted = only.get(&track.track).cloned().unwrap_or_default();
            track.left = track.left.minus(&track.left.minus(&wanted));
            track.covered.extend(SpanSet::from_iter([Span::ALL]).minus(&wanted).iter());
        }
    }

    /// How much sound waits, in microseconds, all tracks together.
    pub fn left_micros(&self) -> i64 {
        self.tracks.iter().map(|track| track.left.len_micros()).fold(0, i64::saturating_add)
    }

    /// How much sound there is, in microseconds, all tracks together.
    pub fn sound_micros(&self) -> i64 {
        self.tracks.iter().map(|track| track.sound.len_micros()).fold(0, i64::saturating_add)
    }
}
