use crate::ArchiveError;
use crate::wav::{SampleForm, WavHeader};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The frames of a WAV file, from any place.
#[derive(Debug)]
pub(crate) struct WavSound {
    path: PathBuf,
    file: File,
    header: WavHeader,
    bytes: Vec<u8>,
}

impl WavSound {
    /// Takes an open file whose header was read.
    pub(crate) fn new(path: &Path, file: File, header: WavHeader) -> Self {
        Self { path: path.to_owned(), file, header, bytes: Vec::new() }
    }

    /// Fills `out` with the frames from `from` on, channels averaged; what lies behind the end of the file is zero.
    pub(crate) fn read(&mut self, from: u64, out: &mut [f32]) -> Result<(), ArchiveError> {
        let (frame_bytes, channels) = (self.header.frame_bytes(), usize::from(self.header.channels));
        let there = usize::try_from(self.header.frames.saturating_sub(from)).unwrap_or(usize::MAX).min(out.len());
        let at = self.header.data_start.saturating_add(from.saturating_mul(frame_bytes as u64));
        self.bytes.clear();
        if there > 0 {
            self.file.seek(SeekFrom::Start(at)).map_err(ArchiveError::io("read", &self.path))?;
            let wanted = (there * frame_bytes) as u64;
            (&mut self.file).take(wanted).read_to_end(&mut self.bytes).map_err(ArchiveError::io("read", &self.path))?;
        }
        out.fill(0.0);
        for (frame, out) in self.bytes.chunks_exact(frame_bytes).zip(out) {
            *out = mono(self.header.form, frame, channels);
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "an f32 holds 24 bits, more than the archive keeps of a sample")]
fn mono(form: SampleForm, frame: &[u8], channels: usize) -> f32 {
    let sum: f32 = frame.chunks_exact(form.bytes()).map(|sample| sample_value(form, sample)).sum();
    if channels == 1 { sum } else { sum / channels as f32 }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an f32 holds 24 bits, more than the archive keeps of a sample"
)]
fn sample_value(form: SampleForm, sample: &[u8]) -> f32 {
    let value = match (form, sample) {
        (SampleForm::U8, &[a]) => (f32::from(a) - 128.0) / 128.0,
        (SampleForm::I16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
        (SampleForm::I24, &[a, b, c]) => i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0,
        (SampleForm::I32, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
        (SampleForm::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
        (SampleForm::F64, eight) => eight.try_into().map_or(0.0, f64::from_le_bytes) as f32,
        _ => 0.0,
    };
    if value.is_finite() { value } else { 0.0 }
}
