//! A disk that refuses: what is there stays whole, and is finished when it can be.

use super::*;
use crate::{Journal, repair};
use std::fs;

#[test]
fn a_segment_that_cannot_get_its_name_waits_and_gets_it_later() {
    let place = place();
    let mut mic = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 160), BOOT).unwrap();
    let part = mic.path().unwrap().to_owned();
    let taken = part.with_extension("");
    fs::create_dir(&taken).unwrap();
    let error = mic.finish().unwrap_err().to_string();
    assert!(error.contains("mic.wav"), "{error}");
    assert_eq!(hound_samples(&part), ramp(0, 160), "the sound is in the part, whole");
    assert!(mic.retry_unfinished().is_err() && part.exists());
    // Sound goes on meanwhile, under the name that is free.
    assert_eq!(mic.place(&ramp(160, 160), BOOT + 10_000).unwrap().frame, 160);
    fs::remove_dir(&taken).unwrap();
    mic.retry_unfinished().unwrap();
    let second = mic.finish().unwrap().unwrap();
    assert_eq!((hound_samples(&taken), hound_samples(&second)), (ramp(0, 160), ramp(160, 160)));
    mic.retry_unfinished().unwrap();
    let scan = place.archive.scan().unwrap();
    assert_eq!((scan.segments.len(), scan.faults), (2, vec![]));
}

#[test]
fn a_new_segment_finishes_those_that_waited() {
    let place = place();
    let mut mic = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 160), BOOT).unwrap();
    let taken = mic.path().unwrap().with_extension("");
    fs::create_dir(&taken).unwrap();
    mic.finish().unwrap_err();
    fs::remove_dir(&taken).unwrap();
    mic.place(&ramp(160, 160), BOOT + 10_000).unwrap();
    assert_eq!(hound_samples(&taken), ramp(0, 160));
}

#[test]
fn a_home_that_is_taken_away_is_never_made_anew_and_goes_on_when_it_is_back() {
    let place = place();
    let home = place.dir.path().join("home");
    fs::create_dir(&home).unwrap();
    let archive = Archive::open(&Home::at(&home));
    let journal = Journal::open(&archive);
    let session = session();
    let mut mic = writer(&archive, &session, TrackName::mic(), 16_000, 5);
    mic.place(&ramp(0, 160), BOOT).unwrap();
    assert!(!mic.let_go_if_gone(), "it is where it was made");
    let away = place.dir.path().join("away");
    fs::rename(&home, &away).unwrap();
    assert!(mic.let_go_if_gone());
    assert!(!mic.let_go_if_gone() && mic.path().is_none());
    for block in 1..4 {
        let error = mic.place(&ramp(block * 160, 160), BOOT + block as i64 * 10_000).unwrap_err().to_string();
        assert!(error.contains("gone"), "{error}");
        assert!(journal.append(&session.row(None)).unwrap_err().to_string().contains("gone"));
        mic.retry_unfinished().unwrap();
    }
    assert!(!home.exists(), "an empty home in its place would hide that it is gone");
    fs::rename(&away, &home).unwrap();
    assert_eq!(mic.place(&ramp(640, 160), BOOT + 40_000).unwrap().frame, 640);
    mic.finish().unwrap();
    journal.append(&session.row(None)).unwrap();
    assert_eq!(repair::left_behind(&archive).unwrap().adopted.len(), 1, "what was let go of is whole");
    let scan = archive.scan().unwrap();
    assert_eq!(scan.faults, []);
    let found: Vec<_> = scan.segments.iter().map(|s| (s.first_frame, hound_samples(&s.path))).collect();
    assert_eq!(found, [(0, ramp(0, 160)), (640, ramp(640, 160))]);
}

#[test]
fn an_archive_whose_home_was_never_made_takes_no_sound() {
    let place = place();
    let archive = Archive::open(&Home::at(&place.dir.path().join("never")));
    let mut mic = writer(&archive, &session(), TrackName::mic(), 16_000, 5);
    assert!(mic.place(&[1; 160], BOOT).unwrap_err().to_string().contains("never"));
    assert!(!place.dir.path().join("never").exists());
}
