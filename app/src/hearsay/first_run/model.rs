//! Which model turns sound into text: one that is here, one that is fetched now, or none yet.

use super::questions::{Questions, Reply};
use crate::commands::models;
use crate::context::Context;
use crate::output;
use anyhow::Result;
use home::Config;
use speech::models::{known_by_name, list};

/// What is offered of what is known, and what is said of it.
const OFFERED: [(&str, &str); 5] = [
    ("base.en", "English; quick, and good enough to find things again"),
    ("small.en", "English; better, and three times slower"),
    ("base", "a hundred languages; quick"),
    ("small", "a hundred languages; better, and three times slower"),
    ("large-v3-turbo", "a hundred languages; good, for a fast machine"),
];

/// Asks, and fetches; the value for the configuration. That fetching fails is no reason not to record.
pub(super) fn choose(context: &Context, config: &Config, questions: &mut Questions) -> Result<Option<String>> {
    let here: Vec<String> = list(&context.home.models())?
        .into_iter()
        .filter(|model| model.path.is_some())
        .map(|model| model.name)
        .collect();
    if let [first, ..] = here.as_slice() {
        questions.say(&format!("\nThe model {first} is here and turns sound into text."))?;
        return Ok(None);
    }
    let mut lines: Vec<String> = OFFERED
        .iter()
        .map(|(name, about)| {
            let bytes = known_by_name(name).map_or(0, |known| known.bytes);
            format!("{name:15} {:>7}  {about}", output::size(bytes))
        })
        .collect();
    lines.push("none now: only record; `hearsay models get` fetches one later".to_owned());
    let title =
        "Sound becomes text with a model, which is fetched once. It is the only thing for which a connection is opened";
    let Reply::Choice(number) = questions.choice(title, &lines, OFFERED.len())? else { return Ok(None) };
    let Some((name, _)) = OFFERED.get(number) else { return Ok(None) };
    match models::fetch(context, config, name) {
        Ok(()) => Ok(Some((*name).to_owned())),
        Err(error) => {
            output::note(&format!("no model yet: {}", home::one_line(error.as_ref())));
            output::hint(&format!(
                "everything is recorded meanwhile, and transcribed once there is one: hearsay models get {name}"
            ));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_known() {
        for (name, _) in OFFERED {
            assert!(known_by_name(name).is_some(), "{name}");
        }
    }
}
