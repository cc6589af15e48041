use super::{DEFAULT_MIRROR, ModelError};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a server may think before it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// How long it may be silent in the middle.
const SILENCE: Duration = Duration::from_mins(1);

/// Where models come from, and how one gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrors {
    /// The base of the URL: the file's name is added.
    pub first: String,
    /// Others, tried in turn where the ones before can't give the file.
    pub others: Vec<String>,
    /// `http://[USER:PASSWORD@]HOST:PORT`; `None`: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    pub proxy: Option<String>,
    /// A server that sends nothing for so long has fallen silent.
    pub silence: Duration,
}

impl Default for Mirrors {
    fn default() -> Self {
        Self::at(DEFAULT_MIRROR)
    }
}

impl Mirrors {
    /// One mirror, and the proxy that the environment names.
    pub fn at(base: &str) -> Self {
        Self { first: base.to_owned(), others: Vec::new(), proxy: None, silence: SILENCE }
    }

    /// All of them, in turn.
    pub(super) fn bases(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.others).map(String::as_str)
    }

    pub(super) fn agent(&self) -> Result<ureq::Agent, ModelError> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT));
        if let Some(proxy) = &self.proxy {
            // The address may hold a password, so it isn't repeated.
            let proxy = ureq::Proxy::new(proxy).map_err(|_| ModelError::Proxy)?;
            config = config.proxy(Some(proxy));
        }
        Ok(config.build().into())
    }
}
