//! Writing whisper.cpp's file.

use crate::error::{ConvertError, Fault};
use crate::report::Squares;
use crate::tensor::PIECE;
use crate::{Draft, Kind, Model, Number, Progress, Report, Tensor, TensorError, ggml, mel, sixteen};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

const QUANTISED_HINT: &str =
    "begin with the f16 or f32 model: what was lost doesn't come back, and would be lost twice";

impl Model {
    /// Writes the model as `name`, or rather beside it: [`Draft::keep`] gives it its name.
    ///
    /// A quantised file is made of the checkpoint's numbers directly. `progress` is told after every megabyte and may call it off.
    ///
    /// # Errors
    /// [`ConvertError::Exists`] where there is something of that name, [`ConvertError::Unsuitable`] where a number isn't finite or
    /// too large, where rows don't fill blocks, or where the source is quantised already; [`ConvertError::CalledOff`],
    /// [`ConvertError::Io`].
    pub fn write(
        &self,
        name: &Path,
        kind: Kind,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(Draft, Report), ConvertError> {
        for tensor in &self.tensors {
            fits(tensor, kind).map_err(|fault| fault.of(&self.path))?;
        }
        let (draft, file) = Draft::of(name)?;
        let failed = |operation| move |source| ConvertError::Io { path: name.to_owned(), operation, source };
        let of = self.tensors.iter().filter_map(|tensor| tensor.number.bytes_of(tensor.len())).sum();
        let mut pen = Pen {
            out: BufWriter::with_capacity(1 << 18, file),
            kind,
            have: 0,
            of,
            progress,
            errors: Vec::new(),
            total: Squares::default(),
        };
        pen.head(self).map_err(failed("write"))?;
        for tensor in &self.tensors {
            pen.tensor(tensor, name)?;
        }
        let (errors, total) = (pen.errors, pen.total);
        let file = pen.out.into_inner().map_err(|error| failed("write")(error.into_error()))?;
        file.sync_all().map_err(failed("write"))?;
        let bytes = file.metadata().map_err(failed("read"))?.len();
        Ok((draft, Report { kind, bytes, source_bytes: of, errors, relative_rms: total.relative_rms() }))
    }
}

/// Whether a tensor can be stored so at all.
fn fits(tensor: &Tensor, kind: Kind) -> Result<(), Fault> {
    let to = kind.number_for(&tensor.name, tensor.dims.len());
    if tensor.number.is_blocks() {
        return Err(Fault::Unsuitable("it is quantised already".to_owned(), QUANTISED_HINT));
    }
    if to.bytes_of(tensor.row()).is_none() {
        let hint = "take --type f16";
        return Err(Fault::Unsuitable(
            format!("the rows of {} have {} numbers, which don't fill blocks of 32", tensor.name, tensor.row()),
            hint,
        ));
    }
    Ok(())
}

/// Writes, and counts what is lost.
struct Pen<'a> {
    out: BufWriter<File>,
    kind: Kind,
    have: u64,
    of: u64,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    errors: Vec<TensorError>,
    total: Squares,
}

impl Pen<'_> {
    fn head(&mut self, model: &Model) -> io::Result<()> {
        let shape = &model.shape;
        self.out.write_all(&ggml::MAGIC.to_le_bytes())?;
        for number in [
            shape.vocabulary,
            shape.audio_context,
            shape.width,
            shape.audio_heads,
            shape.audio_layers,
            shape.text_context,
            shape.width,
            shape.text_heads,
            shape.text_layers,
            shape.mel_bands,
        ] {
            self.out.write_all(&number.to_le_bytes())?;
        }
        self.out.write_all(&self.kind.ftype().to_le_bytes())?;
        self.out.write_all(&shape.mel_bands.to_le_bytes())?;
        self.len(mel::BINS)?;
        let mut bytes = Vec::new();
        Number::F32.encode(&model.filters, &mut bytes);
        self.out.write_all(&bytes)?;
        self.len(model.tokens.len())?;
        for token in &model.tokens {
            self.len(token.len())?;
            self.out.write_all(token)?;
        }
        Ok(())
    }

    fn len(&mut self, len: usize) -> io::Result<()> {
        self.out.write_all(&u32::try_from(len).map_err(io::Error::other)?.to_le_bytes())
    }

    fn tensor(&mut self, tensor: &Tensor, name: &Path) -> Result<(), ConvertError> {
        let failed = |source| ConvertError::Io { path: name.to_owned(), operation: "write", source };
        let to = self.kind.number_for(&tensor.name, tensor.dims.len());
        self.head_of(tensor, to).map_err(failed)?;
        let (mut bytes, mut kept) = (Vec::with_capacity(PIECE), Vec::new());
        let mut squares = Squares::default();
        tensor.read(&mut |values| {
            sound(values, to, &tensor.name).map_err(|fault| fault.of(&tensor.file))?;
            bytes.clear();
            to.encode(values, &mut bytes);
            kept.clear();
            to.decode(&bytes, &mut kept);
            values.iter().zip(&kept).for_each(|(value, kept)| squares.add(*value, *kept));
            self.out.write_all(&bytes).map_err(failed)?;
            let done = u64::try_from(values.len()).ok().and_then(|len| tensor.number.bytes_of(len));
            self.have = self.have.saturating_add(done.unwrap_or(0));
            match (self.progress)(Progress { have: self.have, of: self.of }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(ConvertError::CalledOff),
            }
        })?;
        self.total.join(squares);
        let relative_rms = squares.relative_rms();
        if relative_rms > 0.0 {
            self.errors.push(TensorError { name: tensor.name.clone(), relative_rms });
        }
        Ok(())
    }

    fn head_of(&mut self, tensor: &Tensor, to: Number) -> io::Result<()> {
        self.len(tensor.dims.len())?;
        self.len(tensor.name.len())?;
        let id = to.ggml().ok_or_else(|| io::Error::other("no number format of ggml"))?;
        self.out.write_all(&id.to_le_bytes())?;
        for dim in tensor.dims.iter().rev() {
            self.out.write_all(&u32::try_from(*dim).map_err(io::Error::other)?.to_le_bytes())?;
        }
        self.out.write_all(tensor.name.as_bytes())
    }
}

/// A weight that isn't a number, or becomes none, makes a model that hears nothing for ever.
fn sound(values: &[f32], to: Number, name: &str) -> Result<(), Fault> {
    if !values.iter().all(|value| value.is_finite()) {
        return Err(Fault::Broken(format!("{name} holds something that is not a finite number")));
    }
    match values.iter().find(|value| to != Number::F32 && value.abs() > sixteen::MOST) {
        Some(value) => {
            Err(Fault::Unsuitable(format!("{name} holds {value}, more than 16 bits can"), "take --type f32"))
        }
        None => Ok(()),
    }
}
