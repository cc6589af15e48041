//! A zip as `torch.save` writes it, so that it can be written wrongly.

/// Tensors in 32 bits, and how the zip tells of them.
#[derive(Default)]
pub(crate) struct TorchZip {
    tensors: Vec<Written>,
}

/// Name, shape, strides, numbers.
type Written = (String, Vec<u64>, Vec<u64>, Vec<u8>);

impl TorchZip {
    /// Adds a tensor whose numbers lie in their order.
    pub(crate) fn tensor(&mut self, name: &str, dims: &[u64], values: &[f32]) {
        let strides = (1..=dims.len()).map(|from| dims.iter().skip(from).product()).collect();
        self.with_strides(name, dims, strides, values);
    }

    pub(crate) fn with_strides(&mut self, name: &str, dims: &[u64], strides: Vec<u64>, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.push((name.to_owned(), dims.to_vec(), strides, bytes));
    }

    /// The zip of a dictionary of the tensors.
    pub(crate) fn state(&self) -> Vec<u8> {
        let mut files =
            vec![("archive/data.pkl".to_owned(), self.pickle()), ("archive/byteorder".to_owned(), b"little".to_vec())];
        files.extend(
            self.tensors.iter().enumerate().map(|(at, tensor)| (format!("archive/data/{at}"), tensor.3.clone())),
        );
        zip(&files)
    }

    fn pickle(&self) -> Vec<u8> {
        let mut words = b"\x80\x02}(".to_vec();
        for (at, (name, dims, strides, bytes)) in self.tensors.iter().enumerate() {
            text(&mut words, name);
            words.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            text(&mut words, "storage");
            words.extend(b"ctorch\nFloatStorage\n");
            text(&mut words, &at.to_string());
            text(&mut words, "cpu");
            int(&mut words, u64::try_from(bytes.len() / 4).unwrap());
            words.extend(b"tQK\0");
            for numbers in [dims, strides] {
                words.push(b'(');
                for number in numbers {
                    int(&mut words, *number);
                }
                words.push(b't');
            }
            words.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        }
        words.extend(b"u.");
        words
    }
}

fn text(words: &mut Vec<u8>, text: &str) {
    words.push(b'X');
    words.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    words.extend(text.as_bytes());
}

fn int(words: &mut Vec<u8>, number: u64) {
    words.push(b'J');
    words.extend(u32::try_from(number).unwrap().to_le_bytes());
}

/// A zip of files that aren't compressed.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let local = u32::try_from(out.len()).unwrap();
        let mut shared = Vec::from([0; 4]);
        shared.extend([0; 4]);
        shared.extend(crc32fast::hash(bytes).to_le_bytes());
        for _ in 0..2 {
            shared.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        }
        shared.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        shared.extend([0; 2]);
        out.extend(b"PK\x03\x04\0\0");
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(bytes);
        directory.extend(b"PK\x01\x02\0\0\0\0");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(local.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (at, count) = (u32::try_from(out.len()).unwrap(), u16::try_from(files.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}
