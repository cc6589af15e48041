use serde::{Deserialize, Serialize};

/// `[hooks]`: a program and its arguments each, run without a shell, with one JSON object on its standard input. Empty: none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HooksConfig {
    /// Something was said or heard.
    pub utterance: Vec<String>,
    /// Sound was lost.
    pub gap: Vec<String>,
    /// A device went away.
    pub device_lost: Vec<String>,
}
