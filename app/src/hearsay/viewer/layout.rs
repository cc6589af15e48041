//! Where the utterances of a conversation stand in its two columns: a pure function of their times and heights.
//!
//! - What begins later never stands higher, whichever column it is in.
//! - What begins after another has ended stands below it; what is said into another's words stands beside them.
//! - Long silence is folded into a line.

use timeline::Side;

/// An utterance as the columns see it. Times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Block {
    /// Said stands left, heard right; both takes the whole width.
    pub(crate) side: Side,
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// How high its text is at the width of its column.
    pub(crate) height: f32,
}

/// Silence of this length and more is shown as a line of its own.
pub(crate) const PAUSE_FROM_MICROS: i64 = 20_000_000;

/// Room between two utterances.
pub(crate) const SPACE: f32 = 6.0;
/// Height of the line that stands for a long silence.
pub(crate) const PAUSE_HEIGHT: f32 = 34.0;
/// Times at the edge are at least this far apart.
pub(crate) const LABEL_HEIGHT: f32 = 22.0;

/// A silence that was folded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pause {
    /// The top of its line.
    pub(crate) top: f32,
    /// When it began, in microseconds.
    pub(crate) start: i64,
    /// When it ended.
    pub(crate) end: i64,
}

/// What stands where.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Plan {
    /// The top of each block, in the order of the blocks.
    pub(crate) tops: Vec<f32>,
    /// The blocks that have their time written at the edge.
    pub(crate) labelled: Vec<usize>,
    /// The folded silences.
    pub(crate) pauses: Vec<Pause>,
    /// The height of it all.
    pub(crate) height: f32,
}

/// Places `blocks`, which are in the order of their starts.
pub(crate) fn plan(blocks: &[Block]) -> Plan {
    let mut plan = Plan::default();
    let mut columns = Columns::default();
    let mut label_free = 0.0_f32;
    for (i, block) in blocks.iter().enumerate() {
        columns.end_before(block.start);
        if let Some(until) = columns.silent_since
            && block.start - until >= PAUSE_FROM_MICROS
        {
            let top = columns.lowest();
            plan.pauses.push(Pause { top, start: until, end: block.start });
            columns.clear_to(top + PAUSE_HEIGHT);
            label_free = label_free.max(top + PAUSE_HEIGHT);
        }
        let top = columns.place(block);
        plan.tops.push(top);
        if top >= label_free {
            plan.labelled.push(i);
            label_free = top + LABEL_HEIGHT;
        }
    }
    plan.height = columns.lowest();
    plan
}

/// What stands in the columns so far.
#[derive(Debug, Default)]
struct Columns {
    /// Where each column is free: said, heard.
    free: [f32; 2],
    /// Below everything that had ended before the block being placed began.
    ended: f32,
    /// The latest top so far.
    latest_top: f32,
    /// Blocks that may still go on, with their tops.
    open: Vec<(Block, f32)>,
    /// The latest end so far.
    silent_since: Option<i64>,
}

impl Columns {
    fn end_before(&mut self, start: i64) {
        let ended = &mut self.ended;
        self.open.retain(|(block, top)| {
            let goes_on = block.end > start;
            if !goes_on {
                *ended = ended.max(top + block.height + SPACE);
            }
            goes_on
        });
    }

    /// Under everything.
    fn lowest(&self) -> f32 {
        let [said, heard] = self.free;
        said.max(heard)
    }

    fn clear_to(&mut self, y: f32) {
        self.free = [y; 2];
        self.ended = y;
    }

    fn place(&mut self, block: &Block) -> f32 {
        let [said, heard] = self.free;
        let free = match block.side {
            Side::Said => said,
            Side::Heard => heard,
            Side::Both => said.max(heard),
        };
        let beside = self.open.iter().map(|(open, top)| top + share(open, block.start) * open.height);
        let top = beside.fold(free.max(self.ended).max(self.latest_top), f32::max);
        let bottom = top + block.height + SPACE;
        self.free = match block.side {
            Side::Said => [bottom, heard],
            Side::Heard => [said, bottom],
            Side::Both => [bottom; 2],
        };
        self.latest_top = top;
        self.open.push((*block, top));
        self.silent_since = Some(self.silent_since.map_or(block.end, |end| end.max(block.end)));
        top
    }
}

/// How much of `block` is over at `time`, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "lengths of utterances")]
fn share(block: &Block, time: i64) -> f32 {
    let length = (block.end - block.start).max(1) as f32;
    ((time - block.start) as f32 / length).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(side: Side, start_s: i64, end_s: i64, height: f32) -> Block {
        Block { side, start: start_s * 1_000_000, end: end_s * 1_000_000, height }
    }

    #[test]
    fn taking_turns_reads_downwards_and_talking_at_once_stands_side_by_side() {
        let turns = [block(Side::Said, 0, 4, 20.0), block(Side::Heard, 5, 8, 40.0), block(Side::Said, 9, 10, 20.0)];
        assert_eq!(plan(&turns).tops, [0.0, 26.0, 72.0]);
        // The answer comes half-way through the sentence.
        let at_once = [block(Side::Said, 0, 10, 60.0), block(Side::Heard, 5, 7, 20.0)];
        assert_eq!(plan(&at_once).tops, [0.0, 30.0]);
    }

    #[test]
    fn a_long_silence_is_one_line_and_a_short_one_is_nothing() {
        let blocks =
            [block(Side::Said, 0, 2, 20.0), block(Side::Heard, 12, 14, 20.0), block(Side::Said, 100, 101, 20.0)];
        let plan = plan(&blocks);
        assert_eq!(plan.pauses, [Pause { top: 52.0, start: 14_000_000, end: 100_000_000 }]);
        assert_eq!(plan.tops, [0.0, 26.0, 52.0 + PAUSE_HEIGHT]);
        assert!((plan.height - (52.0 + PAUSE_HEIGHT + 26.0)).abs() < 0.01);
    }

    #[test]
    fn a_recording_of_both_sides_takes_both_columns() {
        let blocks = [block(Side::Said, 0, 9, 20.0), block(Side::Both, 1, 2, 20.0), block(Side::Heard, 1, 2, 20.0)];
        assert_eq!(plan(&blocks).tops, [0.0, 26.0, 52.0]);
    }

    /// Random talk: nothing overlaps in its column, and time only goes down.
    #[test]
    fn nothing_ever_overlaps_or_stands_above_what_began_before() {
        let mut seed = 11_u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(seed >> 33).unwrap() % below
        };
        for _ in 0..200 {
            let mut start = 0;
            let blocks: Vec<Block> = (0..40)
                .map(|_| {
                    start += random(9);
                    let side = [Side::Said, Side::Heard, Side::Both][usize::try_from(random(3)).unwrap()];
                    let height = [20.0, 40.0, 80.0][usize::try_from(random(3)).unwrap()];
                    block(side, start, start + 1 + random(12), height)
                })
                .collect();
            let plan = plan(&blocks);
            for (i, a) in blocks.iter().enumerate() {
                for (j, b) in blocks.iter().enumerate().skip(i + 1) {
                    let (top_a, top_b) = (plan.tops[i], plan.tops[j]);
                    assert!(top_b >= top_a, "{a:?} at {top_a}, {b:?} at {top_b}");
                    let share_a_column = a.side == b.side || a.side == Side::Both || b.side == Side::Both;
                    if share_a_column || b.start >= a.end {
                        assert!(top_b >= top_a + a.height, "{a:?} at {top_a}, {b:?} at {top_b}");
                    }
                }
                assert!(plan.tops[i] + a.height <= plan.height);
            }
        }
    }
}
