//! Which of the tokens that may come next is taken.

use crate::chance::Chance;
use crate::hypothesis::Hypothesis;
use crate::{Scored, Token};
use kernels::{Isa, largest, log_sum_exp};

/// One token: the likeliest, or one by chance. None where no token is allowed.
pub(crate) fn one(isa: Isa, logits: &[f32], temperature: f32, chance: &mut Chance) -> Option<Scored> {
    let total = log_sum_exp(isa, logits);
    if !total.is_finite() {
        return None;
    }
    let at = if temperature > 0.0 { sampled(isa, logits, temperature, chance) } else { likeliest(isa, logits) };
    let logit = logits.get(at)?;
    Some(Scored { token: Token::try_from(at).ok()?, logprob: logit - total })
}

fn likeliest(isa: Isa, logits: &[f32]) -> usize {
    let most = largest(isa, logits);
    logits.iter().position(|logit| *logit >= most).unwrap_or(0)
}

fn sampled(isa: Isa, logits: &[f32], temperature: f32, chance: &mut Chance) -> usize {
    let most = largest(isa, logits);
    let weight = |logit: f32| ((logit - most) / temperature).exp();
    let mut left = chance.fraction() * logits.iter().map(|logit| weight(*logit)).sum::<f32>();
    let chosen = logits.iter().position(|logit| {
        left -= weight(*logit);
        left < 0.0
    });
    chosen.unwrap_or_else(|| likeliest(isa, logits))
}

/// The `count` likeliest tokens, likeliest first, each with its log-probability. None where no token is allowed.
pub(crate) fn best(isa: Isa, logits: &[f32], count: usize) -> Vec<Scored> {
    let total = log_sum_exp(isa, logits);
    if !total.is_finite() {
        return Vec::new();
    }
    let mut best: Vec<(f32, Token)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (token, logit) in (0..).zip(logits) {
        if *logit > least {
            let place = best.partition_point(|other| other.0 >= *logit);
            best.insert(place, (*logit, token));
            best.truncate(count);
            if let (true, Some(last)) = (best.len() == count, best.last()) {
                least = last.0;
            }
        }
    }
    best.into_iter().map(|(logit, token)| Scored { token, logprob: logit - total }).collect()
}

/// Of the continuations of all hypotheses the best `beams`; those that reach their end on the way are finished.
///
/// As openai-whisper's `BeamSearchDecoder`: every hypothesis offers one more than there are beams, so that the ends among them don't leave a beam empty.
pub(crate) fn continued(
    hypotheses: &[Hypothesis],
    offers: &[Vec<Scored>],
    beams: usize,
    end: Token,
) -> (Vec<Hypothesis>, Vec<Hypothesis>) {
    let mut all: Vec<(f32, &Hypothesis, Scored)> = hypotheses
        .iter()
        .zip(offers)
        .flat_map(|(hypothesis, offers)| {
            offers.iter().map(move |scored| (hypothesis.sum + scored.logprob, hypothesis, *scored))
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut going, mut finished) = (Vec::new(), Vec::new());
    for (sum, hypothesis, scored) in all {
        if scored.token == end {
            finished.push(Hypothesis { sum, ..hypothesis.clone() });
        } else {
            going.push(hypothesis.with(scored));
            if going.len() == beams {
                break;
            }
        }
    }
    (going, finished)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_is_a_number_or_allowed_no_token_is_taken() {
        let isa = Isa::fastest();
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for logits in [[bad; 5], [bad, 0.0, bad, 1.0, bad]] {
                let allowed = bad == f32::NEG_INFINITY && logits.contains(&1.0);
                for temperature in [0.0, 0.7] {
                    let one = one(isa, &logits, temperature, &mut Chance::new(3));
                    assert_eq!(one.is_some(), allowed, "{logits:?}");
                }
                assert_eq!(best(isa, &logits, 3).len(), if allowed { 2 } else { 0 }, "{logits:?}");
            }
        }
    }
}
