use crate::{Backlog, WorkerError};
use archive::Archive;
use std::collections::BTreeMap;
use store::Store;
use timeline::{Span, SpanSet, TrackName};

/// What is to be transcribed again.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From when to when.
    pub span: Span,
    /// On which tracks; none: all.
    pub tracks: Vec<TrackName>,
    /// Only what these utterances take, by track; `None`: everything.
    pub only: Option<BTreeMap<TrackName, SpanSet>>,
}

/// What a campaign is going to cover, and about how much work that is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CampaignPlan {
    /// What is to be covered: sound that is there, up to the silence around what was asked for.
    pub spans: BTreeMap<TrackName, SpanSet>,
    /// The sound in it that the pass hasn't dealt with, in microseconds.
    pub sound_micros: i64,
    /// About how much speech that is, in microseconds, as other passes found it.
    pub speech_micros: i64,
    /// About how many windows.
    pub windows: u64,
}

/// Spans that are closer together than this become one: every stretch has windows of its own.
pub(crate) const JOINED_MICROS: i64 = 10_000_000;

impl CampaignPlan {
    /// Looks what there is, without changing anything.
    ///
    /// # Errors
    /// [`WorkerError::Archive`] or [`WorkerError::Store`].
    pub fn look(archive: &Archive, store: &Store, pass: Option<i64>, wanted: &Wanted) -> Result<Self, WorkerError> {
        let scan = archive.scan()?;
        let coverage = |track: &TrackName| match pass {
            Some(pass) => store.coverage(pass, track),
            None => Ok(SpanSet::new()),
        };
        let mut plan = Self::default();
        for track in Backlog::of(scan.segments, coverage)?.tracks {
            if !wanted.tracks.is_empty() && !wanted.tracks.contains(&track.track) {
                continue;
            }
            let sound = track.sound.within(&wanted.span);
            let asked = match &wanted.only {
                None => Some(SpanSet::from_iter([wanted.span])),
                Some(only) => only.get(&track.track).cloned(),
            };
            let Some(asked) = asked.filter(|_| !sound.is_empty()) else { continue };
            let mut wide = SpanSet::new();
            for span in joined(&asked) {
                wide.insert(store.widened_to_silence(&track.track, &span)?);
            }
            let left = track.left.minus(&track.left.minus(&wide));
            if left.is_empty() {
                continue;
            }
            let found = store.speech_within(&track.track, &left)?;
            plan.sound_micros = plan.sound_micros.saturating_add(left.len_micros());
            plan.speech_micros = plan.speech_micros.saturating_add(found.speech_micros);
            plan.windows += found.windows;
            // What is recorded later, or found, isn't meant. Segments don't end a stretch: a few microseconds may lie between them.
            let meant = joined(&track.sound.minus(&track.sound.minus(&wide))).into_iter().collect();
            plan.spans.insert(track.track, meant);
        }
        Ok(plan)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

fn joined(spans: &SpanSet) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans.iter() {
        match joined.last_mut().filter(|last| span.start.micros_since(last.end) < JOINED_MICROS) {
            Some(last) => *last = Span::new(last.start, last.end.max(span.end)),
            None => joined.push(span),
        }
    }
    joined
}
