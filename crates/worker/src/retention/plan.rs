use archive::Segment;
use home::RetentionConfig;
use std::collections::BTreeMap;
use timeline::{Span, SpanSet, TrackName, WallTime};

/// A rule, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Old segments become FLAC.
    Flac,
    /// Of old segments only the words stay.
    TextOnly,
    /// Segments without a word are taken away.
    Silence,
    /// All sound together is too large: the oldest is taken away.
    MaxSize,
}

impl Rule {
    /// Its key in the configuration.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Flac => "flac_after",
            Self::TextOnly => "text_only_after",
            Self::Silence => "silence_after",
            Self::MaxSize => "max_size",
        }
    }

    /// Whether it takes sound away.
    pub const fn removes(self) -> bool {
        !matches!(self, Self::Flac)
    }
}

/// What a rule does with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The segment.
    pub segment: Segment,
    /// The rule that takes it.
    pub rule: Rule,
    /// How long its file is now.
    pub bytes: u64,
}

/// What the plan has to know of words.
pub(super) struct Words<'a, E> {
    /// What has come to words, or to the finding that there are none, on a track; or has failed, where that counts too.
    pub(super) dealt_with: &'a mut dyn FnMut(&TrackName, bool) -> Result<SpanSet, E>,
    /// Whether any pass heard a word in a segment.
    pub(super) heard: &'a mut dyn FnMut(&Segment) -> Result<bool, E>,
}

/// Sound that isn't dealt with and is shorter than this holds nothing: frames and microseconds round apart.
const SLIVER_MICROS: i64 = 1_000;

/// What a FLAC is of its WAV, roughly: to tell beforehand how large everything will be.
const PACKED_SHARE: f64 = 0.5;

/// About how long a file of that length is as FLAC.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate of a length"
)]
pub(super) fn packed_bytes(bytes: u64) -> u64 {
    (bytes as f64 * PACKED_SHARE) as u64
}

/// Which rule takes which of the segments, whose files are so long, at the time `now`: oldest first.
pub(super) fn plan<E>(
    files: Vec<(Segment, u64)>,
    rules: &RetentionConfig,
    now: WallTime,
    pinned: &SpanSet,
    words: &mut Words<'_, E>,
) -> Result<Vec<Step>, E> {
    let mut total: u64 = files.iter().map(|(_, bytes)| bytes).sum();
    let mut files: Vec<_> = files.into_iter().filter(|(segment, _)| !segment.part).collect();
    files.sort_by(|(a, _), (b, _)| (a.span.start, &a.name.track).cmp(&(b.span.start, &b.name.track)));
    let removes = rules.text_only_after.is_some() || rules.silence_after.is_some() || rules.max_size.is_some();
    let open = if removes { Open::of(&files, words)? } else { Open::default() };
    let (mut steps, mut kept) = (Vec::new(), Vec::new());
    for (segment, bytes) in files.into_iter().filter(|(segment, _)| !is_pinned(pinned, &segment.span)) {
        let age = now.micros_since(segment.span.end);
        // `0d` is at once, also where the clock says that it is still to come.
        let is_due = |after: Option<home::Age>| after.is_some_and(|after| after.micros() == 0 || age >= after.micros());
        let may_remove = (is_due(rules.text_only_after) || is_due(rules.silence_after) || rules.max_size.is_some())
            && open.allows(&segment);
        let rule = if may_remove && is_due(rules.text_only_after) {
            Some(Rule::TextOnly)
        } else if may_remove && is_due(rules.silence_after) && !(words.heard)(&segment)? {
            Some(Rule::Silence)
        } else {
            // What was put there by hand may hold more than its sound and can't be packed.
            let can_be_packed = segment.session.is_some() && segment.path.extension() == Some("wav".as_ref());
            (is_due(rules.flac_after) && can_be_packed).then_some(Rule::Flac)
        };
        total = match rule {
            Some(Rule::Flac) => total.saturating_sub(bytes - packed_bytes(bytes)),
            Some(_) => total.saturating_sub(bytes),
            None => total,
        };
        if rule.is_none_or(|rule| !rule.removes()) && may_remove && rules.max_size.is_some() {
            kept.push((steps.len(), segment.clone(), bytes, rule));
        }
        if let Some(rule) = rule {
            steps.push(Step { segment, rule, bytes });
        }
    }
    let Some(most) = rules.max_size.map(home::Size::bytes) else { return Ok(steps) };
    let mut too_many = Vec::new();
    for (at, segment, bytes, rule) in kept {
        if total <= most {
            break;
        }
        total = total.saturating_sub(if rule.is_some() { packed_bytes(bytes) } else { bytes });
        match steps.get_mut(at).filter(|_| rule.is_some()) {
            Some(step) => step.rule = Rule::MaxSize,
            None => too_many.push(Step { segment, rule: Rule::MaxSize, bytes }),
        }
    }
    steps.extend(too_many);
    steps.sort_by_key(|step| (step.segment.span.start, step.rule));
    Ok(steps)
}

/// Whether a rule must leave a span alone.
pub(super) fn is_pinned(pinned: &SpanSet, span: &Span) -> bool {
    pinned.iter().any(|pin| pin.overlaps(span))
}

/// What still has to be recognised.
#[derive(Default)]
struct Open {
    /// By track, with what failed: its sound is all there is of it.
    own: BTreeMap<TrackName, SpanSet>,
    /// On any track, with what recognition hears around it: what was played then is taken out of a microphone's sound.
    any: SpanSet,
}

/// Recognition hears whole minutes, each with the half minute before.
const HEARD_AROUND_MICROS: i64 = 120_000_000;

impl Open {
    fn of<E>(files: &[(Segment, u64)], words: &mut Words<'_, E>) -> Result<Self, E> {
        let mut sound: BTreeMap<TrackName, SpanSet> = BTreeMap::new();
        for (segment, _) in files {
            sound.entry(segment.name.track.clone()).or_default().extend(segment.sound().iter());
        }
        let real =
            |left: SpanSet| -> SpanSet { left.iter().filter(|left| left.len_micros() >= SLIVER_MICROS).collect() };
        let mut open = Self::default();
        for (track, sound) in sound {
            let own = real(sound.minus(&(words.dealt_with)(&track, false)?));
            let waiting = real(sound.minus(&(words.dealt_with)(&track, true)?));
            open.any.extend(waiting.iter().map(|span| span.widened(HEARD_AROUND_MICROS)));
            open.own.insert(track, own);
        }
        Ok(open)
    }

    /// Whether a segment's sound isn't needed any more.
    fn allows(&self, segment: &Segment) -> bool {
        let own = self.own.get(&segment.name.track);
        own.is_some_and(|own| own.within(&segment.span).is_empty()) && self.any.within(&segment.span).is_empty()
    }
}
