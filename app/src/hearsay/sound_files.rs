//! Which files hold the sound of an utterance.

use anyhow::Result;
use archive::{Archive, Segment};
use home::Home;
use std::collections::BTreeMap;
use store::Utterance;
use timeline::{Span, TrackName};

/// The files that hold sound of some utterances, by track and day; each folder is read once, however many utterances there are.
pub(crate) struct SoundFiles {
    home: Home,
    segments: BTreeMap<(TrackName, String), Vec<Segment>>,
}

impl SoundFiles {
    /// Looks them up.
    ///
    /// # Errors
    /// Where a folder of the archive can't be read.
    pub(crate) fn of<'a>(home: &Home, utterances: impl Iterator<Item = &'a Utterance>) -> Result<Self> {
        let mut hulls: BTreeMap<(TrackName, String), Span> = BTreeMap::new();
        for utterance in utterances {
            let span = utterance.span;
            hulls
                .entry(key(utterance))
                .and_modify(|hull| *hull = Span::new(hull.start.min(span.start), hull.end.max(span.end)))
                .or_insert(span);
        }
        let archive = Archive::open(home);
        let mut segments = BTreeMap::new();
        for (key, hull) in hulls {
            let found = archive.segments(&key.0, &hull)?;
            segments.insert(key, found);
        }
        Ok(Self { home: home.clone(), segments })
    }

    /// Where the sound of an utterance lies, within the home and with `/` between folders; none where a rule took it away.
    pub(crate) fn holding(&self, utterance: &Utterance) -> Vec<String> {
        let of_day = self.segments.get(&key(utterance)).map(Vec::as_slice).unwrap_or_default();
        let holds =
            |segment: &&Segment| segment.span.start < utterance.span.end && utterance.span.start < segment.span.end;
        let within = |segment: &Segment| {
            let path = segment.path.strip_prefix(self.home.root()).ok()?;
            let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
            Some(names.join("/"))
        };
        of_day.iter().filter(holds).filter_map(within).collect()
    }
}

/// An utterance's track and day.
fn key(utterance: &Utterance) -> (TrackName, String) {
    (utterance.track.clone(), utterance.span.start.day_folder())
}
