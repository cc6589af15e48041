//! Just enough of the ONNX format (protocol buffers) to find a weight by its name.
//!
//! `ModelProto.graph` is field 7, `GraphProto.initializer` field 5, and a `TensorProto` has its name in field 8
//! and its numbers, little-endian, in field 9.

const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;

/// The numbers of the weight called `name`, if the file has it.
pub(super) fn weight(model: &[u8], name: &str) -> Option<Vec<f32>> {
    let graph = Fields(model).find(|(field, _)| *field == GRAPH)?.1;
    let tensor = Fields(graph)
        .filter(|(field, _)| *field == INITIALIZER)
        .map(|(_, tensor)| tensor)
        .find(|tensor| Fields(tensor).any(|(field, value)| field == NAME && value == name.as_bytes()))?;
    let raw = Fields(tensor).find(|(field, _)| *field == RAW_DATA)?.1;
    let (numbers, _) = raw.as_chunks::<4>();
    Some(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// The length-delimited fields of a message: number and content. Ends at the first byte that isn't a field.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (value, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(value)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let key = self.varint()?;
            match key & 7 {
                0 => {
                    self.varint()?;
                }
                1 => {
                    self.take(8)?;
                }
                2 => {
                    let len = self.varint()?;
                    return Some((key >> 3, self.take(len)?));
                }
                5 => {
                    self.take(4)?;
                }
                _ => return None,
            }
        }
    }
}
