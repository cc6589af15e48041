//! The recogniser as a child process: lanes, crashes, hangs, damaged models.
//!
//! Run with a model's path this program is the engine, which is how its own tests start it; hence no test harness.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test that can't read its fixture has failed; and it reports as a harness would"
)]

use engine::Asked;
use home::EngineChoice;
use speech::models::{self, ModelError};
use speech::{Decoding, EngineError, EngineOptions, EngineProcess, Lane, Recogniser, Request, Ticket};
use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use testkit::{Chance, count};

/// Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_mins(2);

/// Run with either engine.
type Test = fn(EngineChoice);

fn main() {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if let Some(asked) = Asked::of(std::env::args_os().skip(1)) {
        let output = BufWriter::new(std::io::stdout());
        drop(engine::serve(BufReader::new(std::io::stdin()), output, &asked, || std::process::exit(0)));
        return;
    }
    let tests: [(&str, Test); 14] = [
        (
            "a_window_goes_through_the_pipe_and_comes_back_as_words",
            a_window_goes_through_the_pipe_and_comes_back_as_words,
        ),
        ("live_overtakes_the_backlog", live_overtakes_the_backlog),
        ("many_windows_at_once_are_answered_as_each_alone", many_windows_at_once_are_answered_as_each_alone),
        ("live_windows_come_first_however_many_there_are", live_windows_come_first_however_many_there_are),
        ("a_cancelled_window_gives_no_result", a_cancelled_window_gives_no_result),
        ("a_killed_engine_costs_one_window", a_killed_engine_costs_one_window),
        ("a_hanging_engine_is_stopped_and_replaced", a_hanging_engine_is_stopped_and_replaced),
        ("damaged_models_never_reach_the_engine", damaged_models_never_reach_the_engine),
        ("a_model_that_is_kept_packed_is_used_or_made_anew", a_model_that_is_kept_packed_is_used_or_made_anew),
        ("a_program_that_is_no_engine_is_named", a_program_that_is_no_engine_is_named),
        ("the_queue_is_bounded", the_queue_is_bounded),
        ("an_engine_that_rests_holds_no_memory_and_works_again", an_engine_that_rests_holds_no_memory_and_works_again),
        ("the_engine_keeps_no_memory_of_many_windows", the_engine_keeps_no_memory_of_many_windows),
        ("loading_again_and_again_keeps_no_memory", loading_again_and_again_keeps_no_memory),
    ];
    for (name, test) in tests {
        let filters = arguments.iter().map(|argument| argument.to_string_lossy());
        if filters.filter(|argument| !argument.starts_with("--")).all(|filter| name.contains(&*filter)) {
            for engine in EngineChoice::LOCAL {
                test(engine);
                eprintln!("test {name} with {} ... ok", engine.name());
            }
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn options(engine: EngineChoice) -> EngineOptions {
    EngineOptions { engine, ..EngineOptions::default() }
}

fn start(options: EngineOptions) -> EngineProcess {
    let me = std::env::current_exe().unwrap();
    EngineProcess::spawn(&me, &fixtures().join("models/fixture-q8.bin"), options).unwrap()
}

/// The sentence "We decided to postpone Phoenix until December."
fn sentence() -> Request {
    let mut reader = hound::WavReader::open(testkit::fixture("days/standup.mic.wav")).unwrap();
    let samples: Vec<f32> = reader.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32_768.0).collect();
    Request { samples: samples[64_000..120_000].to_vec(), decoding: Decoding { threads: 1, ..Decoding::default() } }
}

fn said(result: &Result<speech::Recognised, EngineError>) -> String {
    result.as_ref().unwrap().words.iter().map(|word| word.text.as_str()).collect()
}

fn signal(engine: &EngineProcess, signal: &str) {
    let id = engine.process_id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

fn a_window_goes_through_the_pipe_and_comes_back_as_words(engine: EngineChoice) {
    let expected = if engine == EngineChoice::Hearsay { "hearsay 0." } else { "whisper.cpp 1." };
    let mut engine = start(options(engine));
    assert!(engine.info().engine.starts_with(expected) && !engine.info().multilingual, "{:?}", engine.info());
    assert!(engine.next(Duration::ZERO).is_none(), "nothing is under way");
    let ticket = engine.submit(sentence(), Lane::Backlog).unwrap();
    let (of, result) = engine.next(PATIENCE).unwrap();
    assert_eq!(of, ticket);
    assert_eq!(said(&result), " We decided to postpone Phoenix until December.");
    let recognised = result.unwrap();
    assert!(recognised.compute_micros > 0 && recognised.language.as_deref() == Some("en"));
    let phoenix = recognised.words.iter().find(|word| word.text == " Phoenix").unwrap();
    assert!((20_000..36_000).contains(&phoenix.start), "{} samples in", phoenix.start);
    assert!(phoenix.p > 0.9 && phoenix.p <= 1.0 && phoenix.logprob <= 0.0 && phoenix.tokens >= 1);
}

/// So many more windows than are computed at once that the last of them still waits when others come through the pipe, however fast the processor is.
const MANY: usize = 32;

fn live_overtakes_the_backlog(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let lanes = [[Lane::Campaign; MANY].as_slice(), &[Lane::Backlog, Lane::Backlog, Lane::Live]].concat();
    let tickets: Vec<Ticket> = lanes.iter().map(|lane| engine.submit(sentence(), *lane).unwrap()).collect();
    let order: Vec<Ticket> = lanes.iter().map(|_| engine.next(PATIENCE).unwrap().0).collect();
    let place = |at: usize| order.iter().position(|ticket| *ticket == tickets[at]).unwrap();
    let (campaign, backlog, live) = (place(MANY - 1), place(MANY).max(place(MANY + 1)), place(MANY + 2));
    assert!(live < backlog && backlog < campaign, "live {live}, backlog {backlog}, campaign {campaign}: {order:?}");
}

fn live_windows_come_first_however_many_there_are(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let lanes = [[Lane::Backlog; MANY].as_slice(), &[Lane::Live; 3]].concat();
    let tickets: Vec<Ticket> = lanes.iter().map(|lane| engine.submit(sentence(), *lane).unwrap()).collect();
    let order: Vec<Ticket> = lanes.iter().map(|_| engine.next(PATIENCE).unwrap().0).collect();
    let last = tickets[MANY..].iter().map(|live| order.iter().position(|ticket| ticket == live).unwrap()).max();
    // Some of the others may have been done before the live ones came through the pipe.
    assert!(last.is_some_and(|last| last < MANY), "{order:?}");
    assert_eq!(engine.waiting(), 0, "each is answered");
}

fn many_windows_at_once_are_answered_as_each_alone(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let (sound, _) = testkit::sound::read_wav(&testkit::fixture("days/call.mic.wav")).unwrap();
    let mut chance = Chance::new(7);
    let windows: Vec<Request> = (0..6).map(|_| stretch(&sound, &mut chance)).collect();
    // What it took differs.
    let words = |result: Result<speech::Recognised, EngineError>| {
        result.map(|it| (it.words, it.no_speech_p)).map_err(|error| error.to_string()).unwrap()
    };
    let alone: Vec<_> = windows
        .iter()
        .map(|window| {
            engine.submit(window.clone(), Lane::Backlog).unwrap();
            words(engine.next(PATIENCE).unwrap().1)
        })
        .collect();
    let tickets: Vec<Ticket> =
        windows.iter().map(|window| engine.submit(window.clone(), Lane::Backlog).unwrap()).collect();
    engine.cancel(tickets[4]);
    let together: BTreeMap<Ticket, _> = (0..5)
        .map(|_| {
            let (ticket, result) = engine.next(PATIENCE).unwrap();
            (ticket, words(result))
        })
        .collect();
    assert_eq!(engine.waiting(), 0);
    for (at, ticket) in tickets.iter().enumerate().filter(|(at, _)| *at != 4) {
        assert_eq!(together[ticket], alone[at], "window {at}");
    }
    assert!(alone.iter().any(|(words, _)| words.len() > 10), "there is text");
}

fn a_cancelled_window_gives_no_result(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let tickets: Vec<Ticket> = (0..3).map(|_| engine.submit(sentence(), Lane::Backlog).unwrap()).collect();
    engine.cancel(tickets[1]);
    assert_eq!(engine.next(PATIENCE).unwrap().0, tickets[0]);
    assert_eq!(engine.next(PATIENCE).unwrap().0, tickets[2]);
    assert!(engine.next(Duration::from_millis(10)).is_none());
}

fn a_killed_engine_costs_one_window(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let first = engine.submit(sentence(), Lane::Backlog).unwrap();
    let second = engine.submit(sentence(), Lane::Backlog).unwrap();
    let killed = engine.process_id();
    signal(&engine, "-KILL");
    match engine.next(PATIENCE).unwrap() {
        (ticket, Err(EngineError::Crashed { how })) => assert!(ticket == first && how.contains("signal: 9"), "{how}"),
        other => panic!("{other:?}"),
    }
    let (ticket, result) = engine.next(PATIENCE).unwrap();
    assert_eq!((ticket, said(&result).as_str()), (second, " We decided to postpone Phoenix until December."));
    assert_ne!(engine.process_id(), killed);
}

fn a_hanging_engine_is_stopped_and_replaced(engine: EngineChoice) {
    let options = EngineOptions { window_timeout: Some(Duration::from_secs(20)), ..options(engine) };
    let mut engine = start(options);
    signal(&engine, "-STOP");
    let hung = engine.submit(sentence(), Lane::Backlog).unwrap();
    let next = engine.submit(sentence(), Lane::Backlog).unwrap();
    match engine.next(PATIENCE).unwrap() {
        (ticket, Err(EngineError::TimedOut { after })) => assert_eq!((ticket, after), (hung, Duration::from_secs(20))),
        other => panic!("{other:?}"),
    }
    let (ticket, result) = engine.next(PATIENCE).unwrap();
    assert!(ticket == next && result.is_ok(), "{result:?}");
}

fn damaged_models_never_reach_the_engine(engine: EngineChoice) {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(fixtures().join("models/fixture-q8.bin")).unwrap();
    let mut heads = good.clone();
    heads[16..20].fill(0);
    let mut format = good.clone();
    format[44..48].copy_from_slice(&99_i32.to_le_bytes());
    let silero = Path::new(env!("CARGO_MANIFEST_DIR")).join("../speech/silero/silero_vad_16k_op15.onnx");
    let damaged = [
        ("empty", Vec::new()),
        ("eight-bytes", vec![1; 8]),
        ("text", b"This is not a model. ".repeat(1_000)),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("heads", heads),
        ("format", format),
        ("silero", std::fs::read(silero).unwrap()),
    ];
    for (name, bytes) in damaged {
        let path = folder.path().join(format!("{name}.bin"));
        home::files::create_new(&path).unwrap().write_all(&bytes).unwrap();
        // No such program: had it come to starting the engine, the error would be another.
        match EngineProcess::spawn(Path::new("/nonexistent/engine"), &path, options(engine)) {
            Err(EngineError::Model(error @ ModelError::Broken { .. })) => assert!(error.to_string().contains(name)),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn a_model_that_is_kept_packed_is_used_or_made_anew(engine: EngineChoice) {
    let folder = tempfile::tempdir().unwrap();
    let (path, me) = (folder.path().join("ggml-own.bin"), std::env::current_exe().unwrap());
    std::fs::copy(fixtures().join("models/fixture-q8.bin"), &path).unwrap();
    let model = models::prepare(folder.path(), "own").unwrap();
    let load = || {
        let (sha256, models) = (Some(model.sha256.clone()), Some(folder.path().to_owned()));
        let mut engine = EngineProcess::spawn(&me, &path, EngineOptions { sha256, models, ..options(engine) })?;
        engine.submit(sentence(), Lane::Backlog)?;
        let (_, result) = engine.next(PATIENCE).unwrap();
        Ok::<_, EngineError>(said(&result))
    };
    let words = " We decided to postpone Phoenix until December.";
    let packed = models::packed(folder.path(), &model.sha256);
    // What is left of a model that is gone, and of an engine that was killed while it packed.
    let (stale, part) = (packed.with_file_name("0123.panels"), packed.with_extension("part"));
    home::files::create_dir_all(packed.parent().unwrap()).unwrap();
    for left in [&stale, &part] {
        home::files::create_new(left).unwrap();
    }
    assert_eq!(load().unwrap(), words);
    if engine != EngineChoice::Hearsay {
        assert!(!packed.exists() && stale.exists(), "it is our own engine's");
        return;
    }
    assert!(packed.exists() && !stale.exists() && !part.exists());
    let state = || {
        let metadata = std::fs::metadata(&packed).unwrap();
        (metadata.ino(), metadata.mode() & 0o777)
    };
    let first = state();
    assert_eq!(first.1, 0o600);
    // A disk that damages the model now, without a new time of change, does no harm.
    let whole = std::fs::read(&path).unwrap();
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let damage = |damaged: bool| {
        let mut file = home::files::open_existing(&path).unwrap();
        file.seek(SeekFrom::Start(5_000_000)).unwrap();
        let byte = whole[5_000_000];
        file.write_all(&[if damaged { byte ^ 1 } else { byte }]).unwrap();
        file.set_modified(modified).unwrap();
    };
    damage(true);
    assert_eq!(load().unwrap(), words);
    assert_eq!(state(), first, "used as it is");
    // Both of them damaged: there is nothing left to use.
    home::files::open_existing(&packed).unwrap().write_all(b"?").unwrap();
    let refused = load().unwrap_err().to_string();
    assert!(refused.contains("is damaged: its SHA-256 is"), "{refused}");
    damage(false);
    assert_eq!(load().unwrap(), words);
    assert_ne!(state().0, first.0, "made anew");
    // Nowhere to keep it: that only takes longer.
    std::fs::remove_dir_all(packed.parent().unwrap()).unwrap();
    home::files::create_new(packed.parent().unwrap()).unwrap();
    assert_eq!(load().unwrap(), words);
    std::fs::rename(packed.parent().unwrap(), folder.path().join("no-folder")).unwrap();
    assert_eq!(load().unwrap(), words);
    models::remove(folder.path(), &path).unwrap();
    assert!(!packed.exists(), "it goes with its model");
    assert!(matches!(load().unwrap_err(), EngineError::Model(ModelError::Io { .. })));
}

fn a_program_that_is_no_engine_is_named(engine: EngineChoice) {
    let model = fixtures().join("models/fixture-q8.bin");
    let spawn = |exe: &str| {
        let options = EngineOptions { load_timeout: Duration::from_secs(2), ..options(engine) };
        EngineProcess::spawn(Path::new(exe), &model, options).unwrap_err()
    };
    assert!(matches!(spawn("/nonexistent/engine"), EngineError::Start { path, .. } if path.ends_with("engine")));
    let text = spawn("/bin/false").to_string();
    assert!(text.contains("while loading the model, exit status: 1"), "{text}");
    assert!(matches!(spawn("/bin/cat"), EngineError::Crashed { .. } | EngineError::TimedOut { .. }));
}

fn the_queue_is_bounded(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let silence = || Request { samples: vec![0.0; 16], decoding: Decoding::default() };
    signal(&engine, "-STOP");
    let accepted = (0..1_000).take_while(|_| engine.submit(silence(), Lane::Campaign).is_ok()).count();
    assert_eq!(accepted, 64);
    assert!(matches!(engine.submit(silence(), Lane::Live), Err(EngineError::Full(64))));
    signal(&engine, "-CONT");
    for _ in 0..accepted {
        assert!(engine.next(PATIENCE).unwrap().1.unwrap().words.is_empty());
    }
}

fn an_engine_that_rests_holds_no_memory_and_works_again(engine: EngineChoice) {
    let me = std::env::current_exe().unwrap();
    let model = fixtures().join("models/fixture-q8.bin");
    let mut engine = EngineProcess::resting(&me, &model, options(engine));
    assert_eq!(engine.process_id(), None, "it starts with its first window");
    let mut texts = Vec::new();
    for _ in 0..2 {
        let ticket = engine.submit(sentence(), Lane::Backlog).unwrap();
        let process = engine.process_id().unwrap();
        engine.rest();
        assert_eq!(engine.process_id(), Some(process), "not while a window is under way");
        let (answered, result) = engine.next(PATIENCE).unwrap();
        assert_eq!(answered, ticket);
        texts.push(said(&result));
        engine.rest();
        assert_eq!(engine.process_id(), None);
        assert!(!Path::new(&format!("/proc/{process}/maps")).exists(), "the process is gone, and its memory with it");
    }
    assert!(!texts[0].is_empty());
    assert_eq!(texts[0], texts[1]);
}

/// How many windows and loads in every run; `cargo xtask soak engine-memory` sets 200 and 20.
const WINDOWS: u32 = 10;
const LOADS: u32 = 4;
/// By how much of the first figure the last may be larger.
const GROWTH: f64 = 1.05;

/// Memory that is a process's alone, in KiB.
fn private_kib(id: u32) -> f64 {
    let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap();
    let own = rollup.lines().filter(|line| line.starts_with("Private_"));
    own.map(|line| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()).sum()
}

/// A stretch of a conversation that begins and ends somewhere: no two windows are alike.
fn stretch(sound: &[f32], chance: &mut Chance) -> Request {
    let len = usize::try_from(16_000 * (4 + chance.below(24))).unwrap();
    let start = usize::try_from(chance.below((sound.len() - len) as u64)).unwrap();
    Request { samples: sound[start..start + len].to_vec(), ..sentence() }
}

fn the_engine_keeps_no_memory_of_many_windows(engine: EngineChoice) {
    let (sound, _) = testkit::sound::read_wav(&testkit::fixture("days/call.mic.wav")).unwrap();
    let mut engine = start(options(engine));
    let mut chance = Chance::new(200);
    let read = |engine: &mut EngineProcess, samples: Request| {
        engine.submit(samples, Lane::Backlog).unwrap();
        engine.next(PATIENCE).unwrap().1.unwrap();
        private_kib(engine.process_id().unwrap())
    };
    // The first is as full as a window gets: sentence after sentence.
    let said = testkit::references(&testkit::fixture("days/call.tsv")).unwrap();
    let at = |seconds: f64| usize::try_from((seconds * 16_000.0) as u64).unwrap();
    let spoken =
        said.iter().filter(|said| said.track == "mic").flat_map(|said| &sound[at(said.start_s)..at(said.end_s)]);
    let first = read(&mut engine, Request { samples: spoken.take(28 * 16_000).copied().collect(), ..sentence() });
    let windows = count("HEARSAY_ENGINE_WINDOWS", WINDOWS);
    let last = (1..windows).fold(first, |_, _| read(&mut engine, stretch(&sound, &mut chance)));
    eprintln!(
        "the engine has {:.1} MiB after its first window, {:.1} after {windows}",
        first / 1_024.0,
        last / 1_024.0
    );
    assert!(last <= first * GROWTH);
}

fn loading_again_and_again_keeps_no_memory(engine: EngineChoice) {
    let mut engine = start(options(engine));
    let loads = count("HEARSAY_ENGINE_LOADS", LOADS);
    let figures: Vec<(f64, f64)> = (0..loads)
        .map(|_| {
            engine.rest();
            assert_eq!(engine.process_id(), None, "an engine that rests is no process");
            engine.submit(sentence(), Lane::Backlog).unwrap();
            assert_eq!(said(&engine.next(PATIENCE).unwrap().1), " We decided to postpone Phoenix until December.");
            (private_kib(engine.process_id().unwrap()), private_kib(std::process::id()))
        })
        .collect();
    let (first, last) = (figures[0], figures[figures.len() - 1]);
    eprintln!(
        "after the first of {loads} loads the engine has {:.1} MiB and its parent {:.1}, after the last {:.1} and {:.1}",
        first.0 / 1_024.0,
        first.1 / 1_024.0,
        last.0 / 1_024.0,
        last.1 / 1_024.0
    );
    assert!(last.0 <= first.0 * GROWTH && last.1 <= first.1 * GROWTH);
}
