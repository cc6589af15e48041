//! The whole way of speech, with the real detector and a real model, on the recorded conversations: words, their utterances and their
//! times against the reference, and against the same model fed the reference's own cuts.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::print_stderr,
    reason = "a test that can't read its fixture has failed; figures are of a few hundred words"
)]

use engine::{Batched, WhisperCpp};
use speech::{
    Decoding, Heard, RATE, Recognised, Vad, VadChoice, WindowFinder, WindowParams, doubt, models, utterances,
};
use testkit::{WordErrors, fixture, normalise, references};
use timeline::Position;

/// Room around the reference's cuts, in seconds. What is promised is measured against the bare cuts, which is what the
/// reference says; the others show by how much a figure of a few hundred words moves with the packing alone.
const ROOMS_S: [f64; 3] = [0.0, 0.1, 0.2];
/// How much worse than the model itself the whole way may be, in points of word error rate.
const WORSE_AT_MOST: f64 = 2.0;
/// How far an utterance's edge may be from the reference's, in seconds.
const EDGE_S: f64 = 0.3;
const EDGES_AT_LEAST: f64 = 0.95;
const WORDS_IN_PLACE_AT_LEAST: f64 = 0.96;
/// How far the first word of an utterance may be from the start of the reference's sentence, in the median: 80 ms, as of words.
const FIRST_WORD_S: f64 = 0.08;

/// A sentence of the reference: start, end in seconds, text.
type Sentence = (f64, f64, String);

fn sound(conversation: &str, track: &str) -> Vec<f32> {
    let mut reader = hound::WavReader::open(fixture(&format!("days/{conversation}.{track}.wav"))).unwrap();
    reader.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32_768.0).collect()
}

fn reference(conversation: &str, track: &str) -> Vec<Sentence> {
    let said = references(&fixture(&format!("days/{conversation}.tsv"))).unwrap();
    said.into_iter().filter(|said| said.track == track).map(|said| (said.start_s, said.end_s, said.text)).collect()
}

/// One of the two that can be chosen.
enum Engine {
    Hearsay(Box<Batched>),
    WhisperCpp(Box<WhisperCpp>),
}

impl Engine {
    fn hearsay() -> Self {
        Self::Hearsay(Box::new(Batched::open(&fixture("models/fixture-q8.bin")).unwrap()))
    }

    fn whisper_cpp() -> Self {
        let model = fixture("models/fixture-q8.bin");
        Self::WhisperCpp(Box::new(WhisperCpp::open(&model, &models::inspect(&model).unwrap()).unwrap()))
    }

    fn both() -> [Self; 2] {
        [Self::hearsay(), Self::whisper_cpp()]
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Hearsay(_) => "hearsay",
            Self::WhisperCpp(_) => "whisper.cpp",
        }
    }

    fn recognise(&mut self, samples: &[f32], decoding: &Decoding) -> Result<Recognised, String> {
        match self {
            Self::Hearsay(engine) => engine.recognise(samples, decoding).map_err(|error| error.to_string()),
            Self::WhisperCpp(engine) => engine.recognise(samples, decoding).map_err(|error| error.to_string()),
        }
    }
}

/// One thread: more of them would spin beside the other tests.
fn decoding() -> Decoding {
    Decoding { threads: 1, ..Decoding::default() }
}

fn wrong(spoken: &[String], heard: &[String]) -> usize {
    WordErrors::between(&spoken.join(" "), &heard.join(" ")).errors
}

/// What the model hears when it is fed the reference's cuts, packed into windows of up to 28 s with 0.3 s between.
/// Each cut may have some of the room before and behind it.
fn fed_by_reference(whisper: &mut Engine, sound: &[f32], sentences: &[Sentence], room_s: f64) -> Vec<String> {
    let mut windows: Vec<Vec<f32>> = vec![Vec::new()];
    for (start, end, _) in sentences {
        let at = |s: f64| ((s * RATE as f64) as usize).min(sound.len());
        let cut = &sound[at((start - room_s).max(0.0))..at(end + room_s)];
        if windows.last().unwrap().len() + RATE * 3 / 10 + cut.len() > 28 * RATE {
            windows.push(Vec::new());
        }
        let window = windows.last_mut().unwrap();
        if !window.is_empty() {
            window.resize(window.len() + RATE * 3 / 10, 0.0);
        }
        window.extend_from_slice(cut);
    }
    let texts = windows.iter().flat_map(|window| whisper.recognise(window, &decoding()).unwrap().words);
    normalise(&texts.map(|word| word.text).collect::<String>())
}

/// What comes out of the whole way.
#[derive(Default)]
struct Way {
    heard: Vec<Heard>,
    windows: usize,
    packed_s: f64,
    compute_s: f64,
}

fn whole_way(whisper: &mut Engine, sound: &[f32]) -> Way {
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let end = Position(sound.len() as i64);
    let mut way = Way::default();
    let mut start = Position(0);
    while start < end {
        let mut finder = WindowFinder::new(start, &WindowParams::default());
        let mut lead_in = vec![0.0; (-finder.reads_from().0).max(0) as usize];
        lead_in.extend_from_slice(&sound[finder.reads_from().0.max(0) as usize..]);
        let found = lead_in.chunks(RATE).find_map(|second| finder.push(&mut vad, second).unwrap());
        let window = found.unwrap_or_else(|| finder.finish(end));
        start = window.span.1;
        if !window.pieces.is_empty() {
            let recognised = whisper.recognise(&window.levelled(), &decoding()).unwrap();
            way.windows += 1;
            way.packed_s += window.samples.len() as f64 / RATE as f64;
            way.compute_s += recognised.compute_micros as f64 / 1e6;
            way.heard.extend(utterances(&window, &recognised));
        }
    }
    way
}

fn seconds(heard: &Heard) -> (f64, f64) {
    (heard.speech.0.0 as f64 / RATE as f64, heard.speech.1.0 as f64 / RATE as f64)
}

fn overlap(heard: &Heard, (start, end, _): &Sentence) -> f64 {
    let (from, to) = seconds(heard);
    to.min(*end) - from.max(*start)
}

#[derive(Default)]
struct Score {
    words: usize,
    wrong: usize,
    wrong_by_reference: [usize; ROOMS_S.len()],
    edges: usize,
    edges_right: usize,
    found: usize,
    in_place: usize,
}

impl Score {
    fn add(&mut self, way: &Way, sentences: &[Sentence], by_reference: &[Vec<String>]) {
        let spoken: Vec<String> = sentences.iter().flat_map(|(_, _, text)| normalise(text)).collect();
        let mut heard: Vec<String> = way.heard.iter().flat_map(|heard| normalise(&heard.text)).collect();
        self.words += spoken.len();
        self.wrong += wrong(&spoken, &heard);
        for (sum, texts) in self.wrong_by_reference.iter_mut().zip(by_reference) {
            *sum += wrong(&spoken, texts);
        }
        for sentence in sentences {
            let nearest =
                way.heard.iter().max_by(|a, b| overlap(a, sentence).total_cmp(&overlap(b, sentence))).unwrap();
            let (from, to) = seconds(nearest);
            self.edges += 2;
            self.edges_right +=
                usize::from((from - sentence.0).abs() <= EDGE_S) + usize::from((to - sentence.1).abs() <= EDGE_S);
            let here = way.heard.iter().filter(|heard| overlap(heard, sentence) > 0.1);
            let mut here: Vec<String> = here.flat_map(|heard| normalise(&heard.text)).collect();
            for word in normalise(&sentence.2) {
                if let Some(at) = heard.iter().position(|other| *other == word) {
                    heard.swap_remove(at);
                    self.found += 1;
                    if let Some(at) = here.iter().position(|other| *other == word) {
                        here.swap_remove(at);
                        self.in_place += 1;
                    }
                }
            }
        }
    }
}

/// How far before and behind a word's start its sound is looked at, in samples: 0.15 s.
const AROUND: usize = 2_400;
/// A word whose surroundings stay below this part of the track's speech (RMS) starts in silence.
const SILENCE: f64 = 0.03;

fn loudness(sound: &[f32]) -> f64 {
    (sound.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / sound.len().max(1) as f64).sqrt()
}

/// How far the first words of utterances are from where the references' sentences begin, in seconds; and how many of all words
/// start in silence.
fn word_starts(way: &Way, sound: &[f32], sentences: &[Sentence]) -> (Vec<f64>, usize) {
    let speech: Vec<f32> = way
        .heard
        .iter()
        .flat_map(|heard| &sound[heard.speech.0.0 as usize..(heard.speech.1.0 as usize).min(sound.len())])
        .copied()
        .collect();
    let least = SILENCE * loudness(&speech);
    let words = way.heard.iter().flat_map(|heard| &heard.words);
    let in_silence = words
        .filter(|word| {
            let at = word.start.0 as usize;
            loudness(&sound[at.saturating_sub(AROUND)..(at + AROUND).min(sound.len())]) < least
        })
        .count();
    let off = sentences.iter().filter_map(|sentence| {
        let heard = way.heard.iter().find(|heard| (seconds(heard).0 - sentence.0).abs() <= EDGE_S)?;
        Some((heard.words.first()?.start.0 as f64 / RATE as f64 - sentence.0).abs())
    });
    (off.collect(), in_silence)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}

#[test]
fn the_whole_way_hears_as_well_as_the_model_fed_by_the_reference() {
    Engine::both().into_iter().for_each(hears_as_well_as_fed_by_the_reference);
}

fn hears_as_well_as_fed_by_the_reference(mut whisper: Engine) {
    let mut score = Score::default();
    let (mut first_words_off, mut in_silence) = (Vec::new(), 0);
    let (mut windows, mut packed_s, mut compute_s, mut speech_s) = (0, 0.0, 0.0, 0.0);
    for (conversation, track) in [("standup", "mic"), ("standup", "loopback"), ("call", "mic"), ("call", "loopback")] {
        let (sound, sentences) = (sound(conversation, track), reference(conversation, track));
        let by_reference = ROOMS_S.map(|room_s| fed_by_reference(&mut whisper, &sound, &sentences, room_s));
        let way = whole_way(&mut whisper, &sound);
        for heard in &way.heard {
            let judgement = doubt::judge(heard);
            assert_ne!(
                judgement.state,
                doubt::State::Hidden,
                "true speech hidden as {:?}: {:?}",
                judgement.reason,
                heard.text
            );
            assert!(
                heard.words.is_sorted_by_key(|word| word.start)
                    && heard.words.iter().all(|w| heard.speech.0 <= w.start && w.end <= heard.speech.1)
            );
        }
        let (off, silent) = word_starts(&way, &sound, &sentences);
        first_words_off.extend(off);
        in_silence += silent;
        score.add(&way, &sentences, &by_reference);
        windows += way.windows;
        packed_s += way.packed_s;
        compute_s += way.compute_s;
        speech_s += way.heard.iter().map(|heard| seconds(heard).1 - seconds(heard).0).sum::<f64>();
    }
    first_words_off.sort_by(f64::total_cmp);
    eprintln!(
        "{}: first words of {} utterances: {:.0} ms from the sentence's start in the median; {in_silence} words start in silence",
        whisper.name(),
        first_words_off.len(),
        1_000.0 * first_words_off[first_words_off.len() / 2]
    );
    assert_eq!(in_silence, 0);
    assert!(first_words_off[first_words_off.len() / 2] <= FIRST_WORD_S);
    let wer = percent(score.wrong, score.words);
    let [wer_by_reference, roomy, roomier] = score.wrong_by_reference.map(|wrong| percent(wrong, score.words));
    eprintln!(
        "word error rate {wer:.1} % ({} words), fed by the reference {wer_by_reference:.1} % (with 0.1 s of room around {roomy:.1} %, 0.2 s {roomier:.1} %); edges within {EDGE_S} s: {:.1} %; words in their utterance: {:.1} %",
        score.words,
        percent(score.edges_right, score.edges),
        percent(score.in_place, score.found),
    );
    eprintln!(
        "{windows} windows for {speech_s:.0} s of speech ({:.0} an hour), {:.0} % full, {:.1} x real time",
        windows as f64 * 3_600.0 / speech_s,
        100.0 * packed_s / (windows as f64 * 28.0),
        speech_s / compute_s,
    );
    assert!(wer <= wer_by_reference + WORSE_AT_MOST, "{wer:.1} % against {wer_by_reference:.1} %");
    assert!(score.edges_right as f64 >= EDGES_AT_LEAST * score.edges as f64);
    assert!(score.in_place as f64 >= WORDS_IN_PLACE_AT_LEAST * score.found as f64);
}

/// For information: the fixture model is no measure of real recognition, but the same words louder and fainter should read alike.
#[test]
fn faint_speech_reads_almost_as_well_as_loud_speech() {
    let mut whisper = Engine::hearsay();
    let (sound, sentences) = (sound("standup", "mic"), reference("standup", "mic"));
    let spoken: Vec<String> = sentences.iter().flat_map(|(_, _, text)| normalise(text)).collect();
    let mut found = |db: f64| {
        let gain = 10.0_f64.powf(db / 20.0);
        let faint: Vec<f32> =
            sound.iter().map(|sample| ((f64::from(*sample) * gain * 32_768.0).round() / 32_768.0) as f32).collect();
        let way = whole_way(&mut whisper, &faint);
        let heard: Vec<String> = way.heard.iter().flat_map(|heard| normalise(&heard.text)).collect();
        percent(spoken.len().saturating_sub(wrong(&spoken, &heard)), spoken.len())
    };
    // Its speech lies near -22 dBFS.
    let [loud, faint, fainter] = [0.0, -18.0, -33.0].map(&mut found);
    eprintln!("words right at -22 dBFS {loud:.1} %, at -40 {faint:.1} %, at -55 {fainter:.1} %");
    assert!(faint >= loud - 5.0);
}

#[test]
fn what_is_read_of_a_window_does_not_depend_on_the_window_before() {
    Engine::both().into_iter().for_each(reads_a_window_alike_whatever_came_before);
}

fn reads_a_window_alike_whatever_came_before(mut whisper: Engine) {
    let sound = sound("standup", "mic");
    let noise = testkit::Noise::LoudRoom.frames(10 * RATE, 1);
    let mut read = |samples: &[f32]| {
        let recognised = whisper.recognise(samples, &decoding()).unwrap();
        Recognised { compute_micros: 0, ..recognised }
    };
    let first = read(&sound[64_000..120_000]);
    let of_noise = read(&noise);
    assert_eq!(read(&sound[64_000..120_000]), first);
    read(&sound[20 * RATE..48 * RATE]);
    assert_eq!(read(&sound[64_000..120_000]), first);
    eprintln!("no speech, by the model: {:.6} in a sentence, {:.6} in noise", first.no_speech_p, of_noise.no_speech_p);
    assert!(first.no_speech_p < of_noise.no_speech_p);
}

#[test]
fn noise_without_speech_gives_no_window_to_recognise() {
    let mut seed = 7_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 23) - 1.0
    };
    let hum: Vec<f32> = (0..90 * RATE).map(|at| (0.01 * noise() + 0.02 * (at as f64 * 0.02).sin()) as f32).collect();
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let mut finder = WindowFinder::new(Position(160_000), &WindowParams::default());
    let window = finder.push(&mut vad, &hum).unwrap().unwrap();
    assert!(window.pieces.is_empty());
}

#[test]
fn what_a_model_cannot_do_is_an_error_and_the_next_window_is_fine() {
    Engine::both().into_iter().for_each(fails_where_the_model_cannot_and_goes_on);
}

fn fails_where_the_model_cannot_and_goes_on(mut whisper: Engine) {
    let sound = &sound("standup", "mic")[64_000..120_000];
    let translate = Decoding { translate: true, ..decoding() };
    assert!(whisper.recognise(sound, &translate).unwrap_err().contains("English only"));
    // An English-only model reads English, whatever it is told, without another look at the sound.
    let told = Decoding { language: Some("de\0".to_owned()), beam_size: 3, ..decoding() };
    let recognised = whisper.recognise(sound, &told).unwrap();
    assert_eq!(recognised.language.as_deref(), Some("en"));
    assert!(
        normalise(&recognised.words.iter().map(|w| w.text.as_str()).collect::<String>())
            .contains(&"phoenix".to_owned())
    );
    assert!(whisper.recognise(&[], &decoding()).unwrap().words.is_empty());
    assert!(
        whisper.recognise(&vec![0.0; 31 * RATE], &decoding()).is_ok(),
        "more than a window holds is cut, not refused"
    );
}
