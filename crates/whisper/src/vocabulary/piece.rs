//! The pieces of a text that are encoded by themselves.

use super::letter::is_letter;

/// What GPT-2 parts a text into
/// ([its expression](https://github.com/openai/gpt-2/blob/master/src/encoder.py): `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`):
/// English endings, runs of one kind with the space before them, and spaces but for the last one before a word.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut left = text;
    std::iter::from_fn(move || {
        let (piece, rest) = left.split_at_checked(piece_len(left)).filter(|(piece, _)| !piece.is_empty())?;
        left = rest;
        Some(piece)
    })
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Letter,
    Number,
    Space,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        _ if is_letter(c) => Kind::Letter,
        _ if c.is_numeric() => Kind::Number,
        _ if c.is_whitespace() => Kind::Space,
        _ => Kind::Other,
    }
}

/// The bytes of the first piece; 0 for an empty text.
fn piece_len(text: &str) -> usize {
    if let Some(ending) = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].iter().find(|ending| text.starts_with(**ending))
    {
        return ending.len();
    }
    let run = |text: &str, of: Kind| text.find(|c| kind(c) != of).unwrap_or(text.len());
    let behind = text.strip_prefix(' ').unwrap_or(text);
    match behind.chars().next().map(kind) {
        Some(first) if first != Kind::Space => text.len() - behind.len() + run(behind, first),
        _ => {
            let spaces = run(text, Kind::Space);
            let last = text.get(..spaces).and_then(|spaces| spaces.char_indices().last()).map_or(0, |(at, _)| at);
            if spaces < text.len() && last > 0 { last } else { spaces }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_into_the_pieces_of_gpt_2() {
        let got: Vec<&str> = pieces(" Phoenix isn't 1,234 late—ok?  Two\n\n x ").collect();
        let want =
            [" Phoenix", " isn", "'t", " 1", ",", "234", " late", "—", "ok", "?", " ", " Two", "\n\n", " x", " "];
        assert_eq!(got, want);
        assert_eq!(pieces("").next(), None);
    }

    #[test]
    fn vowel_signs_and_accents_part_words_as_they_do_there() {
        let got: Vec<&str> =
            pieces(" \u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940} \u{e17}\u{e35}\u{e48}\u{e19} cafe\u{301} Ⅻⓐ").collect();
        let hindi = [" \u{939}", "\u{93f}", "\u{928}", "\u{94d}", "\u{926}", "\u{940}"];
        let rest = [" \u{e17}", "\u{e35}\u{e48}", "\u{e19}", " cafe", "\u{301}", " Ⅻ", "ⓐ"];
        assert_eq!(got, [&hindi[..], &rest[..]].concat());
    }
}
