//! Both sides are heard in step, however long it plays and however many files it goes through; and where it says it is, it is.

use super::super::clicks::{self, Clicks};
use super::super::deck::{Deck, Rendered};
use archive::Archive;
use home::Home;
use timeline::{Position, TrackName};

/// Minutes that are played.
fn minutes() -> u32 {
    std::env::var("HEARSAY_SYNC_MINUTES").map_or(20, |minutes| minutes.parse().unwrap())
}

const RATE_HZ: usize = 48_000;

/// Everything there is, through the mixer: the frames of its clicks, and where it said that they were.
fn played(deck: &mut Deck) -> Vec<(usize, Position)> {
    assert!(deck.cue(clicks::at(0.0).position()).unwrap());
    let (mut clicks, mut places, mut found) = (Clicks::default(), Vec::new(), Vec::new());
    loop {
        let rendered = deck.render(1_024, u32::try_from(RATE_HZ).unwrap(), |sample, at| {
            clicks.take(sample, RATE_HZ);
            places.push(at);
        });
        let ended = rendered.unwrap() == Rendered::Ended;
        found.extend(clicks.found.drain(..).map(|frame| (frame, places[frame])));
        if ended {
            assert_eq!(deck.take_trouble(), None);
            return found;
        }
    }
}

#[test]
fn both_sides_stay_in_step_across_a_hundred_borders_though_their_devices_drift() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open(&Home::at(folder.path()));
    let seconds = minutes() * 60;
    clicks::record(&archive, seconds, seconds / 104);
    let borders = archive.segments(&TrackName::mic(), &timeline::Span::ALL).unwrap().len() - 1;
    assert!(borders >= 100, "{borders}");
    let found = played(&mut Deck::new(archive));
    // Said and heard take turns, half a second apart.
    assert!(found.len() >= 2 * (seconds as usize - 2), "{} clicks in {seconds} s", found.len());
    let (mut apart, mut misplaced, mut borders_heard) = (0, 0, 0);
    for (pair, n) in found.windows(2).zip(2_i64..) {
        let frames = i64::try_from(pair[1].0 - pair[0].0).unwrap();
        apart = apart.max((frames * 1_000_000 / 48_000 - 500_000).abs());
        let true_place = clicks::at(0.0).plus_micros(n * 500_000);
        misplaced = misplaced.max(pair[0].1.wall().micros_since(true_place).abs());
        borders_heard = n;
    }
    println!(
        "{seconds} s, {borders} borders, {borders_heard} clicks: at most {apart} us apart, {misplaced} us misplaced"
    );
    assert!(apart <= 5_000, "said and heard are {apart} us apart");
    assert!(misplaced <= 5_000, "what is heard is said to be {misplaced} us off");
}

#[test]
fn the_place_is_that_of_what_is_heard_at_any_speed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open(&Home::at(folder.path()));
    clicks::record(&archive, 60, 20);
    for speed in [0.5, 0.75, 1.25, 1.5, 2.0, 3.0] {
        let mut deck = Deck::new(archive.clone());
        deck.set_speed(speed);
        let found = played(&mut deck);
        // Of clicks as short as these some fall between the pieces that are heard at a high speed.
        assert!(found.len() >= 30, "{} clicks at {speed}x", found.len());
        let mut misplaced = 0;
        for (_, at) in found {
            let micros = at.wall().micros_since(clicks::at(0.0));
            let nearest = (micros + 250_000).div_euclid(500_000) * 500_000;
            misplaced = misplaced.max((micros - nearest).abs());
        }
        println!("{speed}x: at most {misplaced} us misplaced");
        assert!(misplaced <= 60_000, "{speed}x: what is heard is said to be {misplaced} us off");
    }
}
