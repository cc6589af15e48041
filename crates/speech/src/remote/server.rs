//! One request, and what came of it.

use super::fault::Fault;
use super::{form, transcript};
use crate::{EngineError, RATE, Recognised, RemoteOptions, Request};
use std::time::Duration;
use timeline::{Clock, SystemClock};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Longest answer: half a minute of speech has some 20 kB of words.
const MOST_ANSWER: u64 = 4 << 20;

/// The server, as it is asked.
#[derive(Debug)]
pub(super) struct Server {
    options: RemoteOptions,
    agent: ureq::Agent,
}

impl Server {
    pub(super) fn new(options: RemoteOptions) -> Result<Self, EngineError> {
        let host = options.url.strip_prefix("http://").or_else(|| options.url.strip_prefix("https://"));
        if host.is_none_or(str::is_empty) {
            return Err(EngineError::Refused("a server's address begins with http:// or https://".to_owned()));
        }
        if options.url.contains('@') {
            // It is written into the pass and into logs.
            return Err(EngineError::Refused(
                "a server's address holds no password: a key has a file of its own".to_owned(),
            ));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_global(Some(options.timeout))
            // The sound goes to this host and to no other.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build();
        Ok(Self { agent: config.into(), options })
    }

    pub(super) fn options(&self) -> &RemoteOptions {
        &self.options
    }

    /// Has a window transcribed.
    pub(super) fn transcribe(&self, request: &Request) -> Result<Recognised, Fault> {
        let started = SystemClock.boot_micros();
        let what = if request.decoding.translate { "translations" } else { "transcriptions" };
        let url = format!("{}/audio/{what}", self.options.url.trim_end_matches('/'));
        let mut post =
            self.agent.post(url).header("Content-Type", form::content_type()).header("Accept", "application/json");
        if let Some(key) = &self.options.key {
            post = post.header("Authorization", format!("Bearer {key}"));
        }
        let body = form::body(request, &self.options.model);
        let mut response = post.send(body.as_slice()).map_err(|error| self.fault(error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Fault::Status(status));
        }
        let answer = response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec();
        let answer = answer.map_err(|error| self.fault(error))?;
        let heard = transcript::read(&answer, request.samples.len())?;
        Ok(Recognised { compute_micros: SystemClock.boot_micros() - started, ..heard })
    }

    /// Whether it deals with a second of silence.
    pub(super) fn is_well(&self) -> Result<(), Fault> {
        self.transcribe(&Request { samples: vec![0.0; RATE], decoding: crate::Decoding::default() }).map(drop)
    }

    fn fault(&self, error: ureq::Error) -> Fault {
        use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Fault::NotReached(error.to_string())
            }
            ureq::Error::Timeout(_) => Fault::Silent(self.options.timeout),
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Tls(_)
            | ureq::Error::BadUri(_) => Fault::NotReached(error.to_string()),
            ureq::Error::Io(error)
                if matches!(
                    error.kind(),
                    AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkUnreachable
                ) =>
            {
                Fault::NotReached(error.to_string())
            }
            ureq::Error::BodyExceedsLimit(_) => Fault::Nonsense("it is too long"),
            error => Fault::BrokenOff(error.to_string()),
        }
    }
}
