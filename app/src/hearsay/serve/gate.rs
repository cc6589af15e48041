//! Who may ask. Pure.

use super::refusal::Refusal;
use super::token::Token;
use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::request::Parts;
use std::net::SocketAddr;

/// Lets through what is addressed to this server, doesn't come from a foreign web page, and has the token.
pub(super) struct Gate {
    /// The names that lead here, each with the port.
    own: [String; 2],
    token: Token,
}

impl Gate {
    pub(super) fn new(address: SocketAddr, token: Token) -> Self {
        Self { own: [address.to_string(), format!("localhost:{}", address.port())], token }
    }

    /// Whether a request may go on.
    ///
    /// # Errors
    /// Why not. Whoever is no neighbour isn't even told whether the token was right.
    pub(super) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let host = only(request, &HOST).ok_or(Refusal::ForeignHost)?;
        // A proxy's way of asking names the host once more, and it goes before the header.
        let named = request.uri.authority().map(http::uri::Authority::as_str);
        if !self.is_own(host) || named.is_some_and(|named| !self.is_own(named)) {
            return Err(Refusal::ForeignHost);
        }
        if request.headers.contains_key(ORIGIN) {
            let origin = only(request, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
            if !origin.is_some_and(|origin| self.is_own(origin)) {
                return Err(Refusal::ForeignOrigin);
            }
        }
        if !request.headers.contains_key(AUTHORIZATION) {
            return Err(Refusal::NoToken);
        }
        let presented = only(request, &AUTHORIZATION).and_then(bearer);
        if presented.is_some_and(|presented| self.token.is(presented)) { Ok(()) } else { Err(Refusal::WrongToken) }
    }

    fn is_own(&self, name: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The value of a header that is there exactly once.
fn only<'a>(request: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let mut values = request.headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
