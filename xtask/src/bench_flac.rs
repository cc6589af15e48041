//! What FLAC saves on the sample day, and what packing it and reading it again cost, on one core.

use anyhow::{Context, Result, bail};
use archive::packing::{Packed, pack};
use archive::{Archive, Segment, TrackReader, import};
use home::Home;
use rustix::time::{ClockId, clock_gettime};
use std::io::Write;
use timeline::{Side, Span, TrackName, WallTime};

/// How often.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often the day is imported and packed; the median round counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

const TRACKS: [&str; 4] = ["standup.mic", "standup.loopback", "call.mic", "call.loopback"];
/// Frames that a player reads at once.
const STRETCH: usize = 8_000;
/// Places in the middle that are read.
const PLACES: u64 = 50;

/// What one round took: seconds of processor time.
#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    pack: f64,
    wav: f64,
    flac: f64,
    /// For one half second in the middle of a segment that was just opened.
    place: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut out = std::io::stdout();
    let build = if cfg!(debug_assertions) { "dev" } else { "release" };
    let (mut costs, mut seconds) = (Vec::new(), 0.0);
    for round in 0..args.rounds {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let archive = Archive::open(&Home::at(folder.path()));
        if round == 0 {
            writeln!(out, "{:18} {:>8} {:>10} {:>10} {:>6}", "track", "seconds", "WAV", "FLAC", "ratio")?;
        }
        let mut cost = Cost::default();
        seconds = 0.0;
        for (name, n) in TRACKS.iter().zip(0..) {
            let track = TrackName::new(&format!("track{n}"))?;
            let (length, before, after) = one(&archive, name, &track, &mut cost)?;
            seconds += length;
            if round == 0 {
                #[expect(clippy::cast_precision_loss, reason = "megabytes")]
                let ratio = after as f64 / before as f64;
                writeln!(out, "{name:18} {length:8.0} {before:10} {after:10} {ratio:6.3}")?;
            }
        }
        costs.push(cost);
    }
    writeln!(out, "\nprocessor time, median of {} rounds, build: {build}", args.rounds)?;
    for (what, of) in [
        ("pack, read back and compare", (|cost| cost.pack) as fn(&Cost) -> f64),
        ("read all of the WAV", |cost| cost.wav),
        ("read all of the FLAC", |cost| cost.flac),
    ] {
        let spent = median(&costs, of);
        writeln!(
            out,
            "{what:28} {:>8.0} x real time, {:6.2} s for an hour of a track",
            seconds / spent,
            spent / seconds * 3_600.0
        )?;
    }
    writeln!(out, "{:28} {:>8.2} ms", "half a second in the middle", median(&costs, |cost| cost.place) * 1e3)?;
    Ok(())
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Imports a track, packs it and reads it; gives its seconds and its bytes before and after.
fn one(archive: &Archive, name: &str, track: &TrackName, cost: &mut Cost) -> Result<(f64, u64, u64)> {
    let at = WallTime::parse_rfc3339("2026-11-23T09:15:00Z")?;
    let wav = testkit::fixture(&format!("days/{name}.wav"));
    let segments = import::import(archive, &wav, track, Side::Both, at, &mut |_| {})?.segments;
    let length = segments.iter().map(|segment| segment.span.len_micros()).sum::<i64>();
    cost.wav += read(segments.clone())?;
    let (mut before, mut after) = (0, 0);
    let began = processor_s();
    for segment in &segments {
        match pack(segment, &|| false)? {
            Packed::Packed { before: wav, after: flac } => (before, after) = (before + wav, after + flac),
            other => bail!("{} wasn't packed: {other:?}", segment.path.display()),
        }
    }
    cost.pack += processor_s() - began;
    let packed = archive.segments(track, &Span::ALL)?;
    cost.flac += read(packed.clone())?;
    cost.place += places(&packed)?;
    #[expect(clippy::cast_precision_loss, reason = "minutes, in microseconds")]
    Ok((length as f64 / 1e6, before, after))
}

/// Seconds of processor time for reading segments from their beginning to their end.
fn read(segments: Vec<Segment>) -> Result<f64> {
    let Some((first, last)) = segments.first().zip(segments.last()) else { bail!("nothing was imported") };
    let (mut at, end) = (first.span.start.position(), last.span.end.position());
    let (mut reader, mut out) = (TrackReader::new(segments), vec![0.0; STRETCH]);
    let began = processor_s();
    while at < end {
        reader.read(at, &mut out)?;
        at = at.plus(i64::try_from(STRETCH)?);
    }
    Ok(processor_s() - began)
}

/// Seconds of processor time for half a second somewhere in the middle, opening the file included, over all tracks together the mean.
fn places(segments: &[Segment]) -> Result<f64> {
    let Some((first, last)) = segments.first().zip(segments.last()) else { bail!("nothing was imported") };
    let (start, end) = (first.span.start.position(), last.span.end.position());
    let mut out = vec![0.0; STRETCH];
    let began = processor_s();
    for place in 1..=PLACES {
        let at = start.plus(end.since(start) * i64::try_from(place)? / i64::try_from(PLACES + 1)?);
        TrackReader::new(segments.to_vec()).read(at, &mut out)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    Ok((processor_s() - began) / PLACES as f64 / TRACKS.len() as f64)
}

fn processor_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "minutes, in nanoseconds")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}
