use crate::conversation::Conversation;
use crate::hash_engine::Ears;
use crate::life::{Life, Told};
use engine::Batched;
use speech::{Recognised, Request};
use std::sync::Arc;
use testkit::{Chance, count, fixture};

/// Layouts with the model in every run, each of these minutes; `cargo xtask soak cut-anywhere` tries 200 of 20 minutes.
const LAYOUTS: u32 = 3;
const MINUTES: u32 = 3;

/// The fixture model, one for all workers: what it kept of one window could show in another.
#[derive(Clone)]
struct Model(Arc<Batched>);

impl Ears for Model {
    fn hear(&mut self, request: &Request) -> Recognised {
        let recognised = self.0.recognise(&request.samples, &request.decoding).unwrap();
        Recognised { compute_micros: 1, ..recognised }
    }
}

#[test]
fn a_conversation_cut_anywhere_reads_the_same_with_the_real_model() {
    let model = Model(Arc::new(Batched::open(&fixture("models/fixture-q8.bin")).unwrap()));
    let conversation = Conversation::of_minutes(count("HEARSAY_CUT_MODEL_MINUTES", MINUTES));
    let uncut = Life::new(&conversation).undisturbed(model.clone());
    println!("uncut: {} rows, {} words, {} windows", uncut.utterances.len(), uncut.words(), uncut.windows);
    assert!(uncut.words() > 100, "{} words", uncut.words());
    let mut told = Told::default();
    let layouts = count("HEARSAY_CUT_MODEL_LAYOUTS", LAYOUTS);
    for layout in 0..layouts {
        let mut chance = Chance::new(0x5EA1_0000 + u64::from(layout));
        let mut life = Life::new(&conversation);
        let cut = life.disturbed(&mut chance, &mut || model.clone());
        cut.assert_same(&uncut, &format!("layout {layout}"));
        told.add(&life, &cut, &uncut);
        println!("layout {} of {layouts}: no row differs", layout + 1);
    }
    println!("{told}");
}
