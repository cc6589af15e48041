//! What the files of words beside the sound come to.

use archive::{Fault, FaultKind, WordsLog};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use store::Stretch;
use timeline::{Span, TrackName, WallTime};

/// What a file of words comes to, its lines in order and a later one in the place of what it speaks for; with their numbers.
pub(crate) fn standing(log: &WordsLog, path: &Path, faults: &mut Vec<Fault>) -> (Vec<usize>, Vec<Stretch>) {
    let read = match log.read(path) {
        Ok(read) => read,
        Err(error) => {
            faults.push(Fault {
                path: path.to_owned(),
                kind: FaultKind::Unreadable,
                what: home::one_line(&error),
                advice: "check its owner and permissions, and do this again".to_owned(),
            });
            return (Vec::new(), Vec::new());
        }
    };
    faults.extend(read.faults);
    let mut stated = Stated::default();
    for line in read.lines {
        match Stretch::from_line(&line.text) {
            Ok(stretch) => stated.state(line.number, stretch),
            Err(why) => faults.push(Fault::words(path, line.number, why)),
        }
    }
    stated.into_last()
}

/// What the lines of a file come to.
#[derive(Default)]
struct Stated {
    stretches: Vec<Option<(usize, Stretch)>>,
    /// Where the stretches of a track are that still stand, by their start.
    standing: HashMap<TrackName, BTreeMap<WallTime, usize>>,
}

impl Stated {
    /// A line takes the place of all that overlaps with it.
    fn state(&mut self, number: usize, stretch: Stretch) {
        let standing = self.standing.entry(stretch.track.clone()).or_default();
        let overlapping = |span: Span| span.overlaps(&stretch.span);
        // Those that stand don't overlap with each other: the last ones that begin before the end are the only ones in question.
        let replaced: Vec<(WallTime, usize)> = standing
            .range(..stretch.span.end)
            .rev()
            .take_while(|(_, at)| {
                self.stretches.get(**at).is_some_and(|s| s.as_ref().is_some_and(|s| overlapping(s.1.span)))
            })
            .map(|(start, at)| (*start, *at))
            .collect();
        for (start, at) in replaced {
            standing.remove(&start);
            if let Some(place) = self.stretches.get_mut(at) {
                *place = None;
            }
        }
        if stretch.outcome.is_some() {
            standing.insert(stretch.span.start, self.stretches.len());
            self.stretches.push(Some((number, stretch)));
        }
    }

    /// The stretches that stand, in the order of their lines, and the lines' numbers.
    fn into_last(self) -> (Vec<usize>, Vec<Stretch>) {
        self.stretches.into_iter().flatten().unzip()
    }
}
