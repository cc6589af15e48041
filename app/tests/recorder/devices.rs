use crate::recording::{RATE, ask, now, read_ramp, rows, segments, start, stop, wait_for_sound};
use archive::{GapRow, Row};
use capture::control::Request;
use std::path::Path;
use testkit::{Rig, Sink, count, read_by_all, wait_until};
use timeline::WallTime;

/// How soon after its return a device must be recorded again.
const BACK_MICROS: i64 = 5_000_000;
/// How exactly a gap's edges are known.
const EDGE_MICROS: i64 = 50_000;

const MIC: [&str; 5] = [
    "load-module",
    "module-remap-source",
    "source_name=mic",
    "master=mic_feed.monitor",
    "source_properties=device.description=VirtualMic",
];

const SPEAKERS: [&str; 7] = [
    "load-module",
    "module-null-sink",
    "sink_name=speakers",
    "rate=48000",
    "channels=2",
    "format=s16le",
    "sink_properties=device.description=Speakers",
];

/// Unloads the module that a source or sink belongs to.
fn unload(rig: &Rig, argument: &str) {
    let modules = rig.pactl(&["list", "short", "modules"]).unwrap();
    let line = modules.lines().find(|line| line.contains(argument)).unwrap();
    rig.pactl(&["unload-module", line.split_whitespace().next().unwrap()]).unwrap();
}

fn gaps(home: &Path, track: &str) -> Vec<GapRow> {
    let of_track = |row| match row {
        Row::Gap(gap) if gap.track.as_str() == track && gap.cause.is_loss() => Some(gap),
        _ => None,
    };
    rows(home).into_iter().filter_map(of_track).collect()
}

fn gaps_today(rig: &Rig, home: &Path, track: usize) -> u32 {
    ask(rig, home, &Request::Status).map_or(0, |status| status.tracks[track].gaps_today)
}

/// Waits for the loss and brings the device back; when it was taken away and when it came back, from and to.
fn vanish_and_return(rig: &Rig, home: &Path, track: usize, argument: &str, load: &[&str]) -> [(WallTime, WallTime); 2] {
    let before = gaps_today(rig, home, track);
    let from = now();
    unload(rig, argument);
    let gone = (from, now());
    wait_until("the loss to show", || {
        ask(rig, home, &Request::Status).is_some_and(|status| status.tracks[track].device.is_none())
    });
    std::thread::sleep(std::time::Duration::from_millis(700));
    let from = now();
    rig.pactl(load).unwrap();
    let back = (from, now());
    wait_until("the gap to be counted", || gaps_today(rig, home, track) > before);
    [gone, back]
}

/// How soon after its return a device was recorded again, and how far the beginning of the gap is from the moment of
/// the loss, which lies between two known ones.
struct Edges {
    back: i64,
    off: i64,
}

/// The gap begins when the device went, and ends soon after it came back.
fn check_gap(gap: &GapRow, [gone, back]: &[(WallTime, WallTime); 2]) -> Edges {
    let (before, after) = (gap.from.micros_since(gone.0), gap.from.micros_since(gone.1));
    assert!(before >= -EDGE_MICROS && after <= EDGE_MICROS, "begins {before} us after the loss: {gap:?}");
    let until_back = gap.to.micros_since(back.1);
    assert!(until_back <= BACK_MICROS, "ends {until_back} us after the return: {gap:?}");
    assert!(gap.to.micros_since(back.0) >= -EDGE_MICROS, "ends before the return: {gap:?}");
    Edges { back: until_back, off: (-before).max(after).max(0) }
}

/// The worst edges of all gaps.
fn check_gaps(gaps: &[GapRow], was: &[[(WallTime, WallTime); 2]]) -> Edges {
    assert_eq!(gaps.len(), was.len(), "{gaps:?}");
    let checked = gaps.iter().zip(was).map(|(gap, times)| check_gap(gap, times));
    let worst = |one: Edges, other: Edges| Edges { back: one.back.max(other.back), off: one.off.max(other.off) };
    checked.reduce(worst).unwrap()
}

/// Stretches of the ramp without a break: when their first and last frame were captured, and what these are.
fn stretches(home: &Path, track: &str) -> Vec<(WallTime, WallTime, i16, i16)> {
    let at =
        |start: WallTime, frame: usize| start.plus_micros(i64::try_from(frame).unwrap() * 1_000_000 / i64::from(RATE));
    let mut found = Vec::new();
    for segment in segments(home, track) {
        let (samples, _) = read_by_all(&segment.path).unwrap();
        let mut from = 0;
        for end in 1..=samples.len() {
            if end < samples.len() && samples[end] == samples[end - 1].wrapping_add(1) {
                continue;
            }
            // Silence is broken at every frame.
            if end - from > 1 {
                let last = end - 1;
                let at = |frame| at(segment.span.start, frame);
                found.push((at(from), at(last), samples[from], samples[last]));
            }
            from = end;
        }
    }
    found
}

#[test]
fn a_microphone_that_returns_is_recorded_again_and_the_loopback_loses_nothing() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let _playing = [Sink::MicFeed, Sink::Speakers].map(|sink| rig.play_ramp(sink).unwrap());
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--mic", "VirtualMic"]);
    wait_for_sound(&home, 1_000);
    let times = count("HEARSAY_DEVICE_LOSSES", 2);
    let was: Vec<_> = (0..times).map(|_| vanish_and_return(&rig, &home, 0, "source_name=mic ", &MIC)).collect();
    std::thread::sleep(std::time::Duration::from_millis(500));
    stop(recorder);
    let edges = check_gaps(&gaps(&home, "mic"), &was);
    // The ramp in the feed went on: it says how much time really lies between what is before a gap and after it.
    let stretches = stretches(&home, "mic");
    assert_eq!(stretches.len(), was.len() + 1, "{stretches:?}");
    let mut off_most = 0;
    for pair in stretches.windows(2) {
        let (apart, counted) = (pair[1].0.micros_since(pair[0].1), pair[1].2.wrapping_sub(pair[0].3));
        let frames = apart * i64::from(RATE) / 1_000_000;
        let off = (frames - i64::from(counted) + 32_768).rem_euclid(65_536) - 32_768;
        let off = off * 1_000_000 / i64::from(RATE);
        assert!(off.abs() <= EDGE_MICROS, "what came after the gap lies {off} us off");
        off_most = off_most.max(off.abs());
    }
    let loopback = segments(&home, "loopback");
    assert_eq!(loopback.len(), 1);
    assert!(self::gaps(&home, "loopback").is_empty());
    let (_, ramp) = read_ramp(&loopback[0].path);
    eprintln!(
        "{times} losses of the microphone: recorded again {} ms after the return at most, the gap begins {} ms off and what \
         follows lies {off_most} us off at most; the loopback lost 0 of {} frames",
        edges.back / 1_000,
        edges.off / 1_000,
        ramp.frames()
    );
}

#[test]
fn speakers_that_return_are_recorded_again_and_the_microphone_loses_nothing() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    // Only into the microphone: a player of the speakers would be moved to what feeds it.
    let _playing = rig.play_ramp(Sink::MicFeed).unwrap();
    let home = dir.path().join("home");
    let recorder = start(&rig, &home, &["--loopback", "speakers.monitor"]);
    wait_for_sound(&home, 1_000);
    let times = count("HEARSAY_DEVICE_LOSSES", 2);
    let was: Vec<_> = (0..times).map(|_| vanish_and_return(&rig, &home, 1, "sink_name=speakers ", &SPEAKERS)).collect();
    stop(recorder);
    let edges = check_gaps(&gaps(&home, "loopback"), &was);
    let mic = segments(&home, "mic");
    assert_eq!(mic.len(), 1);
    assert!(self::gaps(&home, "mic").is_empty());
    let (_, ramp) = read_ramp(&mic[0].path);
    eprintln!(
        "{times} losses of the speakers: recorded again {} ms after the return at most, the gap begins {} ms off at most; \
         the microphone lost 0 of {} frames",
        edges.back / 1_000,
        edges.off / 1_000,
        ramp.frames()
    );
}

#[test]
fn another_default_output_is_followed_and_a_named_one_is_waited_for() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let homes = ["default", "named"].map(|name| dir.path().join(name));
    let recorders = [start(&rig, &homes[0], &[]), start(&rig, &homes[1], &["--loopback", "speakers.monitor"])];
    for home in &homes {
        wait_for_sound(home, 200);
    }
    let headphones = "sink_properties=device.description=Headphones";
    rig.pactl(&["load-module", "module-null-sink", "sink_name=headphones", "rate=48000", headphones]).unwrap();
    let changed = std::time::Instant::now();
    rig.pactl(&["set-default-sink", "headphones"]).unwrap();
    let device = |home: &Path| ask(&rig, home, &Request::Status).and_then(|status| status.tracks[1].device.clone());
    wait_until("the new default", || device(&homes[0]).as_deref() == Some("Monitor of Headphones"));
    let took = changed.elapsed();
    assert!(took.as_secs() < 5, "{took:?}");
    assert_eq!(device(&homes[1]).as_deref(), Some("Monitor of Speakers"));
    unload(&rig, "sink_name=speakers ");
    wait_until("the named one to be missed", || device(&homes[1]).is_none());
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(device(&homes[1]), None);
    rig.pactl(&SPEAKERS).unwrap();
    wait_until("the named one again", || device(&homes[1]).as_deref() == Some("Monitor of Speakers"));
    for recorder in recorders {
        stop(recorder);
    }
    eprintln!("a changed default is recorded after {} ms", took.as_millis());
}
