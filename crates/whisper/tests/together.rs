//! A window's result doesn't depend on the others.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "shared by tests that look at different parts")]
mod fixture;

use fixture::{goldens, model, model_in};
use kernels::{Isa, Level};
use whisper::{Batch, Cpu, Decode, Heard, Mel, Numbers, Window};

struct Piece {
    mel: Mel,
    decode: Decode,
}

/// Windows of all kinds, of different lengths of text.
fn pieces() -> Vec<Piece> {
    let cases = goldens().cases;
    let kinds = [
        Decode::default(),
        Decode { timestamps: true, ..Decode::default() },
        Decode { beams: 3, words: true, ..Decode::default() },
        Decode {
            prompt: model().vocabulary().encode(" The budget, then."),
            temperature: 0.6,
            seed: 5,
            words: true,
            ..Decode::default()
        },
    ];
    let chosen = [6, 0, 48, 19];
    chosen
        .iter()
        .zip(kinds.iter().cycle())
        .map(|(at, decode)| Piece { mel: model().mels().mel(&cases[*at].samples()), decode: decode.clone() })
        .collect()
}

/// Decodes the pieces in this order with so many slots; windows come in later, too, so that slots are taken up in different steps.
fn decoded(isa: Isa, numbers: Numbers, pieces: &[Piece], order: &[usize], slots: usize, at_once: usize) -> Vec<Heard> {
    let model = model_in(numbers);
    let mut batch = Batch::new(Cpu::with_isa(model, slots, isa), model);
    let mut heard = Vec::new();
    let mut left = order.iter();
    for few in order.chunks(at_once) {
        for at in left.by_ref().take(few.len()) {
            let Piece { mel, decode } = &pieces[*at];
            batch.push(Window { id: *at as u64, mel: mel.clone(), decode: decode.clone() }).unwrap();
        }
        for _ in 0..7 {
            heard.extend(batch.step().into_iter().map(Result::unwrap));
        }
    }
    heard.extend(batch.finish().into_iter().map(Result::unwrap));
    heard.sort_by_key(|heard| heard.id);
    heard
}

/// Compares windows alone with windows together, in any order, on every kernel.
fn alone_and_together(numbers: Numbers) {
    let pieces = pieces();
    let forth: Vec<usize> = (0..pieces.len()).collect();
    let back: Vec<usize> = forth.iter().rev().copied().collect();
    // Plain loops over bytes are slow, and their sums are those of every other kernel: the tests of `kernels` compare them bit by bit.
    for isa in Isa::all().filter(|isa| numbers == Numbers::Exact || isa.level() > Level::Portable) {
        // Other kernels than the fastest are slow in tests, and the order of their sums doesn't know of other rows either.
        let fastest = isa == Isa::all().last().unwrap();
        let few = if fastest { 4 } else { 2 };
        let alone = decoded(isa, numbers, &pieces, &forth[..few], 1, 1);
        assert_eq!(alone.len(), few);
        assert!(alone.iter().any(|heard| heard.tokens.len() > 40), "there is text");
        let runs = [(&back[back.len() - few..], 16, 16), (&forth[..few], 3, 2)];
        for (order, slots, at_once) in runs.into_iter().take(if fastest { 2 } else { 1 }) {
            // Equal as numbers is equal as bits here: nothing is zero or no number.
            assert_eq!(decoded(isa, numbers, &pieces, order, slots, at_once), alone, "{isa:?}, {slots} slots");
        }
    }
}

#[test]
fn exact_windows_are_bit_equal_alone_and_together_in_any_order_on_every_kernel() {
    alone_and_together(Numbers::Exact);
}

#[test]
fn fast_windows_are_bit_equal_alone_and_together_in_any_order_on_every_kernel() {
    alone_and_together(Numbers::Fast);
}

#[test]
fn an_urgent_window_is_done_first_and_a_cancelled_one_never_and_the_others_are_as_they_would_be() {
    let (pieces, model) = (pieces(), model_in(Numbers::Fast));
    let isa = Isa::all().last().unwrap();
    let alone = decoded(isa, Numbers::Fast, &pieces, &[0, 1, 2], 1, 1);
    let mut batch = Batch::new(Cpu::with_isa(model, 3, isa), model);
    let window = |at: usize| {
        let Piece { mel, decode } = &pieces[at];
        Window { id: at as u64, mel: mel.clone(), decode: decode.clone() }
    };
    for at in [0, 1, 3] {
        batch.push(window(at)).unwrap();
    }
    for _ in 0..5 {
        assert!(batch.step().is_empty());
    }
    batch.cancel(3);
    batch.push_urgent(window(2)).unwrap();
    let mut heard = Vec::new();
    while heard.is_empty() {
        heard.extend(batch.step().into_iter().map(Result::unwrap));
    }
    assert_eq!(heard.iter().map(|heard| heard.id).collect::<Vec<_>>(), [2]);
    heard.extend(batch.finish().into_iter().map(Result::unwrap));
    heard.sort_by_key(|heard| heard.id);
    assert_eq!(heard, alone);
}

#[test]
fn windows_are_none_the_worse_for_damaged_samples() {
    let model = model_in(Numbers::Fast);
    let mut batch = Batch::new(Cpu::new(model, 8), model);
    let sounds: [Vec<f32>; 6] = [
        vec![],
        vec![0.3],
        vec![f32::NAN; 9_000],
        vec![f32::INFINITY; 480_000],
        vec![f32::MAX, f32::MIN, -0.0, 1e-40],
        vec![0.01; 31 * 16_000],
    ];
    for (id, sound) in (0..).zip(&sounds) {
        batch.push(Window { id, mel: model.mels().mel(sound), decode: Decode::default() }).unwrap();
    }
    let heard = batch.finish();
    assert_eq!(heard.len(), sounds.len());
    for heard in heard.into_iter().map(Result::unwrap) {
        assert!(heard.mean_logprob.is_finite() && (0.0..=1.0).contains(&heard.no_speech), "{heard:?}");
    }
}

#[test]
fn what_the_model_cannot_do_is_refused() {
    let model = model();
    let mut batch = Batch::new(Cpu::new(model, 1), model);
    let window = |decode| Window { id: 0, mel: model.mels().mel(&[]), decode };
    let refused = batch.push(window(Decode { translate: true, ..Decode::default() })).unwrap_err();
    assert_eq!(refused.to_string(), "this model knows English only and cannot translate");
    assert!(batch.is_idle() && batch.step().is_empty());
}

#[test]
fn a_second_try_is_the_same_alone_and_among_others() {
    let (cases, model) = (goldens().cases, model_in(Numbers::Fast));
    let isa = Isa::all().last().unwrap();
    // Twice as fast, or all as loud as can be, it is nothing that the model was taught: it guesses.
    let fast = |at: usize| cases[at].samples().into_iter().step_by(2).collect::<Vec<f32>>();
    let loud = |at: usize| cases[at].samples().iter().map(|sample| sample.signum() * 0.3).collect::<Vec<f32>>();
    let sounds = [fast(6), fast(19), loud(0), loud(19), fast(0), cases[30].samples()];
    let of = |retry: f32| {
        let decode = Decode { retry, words: true, ..Decode::default() };
        sounds.each_ref().map(|sound| Piece { mel: model.mels().mel(sound), decode: decode.clone() })
    };
    let order: Vec<usize> = (0..6).collect();
    let (once, twice) = (of(0.0), of(0.5));
    let alone = decoded(isa, Numbers::Fast, &twice, &order, 1, 1);
    let back: Vec<usize> = order.iter().rev().copied().collect();
    assert_eq!(decoded(isa, Numbers::Fast, &twice, &back, 4, 6), alone);
    let first = decoded(isa, Numbers::Fast, &once, &order, 4, 6);
    let others = first.iter().zip(&alone).filter(|(first, alone)| first != alone).count();
    assert!(others > 0, "none was tried again: {:?}", first.iter().map(|heard| heard.mean_logprob).collect::<Vec<_>>());
    for heard in &alone {
        assert_eq!(heard.times.len(), heard.tokens.len());
    }
}
