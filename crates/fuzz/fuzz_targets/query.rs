//! What may be typed into a search: it is read, whatever it is, and marks nothing outside of a text.
#![no_main]

use index::highlight;
use index::query::parse;
use libfuzzer_sys::fuzz_target;
use timeline::WallTime;

const NOW: WallTime = WallTime::from_millis(1_795_428_000_000);
const TEXT: &str = "We decided to postpone Phoenix until December. Straße, café, 東京, don't";

fuzz_target!(|typed: &str| {
    let parsed = parse(typed, NOW);
    for range in highlight(TEXT, &parsed.query) {
        assert!(TEXT.get(range).is_some());
    }
    parsed.query.terms();
});
