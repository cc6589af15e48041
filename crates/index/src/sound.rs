//! How a word sounds, roughly: the consonants of a folded English word by their place in the mouth. Words that are misheard
//! for each other often have the same (`Catherine`, `Kathryn`: `KTRN`). A shorter relative of Metaphone (L. Philips, 1990),
//! cheap enough to be asked of every word of a dictionary.

/// Of fewer consonants half the dictionary is alike.
const MIN_SOUNDS: usize = 2;

/// What `word` sounds like; `None` where it isn't written in a to z, or too short to tell.
pub(crate) fn sounds(word: &str) -> Option<String> {
    let letters = word.as_bytes();
    if !letters.iter().all(u8::is_ascii_lowercase) {
        return None;
    }
    let mut heard = Heard { letters, sounds: String::new(), at: silent_start(letters) };
    while heard.at < letters.len() {
        heard.letter();
    }
    (heard.sounds.len() >= MIN_SOUNDS).then_some(heard.sounds)
}

/// `knight`, `gnome`, `pneumatic`, `psalm`, `write`.
fn silent_start(letters: &[u8]) -> usize {
    usize::from([b"kn", b"gn", b"pn", b"ps", b"wr"].iter().any(|silent| letters.starts_with(*silent)))
}

struct Heard<'a> {
    letters: &'a [u8],
    sounds: String,
    at: usize,
}

impl Heard<'_> {
    fn is_next(&self, ahead: usize, any_of: &[u8]) -> bool {
        self.letters.get(self.at + ahead).is_some_and(|letter| any_of.contains(letter))
    }

    /// Reads one letter, with those that make one sound with it.
    fn letter(&mut self) {
        let Some(&letter) = self.letters.get(self.at) else { return };
        let is_first = self.at == 0;
        let is_twice = !is_first && self.letters.get(self.at - 1) == Some(&letter);
        let (sound, taken) = match letter {
            _ if is_twice => ("", 1),
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => (if is_first { "A" } else { "" }, 1),
            b'b' if self.letters.get(self.at.wrapping_sub(1)) == Some(&b'm') && self.at + 1 == self.letters.len() => {
                ("", 1)
            }
            b'p' if self.is_next(1, b"h") => ("F", 2),
            b'b' | b'p' => ("P", 1),
            b'f' | b'v' => ("F", 1),
            b'c' if self.is_next(1, b"h") => (if self.is_next(2, b"rl") { "K" } else { "X" }, 2),
            b'c' if self.is_next(1, b"eiy") => ("S", 1),
            b'c' if self.is_next(1, b"kq") => ("K", 2),
            b's' if self.is_next(1, b"h") => ("X", 2),
            b's' if self.is_next(1, b"c") && self.is_next(2, b"h") => ("X", 3),
            b's' if self.is_next(1, b"c") && self.is_next(2, b"eiy") => ("S", 2),
            b's' | b't' if self.is_next(1, b"i") && self.is_next(2, b"ao") => ("X", 1),
            b't' if self.is_next(1, b"c") && self.is_next(2, b"h") => ("X", 3),
            b'd' if self.is_next(1, b"g") && self.is_next(2, b"eiy") => ("J", 2),
            b't' | b'd' => ("T", 1),
            b'g' if self.is_next(1, b"h") => (if is_first { "K" } else { "" }, 2),
            b'g' if self.is_next(1, b"eiy") => ("J", 1),
            b'j' => ("J", 1),
            b'c' | b'g' | b'k' | b'q' => ("K", 1),
            b'x' => (if is_first { "S" } else { "KS" }, 1),
            b's' | b'z' => ("S", 1),
            b'l' => ("L", 1),
            b'm' => ("M", 1),
            b'n' => ("N", 1),
            b'r' => ("R", 1),
            b'h' => (if is_first { "H" } else { "" }, 1),
            b'w' => (if is_first { "W" } else { "" }, 1),
            _ => ("", 1),
        };
        self.sounds.push_str(sound);
        self.at += taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_misheard_for_each_other_sound_alike() {
        for (said, written) in [
            ("catherine", "kathryn"),
            ("kubernetes", "coopernetties"),
            ("meyer", "maier"),
            ("geoff", "jeff"),
            ("stephen", "steven"),
            ("claude", "clod"),
            ("rousseau", "russo"),
            ("caitlin", "kaitlyn"),
            ("philip", "filip"),
            ("knight", "night"),
            ("hearsay", "heresay"),
            ("christian", "kristian"),
            ("ratio", "rachio"),
        ] {
            assert!(sounds(said).is_some(), "{said}");
            assert_eq!(sounds(said), sounds(written), "{said} {written}");
        }
    }

    #[test]
    fn words_that_sound_different_or_tell_too_little_are_not_alike() {
        assert_ne!(sounds("wolf"), sounds("bear"));
        assert_ne!(sounds("budget"), sounds("basket"));
        assert_ne!(sounds("sheep"), sounds("zip"));
        for word in ["a", "eye", "lee", "", "42", "über", "東京"] {
            assert_eq!(sounds(word), None, "{word}");
        }
    }
}
