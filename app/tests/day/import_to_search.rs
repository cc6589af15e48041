//! Import → transcribe → search → export, and how well the words and times come out.

use crate::home::{CONVERSATIONS, TRACKS, TestHome};
use store::Utterance;
use testkit::{Reference, WordErrors, fixture, references};
use timeline::WallTime;

#[test]
fn the_sample_day_becomes_text_that_is_found_on_the_right_side_at_the_right_time() {
    let home = TestHome::with_sample_day();
    let ran = home.work();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("x real time"), "the speed is told: {}", ran.stderr);
    let utterances = home.utterances();
    let mut all = WordErrors::default();
    for (conversation, at) in CONVERSATIONS {
        let began = WallTime::parse_rfc3339(at).unwrap();
        let said = references(&fixture(&format!("days/{conversation}.tsv"))).unwrap();
        for track in TRACKS {
            let said: Vec<&Reference> = said.iter().filter(|r| r.track == track).collect();
            let heard: Vec<&Utterance> = utterances
                .iter()
                .filter(|u| u.track.as_str() == track && (0..160_000_000).contains(&u.span.start.micros_since(began)))
                .collect();
            let text = |texts: Vec<&str>| texts.join(" ");
            let errors = WordErrors::between(
                &text(said.iter().map(|r| r.text.as_str()).collect()),
                &text(heard.iter().map(|u| u.text.as_str()).collect()),
            );
            println!("{conversation} {track}: word error rate {:.1} %", errors.percent());
            all += errors;
        }
    }
    println!("whole day, all executables: word error rate {:.1} % of {} words", all.percent(), all.words);
    assert!(all.percent() < 20.0);
    assert!(utterances.iter().all(|u| !u.text.contains('[') && !u.text.contains("BLANK")));

    let again = home.work();
    assert_eq!((again.code, home.utterances().len()), (Some(0), utterances.len()), "a second run has nothing to do");
    assert!(again.stderr.contains("nothing to transcribe"), "{}", again.stderr);
}
