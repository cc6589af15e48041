/// How far a text is from what was said: word errors (substituted, missing, added) against the words of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WordErrors {
    /// The least number of words to substitute, insert or delete.
    pub errors: usize,
    /// Words of the reference.
    pub words: usize,
}

impl WordErrors {
    /// Compares two texts, normalised.
    pub fn between(reference: &str, hypothesis: &str) -> Self {
        let (reference, hypothesis) = (normalise(reference), normalise(hypothesis));
        Self { errors: distance(&reference, &hypothesis), words: reference.len() }
    }

    /// Errors per word of the reference, in percent.
    #[expect(clippy::cast_precision_loss, reason = "texts of fewer than 2^52 words")]
    pub fn percent(&self) -> f64 {
        100.0 * self.errors as f64 / self.words.max(1) as f64
    }
}

impl std::ops::AddAssign for WordErrors {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.words += other.words;
    }
}

impl std::fmt::Display for WordErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} % ({} of {} words)", self.percent(), self.errors, self.words)
    }
}

/// The words of a text: lower case, without what stands in brackets, without punctuation, hyphens as spaces.
pub fn normalise(text: &str) -> Vec<String> {
    let text = without_brackets(&text.to_lowercase());
    let text: String = text.chars().map(|c| if matches!(c, '-' | '\n') { ' ' } else { c }).collect();
    let keep = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '\'' | '$' | '%' | ' ');
    text.chars().filter(keep).collect::<String>().split_whitespace().map(str::to_owned).collect()
}

/// A space in place of every `[...]` and `(...)` that is closed.
fn without_brackets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['[', '(']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let close = if from.starts_with('[') { ']' } else { ')' };
        out.push(' ');
        rest = match from.split_once(close) {
            Some((_, after)) => after,
            // Left open: the bracket is dropped as punctuation, what follows is text.
            None => from.get(1..).unwrap_or_default(),
        };
    }
    out + rest
}

/// Levenshtein's distance over words.
fn distance(a: &[String], b: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (y, &up) in b.iter().zip(row.iter().skip(1)) {
            left = (up + 1).min(left + 1).min(diagonal + usize::from(x != y));
            next.push(left);
            diagonal = up;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_case_punctuation_and_events() {
        assert_eq!(
            normalise("[BLANK_AUDIO] It's 35% off, (sighs) well-known\n$4,000 [open"),
            ["it's", "35%", "off", "well", "known", "$4000", "open"]
        );
        assert_eq!(WordErrors::between("Hello there, you.", "hello there you").errors, 0);
    }

    #[test]
    fn substituted_missing_and_added_words_each_count_one() {
        for (hypothesis, errors) in
            [("a b c d", 0), ("a x c d", 1), ("a c d", 1), ("a b b c d", 1), ("", 4), ("d c b a", 4), ("b c d e", 2)]
        {
            let found = WordErrors::between("a b c d", hypothesis);
            assert_eq!((found.errors, found.words), (errors, 4), "{hypothesis}");
        }
        assert_eq!(WordErrors::between("", "one two").errors, 2);
    }
}
