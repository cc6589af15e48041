//! Which attention heads look where the sound of a token is.

use crate::Shape;

/// Heads at most: where they look is kept for every token until its window is done.
const MOST: usize = 40;

/// Layers and heads that `OpenAI` found for its models
/// ([openai-whisper](https://github.com/openai/whisper), `whisper/__init__.py`), recognised by their shape; for any other model heads of the
/// upper half of the decoder, all as there if they are [few enough](MOST), else evenly spread.
pub(crate) fn heads(shape: &Shape) -> Vec<(usize, usize)> {
    let known: &[(usize, usize)] =
        match (shape.width, shape.audio_layers, shape.text_layers, shape.bands, shape.multilingual()) {
            (384, 4, 4, 80, false) => &[(1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)],
            (384, 4, 4, 80, true) => &[(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)],
            (512, 6, 6, 80, false) => &[(3, 3), (4, 7), (5, 1), (5, 5), (5, 7)],
            (512, 6, 6, 80, true) => &[(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)],
            (768, 12, 12, 80, false) => &SMALL_ENGLISH,
            (768, 12, 12, 80, true) => {
                &[(5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5)]
            }
            (1_024, 24, 24, 80, false) => &MEDIUM_ENGLISH,
            (1_024, 24, 24, 80, true) => &[(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)],
            // large-v1 has the shape of large-v2 and other heads; it is hardly around.
            (1_280, 32, 32, 80, true) => &LARGE_2,
            (1_280, 32, 32, 128, true) => {
                &[(7, 0), (10, 17), (12, 18), (13, 12), (16, 1), (17, 14), (19, 11), (21, 4), (24, 1), (25, 6)]
            }
            (1_280, 32, 4, 128, true) => &[(2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)],
            _ => &[],
        };
    if !known.is_empty() {
        return known.to_vec();
    }
    let layers = shape.text_layers / 2..shape.text_layers;
    let all: Vec<_> = layers.flat_map(|layer| (0..shape.heads()).map(move |head| (layer, head))).collect();
    let step = all.len().div_ceil(MOST).max(1);
    all.into_iter().step_by(step).collect()
}

const SMALL_ENGLISH: [(usize, usize); 19] = [
    (6, 6),
    (7, 0),
    (7, 3),
    (7, 8),
    (8, 2),
    (8, 5),
    (8, 7),
    (9, 0),
    (9, 4),
    (9, 8),
    (9, 10),
    (10, 0),
    (10, 1),
    (10, 2),
    (10, 3),
    (10, 6),
    (10, 11),
    (11, 2),
    (11, 4),
];

const MEDIUM_ENGLISH: [(usize, usize); 18] = [
    (11, 4),
    (14, 1),
    (14, 12),
    (14, 14),
    (15, 4),
    (16, 0),
    (16, 4),
    (16, 9),
    (17, 12),
    (17, 14),
    (18, 7),
    (18, 10),
    (18, 15),
    (20, 0),
    (20, 3),
    (20, 9),
    (20, 14),
    (21, 12),
];

const LARGE_2: [(usize, usize); 23] = [
    (10, 12),
    (13, 17),
    (16, 11),
    (16, 12),
    (16, 13),
    (17, 15),
    (17, 16),
    (18, 4),
    (18, 11),
    (18, 19),
    (19, 11),
    (21, 2),
    (21, 3),
    (22, 3),
    (22, 9),
    (22, 12),
    (23, 5),
    (23, 7),
    (23, 13),
    (25, 5),
    (26, 1),
    (26, 12),
    (27, 15),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_model_has_some_heads_and_few() {
        for (width, text_layers) in [(64, 1), (384, 4), (384, 5), (1_280, 2), (1_280, 32), (2_560, 64)] {
            for (audio_layers, bands, vocabulary) in
                [(4, 80, 51_864), (4, 80, 51_865), (32, 80, 51_865), (32, 128, 51_866)]
            {
                let shape = Shape {
                    vocabulary,
                    audio_context: 1_500,
                    width,
                    audio_layers,
                    text_context: 448,
                    text_layers,
                    bands,
                };
                let heads = heads(&shape);
                assert!((1..=MOST).contains(&heads.len()), "{shape:?}");
                assert_eq!(heads.iter().collect::<BTreeSet<_>>().len(), heads.len(), "{shape:?}");
                assert!(heads.iter().all(|(layer, head)| *layer < text_layers && *head < shape.heads()), "{shape:?}");
            }
        }
    }
}
