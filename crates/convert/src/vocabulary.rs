//! The text of tokens: out of a Hugging Face folder, or as OpenAI ships it.

use crate::config::Config;
use crate::error::{Fault, demand};
use serde::Deserialize;
use std::collections::BTreeMap;

/// OpenAI's vocabularies, which a `.pt` doesn't hold, as `scripts/make_vocabulary.py` says.
static ENGLISH: &[u8] = include_bytes!("../vocabulary/english.pairs");
static MULTILINGUAL: &[u8] = include_bytes!("../vocabulary/multilingual.pairs");
/// Stands twice for the empty token.
const EMPTY: u16 = 0xffff;

/// The first special token; the ones before it are text.
pub(crate) const END: &str = "<|endoftext|>";
/// The longest text of a token that whisper.cpp and its `quantize` can hold.
const LONGEST_TOKEN: usize = 128;
const HINT: &str = "whisper.cpp knows OpenAI's vocabularies; a model with another one can't be converted";

/// `tokenizer.json`, as far as it matters here.
#[derive(Deserialize)]
struct Tokenizer {
    model: TokenizerModel,
    #[serde(default)]
    added_tokens: Vec<Added>,
}

#[derive(Deserialize)]
struct TokenizerModel {
    vocab: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
}

/// Every token of text in the order of its number, out of `vocab.json`, with `added_tokens.json` if there is one.
pub(crate) fn of_vocab(vocab: &[u8], added: Option<&[u8]>, config: &Config) -> Result<Vec<Vec<u8>>, Fault> {
    let mut all: BTreeMap<String, u32> = read(vocab)?;
    let added: BTreeMap<String, u32> = added.map(read).transpose()?.unwrap_or_default();
    all.extend(added);
    in_order(&all, config)
}

/// The same out of `tokenizer.json`, where newer checkpoints have everything.
pub(crate) fn of_tokenizer(tokenizer: &[u8], config: &Config) -> Result<Vec<Vec<u8>>, Fault> {
    let Tokenizer { model, added_tokens } = read(tokenizer)?;
    let mut all = model.vocab;
    all.extend(added_tokens.into_iter().map(|added| (added.content, added.id)));
    in_order(&all, config)
}

/// What OpenAI ships.
pub(crate) fn shipped(multilingual: bool) -> Vec<Vec<u8>> {
    let (bytes, pairs) = if multilingual { MULTILINGUAL } else { ENGLISH }.split_at(256);
    let mut tokens: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
    for [a, b, c, d] in pairs.as_chunks().0 {
        let (first, second) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
        let part = |at: u16| tokens.get(usize::from(at)).filter(|_| at != EMPTY).cloned().unwrap_or_default();
        let token = [part(first), part(second)].concat();
        tokens.push(token);
    }
    tokens
}

fn read<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(text).map_err(|error| Fault::Broken(format!("it is not a vocabulary: {error}")))
}

fn in_order(all: &BTreeMap<String, u32>, config: &Config) -> Result<Vec<Vec<u8>>, Fault> {
    let end = all.get(END).copied().or(config.eos_token_id);
    let Some(end) = end else { return Err(Fault::Unsuitable(format!("it has no {END}"), HINT)) };
    let unprintable = unprintable();
    let mut tokens: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for (text, id) in all.iter().filter(|(_, id)| **id < end) {
        let bytes: Option<Vec<u8>> = text.chars().map(|shown| byte(shown, &unprintable)).collect();
        let Some(bytes) = bytes.filter(|bytes| bytes.len() <= LONGEST_TOKEN) else {
            return Err(Fault::Unsuitable(format!("its token {id} is not text of a byte vocabulary"), HINT));
        };
        let twice = tokens.insert(*id, bytes).is_some();
        demand(!twice, || format!("two tokens have the number {id}"))?;
    }
    // The vocabulary of many languages ends with an empty token that some tools leave out.
    if end > 0 && !tokens.contains_key(&(end - 1)) {
        tokens.insert(end - 1, Vec::new());
    }
    if tokens.len() != usize::try_from(end).unwrap_or(0) {
        return Err(Fault::Unsuitable(format!("it has {} of the {end} tokens before {END}", tokens.len()), HINT));
    }
    Ok(tokens.into_values().collect())
}

/// GPT-2's vocabularies show every byte as a letter: printable ones as themselves, the others as those from 256 on, in turn.
fn byte(shown: char, unprintable: &[u8]) -> Option<u8> {
    let code = u32::from(shown);
    match u8::try_from(code) {
        Ok(byte) => printable(byte).then_some(byte),
        Err(_) => unprintable.get(usize::try_from(code - 256).ok()?).copied(),
    }
}

fn printable(byte: u8) -> bool {
    matches!(byte, 33..=126 | 161..=172 | 174..=255)
}

fn unprintable() -> Vec<u8> {
    (0..=255).filter(|byte| !printable(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_shipped_vocabularies_are_those_of_openai() {
        // SHA-256 over all tokens, each after its length as 32 bits; computed from the .tiktoken files of openai-whisper 20250625.
        for (multilingual, len, sum) in [(false, 50_256, SUM_ENGLISH), (true, 50_257, SUM_MULTILINGUAL)] {
            let tokens = shipped(multilingual);
            assert_eq!(tokens.len(), len);
            let mut hash = Sha256::new();
            for token in &tokens {
                assert!(token.len() <= LONGEST_TOKEN);
                hash.update(u32::try_from(token.len()).unwrap().to_le_bytes());
                hash.update(token);
            }
            assert_eq!(format!("{:x}", hash.finalize()), sum);
        }
    }

    const SUM_ENGLISH: &str = "7cff19521369c7f5f5ed77ed7b730e7491800afb47d01d341e12b3ca740d8543";
    const SUM_MULTILINGUAL: &str = "7a1796f07fce01ae84cc2f83b9a72da17dc652ddc339cb113edcc4c60094f418";
}
