//! The languages of Whisper's tokens.

/// Codes in the order of their tokens. The last came with large-v3.
const CODES: [&str; 100] = [
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi", "fi",
    "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la", "mi", "ml",
    "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy", "ne", "mn", "bs",
    "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu", "am",
    "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln",
    "ha", "ba", "jw", "su", "yue",
];

/// A language that Whisper has a token for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u8);

impl Language {
    /// English, which every model knows.
    pub const ENGLISH: Self = Self(0);

    /// The language of a code such as `de`, in any case.
    pub fn of_code(code: &str) -> Option<Self> {
        let at = CODES.iter().position(|known| known.eq_ignore_ascii_case(code))?;
        Self::numbered(at)
    }

    /// The language whose token is the `number`th.
    pub(crate) fn numbered(number: usize) -> Option<Self> {
        u8::try_from(number).ok().filter(|_| number < CODES.len()).map(Self)
    }

    /// Its place among the tokens.
    pub(crate) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// Its code: `en`, `de`, `haw`.
    pub fn code(self) -> &'static str {
        CODES.get(self.number()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_found_by_their_codes() {
        assert_eq!(Language::of_code("EN"), Some(Language::ENGLISH));
        assert_eq!(Language::of_code("yue").map(Language::number), Some(99));
        assert_eq!(Language::of_code("tlh"), None);
        for number in 0..100 {
            let language = Language::numbered(number).unwrap();
            assert_eq!(Language::of_code(language.code()), Some(language));
        }
        assert_eq!(Language::numbered(100), None);
    }
}
