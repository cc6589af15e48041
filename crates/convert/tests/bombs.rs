//! Small checkpoints that ask for much: each is refused, and what is made room for meanwhile stays within a few times their own size.
#![expect(clippy::unwrap_used, reason = "a test that can't write its file has failed")]

use cap::Cap;
use convert::Model;
use std::alloc::System;
use std::io::Write;
use std::path::Path;

#[path = "checkpoints/torch_zip.rs"]
#[expect(dead_code, reason = "tensors are of no use here")]
mod torch_zip;

/// Whatever is asked for beyond the limit ends the test.
#[global_allocator]
static COUNTED: Cap<System> = Cap::new(System, usize::MAX);

/// The longest pickle that is read at all.
const LONGEST: usize = 1 << 22;
/// What reading one of them may take, the pickle itself included.
const LIMIT: usize = 32 << 20;

/// What is said of a checkpoint.
fn refused(path: &Path, bytes: &[u8]) -> String {
    home::files::create_or_truncate(path).unwrap().write_all(bytes).unwrap();
    Model::open(path).unwrap_err().to_string()
}

/// `X`, a text.
fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat()
}

/// A pickle that begins with `head` and repeats `word` to the greatest length.
fn filled(head: &[u8], word: &[u8]) -> Vec<u8> {
    let mut pickle = [b"\x80\x02".as_slice(), head].concat();
    while pickle.len() + word.len() < LONGEST {
        pickle.extend(word);
    }
    pickle.push(b'.');
    pickle
}

const VIEW: &[u8] = b"ctorch._utils\n_rebuild_tensor_v2\nq\x01";
const PARAMETER: &[u8] = b"ctorch._utils\n_rebuild_parameter\nq\x02";

/// A tensor's description as `R` takes it, kept under 3: of eight dimensions, and of a storage of that name.
fn described(storage: &str) -> Vec<u8> {
    [
        VIEW,
        b"((",
        &text("storage"),
        b"ctorch\nHalfStorage\n",
        &text(storage),
        b"tq\x04QK\0(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01tq\x05h\x05tq\x03",
    ]
    .concat()
}

fn pickles() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let long = "x".repeat(100_000);
    let values = "more than 262144 values";
    let thousand_empty = [b"(".as_slice(), &b"]".repeat(1_000), b"tq\x06"].concat();
    vec![
        ("the memory, a value in it a million times", filled(b"]", b"\x94"), values),
        (
            "the memory, by numbers of its own",
            {
                let words: Vec<u8> = (0..LONGEST / 5 - 2)
                    .flat_map(|at| [&b"r"[..], &u32::try_from(at).unwrap().to_le_bytes()].concat())
                    .collect();
                [b"]", words.as_slice(), b"."].concat()
            },
            values,
        ),
        ("marks", filled(b"", b"("), values),
        ("the stack", filled(b"]q\x01", b"h\x01"), values),
        ("lists", filled(b"", b"]"), values),
        ("a list in a list in a list", filled(b"]", b"\x85"), values),
        ("a list in itself", filled(b"]q\x01", b"h\x01a"), "not a checkpoint of openai-whisper"),
        (
            "an entry of a dictionary, again and again",
            filled(b"]q\x010}", b"h\x01h\x01s"),
            "not a checkpoint of openai-whisper",
        ),
        (
            "a list as a parameter",
            [&b"\x80\x02"[..], PARAMETER, &thousand_empty, b"\x85q\x07", &b"h\x02h\x07R".repeat(100_000), b"."]
                .concat(),
            "a list where a tensor should be",
        ),
        ("a view, again and again", filled(&described("0"), b"h\x01h\x03R0"), values),
        (
            "a view as a parameter",
            filled(&[&described("0"), &b"R\x85q\x07"[..], PARAMETER].concat(), b"h\x02h\x07R0"),
            values,
        ),
        ("storages of one long name", filled(&described(&long), b"h\x04Q0"), "a text of 100000 bytes"),
        ("a text of four gigabytes", b"\x80\x02X\xff\xff\xff\xffabc.".to_vec(), "a text of 4294967295 bytes"),
        ("a name of a module as long as the pickle", filled(b"c", b"a"), "a name longer than any"),
        ("a number of 255 bytes", filled(b"\x8a\xff", b"\xff"), "a number of 255 bytes"),
    ]
}

/// A checkpoint that names one tensor half a million times.
fn one_tensor() -> Vec<u8> {
    let mut pickle = [
        b"\x80\x02".as_slice(),
        &described("0"),
        b"Rq\x07",
        &text("encoder.conv1.weight"),
        b"q\x08}",
        &text("dims"),
        b"}",
    ]
    .concat();
    for name in [
        "n_vocab",
        "n_audio_ctx",
        "n_audio_state",
        "n_audio_head",
        "n_audio_layer",
        "n_text_ctx",
        "n_text_state",
        "n_text_head",
        "n_text_layer",
        "n_mels",
    ] {
        pickle.extend([&text(name), b"K\x01s".as_slice()].concat());
    }
    pickle.extend([b"s", text("model_state_dict").as_slice(), b"}"].concat());
    while pickle.len() < LONGEST - 8 {
        pickle.extend(b"h\x08h\x07s");
    }
    pickle.extend(b"s.");
    pickle
}

#[test]
fn a_checkpoint_that_asks_for_much_is_refused_within_a_few_times_its_own_size() {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let file = dir.path().join("bomb.pt");
    let mut pickles = pickles();
    pickles.push(("one tensor under one name, again and again", one_tensor(), "tensors"));
    for (what, pickle, says) in pickles {
        let data = ("a/data/0".to_owned(), vec![0; 2]);
        let zipped = torch_zip::zip(&[("a/data.pkl".to_owned(), pickle), data]);
        COUNTED.set_limit(COUNTED.allocated() + LIMIT).unwrap();
        let said = refused(&file, &zipped);
        COUNTED.set_limit(usize::MAX).unwrap();
        assert!(said.contains(says), "{what}: {said}");
        assert!(said.len() < 1_000, "{what}: what is said is bounded, too");
    } // In the same test, since what is counted is the whole process's.
    let files: Vec<_> = (0..40_000).map(|at| (format!("a/data/{at}"), Vec::new())).collect();
    let said = refused(&file, &torch_zip::zip(&files));
    assert!(said.contains("more than 16384 files"), "{said}");
}
