//! Words as they are said, in simulated time: echoes among them, and what becomes of the rest when the live lane fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod counting;
mod scene;

use counting::Counting;
use scene::{Scene, live_plan, side, with_echo};
use speech::models::ModelError;
use speech::{EngineError, Recogniser, Vad, VadChoice, VadError};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use store::{State, Utterance};
use timeline::{Side, Span};
use worker::{LiveModel, LiveSettings};

fn vad() -> Result<Vad, VadError> {
    Vad::open(VadChoice::Builtin, None)
}

/// The live lane shares the main recogniser.
fn sharing() -> LiveSettings {
    let model = || Ok(LiveModel { plan: live_plan(), file: PathBuf::from("main.bin"), recogniser: None });
    LiveSettings { model: Box::new(model), vad: Box::new(vad) }
}

#[test]
fn an_echo_is_hidden_as_it_is_said_whichever_side_is_recognised_first_and_what_was_said_stays() {
    // The sides take turns: the other speaks from 8 s to 13 s and from 16 s to 20 s.
    let (mic, loopback) = (side("mic"), side("loopback"));
    for (newest_first, hears_the_loudspeakers) in [(false, true), (true, true), (false, false)] {
        let heard = if hears_the_loudspeakers { with_echo(&mic, &loopback) } else { mic.clone() };
        let scene = Scene::new(heard, loopback.clone());
        scene.watch_until(3_600);
        let recogniser = Box::new(Counting::newest_first(newest_first));
        scene.work(recogniser, sharing(), &mut |scene| (scene.now_s() < 26).then_some(1));

        let rows = scene.rows();
        let of = |side: Side| rows.iter().filter(move |row| row.side == side);
        let echoes: Vec<&Utterance> = rows.iter().filter(|row| row.echo_of.is_some()).collect();
        let texts = || rows.iter().map(|row| (row.side, row.span, row.state, row.text.len())).collect::<Vec<_>>();
        assert!(of(Side::Heard).count() >= 3 && of(Side::Heard).all(|row| row.state == State::Shown), "{:?}", texts());
        // What was said while the other was silent: an utterance of the microphone that no heard one overlaps.
        let alone = |row: &&Utterance| of(Side::Heard).all(|heard| !heard.span.overlaps(&row.span));
        assert!(of(Side::Said).filter(alone).count() >= 2, "{:?}", texts());
        assert!(of(Side::Said).filter(alone).all(|row| row.state == State::Shown), "{:?}", texts());
        if !hears_the_loudspeakers {
            assert!(echoes.is_empty(), "{:?}", texts());
            continue;
        }
        assert!(echoes.len() >= 3, "{:?}", texts());
        let meanwhile: Vec<&Utterance> = of(Side::Said).filter(|row| !alone(row)).collect();
        assert_eq!(echoes, meanwhile, "all that came back is hidden");
        for echo in &echoes {
            assert_eq!((echo.state, echo.reason.as_deref()), (State::Hidden, Some("echo")));
            let of = scene.store.by_id(&echo.echo_of.as_ref().unwrap().parse().unwrap()).unwrap().unwrap();
            assert!(of.side == Side::Heard && of.span.overlaps(&echo.span));
        }
        let came_first = echoes.iter().filter(|echo| {
            let of = scene.store.by_id(&echo.echo_of.as_ref().unwrap().parse().unwrap()).unwrap().unwrap();
            echo.key < of.key
        });
        assert_eq!(came_first.count() > 0, newest_first, "an echo that was stored before what was played");
        assert_eq!(found(&scene), shown(&rows), "the index knows what is hidden");
    }
}

fn shown(rows: &[Utterance]) -> Vec<i64> {
    let mut keys: Vec<i64> = rows.iter().filter(|row| row.state == State::Shown).map(|row| row.key).collect();
    keys.sort_unstable();
    keys
}

/// What a search finds.
fn found(scene: &Scene) -> Vec<i64> {
    let searcher = index::Searcher::open(&scene.home.index()).unwrap();
    let parsed = index::query::parse("w3", scene.rows()[0].span.start);
    let options = index::Options { limit: 100, ..index::Options::default() };
    let mut keys: Vec<i64> = searcher.search(&parsed.query, &options).unwrap().into_iter().map(|hit| hit.key).collect();
    keys.sort_unstable();
    keys
}

/// A way in which the live lane can fail.
#[derive(Clone, Copy)]
struct Fault {
    model: fn() -> Result<(), ModelError>,
    engine: Option<fn() -> EngineError>,
    vad: fn() -> Result<Vad, VadError>,
}

const NONE: Fault = Fault { model: || Ok(()), engine: None, vad };

#[test]
fn a_live_model_that_is_missing_is_told_of_and_looked_for_again() {
    let model = || Err(ModelError::Missing { name: "tiny.en".to_owned(), bytes: 75_000_000 });
    // It is asked for by the worker's start, too.
    the_main_pass_goes_on(Fault { model, ..NONE }, 2, &["tiny.en", "hint: get it with `hearsay models get tiny.en`"]);
}

#[test]
fn a_live_model_that_the_engine_refuses_is_told_of_by_its_file() {
    let engine: Option<fn() -> EngineError> = Some(|| EngineError::Refused("no such tensor".to_owned()));
    let told = ["/models/tiny.bin", "the engine refused: no such tensor"];
    the_main_pass_goes_on(Fault { engine, ..NONE }, 1, &told);
}

#[test]
fn a_live_model_that_crashes_the_engine_with_each_window_is_given_up() {
    let engine: Option<fn() -> EngineError> = Some(|| EngineError::Crashed { how: "signal 11".to_owned() });
    let told = ["/models/tiny.bin", "the engine crashed (signal 11)"];
    the_main_pass_goes_on(Fault { engine, ..NONE }, 1, &told);
}

#[test]
fn a_voice_detector_that_does_not_start_is_told_of() {
    let vad = || Err(VadError::NoLibrary(vec![PathBuf::from("/nowhere/libonnxruntime.so")]));
    the_main_pass_goes_on(Fault { vad, ..NONE }, 1, &["/nowhere/libonnxruntime.so"]);
}

/// Somebody watches for the first 100 s, and again from 105 s on, when the fault is mended; the model is asked for `first` times until it
/// has failed for them.
fn the_main_pass_goes_on(fault: Fault, first: u32, parts: &[&str]) {
    let (asked, mended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let scene = Scene::new(side("mic"), side("loopback"));
    let before = scene.record_before(&side("mic")[..10 * 16_000]);
    scene.watch_until(100);
    let live = failing(fault, &asked, &mended);
    scene.work(Box::new(Counting::default()), live, &mut |scene| {
        let (told, times) = (scene.store.live_fault().unwrap(), asked.load(Ordering::Relaxed));
        match scene.now_s() {
            0..30 => Some(2),
            now @ 30..100 => {
                let told = told.expect("it has failed by now");
                assert!(parts.iter().all(|part| told.contains(part)), "{told}");
                assert!(scene.rows().is_empty());
                let after = Span::new(before, before.plus_micros(60_000_000));
                assert!(scene.store.utterances(&after).unwrap().len() > 1, "the main pass is done");
                assert!(now > 60 || times == first, "{told}: not tried again within a minute, and not {times} times");
                Some(5)
            }
            100..105 => {
                assert_eq!(times, first + 1, "once more after a minute");
                Some(5)
            }
            105..145 => {
                if !mended.swap(true, Ordering::Relaxed) {
                    scene.watch_until(3_600);
                }
                (scene.rows().len() < 2).then_some(2)
            }
            _ => None,
        }
    });
    assert!(scene.rows().len() >= 2, "it works again as soon as somebody begins to watch");
    assert_eq!(scene.store.live_fault().unwrap(), None);
}

/// A live lane with a model of its own, that fails until it is mended.
fn failing(fault: Fault, asked: &Arc<AtomicU32>, mended: &Arc<AtomicBool>) -> LiveSettings {
    let Fault { model, engine, vad: faulty } = fault;
    let (asked, is_mended) = (Arc::clone(asked), Arc::clone(mended));
    let make = move || {
        asked.fetch_add(1, Ordering::Relaxed);
        if !is_mended.load(Ordering::Relaxed) {
            model()?;
        }
        let own = Counting::failing(engine, &is_mended);
        let recogniser: Option<Box<dyn Recogniser + Send>> = Some(Box::new(own));
        Ok(LiveModel { plan: live_plan(), file: PathBuf::from("/models/tiny.bin"), recogniser })
    };
    let is_mended = Arc::clone(mended);
    let vad = move || if is_mended.load(Ordering::Relaxed) { vad() } else { faulty() };
    LiveSettings { model: Box::new(make), vad: Box::new(vad) }
}
