//! `cargo xtask scale N`: ten years of days, and how long a search in them takes.
//!
//! A database of N synthetic utterances is made as the worker makes it, the index follows it as it does there, and `SQLite`'s own
//! full-text index (FTS5) is made of the same texts beside it. Then other processes search both. Times of searches are processor time
//! of the searching thread with everything in the page cache; adding is wall time, since it waits for the disk.

mod archive;
mod corpus;
mod full_text;
mod questions;
mod searching;
mod table;

use crate::process_usage::Usage;
use anyhow::{Context, Result};
use archive::SyntheticArchive;
use clap::ValueEnum;
use corpus::Corpus;
use full_text::FullText;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use timeline::{Clock, SystemClock};

/// How much, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many utterances
    #[arg(value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    utterances: u64,
    /// How many small commits are made afterwards, of 20 utterances each
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    commits: u64,
    /// How often each kind of query is asked, each time another
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    queries: u64,
    /// Keep everything in this folder, and take what is there already
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Search only, in the folder: what the other processes are started with
    #[arg(long, hide = true)]
    only: Option<Engine>,
}

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The index.
    Index,
    /// `SQLite`'s FTS5.
    Fts5,
}

const SEED: u64 = 2_026;
/// Documents of a small commit: what a segment of five minutes has.
const IN_A_COMMIT: u64 = 20;

pub(crate) fn run(args: &Args) -> Result<()> {
    if let (Some(engine), Some(folder)) = (args.only, &args.folder) {
        return searching::run(engine, folder, args.queries);
    }
    let temporary = tempfile::tempdir()?;
    let folder = args.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    home::files::create_dir_all(&folder)?;
    let mut archive = SyntheticArchive::open(&folder)?;
    let mut corpus = Corpus::new(SEED, args.utterances);
    if folder.join(questions::SAMPLES).exists() {
        // What is there ends where the days do; what is added comes after it.
        while corpus.day().is_some() {}
    } else {
        say(&format!("{} utterances over ten years\n", args.utterances))?;
        build(args, &folder, &mut archive, &mut corpus)?;
    }
    index(&mut archive)?;
    search_both(args, &folder)?;
    let mut took = Vec::new();
    for _ in 0..args.commits {
        archive.store(&corpus.conversation(IN_A_COMMIT))?;
        let began = SystemClock.boot_micros();
        archive.follow()?;
        took.push((SystemClock.boot_micros() - began).unsigned_abs());
    }
    if args.commits > 0 {
        took.sort_unstable();
        let added = table::Percentiles::of(&took);
        say(&format!(
            "\n{} commits of {IN_A_COMMIT} utterances each, wall time of one: {added} ms (p50, p95, p99)",
            args.commits
        ))?;
        say(&format!("index afterwards: {}\n", archive.index_size()?))?;
        search(args, &folder, Engine::Index)?;
    }
    Ok(())
}

fn build(args: &Args, folder: &Path, archive: &mut SyntheticArchive, corpus: &mut Corpus) -> Result<()> {
    let mut full_text = FullText::create(folder)?;
    let mut samples = questions::Samples::default();
    let seconds = |began: i64| micros_as_s(SystemClock.boot_micros() - began);
    let (mut stored_s, mut fts_s) = (0.0, 0.0);
    while let Some(day) = corpus.day() {
        let began = SystemClock.boot_micros();
        archive.store(&day)?;
        stored_s += seconds(began);
        let began = SystemClock.boot_micros();
        full_text.add(&day)?;
        fts_s += seconds(began);
        samples.take(&day);
    }
    let began = SystemClock.boot_micros();
    full_text.finish()?;
    fts_s += seconds(began);
    samples.write(folder)?;
    say(&format!("database  {:>8.0} utterances/s  {}", rate(args.utterances, stored_s), archive.database_size()?))?;
    say(&format!("FTS5      {:>8.0} utterances/s  {}", rate(args.utterances, fts_s), full_text.size()?))
}

/// Brings the index up to date. A later run goes on where one was broken off.
fn index(archive: &mut SyntheticArchive) -> Result<()> {
    let (began, used) = (SystemClock.boot_micros(), Usage::of(std::process::id())?.cpu_s);
    let (changes, most_bytes) = archive.build_index()?;
    let took = micros_as_s(SystemClock.boot_micros() - began);
    if changes > 0 {
        let of_processor = rate(changes, Usage::of(std::process::id())?.cpu_s - used);
        let (size, most) = (archive.index_size()?, megabytes(most_bytes));
        say(&format!("index     {:>8.0} utterances/s  {size}", rate(changes, took)))?;
        say(&format!("          {of_processor:>8.0} in a second of processor time, {most} of memory at most\n"))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "100 million at most")]
fn rate(count: u64, s: f64) -> f64 {
    count as f64 / s
}

fn search_both(args: &Args, folder: &Path) -> Result<()> {
    search(args, folder, Engine::Index)?;
    say("")?;
    search(args, folder, Engine::Fts5)
}

/// In a process of its own, whose memory is that of searching alone.
fn search(args: &Args, folder: &Path, engine: Engine) -> Result<()> {
    let name = engine.to_possible_value().context("an engine without a name")?;
    let status = Command::new(std::env::current_exe()?)
        .args(["scale", "--only", name.get_name(), "--queries", &args.queries.to_string(), "--folder"])
        .arg(folder)
        .status()?;
    anyhow::ensure!(status.success(), "the searching process failed");
    Ok(())
}

pub(crate) fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to stdout")
}

#[expect(clippy::cast_precision_loss, reason = "hours, in microseconds")]
fn micros_as_s(micros: i64) -> f64 {
    (micros.max(1)) as f64 / 1e6
}

/// The bytes of the files below a folder, or of one file.
pub(crate) fn bytes_below(path: &Path) -> Result<u64> {
    let meta = path.metadata()?;
    if !meta.is_dir() {
        return Ok(meta.len());
    }
    std::fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}

/// `12.3 MB`.
pub(crate) fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.1} MB")
}
