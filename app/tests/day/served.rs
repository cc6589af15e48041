//! A model's client asks for a sentence of the sample day, as it was really transcribed.

use crate::home::transcribed;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::TokioChildProcess;
use serde_json::json;
use timeline::WallTime;

#[test]
fn an_mcp_client_finds_the_right_sentence_of_the_sample_day_with_its_file_and_span() {
    let day = transcribed();
    let mut command = day.home.command(env!("CARGO_BIN_EXE_hearsay"));
    command.args(["serve", "--stdio"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let process = TokioChildProcess::new(tokio::process::Command::from(command)).unwrap();
        let client = ().serve(process).await.unwrap();
        let arguments = json!({ "query": "postpone phoenix", "side": "said" });
        let search = CallToolRequestParams::new("search").with_arguments(arguments.as_object().unwrap().clone());
        let found = client.call_tool(search).await.unwrap();
        client.cancel().await.unwrap();
        found.structured_content.unwrap()
    });
    let [hit] = found["hits"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert!(hit["text"].as_str().unwrap().contains("postpone Phoenix until December"), "{hit}");
    assert_eq!(hit["files"], json!(["audio/2026/2026-11-23/20261123T091500.000Z.mic.wav"]));
    // It was said from 4.220 s to 7.275 s (fixtures/days/standup.tsv).
    let time = |name: &str| WallTime::parse_rfc3339(hit[name].as_str().unwrap()).unwrap();
    let said = |seconds: &str| WallTime::parse_rfc3339(&format!("2026-11-23T09:15:{seconds}Z")).unwrap();
    for (heard, said) in [(time("start"), said("04.220")), (time("end"), said("07.275"))] {
        assert!(heard.micros_since(said).abs() < 500_000, "{hit}");
    }
}
