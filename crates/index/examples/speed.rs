//! How long a search takes: `cargo run --release -p index --example speed [DOCUMENTS]`.
//!
//! Utterances of 12 words each out of 60,000 by Zipf's law, 200,000 of them unless another number is given.

use index::query::parse;
use index::{Cursor, Document, Options, Searcher, Sort, Writer};
use timeline::{Clock, Side, SystemClock, WallTime};

/// How often each query is asked.
const RUNS: usize = 60;
const VOCABULARY: f64 = 60_000.0;
const BATCH: i64 = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: i64 = std::env::args().nth(1).map_or(Ok(200_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let mut writer = Writer::open(folder.path())?;
    let mut words = Words { seed: 42 };
    let started = SystemClock.boot_micros();
    for batch in 0..count / BATCH {
        let mut before = String::new();
        let documents: Vec<Document> = (batch * BATCH..(batch + 1) * BATCH)
            .map(|key| {
                let text = words.sentence();
                document(key, &text, std::mem::replace(&mut before, text.clone()))
            })
            .collect();
        writer.apply(&[], &documents)?;
    }
    writer.commit(&Cursor { database: "speed".to_owned(), seq: 1, nonce: 1 })?;
    writer.close()?;
    let built = SystemClock.boot_micros() - started;
    let bytes: u64 =
        std::fs::read_dir(folder.path())?.filter_map(|entry| entry.ok()?.metadata().ok()).map(|meta| meta.len()).sum();
    say(&format!("{count} documents built in {} ms, {} KiB", built / 1_000, bytes / 1_024));
    let searcher = Searcher::open(folder.path())?;
    for (kind, query) in [
        ("frequent word", "w1"),
        ("middling word", "w300"),
        ("rare word", "w20000"),
        ("two words", "w3 w40"),
        ("either", "w5 OR w80 OR w900"),
        ("phrase of two", "\"w1 w2\""),
        ("phrase of three", "\"w4 w1 w9\""),
        ("near", "\"w5 w70\"~5"),
        ("prefix of 2", "w1*"),
        ("prefix of 3", "w12*"),
        ("typing", "w3 w12"),
        ("side and day", "said:w1 on:2026-11-23"),
        ("a day, no words", "on:2026-11-23"),
    ] {
        let query = parse(query, WallTime::from_micros(0)).query;
        for sort in [Sort::Time, Sort::Score] {
            let options = Options { sort, prefix_last: kind == "typing", ..Options::default() };
            let mut took = Vec::new();
            for _ in 0..RUNS {
                let from = SystemClock.boot_micros();
                searcher.search(&query, &options)?;
                took.push(SystemClock.boot_micros() - from);
            }
            took.sort_unstable();
            let at = |part: usize| took.get((took.len() - 1) * part / 100).copied().unwrap_or_default();
            let hits = searcher.count(&query, &options)?;
            say(&format!("{kind:16} {sort:?}: {hits:7} hits, median {:6} µs, p95 {:6} µs", at(50), at(95)));
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn say(line: &str) {
    println!("{line}");
}

fn document(key: i64, text: &str, before: String) -> Document {
    let start = WallTime::from_millis(1_795_428_000_000 + key * 4_000);
    let end = start.plus_micros(3_000_000);
    let side = if key % 2 == 0 { Side::Said } else { Side::Heard };
    Document {
        key,
        start,
        end,
        side,
        text: text.to_owned(),
        before,
        language: None,
        pass: "1a2b3c4d".to_owned(),
        model: "small.en".to_owned(),
        p: 0.9,
        state: 0,
        is_echo: false,
        is_replay: false,
        is_correction: false,
        is_starred: false,
        notes: Vec::new(),
    }
}

struct Words {
    seed: u64,
}

impl Words {
    fn sentence(&mut self) -> String {
        (0..12).map(|_| format!("w{}", self.rank())).collect::<Vec<_>>().join(" ")
    }

    /// A rank with a probability of about one over itself.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "31 bits, and 1 to 60,000"
    )]
    fn rank(&mut self) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        VOCABULARY.powf((self.seed >> 33) as f64 / (1_u64 << 31) as f64) as u64
    }
}
