//! Hours in which nobody speaks, and speech that is faint or stands in noise: what reaches the recogniser, and what is shown of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a test that can't read its fixture has failed; figures are of minutes of sound"
)]

use speech::{
    FRAME, Piece, RATE, Recognised, RecognisedWord, Vad, VadChoice, Window, WindowFinder, WindowParams, doubt,
    utterances,
};
use testkit::{Noise, Reference, count, fixture, references};
use timeline::Position;

/// Seconds of each kind of noise in every run; `cargo xtask soak noise` makes it ten hours.
const NOISE_SECONDS: u32 = 120;
/// Of sound without speech, at most this part may reach the recogniser.
const NOISE_AT_MOST: f64 = 0.01;
/// Of the frames of speech, at least this part must.
const SPEECH_AT_LEAST: f64 = 0.97;
/// Of phrases that were really spoken, at most this part may be hidden.
const HIDDEN_AT_MOST: f64 = 0.01;
/// Words shown for an hour of noise.
const WORDS_PER_NOISE_HOUR: f64 = 0.5;

const TRACKS: [(&str, &str); 4] = [("standup", "mic"), ("standup", "loopback"), ("call", "mic"), ("call", "loopback")];

fn windows(sound: &[f32]) -> Vec<Window> {
    let mut vad = Vad::open(VadChoice::Builtin, None).unwrap();
    let end = Position(sound.len() as i64);
    let mut windows: Vec<Window> = Vec::new();
    while windows.last().is_none_or(|last| last.span.1 < end) {
        let start = windows.last().map_or(Position(0), |last| last.span.1);
        let mut finder = WindowFinder::new(start, &WindowParams::default());
        let from = finder.reads_from();
        let mut heard = vec![0.0; (-from.0).max(0) as usize];
        heard.extend_from_slice(&sound[from.0.max(0) as usize..]);
        let found = heard.chunks(RATE).find_map(|second| finder.push(&mut vad, second).unwrap());
        windows.push(found.unwrap_or_else(|| finder.finish(end)));
    }
    windows
}

/// An engine that is sure of a phrase that models invent, whatever it is given: once for each utterance.
fn adversary(window: &Window) -> Recognised {
    let phrase = |piece: &Piece| {
        let middle = piece.packed.start.midpoint(piece.packed.end);
        [(" Thank", piece.packed.start, middle), (" you.", middle, piece.packed.end)]
    };
    let word = |(text, start, end): (&str, usize, usize)| RecognisedWord {
        text: text.to_owned(),
        start,
        end,
        p: 0.95,
        logprob: -0.1,
        tokens: 1,
    };
    Recognised {
        words: window.pieces.iter().flat_map(phrase).map(word).collect(),
        language: Some("en".to_owned()),
        no_speech_p: 0.01,
        compute_micros: 0,
    }
}

fn loudness(sound: &[f32]) -> f64 {
    let power: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / sound.len().max(1) as f64).sqrt()
}

fn amplitude(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// A track with what was said on it.
struct Spoken {
    name: String,
    sound: Vec<f32>,
    sentences: Vec<Reference>,
}

impl Spoken {
    fn open((conversation, track): (&str, &str)) -> Self {
        let (sound, _) = testkit::sound::read_wav(&fixture(&format!("days/{conversation}.{track}.wav"))).unwrap();
        let mut sentences = references(&fixture(&format!("days/{conversation}.tsv"))).unwrap();
        sentences.retain(|said| said.track == track);
        Self { name: format!("{conversation} {track}"), sound, sentences }
    }

    /// How loud its speech is (RMS within the sentences).
    fn loudness(&self) -> f64 {
        let spoken: Vec<f32> = self
            .sentences
            .iter()
            .flat_map(|said| &self.sound[frame(said.start_s)..frame(said.end_s)])
            .copied()
            .collect();
        loudness(&spoken)
    }

    /// The sound with its speech at so many dBFS, as a 16-bit file keeps it.
    fn at(&self, db: f64) -> Vec<f32> {
        let gain = amplitude(db) / self.loudness();
        self.sound.iter().map(|sample| ((f64::from(*sample) * gain * 32_768.0).round() / 32_768.0) as f32).collect()
    }

    /// The sound with noise `db` below its speech.
    fn over(&self, noise: Noise, db: f64) -> Vec<f32> {
        let noise = noise.frames(self.sound.len(), 3);
        let gain = self.loudness() * amplitude(-db) / loudness(&noise);
        self.sound.iter().zip(&noise).map(|(sample, noise)| sample + (f64::from(*noise) * gain) as f32).collect()
    }

    /// Of the detector's frames within its sentences: how many there are, and how many the windows hold.
    fn frames_in(&self, windows: &[Window]) -> (usize, usize) {
        let mut there = vec![false; self.sound.len()];
        for piece in windows.iter().flat_map(|window| &window.pieces) {
            let start = piece.sound_start.0 as usize;
            there[start..start + piece.packed.len()].fill(true);
        }
        let frames = self.sentences.iter().flat_map(|said| {
            (frame(said.start_s).div_ceil(FRAME)..frame(said.end_s) / FRAME).map(|at| at * FRAME..(at + 1) * FRAME)
        });
        let held: Vec<bool> = frames.map(|frame| there[frame].iter().all(|there| *there)).collect();
        (held.len(), held.iter().filter(|held| **held).count())
    }

    fn is_spoken(&self, speech: (Position, Position)) -> bool {
        let (from, to) = (speech.0.0 as usize, speech.1.0 as usize);
        self.sentences.iter().any(|said| from < frame(said.end_s) && frame(said.start_s) < to)
    }
}

fn frame(seconds: f64) -> usize {
    (seconds * RATE as f64) as usize
}

#[test]
fn sound_without_speech_hardly_reaches_the_recogniser_and_no_word_of_it_is_shown() {
    let seconds = count("HEARSAY_NOISE_SECONDS", NOISE_SECONDS) as usize;
    let (mut reached_s, mut words) = (0.0, 0);
    for noise in Noise::ALL {
        let windows = windows(&noise.frames(seconds * RATE, 7));
        let reached = windows.iter().map(|window| window.samples.len()).sum::<usize>() as f64 / RATE as f64;
        println!("{noise:?}: {reached:.1} s of {seconds} reach the recogniser");
        reached_s += reached;
        let heard = windows.iter().flat_map(|window| utterances(window, &adversary(window)));
        let shown = heard.filter(|heard| doubt::judge(heard).state != doubt::State::Hidden);
        words += shown.map(|heard| heard.words.len()).sum::<usize>();
    }
    let all_s = (seconds * Noise::ALL.len()) as f64;
    println!("{reached_s:.1} s of {all_s}, and {words} words of an engine that hears a phrase in everything are shown");
    assert!(reached_s <= NOISE_AT_MOST * all_s);
    assert!(words as f64 <= (WORDS_PER_NOISE_HOUR * all_s / 3_600.0).max(WORDS_PER_NOISE_HOUR));
}

#[test]
fn faint_speech_and_speech_in_noise_reach_the_recogniser_and_spoken_phrases_are_shown() {
    let other_noises = [Noise::LoudRoom, Noise::Fan, Noise::Keyboard, Noise::Chords];
    let (mut least, mut spoken, mut hidden) = (1.0_f64, 0, 0);
    for (track, other) in TRACKS.into_iter().zip(other_noises) {
        let track = Spoken::open(track);
        let cases = [
            ("-40 dBFS".to_owned(), track.at(-40.0)),
            ("10 dB over Hiss".to_owned(), track.over(Noise::Hiss, 10.0)),
            (format!("10 dB over {other:?}"), track.over(other, 10.0)),
        ];
        for (case, sound) in cases {
            let windows = windows(&sound);
            let (frames, held) = track.frames_in(&windows);
            let part = held as f64 / frames as f64;
            least = least.min(part);
            let heard: Vec<_> = windows.iter().flat_map(|window| utterances(window, &adversary(window))).collect();
            let really: Vec<_> = heard.iter().filter(|heard| track.is_spoken(heard.speech)).collect();
            let not_shown = really.iter().filter(|heard| doubt::judge(heard).state == doubt::State::Hidden).count();
            println!(
                "{}, {case}: {:.2} % of {frames} frames of speech reach the recogniser; {not_shown} of {} spoken phrases are hidden; {} utterances are none",
                track.name,
                100.0 * part,
                really.len(),
                heard.len() - really.len()
            );
            (spoken, hidden) = (spoken + really.len(), hidden + not_shown);
        }
    }
    println!("at least {:.2} % reach the recogniser; {hidden} of {spoken} spoken phrases are hidden", 100.0 * least);
    assert!(least >= SPEECH_AT_LEAST);
    assert!(hidden as f64 <= HIDDEN_AT_MOST * spoken as f64);
}
