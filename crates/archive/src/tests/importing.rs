use super::*;
use crate::import::{Imported, Progress, import};
use crate::{ArchiveError, TrackReader};
use std::path::PathBuf;
use timeline::Span;

const AT: &str = "2026-11-22T10:03:20.250Z";

fn source(place: &Place, bytes: &[u8]) -> PathBuf {
    let path = place.dir.path().join("recording.wav");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn phone() -> TrackName {
    TrackName::new("phone").unwrap()
}

fn import_at(place: &Place, source: &Path, at: &str) -> Result<Imported, ArchiveError> {
    import(&place.archive, source, &phone(), Side::Both, time(at), &mut |_| ())
}

fn sound(place: &Place, span: &Span) -> Vec<f32> {
    let mut reader = TrackReader::new(place.archive.segments(&phone(), &Span::ALL).unwrap());
    let mut out = vec![0.0; (span.end.position().since(span.start.position())) as usize];
    reader.read(span.start.position(), &mut out).unwrap();
    out
}

#[test]
fn a_recording_is_copied_frame_by_frame_and_cut_on_the_borders() {
    let place = place();
    let frames = 16_000 * 400 + 123;
    let path = source(&place, &ramp_wav(frames));
    let before = std::fs::read(&path).unwrap();
    let mut steps: Vec<Progress> = Vec::new();
    let imported = import(&place.archive, &path, &phone(), Side::Both, time(AT), &mut |step| steps.push(step)).unwrap();
    assert_eq!((imported.already_there, &imported.warning), (false, &None));
    let starts: Vec<_> = imported.segments.iter().map(|segment| segment.span.start.rfc3339()).collect();
    assert_eq!(starts, [AT, "2026-11-22T10:05:00.000Z", "2026-11-22T10:10:00.000Z"]);
    assert!(imported.segments.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
    let mut copied = Vec::new();
    for segment in &imported.segments {
        assert_eq!((segment.session.as_deref(), segment.side), (Some("import-20261122T100320.250Z"), Side::Both));
        copied.extend(hound_samples(&segment.path));
    }
    assert!(copied == ramp(0, frames), "not one frame differs");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the source is as it was");
    assert!(steps.windows(2).all(|pair| pair[0].done < pair[1].done));
    assert_eq!(steps.last(), Some(&Progress { done: frames as u64, total: frames as u64 }));
}

#[test]
fn the_same_file_at_the_same_time_is_already_there() {
    let place = place();
    let path = source(&place, &ramp_wav(16_000 * 300));
    let first = import_at(&place, &path, AT).unwrap();
    let again = import_at(&place, &path, AT).unwrap();
    assert!(again.already_there && !first.already_there);
    assert_eq!(again.segments, first.segments);
    assert_eq!(files_below(place.archive.folder()).len(), first.segments.len());
}

#[test]
fn an_import_that_was_cut_off_is_completed_by_the_next() {
    let place = place();
    let path = source(&place, &ramp_wav(16_000 * 400));
    let first = import_at(&place, &path, AT).unwrap();
    // As after a kill between two renames: the last segment still has its hidden name.
    let last = &first.segments[2].path;
    let hidden = last.with_file_name(format!(".{}.importing", last.file_name().unwrap().to_str().unwrap()));
    std::fs::rename(last, &hidden).unwrap();
    std::fs::write(&hidden, "half of it").unwrap();
    assert_eq!(place.archive.scan().unwrap().segments.len(), 2);
    let again = import_at(&place, &path, AT).unwrap();
    assert_eq!((again.already_there, again.segments), (false, first.segments));
    assert!(!hidden.exists());
}

#[test]
fn sound_that_is_there_is_never_overlapped() {
    let place = place();
    let path = source(&place, &ramp_wav(160_000));
    import_at(&place, &path, AT).unwrap();
    let before = files_below(place.archive.folder());
    let error = import_at(&place, &path, "2026-11-22T10:03:25Z").unwrap_err();
    assert!(matches!(&error, ArchiveError::Overlap { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("2026-11-22T10:03:25.000Z..2026-11-22T10:03:30.250Z") && text.contains("--track"), "{text}");
    std::fs::write(&path, ramp_wav(1_000)).unwrap();
    assert!(matches!(import_at(&place, &path, AT), Err(ArchiveError::Overlap { .. })), "another file at the same time");
    assert_eq!(files_below(place.archive.folder()), before);
    import_at(&place, &path, "2026-11-22T10:03:30.250Z").unwrap();
}

#[test]
fn rates_channels_and_formats_of_other_programs_are_converted() {
    let float = hound::SampleFormat::Float;
    let int = hound::SampleFormat::Int;
    for spec in [
        spec(2, 48_000, 32, float),
        spec(2, 44_100, 24, int),
        spec(6, 48_000, 16, int),
        spec(1, 8_000, 16, int),
        spec(1, 96_000, 32, int),
    ] {
        let place = place();
        let hz = f64::from(spec.sample_rate);
        let frames = spec.sample_rate as usize * 2 + 17;
        let tone = |frame: usize| 0.4 * (std::f64::consts::TAU * 300.0 * frame as f64 / hz).sin();
        let path = source(
            &place,
            &wav(spec, frames, |frame, channel| if channel == 0 { tone(frame) } else { tone(frame) / 2.0 }),
        );
        let imported = import_at(&place, &path, AT).unwrap();
        let want = resample::resampled_frames(frames as u64, spec.sample_rate, 16_000);
        assert_eq!(imported.segments.iter().map(|segment| segment.frames).sum::<u64>(), want, "{spec:?}");
        let channels = f64::from(spec.channels);
        let gain = 0.4 * (1.0 + (channels - 1.0) / 2.0) / channels;
        let out = sound(&place, &imported.segments[0].span);
        let off = |frame: usize| {
            f64::from(out[frame]) - gain * (std::f64::consts::TAU * 300.0 * frame as f64 / 16_000.0).sin()
        };
        let worst = (1_000..31_000).map(|frame| off(frame).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-3, "{spec:?}: {worst}");
    }
}

#[test]
fn an_extensible_header_and_odd_chunks_are_read() {
    let place = place();
    // hound writes WAVE_FORMAT_EXTENSIBLE for 24 bits; a chunk of three bytes and its padding come before the sound.
    let plain = wav(spec(1, 16_000, 24, hound::SampleFormat::Int), 1_000, |frame, _| frame as f64 / 32_768.0);
    let fmt_end = 20 + u32::from_le_bytes(plain[16..20].try_into().unwrap()) as usize;
    assert_eq!(plain[20..22], [0xFE, 0xFF], "the test needs the extensible form");
    let odd = [&plain[..fmt_end], b"note\x03\0\0\0abc\0", &plain[fmt_end..], b"LIST\x04\0\0\0INFO"].concat();
    let imported = import_at(&place, &source(&place, &odd), AT).unwrap();
    assert_eq!(imported.warning, None);
    assert_eq!(hound_samples(&imported.segments[0].path), ramp(0, 1_000));
}

#[test]
fn of_a_damaged_source_what_can_be_read_is_imported_and_the_rest_is_told() {
    let whole = ramp_wav(160_000);
    let mut unfinished = whole.clone();
    unfinished[4..8].fill(0);
    unfinished[40..44].fill(0);
    let mut streamed = whole.clone();
    streamed[4..8].fill(0xFF);
    streamed[40..44].fill(0xFF);
    for (bytes, frames) in [(whole[..100_001].to_vec(), 49_978), (unfinished, 160_000), (streamed, 160_000)] {
        let place = place();
        let imported = import_at(&place, &source(&place, &bytes), AT).unwrap();
        assert!(imported.warning.unwrap().contains("recording.wav"));
        assert!(hound_samples(&imported.segments[0].path) == ramp(0, frames));
    }
    let refused: [&[u8]; 5] = [b"", b"RIFF", b"this is a text file and no sound", &whole[..44], &whole[..30]];
    for bytes in refused {
        let place = place();
        let error = import_at(&place, &source(&place, bytes), AT).unwrap_err();
        assert!(matches!(&error, ArchiveError::NotSound { .. }), "{error}");
        assert!(error.to_string().contains("recording.wav"), "{error}");
        assert_eq!(files_below(place.archive.folder()), [] as [PathBuf; 0]);
    }
    let error = import_at(&place(), Path::new("/nowhere/x.wav"), AT).unwrap_err();
    assert!(matches!(&error, ArchiveError::Io { .. }), "{error}");
}

#[test]
fn an_import_that_fails_leaves_the_archive_as_it_was() {
    let place = place();
    let path = source(&place, &ramp_wav(16_000 * 400));
    // The third segment's name is taken by a folder.
    let taken = place.archive.folder().join("2026/2026-11-22/20261122T101000.000Z.phone.wav");
    std::fs::create_dir_all(&taken).unwrap();
    let error = import_at(&place, &path, AT).unwrap_err();
    assert!(error.to_string().contains("20261122T101000.000Z.phone.wav"), "{error}");
    assert_eq!(files_below(place.archive.folder()), [] as [PathBuf; 0]);
}
