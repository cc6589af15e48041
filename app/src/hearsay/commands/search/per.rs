//! `hearsay search --per`: how often something was said, instead of where.

use crate::library::DayHits;
use crate::output::Out;
use anyhow::Result;
use serde::Serialize;
use std::io::Write;

/// What hits are counted per, in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Per {
    Day,
    Month,
    Year,
}

/// A row of `search --per … --json`.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Count {
    /// `2026-11-23`, `2026-11`, `2026`: what `on:` of a query takes.
    on: String,
    hits: u64,
}

/// What a line holds beside its bar: a date, a count, and the spaces around them.
const BESIDE_THE_BAR: usize = 24;

/// Prints a line for every day, month or year that has hits.
pub(crate) fn print(out: &mut Out, days: &[DayHits], per: Per, json: bool) -> Result<()> {
    let counts = counted(days, per);
    let most = counts.iter().map(|count| count.hits).max().unwrap_or(1).max(1);
    let width = out.width.saturating_sub(BESIDE_THE_BAR).max(1) as u64;
    for count in &counts {
        if json {
            out.json(count)?;
            continue;
        }
        let bar = usize::try_from((count.hits.saturating_mul(width)).div_ceil(most)).unwrap_or(1);
        let bar = out.dim(&"▪".repeat(bar));
        writeln!(out, "{:10}  {:>8}  {bar}", count.on, count.hits)?;
    }
    Ok(())
}

fn counted(days: &[DayHits], per: Per) -> Vec<Count> {
    let form = match per {
        Per::Day => "%Y-%m-%d",
        Per::Month => "%Y-%m",
        Per::Year => "%Y",
    };
    let mut counts: Vec<Count> = Vec::new();
    for DayHits { span, hits } in days {
        let on = span.start.local().format(form).to_string();
        match counts.last_mut().filter(|last| last.on == on) {
            Some(last) => last.hits += hits,
            None => counts.push(Count { on, hits: *hits }),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use timeline::{WallTime, parse_span};

    #[test]
    fn days_add_up_to_months_and_years() {
        let day = |on: &str, hits| DayHits { span: parse_span(on, WallTime::from_micros(0)).unwrap(), hits };
        let days = [day("2025-12-31", 1), day("2026-11-02", 2), day("2026-11-23", 3)];
        let on = |per| counted(&days, per).into_iter().map(|count| (count.on, count.hits)).collect::<Vec<_>>();
        let rows = |rows: &[(&str, u64)]| rows.iter().map(|(on, hits)| ((*on).to_owned(), *hits)).collect::<Vec<_>>();
        assert_eq!(on(Per::Day), rows(&[("2025-12-31", 1), ("2026-11-02", 2), ("2026-11-23", 3)]));
        assert_eq!(on(Per::Month), rows(&[("2025-12", 1), ("2026-11", 5)]));
        assert_eq!(on(Per::Year), rows(&[("2025", 1), ("2026", 5)]));
    }
}
