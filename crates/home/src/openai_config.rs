use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[openai]`: a server that speaks OpenAI's protocol. Nothing is sent anywhere unless `engine = "openai"` below `[work]` says so and `url` says where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenAiConfig {
    /// Where its API begins: `http://gpu-host:8000/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The model to ask it for, as it calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A file with the key that it wants; else the environment's `HEARSAY_OPENAI_KEY`, if it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Windows that it is given at once.
    pub at_once: usize,
    /// How long it may take for a window, in seconds.
    pub timeout_s: u64,
}

impl Default for OpenAiConfig {
    fn default() -> Self {
        Self { url: None, model: None, key_file: None, at_once: 1, timeout_s: 300 }
    }
}
