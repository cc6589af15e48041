//! Campaigns, and what is known of sound before one begins.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod database;

use database::{Archive, at, said, span};
use std::collections::BTreeMap;
use store::{CampaignState, StoreError, Terms, When, WindowRow};
use timeline::{SpanSet, TrackName};

#[test]
fn a_campaign_is_open_until_it_is_done_or_cancelled() {
    let mut archive = Archive::new();
    let (small, large) = (archive.pass("small", 1, 0), archive.pass("large", 2, 0));
    let spans = BTreeMap::from([(TrackName::mic(), SpanSet::from_iter([span(0, 5_000), span(9_000, 12_000)]))]);
    let terms = Terms { model: "large".to_owned(), when: When::Night, hours: Some((1_320, 420)), threads: 2 };
    let first = archive.store.add_campaign(large, &spans, &terms, at(1)).unwrap();
    let second = archive.store.add_campaign(small, &spans, &Terms::default(), at(2)).unwrap();
    assert!(matches!(archive.store.add_campaign(99, &spans, &terms, at(3)), Err(StoreError::UnknownPass { key: 99 })));
    let open = archive.store.open_campaigns().unwrap();
    assert_eq!(open.iter().map(|campaign| campaign.key).collect::<Vec<_>>(), [first, second]);
    assert_eq!((&open[0].terms, open[0].state), (&terms, CampaignState::Waiting));
    assert_eq!(archive.store.campaign_spans(first).unwrap(), spans);
    assert_eq!(open[0].name, archive.name(large));
    assert!(archive.store.set_campaign(first, CampaignState::Running, None, at(4)).unwrap());
    assert!(archive.store.set_campaign(first, CampaignState::Done, None, at(5)).unwrap());
    assert!(!archive.store.set_campaign(first, CampaignState::Running, None, at(6)).unwrap(), "it has ended");
    assert_eq!(archive.store.cancel_campaigns(&archive.name(large), at(7)).unwrap(), 0);
    assert_eq!(archive.store.cancel_campaigns(&archive.name(small), at(8)).unwrap(), 1);
    assert!(!archive.store.campaign_is_open(second).unwrap());
    let states: Vec<CampaignState> = archive.store.campaigns().unwrap().iter().map(|it| it.state).collect();
    assert_eq!(states, [CampaignState::Done, CampaignState::Cancelled]);
}

#[test]
fn a_span_widens_to_the_silence_around_it() {
    let mut archive = Archive::new();
    let (a, b) = (archive.pass("a", 1, 0), archive.pass("b", 2, 0));
    archive
        .store
        .commit_window(&archive.window(a, 0, 20_000, vec![said(1_000, 4_000, "x"), said(9_000, 9_500, "y")]))
        .unwrap();
    archive.store.commit_window(&archive.window(b, 0, 20_000, vec![said(3_500, 6_000, "z")])).unwrap();
    let widened = |from, to| archive.store.widened_to_silence(&TrackName::mic(), &span(from, to)).unwrap();
    assert_eq!(widened(2_000, 9_200), span(750, 9_750), "to the ends of what overlaps, and a little silence");
    assert_eq!(widened(5_000, 5_500), span(750, 6_250), "one overlaps with the next");
    assert_eq!(widened(7_000, 8_900), span(6_750, 8_950), "half of a short pause");
    let other = archive.store.widened_to_silence(&TrackName::loopback(), &span(2_000, 3_000)).unwrap();
    assert_eq!(other, span(2_000, 3_000), "nothing is known of that track");
}

#[test]
fn how_much_speech_there_is_follows_from_what_passes_covered() {
    let mut archive = Archive::new();
    let pass = archive.pass("a", 1, 0);
    let window = |from, to, speech_micros| WindowRow { speech_micros, ..archive.window(pass, from, to, Vec::new()) };
    let windows = [window(0, 10_000, 4_000_000), window(10_000, 20_000, 2_000_000)];
    for window in windows {
        archive.store.commit_window(&window).unwrap();
    }
    let within =
        |from, to| archive.store.speech_within(&TrackName::mic(), &SpanSet::from_iter([span(from, to)])).unwrap();
    let found = within(0, 20_000);
    assert_eq!((found.speech_micros, found.windows), (6_000_000, 2));
    assert_eq!(within(5_000, 10_000).speech_micros, 2_000_000);
    assert_eq!(within(10_000, 40_000).speech_micros, 6_000_000, "what nobody covered is taken to be like the rest");
    assert_eq!(within(30_000, 40_000), store::SpeechWithin::default());
}
