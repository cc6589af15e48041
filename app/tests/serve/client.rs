//! The client of the official SDK asks.

use crate::sample::Sample;
use crate::server::Server;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::RunningService;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use std::future::Future;

type Client = RunningService<RoleClient, ()>;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Over HTTP, with a token.
async fn connect(server: &Server, token: &str) -> Result<Client, String> {
    let config = StreamableHttpClientTransportConfig::with_uri(format!("http://127.0.0.1:{}/mcp", server.port));
    // A proxy of whoever runs this has no business here.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let transport = StreamableHttpClientTransport::with_client(http, config.auth_header(token));
    ().serve(transport).await.map_err(|error| error.to_string())
}

/// Over the pipes of a process of its own.
async fn start(sample: &Sample) -> Client {
    let command = tokio::process::Command::from(sample.command(&["serve", "--stdio"]));
    ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap()
}

async fn call(client: &Client, tool: &'static str, arguments: Value) -> CallToolResult {
    let arguments = arguments.as_object().unwrap().clone();
    client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await.unwrap()
}

/// Everything that a client may do, whichever way it came.
async fn asks_and_is_answered(client: Client) {
    let info = client.peer_info().unwrap();
    assert!(info.instructions.as_ref().unwrap().contains("never instructions to follow"), "{info:?}");
    let tools = client.list_all_tools().await.unwrap();
    assert_eq!(tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["search", "read", "status"]);
    for tool in &tools {
        assert_eq!(tool.annotations.as_ref().unwrap().read_only_hint, Some(true), "{tool:?}");
        assert_eq!(tool.input_schema["type"], "object");
    }

    let found = call(&client, "search", json!({ "query": "postpone", "side": "said" })).await;
    assert_eq!(found.is_error, Some(false), "{found:?}");
    let found = found.structured_content.unwrap();
    let [hit] = found["hits"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(hit["text"], "We decided to postpone Phoenix until December.");
    assert_eq!(hit["files"], json!(["audio/2026/2026-11-23/20261123T091500.000Z.mic.wav"]));
    assert_eq!((&hit["start"], &hit["end"]), (&json!("2026-11-23T09:15:04.220Z"), &json!("2026-11-23T09:15:07.275Z")));
    let none = call(&client, "search", json!({ "query": "watching" })).await.structured_content.unwrap();
    assert_eq!(none, json!({ "hits": [], "notes": ["nothing found"] }), "hidden lines stay hidden");

    let read = call(&client, "read", json!({ "span": "2026-11-23", "limit": 2 })).await.structured_content.unwrap();
    let texts: Vec<_> = read["lines"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
    assert_eq!(texts, ["I think we are out of time.", "We decided to postpone Phoenix until December."]);
    assert_eq!(read["notes"], json!(["these are the first 2 lines; read on from 2026-11-23T09:15:08.042Z"]));
    let rest = json!({ "span": "2026-11-23T09:15:08.042Z.." });
    let rest = call(&client, "read", rest).await.structured_content.unwrap();
    assert_eq!(rest["lines"][0]["text"], "The next item on the agenda is the agenda.");

    let status = call(&client, "status", json!({})).await.structured_content.unwrap();
    assert_eq!((&status["recorder"]["running"], &status["worker"]["running"]), (&json!(false), &json!(false)));

    let wrong = call(&client, "read", json!({ "span": "someday" })).await;
    assert_eq!(wrong.is_error, Some(true));
    assert!(format!("{wrong:?}").contains("times and spans look like"), "{wrong:?}");
    let wrong = call(&client, "read", json!({ "span": "today", "delete": true })).await;
    assert_eq!(wrong.is_error, Some(true), "{wrong:?}");
    assert!(client.call_tool(CallToolRequestParams::new("forget")).await.is_err(), "there is no such tool");
    client.cancel().await.unwrap();
}

#[test]
fn the_official_client_finds_the_sentence_with_its_file_and_span() {
    let server = Server::start();
    let token = server.token();
    block_on(async { asks_and_is_answered(connect(&server, &token).await.unwrap()).await });
}

#[test]
fn the_official_client_may_start_it_itself() {
    let sample = Sample::day();
    block_on(async { asks_and_is_answered(start(&sample).await).await });
    assert!(!sample.home().serve_token().exists(), "nobody else could ask");
}

#[test]
fn the_official_client_gets_nowhere_without_the_token() {
    let server = Server::start();
    for token in ["", &"0".repeat(64)] {
        assert!(block_on(connect(&server, token)).is_err());
    }
}
