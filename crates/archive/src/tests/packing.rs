use super::reading::recorded;
use super::*;
use crate::packing::{Packed, pack};
use crate::{FaultKind, Segment, TrackReader};
use flac_codec::encode::{FlacSampleWriter, Options};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use timeline::Span;

/// Sound that packs as a voice does: a tone with noise on it.
fn hum(first: u64, frames: usize) -> Vec<i16> {
    (first..first + frames as u64)
        .map(|frame| {
            let noise = (frame.wrapping_mul(6_364_136_223_846_793_005) >> 57) as f64;
            ((frame as f64 / 9.0).sin() * 6_000.0 + noise) as i16
        })
        .collect()
}

fn mic(place: &Place) -> Vec<Segment> {
    place.archive.segments(&TrackName::mic(), &Span::ALL).unwrap()
}

fn packed(segment: &Segment) -> (u64, u64) {
    match pack(segment, &|| false).unwrap() {
        Packed::Packed { before, after } => (before, after),
        other => panic!("{}: {other:?}", segment.path.display()),
    }
}

fn left(segment: &Segment) -> crate::Fault {
    match pack(segment, &|| false).unwrap() {
        Packed::Left(fault) => fault,
        other => panic!("{}: {other:?}", segment.path.display()),
    }
}

/// What can be told of a segment without its form.
fn facts(segment: &Segment) -> String {
    format!("{:?}", Segment { path: PathBuf::new(), ..segment.clone() })
}

fn read(segments: Vec<Segment>, seed: u64) -> Vec<Vec<f32>> {
    let start = segments[0].span.start.position();
    let len = segments.last().unwrap().span.end.position().since(start) as u64;
    let (mut reader, mut random) = (TrackReader::new(segments), Random(seed));
    let places = (0..120).map(|turn| if turn == 0 { (0, len) } else { (random.below(len), random.below(30_000)) });
    let mut read = |(from, frames): (u64, u64)| {
        let mut out = vec![9.0; frames as usize];
        reader.read(start.plus(from as i64), &mut out).unwrap();
        out
    };
    places.collect::<Vec<_>>().into_iter().map(&mut read).collect()
}

#[test]
fn packed_segments_read_as_they_did_from_any_place_at_any_rate() {
    for (hz, drift) in [(16_000, 0_i64), (48_000, 0), (44_100, 0), (16_000, 40)] {
        let place = place();
        if drift == 0 {
            recorded(&place, hz, hum);
        } else {
            let mut device = writer(&place.archive, &session(), TrackName::mic(), hz, 1);
            for block in 0..1_200_i64 {
                // A device that is late by so many millionths.
                let at = BOOT + block * 100_000 + block * 100_000 * drift / 1_000_000;
                device.place(&hum(block as u64 * 1_600, 1_600), at).unwrap();
            }
            device.finish().unwrap();
        }
        let (before, wavs) = (mic(&place), files_below(place.archive.folder()));
        let finished: Vec<Segment> = before.iter().filter(|segment| !segment.part).cloned().collect();
        assert!(finished.len() >= 2, "{hz}");
        let heard = read(before.clone(), 7);
        let digests: Vec<_> =
            finished.iter().map(|segment| std::fs::read(&segment.path).unwrap().len() as u64).collect();
        for (segment, len) in finished.iter().zip(&digests) {
            let modified = segment.path.metadata().unwrap().modified().unwrap();
            let (before, after) = packed(segment);
            assert!(before == *len && after < before * 7 / 10, "{hz}: {before} to {after}");
            let flac = segment.path.with_extension("flac");
            assert!(!segment.path.exists());
            assert_eq!(flac.metadata().unwrap().modified().unwrap(), modified);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(flac.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
        assert_eq!(files_below(place.archive.folder()).len(), wavs.len(), "a FLAC for each WAV");
        // A reader that was made before finds them under their new names.
        assert!(read(before.clone(), 7) == heard, "{hz} Hz by the old names");
        let after = mic(&place);
        assert_eq!(after.iter().map(facts).collect::<Vec<_>>(), before.iter().map(facts).collect::<Vec<_>>());
        assert!(after.iter().all(|segment| segment.part || segment.path.extension() == Some("flac".as_ref())));
        assert!(read(after, 7) == heard, "{hz} Hz");
        assert_eq!(place.archive.scan().unwrap().faults, []);
    }
}

#[test]
fn a_flac_that_was_put_there_by_hand_reads_as_the_wav_of_the_same_samples() {
    for (channels, bits) in [(1, 16), (2, 16), (2, 24), (1, 8)] {
        let (wavs, flacs) = (place(), place());
        let form = spec(channels, 44_100, bits, hound::SampleFormat::Int);
        let value = |frame: usize, channel: u16| (frame as f64 / (9.0 + f64::from(channel))).sin() * 0.4;
        let bytes = wav(form, 60_000, value);
        let mut reader = hound::WavReader::new(std::io::Cursor::new(&bytes)).unwrap();
        let samples: Vec<i32> = reader.samples::<i32>().map(Result::unwrap).collect();
        let mut flac = std::io::Cursor::new(Vec::new());
        // With a seek table, as other programs write it.
        let mut encoder = FlacSampleWriter::new(
            &mut flac,
            Options::default().seektable_frames(2),
            44_100,
            bits.into(),
            channels as u8,
            Some(samples.len() as u64),
        )
        .unwrap();
        encoder.write(&samples).unwrap();
        encoder.finalize().unwrap();
        std::fs::write(wavs.day().join("20261123T100000.000Z.mic.wav"), bytes).unwrap();
        std::fs::write(flacs.day().join("20261123T100000.000Z.mic.flac"), flac.into_inner()).unwrap();
        assert_eq!(flacs.archive.scan().unwrap().faults, []);
        assert_eq!(facts(&mic(&flacs)[0]), facts(&mic(&wavs)[0]));
        assert_eq!(flacs.archive.tracks().unwrap(), [TrackName::mic()]);
        assert!(read(mic(&flacs), 3) == read(mic(&wavs), 3), "{channels} channels of {bits} bits");
        let left = left(&mic(&wavs)[0]);
        assert!(left.to_string().contains("put there by hand"), "it may hold more than its sound: {left}");
    }
}

/// A place with one finished segment of ten seconds.
fn one() -> (Place, Segment) {
    let place = place();
    let mut track = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    track.place(&hum(0, 16_000), BOOT).unwrap();
    track.finish().unwrap();
    let [segment] = mic(&place).try_into().unwrap();
    (place, segment)
}

#[test]
fn what_is_in_the_way_or_damaged_is_named_and_nothing_is_lost() {
    let (place, segment) = one();
    let (path, flac) = (segment.path.clone(), segment.path.with_extension("flac"));
    let part = path.with_extension("flac.part");
    let whole = std::fs::read(&path).unwrap();
    let outside = place.dir.path().join("outside");
    std::fs::write(&outside, "not ours").unwrap();
    let kept = |what: &str| {
        assert_eq!(std::fs::read(&path).unwrap(), whole, "{what}");
        assert_eq!(std::fs::read(&outside).unwrap(), b"not ours", "{what}");
    };

    std::os::unix::fs::symlink(&outside, &part).unwrap();
    assert!(left(&segment).path.ends_with(part.file_name().unwrap()), "a link in the way is not written through");
    std::fs::remove_file(&part).unwrap();
    kept("a link as copy");
    std::os::unix::fs::symlink(&outside, &flac).unwrap();
    assert_eq!(left(&segment).kind, FaultKind::Unpacked);
    std::fs::remove_file(&flac).unwrap();
    kept("a link as FLAC");
    std::fs::write(&flac, "something else").unwrap();
    assert!(left(&segment).to_string().contains("holds something else"));
    std::fs::remove_file(&flac).unwrap();
    kept("another file");
    assert_eq!(pack(&segment, &|| true).unwrap(), Packed::Stopped);
    assert!(!part.exists() && !flac.exists());
    kept("called off");
    for (what, bytes) in [
        ("cut short", whole[..whole.len() - 10].to_vec()),
        ("longer than it says", [&whole[..], b"LIST"].concat()),
        ("another header", [&whole[..40], &[9], &whole[41..]].concat()),
        ("no sound at all", b"nothing".to_vec()),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(left(&segment).path, path, "{what}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{what}");
        assert!(!part.exists() && !flac.exists(), "{what}");
    }
    std::fs::write(&path, &whole).unwrap();
    // What a run left that was killed is no sound, and is made anew.
    std::fs::write(&part, "half of it").unwrap();
    assert_eq!(place.archive.scan().unwrap().faults, []);
    assert_eq!(crate::repair::left_behind(&place.archive).unwrap(), crate::repair::Repaired::default());
    packed(&segment);
    assert!(flac.exists() && !part.exists() && !path.exists());

    // A link to a segment is no segment.
    let far = place.day().join("20261123T120000.000Z.mic.flac");
    std::os::unix::fs::symlink(&flac, &far).unwrap();
    let scan = place.archive.scan().unwrap();
    assert_eq!(scan.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::Foreign]);
    assert_eq!(scan.segments.len(), 1);
}

#[test]
fn where_wav_and_flac_are_both_there_the_wav_is_read_and_the_next_run_takes_it_away() {
    let (place, segment) = one();
    let whole = std::fs::read(&segment.path).unwrap();
    packed(&segment);
    std::fs::write(&segment.path, &whole).unwrap();
    let found = mic(&place);
    assert_eq!(found, std::slice::from_ref(&segment), "one segment, the WAV");
    assert_eq!(place.archive.scan().unwrap().faults, []);
    let (before, after) = packed(&found[0]);
    assert!(after < before && !segment.path.exists());
    assert_eq!(mic(&place).len(), 1);
    // The recorder never begins a segment under the name of a packed one.
    let mut track = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    track.place(&hum(0, 16_000), BOOT).unwrap();
    assert_ne!(track.finish().unwrap().unwrap(), segment.path);
}

#[test]
fn one_byte_that_was_turned_over_costs_a_moment_and_never_the_rest() {
    let (place, segment) = one();
    packed(&segment);
    let path = segment.path.with_extension("flac");
    let (whole, heard) = (std::fs::read(&path).unwrap(), read(mic(&place), 1).remove(0));
    let (mut random, mut refused, mut hurt) = (Random(4), 0, 0);
    let header = 500;
    for turn in 0..600 {
        let mut bytes = whole.clone();
        let at = if turn < header { turn } else { random.below(bytes.len() as u64) as usize };
        bytes[at] ^= 1 << random.below(8);
        if turn % 7 == 6 {
            bytes.truncate(random.below(bytes.len() as u64) as usize);
        }
        std::fs::write(&path, &bytes).unwrap();
        let scan = place.archive.scan().unwrap();
        let Some(found) = scan.segments.first() else {
            assert!(scan.faults.iter().any(|fault| fault.path == path), "{at}");
            refused += 1;
            continue;
        };
        let mut out = vec![0.0; heard.len()];
        let mut reader = TrackReader::new(vec![found.clone()]);
        if let Err(error) = reader.read(segment.position(), &mut out) {
            assert!(error.to_string().contains("mic.flac"), "{error}");
            refused += 1;
            continue;
        }
        let wrong = out.iter().zip(&heard).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        hurt += usize::from(wrong > 0);
        if at > header && turn % 7 != 6 {
            assert!(wrong <= 2 * 2_048, "byte {at}: {wrong} frames");
            assert!(
                out.iter().zip(&heard).all(|(a, b)| a.to_bits() == b.to_bits() || a.abs() == 0.0),
                "byte {at}: what can't be read is silence"
            );
        }
    }
    println!("{refused} refused by name, {hurt} hurt, of 600");
    assert!(refused > 10 && hurt > 100);
}

const FOLDER: &str = "HEARSAY_TEST_PACK_FOLDER";

/// Packs everything, again and again; it is killed by the test below.
#[test]
#[ignore = "it is started, and killed, by the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let archive = Archive::open(&Home::at(folder.as_ref()));
    for segment in
        archive.scan().unwrap().segments.iter().filter(|segment| segment.path.extension() == Some("wav".as_ref()))
    {
        packed(segment);
    }
}

#[test]
fn packing_that_is_killed_at_any_moment_leaves_a_whole_copy_of_everything() {
    let kills = std::env::var("HEARSAY_PACK_KILLS").map_or(5, |kills| kills.parse().unwrap());
    let (mut random, mut midway, mut kill) = (Random(11), 0, 0);
    while kill < kills {
        let place = place();
        let mut track = writer(&place.archive, &session(), TrackName::mic(), 16_000, 1);
        for block in 0..120_u64 {
            track.place(&hum(block * 48_000, 48_000), BOOT + block as i64 * 3_000_000).unwrap();
        }
        track.finish().unwrap();
        let before = mic(&place);
        let digest = |path: &Path| Sha256::digest(std::fs::read(path).unwrap()).to_vec();
        let wavs: BTreeMap<PathBuf, Vec<u8>> = before.iter().map(|s| (s.path.clone(), digest(&s.path))).collect();
        let heard = read(before.clone(), 5);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::packing::child", "--ignored", "--test-threads=1"])
            .env(FOLDER, place.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(random.below(900_000)));
        let alive = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        kill += u32::from(alive);
        for (path, digest_before) in &wavs {
            assert!(path.exists() || path.with_extension("flac").exists(), "{}", path.display());
            assert!(!path.exists() || digest(path) == *digest_before);
        }
        let packed_by_then = wavs.keys().filter(|path| !path.exists()).count();
        midway += usize::from((1..wavs.len()).contains(&packed_by_then));
        assert_eq!(place.archive.scan().unwrap().faults, [], "kill {kill}");
        let after = mic(&place);
        assert_eq!(after.iter().map(facts).collect::<Vec<_>>(), before.iter().map(facts).collect::<Vec<_>>());
        assert!(read(after.clone(), 5) == heard, "kill {kill}");
        for segment in after.iter().filter(|segment| segment.path.extension() == Some("wav".as_ref())) {
            packed(segment);
        }
        assert!(read(mic(&place), 5) == heard);
        let names = files_below(place.archive.folder());
        assert!(names.iter().all(|name| name.extension() == Some("flac".as_ref())), "{names:?}");
    }
    println!("{kills} kills, {midway} of them with some packed and some not");
}
