//! Connections, requests and responses.

use super::answers::Answer;
use super::api::{MCP, Route};
use super::gate::Gate;
use super::mcp::{self, Tools};
use super::refusal::Refusal;
use crate::context::Context;
use anyhow::Result;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections at once; others wait to be accepted.
const MOST_CONNECTIONS: usize = 32;
/// How long a request's head may take to come; a connection that waits for its next request longer is closed.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a request may take.
const ANSWER_WITHIN: Duration = Duration::from_mins(2);
/// How long a connection may last: one that takes no more of its answer is let go.
const CONNECTION_LASTS: Duration = Duration::from_mins(30);
/// How much of a request is held while its head is read.
const MOST_HEAD_BYTES: usize = 64 << 10;
/// How long to wait where no connection can be accepted, as when there are too many open files.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

type Answered = Response<BoxBody<Bytes, Infallible>>;

/// What requests are answered with.
pub(super) struct Desk {
    context: Context,
    gate: Gate,
    mcp: mcp::Service,
}

impl Desk {
    pub(super) fn new(context: &Context, gate: Gate) -> Arc<Self> {
        let mcp = mcp::service(Tools::new(context));
        Arc::new(Self { context: context.clone(), gate, mcp })
    }

    async fn answer(&self, request: Request<Incoming>) -> Answered {
        let answered = tokio::time::timeout(ANSWER_WITHIN, self.answer_in_time(request)).await;
        answered.unwrap_or(Err(Refusal::TimedOut)).unwrap_or_else(|refusal| refused(&refusal))
    }

    async fn answer_in_time(&self, request: Request<Incoming>) -> Result<Answered, Refusal> {
        let (head, body) = request.into_parts();
        self.gate.check(&head)?;
        if head.uri.path() == MCP {
            if head.method != Method::POST {
                return Err(Refusal::Method("POST"));
            }
            return Ok(self.mcp.handle(Request::from_parts(head, body)).await);
        }
        let route = Route::at(head.uri.path()).ok_or(Refusal::NoSuchPath)?;
        if head.method != Method::GET {
            return Err(Refusal::Method("GET"));
        }
        let context = self.context.clone();
        let query = head.uri.query().map(ToOwned::to_owned);
        let asked = tokio::task::spawn_blocking(move || route.answer(query.as_deref(), &context));
        let answer = asked.await.unwrap_or_else(|error| Err(Refusal::Failed(error.to_string())))?;
        Ok(rows(answer))
    }
}

/// Accepts connections for ever.
pub(super) async fn accept(listener: TcpListener, desk: Arc<Desk>) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = Arc::clone(&room).acquire_owned().await?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            let desk = &*desk;
            let answer = |request| async move { Ok::<_, Infallible>(desk.answer(request).await) };
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .max_buf_size(MOST_HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer));
            match tokio::time::timeout(CONNECTION_LASTS, connection).await {
                Ok(Ok(())) => {}
                // Whoever asked has gone or never spoke HTTP.
                Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
                Err(_) => tracing::debug!("a connection lasted too long"),
            }
            drop(place);
        });
    }
}

/// A row a line, as the commands print them; what they would say on stderr is in headers.
fn rows(answer: Answer) -> Answered {
    let mut body = answer.rows.join("\n");
    if !body.is_empty() {
        body.push('\n');
    }
    let mut response = response(body, "application/x-ndjson");
    for note in answer.notes {
        let line: Vec<u8> = note.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }).collect();
        if let Ok(value) = HeaderValue::from_bytes(&line) {
            response.headers_mut().append("hearsay-note", value);
        }
    }
    response
}

fn refused(refusal: &Refusal) -> Answered {
    let body = serde_json::json!({ "error": refusal.message() });
    let mut response = response(format!("{body}\n"), "application/json");
    *response.status_mut() = refusal.status();
    let header = match refusal {
        Refusal::NoToken | Refusal::WrongToken => Some((WWW_AUTHENTICATE, "Bearer")),
        Refusal::Method(allowed) => Some((ALLOW, *allowed)),
        _ => None,
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn response(body: String, kind: &'static str) -> Answered {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // What was said is kept nowhere else.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
