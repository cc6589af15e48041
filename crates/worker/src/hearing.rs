use crate::live_lane::STEP;
use archive::{ArchiveError, Segment, TrackReader};
use speech::echo::{Cleaned, EchoShare, clean};
use std::collections::VecDeque;
use std::thread;
use timeline::{Position, SpanSet};

/// What is to be done every now and then while a window is being found, which may take a second.
pub(crate) type Between<'a> = &'a mut dyn FnMut();

/// A track as recognition hears it: a microphone's without the echo of what was played meanwhile, any other as it is.
///
/// Sound is cleaned in blocks of a minute that lie on multiples of a minute of the grid, each with the half minute before it, in which
/// the room is learnt. So what is heard at a moment is a function of the timeline, whoever asks and wherever reading began.
#[derive(Debug)]
pub(crate) struct Hearing {
    own: TrackReader,
    /// The tracks with what was played meanwhile.
    played: Vec<TrackReader>,
    /// Blocks that were cleaned last, with their numbers, oldest first.
    blocks: VecDeque<(i64, Cleaned)>,
}

/// Frames of a block, and of what is heard before it.
const BLOCK: i64 = 60 * 16_000;
const BEFORE: i64 = 30 * 16_000;
/// A window reaches back 10 s into the block before.
const BLOCKS_KEPT: usize = 3;

/// What a block is in which nothing was cleaned.
static NOTHING: Cleaned = Cleaned::UNTOUCHED;

impl Hearing {
    /// A track that is heard as it is, or without what the tracks of `played` hold.
    pub(crate) fn new(own: Vec<Segment>, played: Vec<Vec<Segment>>) -> Self {
        let played = played.into_iter().map(TrackReader::new).collect();
        Self { own: TrackReader::new(own), played, blocks: VecDeque::new() }
    }

    /// The last moment up to which whole blocks can be heard, where sound is only known up to `known`.
    pub(crate) fn whole_until(known: Position) -> Position {
        Position(known.0.div_euclid(BLOCK) * BLOCK)
    }

    /// Fills `out` with the frames from `from` on.
    pub(crate) fn read(&mut self, from: Position, out: &mut [f32], between: Between<'_>) -> Result<(), ArchiveError> {
        self.own.read(from, out)?;
        if self.played.is_empty() {
            return Ok(());
        }
        let end = from.plus(i64::try_from(out.len()).unwrap_or(0));
        for block in from.0.div_euclid(BLOCK)..=(end.0 - 1).div_euclid(BLOCK) {
            let Some(samples) = &self.block(block, between)?.samples else { continue };
            let start = Position(block * BLOCK);
            let (to, first) = (start.since(from), from.since(start));
            let (to, first) = (usize::try_from(to).unwrap_or(0), usize::try_from(first).unwrap_or(0));
            let cleaned = samples.get(first..).unwrap_or_default();
            out.iter_mut().skip(to).zip(cleaned).for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }

    /// How much of what the microphone heard between two moments was echo.
    pub(crate) fn echo(
        &mut self,
        (from, to): (Position, Position),
        between: Between<'_>,
    ) -> Result<EchoShare, ArchiveError> {
        let mut share = EchoShare::default();
        if self.played.is_empty() || to <= from {
            return Ok(share);
        }
        for block in from.0.div_euclid(BLOCK)..=(to.0 - 1).div_euclid(BLOCK) {
            let within =
                |position: Position| usize::try_from((position.0 - block * BLOCK).clamp(0, BLOCK)).unwrap_or(0);
            share = share.and(&self.block(block, between)?.share(within(from)..within(to)));
        }
        Ok(share)
    }

    fn block(&mut self, block: i64, between: Between<'_>) -> Result<&Cleaned, ArchiveError> {
        if !self.blocks.iter().any(|(number, _)| *number == block) {
            let cleaned = self.cleaned(block, between)?;
            if self.blocks.len() >= BLOCKS_KEPT {
                self.blocks.pop_front();
            }
            self.blocks.push_back((block, cleaned));
        }
        Ok(self.blocks.iter().find(|(number, _)| *number == block).map_or(&NOTHING, |(_, cleaned)| cleaned))
    }

    fn cleaned(&mut self, block: i64, between: Between<'_>) -> Result<Cleaned, ArchiveError> {
        let (from, end) = (Position(block * BLOCK - BEFORE), Position((block + 1) * BLOCK));
        let sounds = |sound: &SpanSet| {
            let block = timeline::Span::new(from.wall(), end.wall());
            sound.iter().any(|span| span.overlaps(&block))
        };
        if !sounds(self.own.sound()) || !self.played.iter().any(|track| sounds(track.sound())) {
            return Ok(Cleaned::untouched());
        }
        let len = usize::try_from(end.since(from)).unwrap_or(0);
        let (mut own, mut played, mut track) = (vec![0.0; len], vec![0.0; len], vec![0.0; len]);
        self.own.read(from, &mut own)?;
        for reader in &mut self.played {
            reader.read(from, &mut track)?;
            played.iter_mut().zip(&track).for_each(|(sum, frame)| *sum += frame);
        }
        let keep = usize::try_from(BEFORE).unwrap_or(0)..len;
        Ok(meanwhile(between, || clean(&own, &played, keep.clone())))
    }
}

/// Does what takes a second on a thread of its own, and `between` every now and then until it is done.
fn meanwhile<T: Send>(between: Between<'_>, work: impl Fn() -> T + Sync) -> T {
    let done = thread::scope(|scope| {
        let worker = thread::Builder::new().name("hs-echo".to_owned()).spawn_scoped(scope, &work).ok()?;
        while !worker.is_finished() {
            between();
            thread::park_timeout(STEP / 10);
        }
        worker.join().ok()
    });
    // Without a thread, or where that one panicked, here.
    done.unwrap_or_else(work)
}
