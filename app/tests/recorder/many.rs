use crate::recording::{command, end, segments, start, stop, wait_for_sound};
use testkit::{Killed, Rig, files_below, wait_until};

#[test]
fn of_twenty_recorders_exactly_one_lives() {
    let (rig, dir) = (Rig::start().unwrap(), tempfile::tempdir().unwrap());
    let home = dir.path().join("home");
    let mut recorders: Vec<Killed> = (0..20).map(|_| command(&rig, &home, &[]).spawn().map(Killed).unwrap()).collect();
    wait_for_sound(&home, 500);
    // On a busy machine some have hardly begun when the first has sound: only what lasts is alive.
    wait_until("all but one to end", || {
        let runs = |recorder: &mut Killed| recorder.0.try_wait().unwrap().is_none();
        recorders.iter_mut().map(|recorder| usize::from(runs(recorder))).sum::<usize>() <= 1
    });
    let mut living = Vec::new();
    for mut recorder in recorders.drain(..) {
        if recorder.0.try_wait().unwrap().is_none() {
            living.push(recorder);
            continue;
        }
        let (status, err) = end(&mut recorder.0);
        assert_eq!((status.code(), err.lines().count()), (Some(4), 1), "{err}");
        assert!(err.contains("already runs"), "{err}");
    }
    assert_eq!(living.len(), 1, "so many live");
    stop(living.remove(0));
    for track in ["mic", "loopback"] {
        assert_eq!(segments(&home, track).len(), 1);
    }
    // The home is free again.
    let recorder = start(&rig, &home, &[]);
    wait_for_sound(&home, 100);
    stop(recorder);
    assert_eq!(files_below(&home.join("audio"), ".wav").len(), 4);
    eprintln!("20 recorders at once: 1 lived, 19 said why not");
}
