//! The table, in Markdown.

use super::cost::Cost;
use testkit::WordErrors;

/// What a system did.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it searches with 5 beams.
    pub(crate) searches: bool,
    /// Its threads.
    pub(crate) threads: u32,
    /// What it cost.
    pub(crate) cost: Cost,
    /// The words it found.
    pub(crate) words: usize,
    /// How wrong they are.
    pub(crate) errors: WordErrors,
}

const HEAD: &str = "\
| | threads | processor | × speech | wall | memory | words | word errors | to hearsay | at equal beams |
|---|---|---|---|---|---|---|---|---|---|
";

/// Processor time to that of hearsay (the first row), and to that of hearsay with as many beams.
pub(crate) fn markdown(rows: &[Row], speech_s: f64) -> String {
    let hearsay = |searches: bool| {
        let own = rows.iter().find(|row| row.name.starts_with("hearsay") && row.searches == searches);
        own.map(|row| row.cost.cpu_s)
    };
    let mut table = HEAD.to_owned();
    for row in rows {
        let Row { name, searches, threads, cost, words, errors } = row;
        let ratio = |to: Option<f64>| to.map_or_else(String::new, |to| format!("{:.2}", cost.cpu_s / to));
        let line = [
            (*name).to_owned(),
            threads.to_string(),
            format!("{:.1} s", cost.cpu_s),
            format!("{:.1}", speech_s / cost.cpu_s),
            format!("{:.1} s", cost.wall_s),
            format!("{} MiB", cost.peak_bytes / (1 << 20)),
            words.to_string(),
            format!("{:.1} %", errors.percent()),
            ratio(hearsay(false)),
            ratio(hearsay(*searches)),
        ];
        table.push_str("| ");
        table.push_str(&line.join(" | "));
        table.push_str(" |\n");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_set_against_hearsay_and_against_hearsay_with_as_many_beams() {
        let row = |name, searches, cpu_s| Row {
            name,
            searches,
            threads: 1,
            cost: Cost { cpu_s, wall_s: 1.0, peak_bytes: 3 << 20 },
            words: 7,
            errors: WordErrors { errors: 1, words: 8 },
        };
        let rows = [row("hearsay", false, 2.0), row("hearsay, 5 beams", true, 4.0), row("other", true, 8.0)];
        let table = markdown(&rows, 100.0);
        assert!(
            table.ends_with("| other | 1 | 8.0 s | 12.5 | 1.0 s | 3 MiB | 7 | 12.5 % | 4.00 | 2.00 |\n"),
            "{table}"
        );
    }
}
