use super::*;
use crate::{Event, Supervisor, Watch};
use std::time::Duration;
use testkit::{Rig, Sink, fixture};
use timeline::SystemClock;

fn source(rig: &Rig) -> PulseSource {
    let env = rig.env().clone();
    PulseSource::with_env(Arc::new(SystemClock), move |name| env.get(name).cloned())
}

/// Asks up to 5 s long.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..100 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}: not within 5 s");
}

#[test]
fn what_plays_is_told_by_output() {
    let rig = Rig::start().unwrap();
    let source = source(&rig);
    assert_eq!(source.playing().unwrap(), Vec::<String>::new());
    let wav = fixture("days/standup.mic.wav");
    let heard = rig.play(&wav, Sink::Speakers).unwrap();
    eventually("the speakers play", || source.playing().unwrap() == ["speakers.monitor"]);
    let said = rig.play(&wav, Sink::MicFeed).unwrap();
    eventually("both play", || source.playing().unwrap() == ["speakers.monitor", "mic_feed.monitor"]);
    drop((heard, said));
    eventually("nothing plays", || source.playing().unwrap().is_empty());
}

#[test]
fn a_default_over_bluetooth_gives_way_and_a_new_default_is_seen_on_the_same_connection() {
    let rig = Rig::start().unwrap();
    let source = source(&rig);
    let default = |kind| {
        let devices = source.devices().unwrap();
        let found = crate::Choice::Default.find(&devices, kind).unwrap();
        (found.id, found.bluetooth)
    };
    assert_eq!(default(Kind::Microphone), ("mic".into(), false));
    let headset = ["source_name=headset", "master=mic_feed.monitor", "source_properties=device.bus=bluetooth"];
    rig.pactl(&[["load-module", "module-remap-source"].as_slice(), &headset].concat()).unwrap();
    rig.pactl(&["set-default-source", "headset"]).unwrap();
    assert_eq!(default(Kind::Microphone), ("mic".into(), false));
    let devices = source.devices().unwrap();
    assert!(devices.iter().find(|device| device.id == "headset").unwrap().bluetooth);
    rig.pactl(&["unload-module", "module-remap-source"]).unwrap();
    rig.pactl(&[["load-module", "module-remap-source"].as_slice(), &headset].concat()).unwrap();
    rig.pactl(&["set-default-source", "headset"]).unwrap();
    assert_eq!(default(Kind::Microphone), ("headset".into(), true));
    rig.pactl(&["set-default-sink", "mic_feed"]).unwrap();
    assert_eq!(default(Kind::Loopback), ("mic_feed.monitor".into(), false));
}

#[test]
fn a_microphone_that_is_muted_when_it_is_opened_is_muted_from_the_start() {
    let rig = Rig::start().unwrap();
    rig.pactl(&["set-source-mute", "mic", "1"]).unwrap();
    let watch = Watch { choice: crate::Choice::Default, kind: Kind::Microphone, thread: "hs-test" };
    let mut supervisor = Supervisor::start(Arc::new(source(&rig)), Arc::new(SystemClock), watch).unwrap();
    let mut next = || supervisor.wait(Duration::from_secs(5));
    assert!(matches!(next(), Some(Event::Opened { .. })));
    assert!(matches!(next(), Some(Event::Muted(true))));
    rig.pactl(&["set-source-mute", "mic", "0"]).unwrap();
    assert!(matches!(next(), Some(Event::Muted(false))));
}

/// What listing costs, for the README: `cargo test -p capture --release -- --ignored --nocapture cost`.
#[test]
#[ignore = "a measurement"]
fn cost_of_a_question() {
    let rig = Rig::start().unwrap();
    let source = source(&rig);
    let _heard = rig.play(&fixture("days/standup.mic.wav"), Sink::Speakers).unwrap();
    eventually("the speakers play", || !source.playing().unwrap().is_empty());
    let cpu_ns = || -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    let questions: [(&str, &dyn Fn()); 3] = [
        ("devices", &|| drop(source.devices().unwrap())),
        ("playing", &|| drop(source.playing().unwrap())),
        ("connecting", &|| source.probe().unwrap()),
    ];
    for (name, question) in questions {
        let before = cpu_ns();
        (0..500).for_each(|_| question());
        println!("{name}: {} us of CPU", (cpu_ns() - before) / 500_000);
    }
}
