//! The checksum of a segment: what it tells of, and what can be mended with it.

use super::{hound_samples, place, ramp, session, writer};
use crate::import::import;
use crate::{FaultKind, repair, verify};
use std::fs;
use std::path::PathBuf;
use timeline::{Side, TrackName};

/// A finished segment of a second.
fn finished(place: &super::Place) -> PathBuf {
    let mut writer = writer(&place.archive, &session(), TrackName::mic(), 16_000, 5);
    writer.place(&ramp(0, 16_000), super::BOOT).unwrap();
    writer.finish().unwrap().unwrap()
}

#[test]
fn a_finished_an_adopted_and_an_imported_segment_carry_a_checksum_that_is_right() {
    let place = place();
    let path = finished(&place);
    let json = String::from_utf8(fs::read(&path).unwrap()[44..504].to_vec()).unwrap();
    assert!(json.trim_end().ends_with('}') && json.contains("\"sum\":\""), "{json}");
    assert_eq!(verify::verify(&path), None);
    assert_eq!(hound_samples(&path), ramp(0, 16_000), "another reader doesn't mind");

    let mut killed = writer(&place.archive, &session(), TrackName::loopback(), 48_000, 5);
    killed.place(&ramp(0, 4_801), super::BOOT).unwrap();
    drop(killed);
    let adopted = repair::left_behind(&place.archive).unwrap().adopted;
    assert_eq!(adopted.len(), 1);
    assert_eq!(verify::verify(&adopted[0]), None);
    assert!(fs::read(&adopted[0]).unwrap()[44..504].windows(7).any(|bytes| bytes == b"\"sum\":\""));

    let track = TrackName::new("phone").unwrap();
    let at = super::time("2026-11-20T10:00:00Z");
    let imported = import(&place.archive, &path, &track, Side::Both, at, &mut |_| ()).unwrap();
    assert_eq!(verify::verify(&imported.segments[0].path), None);
    assert!(fs::read(&imported.segments[0].path).unwrap()[44..504].windows(7).any(|bytes| bytes == b"\"sum\":\""));
}

#[test]
fn every_flipped_byte_is_named_and_one_in_the_header_is_mended_to_the_bit() {
    let place = place();
    let path = finished(&place);
    let whole = fs::read(&path).unwrap();
    let header = (0..44).chain((44..504).step_by(9)).chain(504..512);
    for (at, in_header) in header.map(|at| (at, true)).chain([(512, false), (17_001, false), (32_511, false)]) {
        for bits in [0x01, 0x80] {
            let mut damaged = whole.clone();
            damaged[at] ^= bits;
            fs::write(&path, &damaged).unwrap();
            let fault = verify::verify(&path).unwrap_or_else(|| panic!("byte {at} was overlooked"));
            assert_eq!((fault.path, fault.kind), (path.clone(), FaultKind::Damaged), "byte {at}");
            assert_eq!(verify::mend_header(&path).unwrap(), in_header, "byte {at}");
            assert_eq!(fs::read(&path).unwrap(), if in_header { whole.clone() } else { damaged }, "byte {at}");
        }
    }
    // Sound that has changed can only be taken as it is.
    assert!(verify::verify(&path).is_some());
    assert!(verify::accept(&path).unwrap());
    assert_eq!(verify::verify(&path), None);
}

#[test]
fn another_programs_file_and_a_missing_one_are_no_faults_and_a_link_is_left_alone() {
    let place = place();
    let path = place.day().join("20261123T091500.000Z.mic.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&path, spec).unwrap();
    (0..2_000_i16).for_each(|frame| wav.write_sample(frame).unwrap());
    wav.finalize().unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(verify::verify(&path), None);
    assert!(!verify::mend_header(&path).unwrap() && !verify::accept(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), before);
    let missing = path.with_file_name("20261123T092000.000Z.mic.wav");
    assert_eq!(verify::verify(&missing), None);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&path, &missing).unwrap();
        assert!(verify::mend_header(&missing).is_err() && verify::accept(&missing).is_err());
    }
}
