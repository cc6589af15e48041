//! How the word that is being typed may go on, where it is a field of the query language. Pure.

/// A way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// What is added or put in the place of the last word: as it is shown.
    pub(crate) word: String,
    /// What it means.
    pub(crate) about: &'static str,
    /// What the field reads then.
    pub(crate) text: String,
}

/// A field, what it is for, and what may stand behind it.
struct Field {
    name: &'static str,
    about: &'static str,
    values: &'static [&'static str],
}

const fn field(name: &'static str, about: &'static str, values: &'static [&'static str]) -> Field {
    Field { name, about, values }
}

const SPANS: &[&str] = &["today", "yesterday", "\"last 7d\"", "\"last 30d\""];
const TIMES: &[&str] = &["today", "yesterday", "\"7d ago\"", "\"30d ago\""];

const FIELDS: &[Field] = &[
    field("said:", "only where you said it", &[]),
    field("heard:", "only where you heard it", &[]),
    field("on:", "on a day, or in a stretch of time", SPANS),
    field("since:", "since a time", TIMES),
    field("until:", "until a time", TIMES),
    field("time:", "at a time of day", &["06:00..12:00", "12:00..18:00", "18:00..24:00"]),
    field("day:", "on a day of the week", &["mon..fri", "sat,sun", "mon", "tue", "wed", "thu", "fri"]),
    field("lang:", "in a language", &[]),
    field("model:", "heard by a model", &[]),
    field("pass:", "heard by a pass", &["all"]),
    field("conf:", "how sure it was", &["<0.5", "<0.7", ">0.9"]),
    field("dur:", "how long it was", &["<2s", ">10s", ">30s"]),
    field("is:", "what it is", &["starred", "corrected", "doubtful", "hidden", "shown"]),
    field("has:", "what it has", &["note", "echo", "replay"]),
    field("note:", "in your notes", &[]),
];

/// No more than these are shown.
const MOST: usize = 6;
/// A word of fewer letters is most likely no field.
const LEAST: usize = 2;

/// The ways on from `text`, the likeliest first; none behind a blank.
pub(crate) fn suggestions(text: &str) -> Vec<Suggestion> {
    if text.matches('"').count() % 2 == 1 {
        return Vec::new();
    }
    let start = text.rfind([' ', '(', '-']).map_or(0, |at| at + 1);
    let (before, word) = text.split_at(start);
    let lower = word.to_lowercase();
    let with_value = FIELDS.iter().find(|field| lower.starts_with(field.name));
    let mut all: Vec<Suggestion> = match with_value {
        Some(field) => {
            let typed = lower.get(field.name.len()..).unwrap_or_default();
            let goes_on = |value: &&&str| value.trim_start_matches('"').starts_with(typed) && **value != typed;
            let values = field.values.iter().filter(goes_on).map(|value| format!("{}{value}", field.name));
            values.map(|word| suggestion(before, word, field.about, " ")).collect()
        }
        None if lower.chars().count() >= LEAST => {
            let goes_on = |field: &&Field| field.name.starts_with(&lower);
            FIELDS
                .iter()
                .filter(goes_on)
                .map(|field| suggestion(before, field.name.to_owned(), field.about, ""))
                .collect()
        }
        None => Vec::new(),
    };
    all.truncate(MOST);
    all
}

fn suggestion(before: &str, word: String, about: &'static str, then: &str) -> Suggestion {
    Suggestion { text: format!("{before}{word}{then}"), word, about }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        suggestions(text).into_iter().map(|suggestion| suggestion.word).collect()
    }

    #[test]
    fn a_field_is_completed_and_then_what_stands_behind_it() {
        assert_eq!(words("budget si"), ["since:"]);
        assert_eq!(suggestions("budget si")[0].text, "budget since:");
        assert_eq!(words("is:"), ["is:starred", "is:corrected", "is:doubtful", "is:hidden", "is:shown"]);
        assert_eq!(words("is:s"), ["is:starred", "is:shown"]);
        assert_eq!(suggestions("a is:sta")[0].text, "a is:starred ");
        assert_eq!(words("(budget OR -he"), ["heard:"]);
        assert_eq!(words("on:l"), ["on:\"last 7d\"", "on:\"last 30d\""]);
    }

    #[test]
    fn words_and_phrases_are_left_alone() {
        for text in ["", "b", "budget", "budget ", "\"next is:", "is:hidden", "said:budget"] {
            assert_eq!(words(text), Vec::<String>::new(), "{text}");
        }
    }

    /// What is suggested is read without a note.
    #[test]
    fn every_suggestion_is_understood() {
        for field in FIELDS {
            for value in field.values {
                let query = format!("word {}{value}", field.name);
                let parsed = index::query::parse(&query, timeline::WallTime::from_millis(1_795_425_312_000));
                assert_eq!(parsed.notes, Vec::<String>::new(), "{query}");
            }
        }
    }
}
