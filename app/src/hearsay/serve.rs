//! `hearsay serve`: a local API and an MCP server that only read.
//!
//! It listens on 127.0.0.1 and nowhere else, only while the command runs. A request passes the [`gate`] first: a `Host` and an
//! `Origin` that are this server's own, so that no web page reaches it by a name that leads here (DNS rebinding), and the token
//! that lies in the home, so that no other user of the machine does. Then there are a few fixed paths: `GET /v1/…`
//! ([`api`]) and `POST /mcp` ([`mcp`]). Nothing that can be asked writes, deletes or names a file.
//!
//! Threads: the main one waits for connections; up to [`MOST_QUESTIONS`] called `hs-serve` ask the database and the index. Everything
//! that goes on at once is bounded, and so is how long it may take. What is asked and answered is never logged.

mod answers;
mod api;
mod gate;
mod listener;
mod mcp;
mod question;
mod refusal;
mod token;

pub(crate) use token::Token;

use crate::context::Context;
use anyhow::{Context as _, Result};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Questions that are answered at once; others wait.
const MOST_QUESTIONS: usize = 4;
/// How often the stop flag is looked at.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// A server that listens and doesn't answer yet.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    token: Token,
}

impl Server {
    /// Listens on a port of this machine; 0: one that is free.
    ///
    /// # Errors
    /// Where the port is taken.
    pub(crate) fn listen(port: u16, token: Token) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on port {port} of this machine"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, token })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is raised. What is under way then is broken off: there is nothing that could be left half done.
    ///
    /// # Errors
    /// Where the system gives no threads.
    pub(crate) fn run(self, context: &Context, stop: &Arc<AtomicBool>) -> Result<()> {
        let gate = gate::Gate::new(self.address, self.token);
        until_stopped(listener::accept(self.listener, listener::Desk::new(context, gate)), stop)
    }
}

/// Answers one MCP client over stdin and stdout, until it closes them or `stop` is raised.
///
/// # Errors
/// Where what comes isn't MCP.
pub(crate) fn over_stdio(context: &Context, stop: &Arc<AtomicBool>) -> Result<()> {
    until_stopped(mcp::over_stdio(mcp::Tools::new(context)), stop)
}

fn until_stopped(work: impl Future<Output = Result<()>>, stop: &AtomicBool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(MOST_QUESTIONS)
        .thread_name("hs-serve")
        .build()
        .context("cannot start the server")?;
    let ended = runtime.block_on(async {
        let mut work = std::pin::pin!(work);
        loop {
            if let Ok(ended) = tokio::time::timeout(STOP_CHECK, work.as_mut()).await {
                return ended;
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    });
    // A question that is being answered has nobody to wait for it any more, nor has a read of stdin.
    runtime.shutdown_background();
    ended
}
