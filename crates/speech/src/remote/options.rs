use std::time::Duration;

/// Which server, and how it is asked.
#[derive(Clone)]
pub struct RemoteOptions {
    /// Where its API begins: `http://gpu-host:8000/v1`.
    pub url: String,
    /// The model that it is asked for, as it calls it.
    pub model: String,
    /// What it wants to see of whoever asks, if anything.
    pub key: Option<String>,
    /// How long it may take for a window.
    pub timeout: Duration,
    /// Windows that it is given at once.
    pub at_once: usize,
    /// How long windows wait for a server that isn't well; `None`: for as long as it takes.
    pub patience: Option<Duration>,
}

impl std::fmt::Debug for RemoteOptions {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url, model, key, timeout, at_once, patience } = self;
        f.debug_struct("RemoteOptions")
            .field("url", url)
            .field("model", model)
            .field("key", &key.as_ref().map(|_| "…"))
            .field("timeout", timeout)
            .field("at_once", at_once)
            .field("patience", patience)
            .finish()
    }
}
