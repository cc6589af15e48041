use super::full_text::FullText;
use super::questions::{Asker, Kind, Question};
use super::table::Percentiles;
use super::{Engine, archive, megabytes, say};
use crate::process_usage::Usage;
use anyhow::Result;
use index::query::parse;
use index::{Options, Searcher, Sort};
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use timeline::WallTime;

/// FTS5 ranks a frequent word for seconds: it is asked less often.
const LESS_OFTEN: u64 = 10;

/// Asks everything once to warm up, and then for the table.
pub(crate) fn run(engine: Engine, folder: &Path, queries: u64) -> Result<()> {
    match engine {
        Engine::Index => {
            let searcher = Searcher::open(&archive::index(folder))?;
            let page = |question: &Question, sort: Sort| -> Result<usize> {
                let query = parse(&question.typed, WallTime::from_micros(0)).query;
                let options = Options { sort, prefix_last: question.is_typing, ..Options::default() };
                Ok(searcher.search(&query, &options)?.len())
            };
            let days = |question: &Question| -> Result<usize> {
                let query = parse(&question.typed, WallTime::from_micros(0)).query;
                let options = Options { prefix_last: question.is_typing, ..Options::default() };
                Ok(searcher.days(&query, &options, &|| false)?.map_or(0, |days| days.len()))
            };
            print(
                "index",
                folder,
                queries,
                queries,
                [
                    ("by time", &|question| page(question, Sort::Time)),
                    ("by score", &|question| page(question, Sort::Score)),
                    ("hits per day", &days),
                ],
            )
        }
        Engine::Fts5 => {
            let full_text = FullText::open(folder)?;
            print(
                "FTS5",
                folder,
                queries,
                queries.div_ceil(LESS_OFTEN),
                [
                    ("by time", &|question| full_text.newest(question)),
                    ("by score", &|question| full_text.best(question)),
                    ("hits per day", &|question| full_text.days(question)),
                ],
            )
        }
    }
}

type Way<'a> = (&'a str, &'a dyn Fn(&Question) -> Result<usize>);

fn print(name: &str, folder: &Path, queries: u64, queries_of_all: u64, ways: [Way<'_>; 3]) -> Result<()> {
    let columns = ways.map(|(way, _)| format!("{way:26}")).join("  ");
    say(format!("{name:26}  {columns}").trim_end())?;
    let columns = ways.map(|_| format!("{:>8} {:>8} {:>8}", "p50", "p95", "p99")).join("  ");
    say(&format!("{:26}  {columns}", "ms"))?;
    for (kind, kind_name) in Kind::ALL {
        let mut columns = Vec::new();
        for (way, ask) in &ways {
            // The first page by time is what every search shows.
            let queries = if *way == "by time" { queries } else { queries_of_all };
            columns.push(measured(folder, kind, queries, ask)?.to_string());
        }
        say(&format!("{kind_name:26}  {}", columns.join("  ")))?;
    }
    let Usage { private_bytes, dirty_bytes, .. } = Usage::of(std::process::id())?;
    let (own, mapped) = (megabytes(dirty_bytes), megabytes(private_bytes - dirty_bytes));
    say(&format!("memory of the process's own: {own}; pages of files that it has mapped: {mapped}"))
}

fn measured(folder: &Path, kind: Kind, queries: u64, ask: &dyn Fn(&Question) -> Result<usize>) -> Result<Percentiles> {
    let mut asker = Asker::open(folder)?;
    let questions: Vec<Question> = (0..queries).map(|_| asker.ask(kind)).collect();
    for question in &questions {
        ask(question)?;
    }
    let mut took = Vec::new();
    for question in &questions {
        let began = thread_micros();
        std::hint::black_box(ask(question)?);
        took.push(thread_micros() - began);
    }
    took.sort_unstable();
    Ok(Percentiles::of(&took))
}

/// The processor time of this thread.
fn thread_micros() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}
