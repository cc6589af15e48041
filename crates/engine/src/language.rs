//! Which language a stream speaks, found out once and kept for a while.

use std::collections::HashMap;

/// After so many windows it is found out again, as it is when words become unsure.
const WINDOWS: u32 = 20;
/// Mean log-probability of a window that may be in another language.
const UNSURE: f32 = -0.9;

/// What was found for each stream.
#[derive(Debug, Default)]
pub(crate) struct Languages(HashMap<String, (String, u32)>);

impl Languages {
    /// The language to use without finding out.
    pub(crate) fn get(&mut self, stream: &str) -> Option<String> {
        let (language, left) = self.0.get_mut(stream)?;
        *left = left.checked_sub(1)?;
        Some(language.clone())
    }

    pub(crate) fn found(&mut self, stream: &str, language: &str) {
        self.0.insert(stream.to_owned(), (language.to_owned(), WINDOWS));
    }

    /// A window of the stream was decoded: were its words sure enough to believe in the language?
    pub(crate) fn decoded(&mut self, stream: &str, mean_logprob: f32) {
        if mean_logprob < UNSURE {
            self.0.remove(stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_kept_per_stream_until_doubt_or_twenty_windows() {
        let mut languages = Languages::default();
        assert_eq!(languages.get("mic"), None);
        languages.found("mic", "de");
        languages.found("loopback", "en");
        assert_eq!(languages.get("mic").as_deref(), Some("de"));
        languages.decoded("mic", -1.4);
        assert_eq!(languages.get("mic"), None);
        assert_eq!((0..40).map_while(|_| languages.get("loopback")).count(), 20);
    }
}
