//! A file with a segment's name that holds anything: it is listed, read, compared, mended and, as what a recorder left behind, adopted.
#![no_main]

use archive::{Archive, TrackReader, repair, verify};
use fuzz::Place;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use timeline::{Span, TrackName};

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|bytes: &[u8]| {
    let day = &PLACE.day;
    let archive = Archive::open(&PLACE.home());
    let (finished, part) =
        (day.join("20261123T091500.000Z.mic.wav"), day.join("20261123T092000.000Z.mic.wav.part"));
    std::fs::write(&finished, bytes).unwrap();
    std::fs::write(&part, bytes).unwrap();
    let scan = archive.scan().unwrap();
    let mut reader = TrackReader::new(scan.segments);
    let mut sound = vec![0.0; 4_096];
    for span in reader.sound().iter().collect::<Vec<_>>() {
        for from in [span.start.position(), span.middle().position(), span.end.position().plus(-100)] {
            reader.read(from, &mut sound).ok();
            assert!(sound.iter().all(|sample| sample.is_finite()));
        }
    }
    assert!(archive.segments(&TrackName::mic(), &Span::ALL).is_ok());
    verify::verify(&finished);
    // What mends a header makes it right. It tries a hundred thousand of them, so not each time.
    if bytes.len() % 64 == 0 && verify::mend_header(&finished).is_ok_and(|mended| mended) {
        assert_eq!(verify::verify(&finished), None);
    }
    for adopted in repair::left_behind(&archive).unwrap().adopted {
        // One whose header is damaged stays damaged, and is named.
        verify::verify(&adopted);
        std::fs::remove_file(adopted).unwrap();
    }
    for path in [&finished, &part] {
        std::fs::remove_file(path).ok();
    }
});
