//! A model of whisper.cpp's form, small enough to be read a thousand times: a quarter of a megabyte of random weights, and an embedding for few of its tokens.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const WIDTH: u32 = 64;
const VOCABULARY: u32 = 51_864;
/// The tokens that have a place in the embedding.
const FEW: u32 = 512;

/// Its file.
pub(crate) fn small_model() -> Vec<u8> {
    let mut file = b"lmgg".to_vec();
    let shape = [VOCABULARY, 1_500, WIDTH, 1, 1, 448, WIDTH, 1, 1, 80, 2_002];
    file.extend(shape.iter().flat_map(|number| number.to_le_bytes()));
    let mut dice = 7_u64;
    let mut noise = |file: &mut Vec<u8>, len: usize| {
        file.extend((0..len).map(|_| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice.to_le_bytes()[3]
        }));
    };
    file.extend([80_u32, 201].iter().flat_map(|number| number.to_le_bytes()));
    noise(&mut file, 80 * 201 * 4);
    file.extend(2_u32.to_le_bytes());
    for token in ["a", "b"] {
        file.extend(1_u32.to_le_bytes());
        file.extend(token.as_bytes());
    }
    // As many tensors as a layer each side has; the embedding in blocks of 4 bits, everything else short.
    for tensor in 0..50_u32 {
        let (dims, kind, bytes): (&[u32], u32, usize) = match tensor {
            0 => (&[WIDTH, FEW], 2, 64 / 32 * 18 * 512),
            1 => (&[WIDTH, 600], 0, 64 * 600 * 4),
            _ => (&[WIDTH], 0, 64 * 4),
        };
        let name = format!("tensor.{tensor}");
        for number in [u32::try_from(dims.len()).unwrap(), u32::try_from(name.len()).unwrap(), kind] {
            file.extend(number.to_le_bytes());
        }
        file.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
        file.extend(name.as_bytes());
        noise(&mut file, bytes);
    }
    file
}

/// The sum of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
