use super::*;
use crate::{FakeSource, VirtualClock};
use timeline::{SampleRate, WallTime};

/// A step of the simulation: what a device delivers at once.
const STEP_MICROS: i64 = 20_000;
const FRAMES: usize = 320;
const SOUND: f32 = 0.1;
const ZERO: f32 = 0.0;

/// A microphone `usb`, watched inline.
struct Rig {
    source: FakeSource,
    clock: Arc<VirtualClock>,
    supervisor: Supervisor,
    intake: Option<Intake>,
}

fn clock() -> Arc<VirtualClock> {
    VirtualClock::at(WallTime::from_millis(1_795_425_312_340))
}

fn rig(kind: Kind) -> Rig {
    rig_for(Choice::Default, kind)
}

fn rig_for(choice: Choice, kind: Kind) -> Rig {
    let (source, clock) = (FakeSource::new(), clock());
    source.plug_in("usb", kind, SampleRate::SPEECH, 1);
    let watch = Watch { choice, kind, thread: "hs-test" };
    let supervisor = Supervisor::inline(Arc::new(source.clone()), clock.clone(), watch);
    Rig { source, clock, supervisor, intake: None }
}

/// An event in a word or two.
fn word(event: &Event) -> String {
    match event {
        Event::Opened { device, .. } => format!("opened {}", device.id),
        Event::Failed(error) => format!("failed: {}", of(error)),
        Event::Lost { reason, .. } => format!("lost: {}", of(reason)),
        Event::Muted(muted) => format!("muted {muted}"),
        Event::Silent(silent) => format!("silent {silent}"),
    }
}

fn of(error: &CaptureError) -> &'static str {
    match error {
        CaptureError::NoDefault { .. } => "no default",
        CaptureError::NotFound { .. } => "not found",
        CaptureError::Ended { .. } => "ended",
        CaptureError::Stalled { .. } => "stalled",
        CaptureError::Silent { .. } => "silent",
        CaptureError::DefaultChanged { .. } => "default changed",
        CaptureError::Open { .. } => "refused",
        CaptureError::TimedOut { .. } => "timed out",
        CaptureError::Unreachable { .. } => "unreachable",
        _ => "other",
    }
}

impl Rig {
    /// So much time passes while every device that is open delivers such samples; what happened, and how long after
    /// the beginning (ms).
    fn run(&mut self, micros: i64, sample: f32) -> Vec<(i64, String)> {
        let began = self.clock.awake_micros();
        let mut events = self.events(0);
        while self.clock.awake_micros() - began < micros {
            self.clock.advance(STEP_MICROS);
            let captured = self.clock.boot_micros() - STEP_MICROS;
            for id in ["usb", "webcam"] {
                self.source.deliver(id, &[sample; FRAMES], captured);
            }
            let after = (self.clock.awake_micros() - began) / 1_000;
            events.extend(self.events(after));
        }
        events
    }

    /// Steps while the time stands still; the intake of the device that was opened last is emptied.
    fn events(&mut self, after: i64) -> Vec<(i64, String)> {
        let mut words = Vec::new();
        while let Some(event) = self.supervisor.poll() {
            words.push((after, word(&event)));
            if let Event::Opened { intake, .. } = event {
                self.intake = Some(intake);
            }
        }
        let mut out = Vec::new();
        while self.intake.as_mut().is_some_and(|intake| intake.next(&mut out).is_some()) {}
        words
    }

    fn seconds(&mut self, seconds: i64, sample: f32) -> Vec<(i64, String)> {
        self.run(seconds * 1_000_000, sample)
    }
}

fn words(events: &[(i64, String)]) -> Vec<&str> {
    events.iter().map(|(_, word)| word.as_str()).collect()
}

#[test]
fn a_device_that_is_pulled_out_is_lost_and_is_back_within_five_seconds_of_its_return() {
    for away_s in [0, 1, 7, 3_600] {
        let mut rig = rig(Kind::Microphone);
        assert_eq!(words(&rig.seconds(10, SOUND)), ["opened usb"]);
        rig.source.unplug("usb");
        if away_s > 0 {
            assert_eq!(words(&rig.seconds(away_s, SOUND)), ["lost: ended", "failed: no default"]);
        }
        rig.source.plug_in("usb", Kind::Microphone, SampleRate::new(48_000).unwrap(), 2);
        let events = rig.seconds(6, SOUND);
        assert_eq!(events.last().unwrap().1, "opened usb");
        assert!(events.last().unwrap().0 <= 2_100, "{away_s} s away: {events:?}");
    }
}

#[test]
fn a_microphone_that_delivers_nothing_is_noticed_within_three_seconds_and_opened_at_once() {
    let mut rig = rig(Kind::Microphone);
    assert_eq!(words(&rig.seconds(10, SOUND)), ["opened usb"]);
    rig.source.set_stalled("usb", true);
    let events = rig.run(3_000_000, SOUND);
    assert_eq!(words(&events), ["lost: stalled", "opened usb"]);
    rig.source.set_stalled("usb", false);
    assert!(rig.seconds(60, SOUND).is_empty());
}

#[test]
fn a_microphone_that_never_delivers_is_opened_again_and_again_but_not_in_a_row() {
    let mut rig = rig(Kind::Microphone);
    rig.source.set_stalled("usb", true);
    let events = rig.seconds(60, SOUND);
    assert_eq!(words(&events)[..3], ["opened usb", "lost: stalled", "opened usb"]);
    assert!((7..=10).contains(&rig.source.times_opened("usb")), "{events:?}");
}

#[test]
fn digital_zero_is_noticed_within_three_seconds_and_opened_again_once_and_then_once_a_minute() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(10, SOUND);
    let events = rig.run(3_000_000, ZERO);
    assert_eq!(words(&events), ["silent true", "lost: silent", "opened usb"]);
    let events = rig.seconds(180, ZERO);
    assert_eq!(words(&events), ["lost: silent", "opened usb"].repeat(3 - usize::from(events.len() < 6)));
    let opened = rig.source.times_opened("usb");
    assert!((4..=5).contains(&opened), "{opened}");
    let events = rig.seconds(60, SOUND);
    assert_eq!((events[0].0, words(&events)), (STEP_MICROS / 1_000, vec!["silent false"]));
}

#[test]
fn a_microphone_behind_a_noise_gate_is_opened_again_no_more_than_once_a_minute() {
    let mut rig = rig(Kind::Microphone);
    for _ in 0..40 {
        rig.seconds(5, SOUND);
        rig.seconds(10, ZERO);
    }
    let opened = rig.source.times_opened("usb");
    assert!((2..=11).contains(&opened), "{opened} times in 10 min");
}

#[test]
fn a_muted_microphone_is_left_alone_and_its_silence_counts_for_nothing() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(5, SOUND);
    rig.source.set_muted("usb", true);
    assert_eq!(words(&rig.seconds(600, ZERO)), ["muted true"]);
    rig.source.set_stalled("usb", true);
    assert!(rig.seconds(60, ZERO).is_empty());
    rig.source.set_stalled("usb", false);
    rig.source.set_muted("usb", false);
    assert_eq!(words(&rig.seconds(2, ZERO)), ["muted false"]);
    assert!(rig.seconds(60, SOUND).is_empty());
    assert_eq!(rig.source.times_opened("usb"), 1);
}

#[test]
fn muting_explains_a_silence() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(5, ZERO);
    rig.source.set_muted("usb", true);
    assert_eq!(words(&rig.seconds(100, ZERO)), ["muted true", "silent false"]);
    rig.source.set_muted("usb", false);
    assert_eq!(words(&rig.run(3_000_000, ZERO)), ["muted false", "silent true", "lost: silent", "opened usb"]);
}

#[test]
fn a_loopback_is_never_silent_nor_stalled() {
    let mut rig = rig(Kind::Loopback);
    assert_eq!(words(&rig.seconds(60, ZERO)), ["opened usb"]);
    rig.source.set_stalled("usb", true);
    assert!(rig.seconds(3_600, ZERO).is_empty());
}

#[test]
fn a_night_asleep_and_a_clock_that_is_set_are_no_failures() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(10, SOUND);
    rig.clock.suspend(8 * 3_600_000_000);
    rig.clock.step_wall(-3_600_000_000);
    assert!(rig.seconds(10, SOUND).is_empty());
}

#[test]
fn a_process_that_was_stopped_for_a_minute_finds_its_microphone_well() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(10, SOUND);
    // The clock goes on, and what came meanwhile waits in the server.
    rig.clock.advance(60_000_000);
    assert!(rig.events(0).is_empty());
    assert!(rig.seconds(10, SOUND).is_empty());
}

#[test]
fn another_default_is_followed_within_two_seconds_and_a_named_device_is_kept() {
    for (choice, follows) in [(Choice::Default, true), (Choice::Named("usb".into()), false)] {
        let mut rig = rig_for(choice, Kind::Microphone);
        rig.source.plug_in("webcam", Kind::Microphone, SampleRate::SPEECH, 1);
        rig.seconds(10, SOUND);
        rig.source.set_default("webcam", Kind::Microphone);
        let events = rig.run(2_100_000, SOUND);
        let wanted: &[&str] = if follows { &["lost: default changed", "opened webcam"] } else { &[] };
        assert_eq!(words(&events), wanted);
        assert_eq!((rig.source.is_open("usb"), rig.source.is_open("webcam")), (!follows, follows));
        // And back again, as often as anyone likes.
        rig.source.set_default("usb", Kind::Microphone);
        assert_eq!(rig.run(2_100_000, SOUND).len(), wanted.len());
    }
}

#[test]
fn a_default_that_is_pulled_out_gives_way_to_the_next_at_once() {
    let mut rig = rig(Kind::Microphone);
    rig.source.plug_in("webcam", Kind::Microphone, SampleRate::SPEECH, 1);
    rig.seconds(10, SOUND);
    rig.source.unplug("usb");
    assert_eq!(words(&rig.run(STEP_MICROS, SOUND)), ["lost: ended", "opened webcam"]);
}

#[test]
fn a_headset_over_bluetooth_is_not_followed_where_there_is_another_microphone() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(5, SOUND);
    rig.source.plug_in("webcam", Kind::Microphone, SampleRate::SPEECH, 1);
    rig.source.set_bluetooth("webcam", true);
    rig.source.set_default("webcam", Kind::Microphone);
    assert!(rig.seconds(10, SOUND).is_empty());
    rig.source.unplug("usb");
    assert_eq!(words(&rig.seconds(1, SOUND)), ["lost: ended", "opened webcam"]);
}

#[test]
fn a_rate_that_is_changed_in_mid_stream_costs_one_reopening() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(10, SOUND);
    rig.source.change_rate("usb", SampleRate::new(44_100).unwrap());
    assert_eq!(words(&rig.run(STEP_MICROS, SOUND)), ["lost: ended", "opened usb"]);
    assert_eq!(rig.intake.as_ref().unwrap().rate().hz(), 44_100);
}

#[test]
fn a_device_that_refuses_is_asked_less_and_less_and_equal_failures_are_told_once() {
    let mut rig = rig(Kind::Microphone);
    rig.source.set_refusing("usb", true);
    assert_eq!(words(&rig.seconds(120, SOUND)), ["failed: refused"]);
    rig.source.set_refusing("usb", false);
    let events = rig.seconds(11, SOUND);
    assert_eq!(words(&events), ["opened usb"]);
    rig.source.unplug("usb");
    assert_eq!(words(&rig.seconds(60, SOUND)), ["lost: ended", "failed: no default"]);
}

#[test]
fn a_named_device_is_waited_for_for_ever_and_a_sound_system_that_comes_back_is_found() {
    let mut rig = rig_for(Choice::Named("webcam".into()), Kind::Microphone);
    assert_eq!(words(&rig.seconds(7_200, SOUND)), ["failed: not found"]);
    rig.source.plug_in("webcam", Kind::Microphone, SampleRate::SPEECH, 1);
    assert_eq!(words(&rig.seconds(3, SOUND)), ["opened webcam"]);
    rig.source.set_reachable(false);
    assert_eq!(words(&rig.seconds(60, SOUND)), ["lost: ended", "failed: unreachable"]);
    rig.source.set_reachable(true);
    assert_eq!(words(&rig.seconds(3, SOUND)), ["opened webcam"]);
}

#[test]
fn a_supervisor_that_was_stopped_has_closed_its_device() {
    let mut rig = rig(Kind::Microphone);
    rig.seconds(1, SOUND);
    rig.supervisor.stop();
    assert!(!rig.source.is_open("usb"));
    assert!(rig.seconds(10, SOUND).is_empty());
}

mod threaded {
    use super::*;

    /// The next event of a supervisor with a thread; virtual time passes while it is waited for.
    fn next(supervisor: &mut Supervisor, clock: &VirtualClock) -> String {
        for _ in 0..400 {
            if let Some(event) = supervisor.wait(Duration::from_millis(25)) {
                return word(&event);
            }
            clock.advance(200_000);
        }
        panic!("no event came");
    }

    fn start(source: &FakeSource, clock: &Arc<VirtualClock>) -> Supervisor {
        let watch = Watch { choice: Choice::Default, kind: Kind::Microphone, thread: "hs-test" };
        Supervisor::start(Arc::new(source.clone()), clock.clone(), watch).unwrap()
    }

    #[test]
    fn a_listing_that_hangs_does_not_blind_the_watchdog() {
        let (source, clock) = (FakeSource::new(), clock());
        source.plug_in("usb", Kind::Microphone, SampleRate::SPEECH, 1);
        let mut supervisor = start(&source, &clock);
        assert_eq!(next(&mut supervisor, &clock), "opened usb");
        source.set_lists_hanging(true);
        clock.advance(10_000_000);
        assert!(supervisor.wait(Duration::from_millis(300)).is_none());
        source.unplug("usb");
        assert_eq!(next(&mut supervisor, &clock), "lost: ended");
        source.set_lists_hanging(false);
        assert_eq!(next(&mut supervisor, &clock), "failed: no default");
        supervisor.stop();
    }

    #[test]
    fn an_opening_that_hangs_is_given_up_and_tried_again() {
        let (source, clock) = (FakeSource::new(), clock());
        source.plug_in("usb", Kind::Microphone, SampleRate::SPEECH, 1);
        source.set_hanging("usb", true);
        let mut supervisor = start(&source, &clock);
        assert_eq!(next(&mut supervisor, &clock), "failed: timed out");
        source.set_hanging("usb", false);
        assert_eq!(next(&mut supervisor, &clock), "opened usb");
        supervisor.stop();
        assert!(!source.is_open("usb"));
    }
}
