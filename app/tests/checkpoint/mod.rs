//! A Whisper of the smallest shape that whisper.cpp runs, as a Hugging Face folder with random weights and the vocabulary of the fixture model.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

const WIDTH: usize = 64;
const TOKENS: usize = 51_864;

/// Writes it.
pub(crate) fn write(folder: &Path) {
    home::files::create_dir_all(folder).unwrap();
    let vocabulary = vocabulary();
    let config = serde_json::json!({
        "model_type": "whisper", "vocab_size": TOKENS, "num_mel_bins": 80, "d_model": WIDTH, "encoder_layers": 1,
        "encoder_attention_heads": 1, "decoder_layers": 1, "decoder_attention_heads": 1, "max_source_positions": 1_500,
        "max_target_positions": 448, "eos_token_id": vocabulary.len(),
    });
    put(&folder.join("config.json"), &serde_json::to_vec(&config).unwrap());
    put(&folder.join("vocab.json"), &serde_json::to_vec(&vocabulary).unwrap());
    put(&folder.join("model.safetensors"), &safetensors());
}

pub(crate) fn put(path: &Path, bytes: &[u8]) {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
}

/// The fixture's tokens as GPT-2's vocabularies show bytes.
fn vocabulary() -> BTreeMap<String, usize> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/fixture-q8.bin");
    let file = std::fs::read(model).unwrap();
    let number = |at: usize| usize::try_from(u32::from_le_bytes(file[at..at + 4].try_into().unwrap())).unwrap();
    let printable = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let hidden: Vec<u8> = (0..=255).filter(|byte| !printable(*byte)).collect();
    let shown = |byte: &u8| match hidden.binary_search(byte) {
        Ok(at) => char::from_u32(256 + u32::try_from(at).unwrap()).unwrap(),
        Err(_) => char::from(*byte),
    };
    let mut at = 56 + 80 * 201 * 4;
    let count = number(at);
    at += 4;
    let mut vocabulary = BTreeMap::new();
    for token in 0..count {
        let len = number(at);
        vocabulary.insert(file[at + 4..at + 4 + len].iter().map(shown).collect(), token);
        at += 4 + len;
    }
    vocabulary
}

fn safetensors() -> Vec<u8> {
    let (mut header, mut data, mut dice) = (serde_json::Map::new(), Vec::new(), 7_u64);
    for (name, shape) in tensors() {
        let from = data.len();
        for _ in 0..shape.iter().product::<usize>() {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            // A sign and ten bits behind the point: numbers of 16 bits between 0.125 and 0.25.
            data.extend((u16::try_from(dice & 0x83ff).unwrap() | 0x3000).to_le_bytes());
        }
        let entry = serde_json::json!({"dtype": "F16", "shape": shape, "data_offsets": [from, data.len()]});
        header.insert(format!("model.{name}"), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    [&u64::try_from(header.len()).unwrap().to_le_bytes(), header.as_slice(), data.as_slice()].concat()
}

/// Every tensor of one layer on each side.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = vec![
        ("encoder.conv1.weight".to_owned(), vec![WIDTH, 80, 3]),
        ("encoder.conv1.bias".to_owned(), vec![WIDTH]),
        ("encoder.conv2.weight".to_owned(), vec![WIDTH, WIDTH, 3]),
        ("encoder.conv2.bias".to_owned(), vec![WIDTH]),
        ("encoder.embed_positions.weight".to_owned(), vec![1_500, WIDTH]),
        ("decoder.embed_tokens.weight".to_owned(), vec![TOKENS, WIDTH]),
        ("decoder.embed_positions.weight".to_owned(), vec![448, WIDTH]),
    ];
    let mut pair = |name: String, shape: Vec<usize>| {
        all.push((format!("{name}.bias"), vec![shape[0]]));
        all.push((format!("{name}.weight"), shape));
    };
    let mut keys = Vec::new();
    for (side, attentions) in [("encoder", &["self_attn"][..]), ("decoder", &["self_attn", "encoder_attn"])] {
        let layer = format!("{side}.layers.0");
        for attention in attentions {
            keys.push((format!("{layer}.{attention}.k_proj.weight"), vec![WIDTH, WIDTH]));
            for part in ["q_proj", "v_proj", "out_proj"] {
                pair(format!("{layer}.{attention}.{part}"), vec![WIDTH, WIDTH]);
            }
            pair(format!("{layer}.{attention}_layer_norm"), vec![WIDTH]);
        }
        pair(format!("{layer}.fc1"), vec![4 * WIDTH, WIDTH]);
        pair(format!("{layer}.fc2"), vec![WIDTH, 4 * WIDTH]);
        pair(format!("{layer}.final_layer_norm"), vec![WIDTH]);
        pair(format!("{side}.layer_norm"), vec![WIDTH]);
    }
    all.extend(keys);
    all
}
