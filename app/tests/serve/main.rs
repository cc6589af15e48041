//! `serve`: the real program, asked over real connections. Whom it refuses, what it answers, and the SDK's own client asking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

mod answers;
mod client;
mod life;
mod refusals;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../sample/mod.rs"]
mod sample;
mod server;
