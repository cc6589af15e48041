//! A machine for the pickles that `torch.save` writes of weights: data in, values out, and nothing is ever called.
//!
//! A pickle is a program for a stack. The words that build numbers, texts, lists and dictionaries are understood; the one that would call a function is
//! read as a description, for the handful of names in [`Class`], and refused for every other.
//!
//! Each word makes one value at most, and no value copies another: they name each other by their places, so what is made is bounded by the pickle's
//! length, whatever is repeated, nested or remembered in it, and by [`MOST`] besides.

use super::value::{Class, Id, Storage, Value, Values, View};
use crate::error::{Fault, demand};
use std::collections::BTreeMap;

/// Ten times the values of the largest Whisper, whose 1,259 tensors take about twenty each. As much may wait on the stack or be remembered.
const MOST: usize = 1 << 18;
/// The longest text: names of tensors and of files have less than a hundred bytes.
const LONGEST_TEXT: usize = 256;
const HINT: &str = "convert the checkpoint as OpenAI published it, or a Hugging Face folder with safetensors";

/// The value that a pickle stands for, among all that it is made of.
pub(crate) fn read(bytes: &[u8]) -> Result<(Values, Id), Fault> {
    let mut machine =
        Machine { bytes, values: Values::default(), stack: Vec::new(), marks: Vec::new(), memo: BTreeMap::new() };
    loop {
        let [word] = machine.take()?;
        if word == b'.' {
            let root = machine.pop()?;
            return Ok((machine.values, root));
        }
        machine.step(word)?;
    }
}

struct Machine<'a> {
    /// What is left.
    bytes: &'a [u8],
    values: Values,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, word: u8) -> Result<(), Fault> {
        match word {
            b'(' => {
                room(self.marks.len())?;
                self.marks.push(self.stack.len());
            }
            b'c' => self.class()?,
            b'Q' => self.storage()?,
            b'R' => self.described()?,
            // What isn't wanted after all, and what would be set on an object: a module's version, of no use here.
            b'0' | b'b' => drop(self.pop()?),
            b'h' | b'j' | b'q' | b'r' | 0x94 => self.memory(word)?,
            b']' | b'}' | b')' | b't' | 0x85..=0x87 | b'a' | b'e' | b's' | b'u' => self.collection(word)?,
            _ => {
                let value = self.plain(word)?;
                if let Some(value) = value {
                    self.push(value)?;
                }
            }
        }
        Ok(())
    }

    /// Words that stand for a value themselves.
    fn plain(&mut self, word: u8) -> Result<Option<Value>, Fault> {
        let int = |number: i64| Some(Value::Int(number));
        Ok(match word {
            // The version of the language, and the length of what follows: both are seen soon enough.
            0x80 => drop_it(self.take::<1>()?),
            0x95 => drop_it(self.take::<8>()?),
            b'N' => Some(Value::Nothing),
            0x88 => Some(Value::Bool(true)),
            0x89 => Some(Value::Bool(false)),
            b'K' => int(i64::from(u8::from_le_bytes(self.take()?))),
            b'M' => int(i64::from(u16::from_le_bytes(self.take()?))),
            b'J' => int(i64::from(i32::from_le_bytes(self.take()?))),
            0x8a => Some(Value::Int(self.long()?)),
            b'G' => {
                self.take::<8>()?;
                Some(Value::Nothing)
            }
            b'X' => {
                let len = u32::from_le_bytes(self.take()?);
                Some(Value::Text(self.text(u64::from(len))?.to_owned()))
            }
            0x8c => {
                let [len] = self.take()?;
                Some(Value::Text(self.text(u64::from(len))?.to_owned()))
            }
            other => {
                return Err(Fault::Unsuitable(
                    format!("its pickle has the word 0x{other:02x}, which weights don't need"),
                    HINT,
                ));
            }
        })
    }

    fn collection(&mut self, word: u8) -> Result<(), Fault> {
        match word {
            b']' => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b')' => self.push(Value::Tuple(Vec::new())),
            b't' => {
                let items = self.since_mark()?;
                self.push(Value::Tuple(items))
            }
            0x85..=0x87 => {
                let mut items = Vec::new();
                for _ in 0x84..word {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(Value::Tuple(items))
            }
            b'a' | b'e' => {
                let more = if word == b'a' { vec![self.pop()?] } else { self.since_mark()? };
                match self.top()? {
                    Value::List(items) => items.extend(more),
                    other => return Err(misplaced("a list", other)),
                }
                Ok(())
            }
            _ => {
                let more = if word == b's' { self.pair()? } else { self.since_mark()? };
                let (pairs, rest) = more.as_chunks();
                demand(rest.is_empty(), || "its pickle has a key without a value".to_owned())?;
                match self.top()? {
                    Value::Dict(entries) => entries.extend(pairs.iter().map(|[key, value]| (*key, *value))),
                    other => return Err(misplaced("a dictionary", other)),
                }
                Ok(())
            }
        }
    }

    fn memory(&mut self, word: u8) -> Result<(), Fault> {
        let at = match word {
            b'h' | b'q' => u32::from(u8::from_le_bytes(self.take()?)),
            0x94 => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
            _ => u32::from_le_bytes(self.take()?),
        };
        if matches!(word, b'h' | b'j') {
            let known = self.memo.get(&at).copied();
            room(self.stack.len())?;
            self.stack
                .push(known.ok_or_else(|| Fault::Broken(format!("its pickle recalls {at}, which it never kept")))?);
        } else {
            let top = self.stack.last().copied().ok_or_else(empty)?;
            room(self.memo.len())?;
            self.memo.insert(at, top);
        }
        Ok(())
    }

    /// `c`: a name out of a module.
    fn class(&mut self) -> Result<(), Fault> {
        let (module, name) = (self.line()?, self.line()?);
        match Class::named(module, name) {
            Some(class) => self.push(Value::Class(class)),
            None => Err(Fault::Unsuitable(
                format!(
                    "its pickle asks for {:?}, which weights don't need and which is never run here",
                    format!("{module}.{name}")
                ),
                HINT,
            )),
        }
    }

    /// `Q`: what lies outside of the pickle, `("storage", kind, name, device, length)`.
    fn storage(&mut self) -> Result<(), Fault> {
        let id = self.pop()?;
        let storage = match self.values.get(id) {
            Value::Tuple(parts) => match parts.as_slice() {
                [_, kind, key, ..] => match (self.values.get(*kind), self.values.text(*key)) {
                    (Value::Class(Class::Storage(number)), Some(_)) => Some(Storage { number: *number, key: *key }),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        self.push(Value::Storage(
            storage.ok_or_else(|| Fault::Broken("its pickle has a storage of no known form".to_owned()))?,
        ))
    }

    /// `R`: what would be a call.
    fn described(&mut self) -> Result<(), Fault> {
        let (arguments, class) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = self.values.get(arguments) else {
            return Err(misplaced("arguments", self.values.get(arguments)));
        };
        let value = match (self.values.get(class), arguments.as_slice()) {
            (Value::Class(Class::OrderedDict), []) => Value::Dict(Vec::new()),
            (Value::Class(Class::Tensor), [storage, from, dims, strides, ..]) => {
                self.view(*storage, *from, *dims, *strides)?
            }
            (Value::Class(Class::Parameter), [tensor, ..]) => match self.values.get(*tensor) {
                Value::View(view) => Value::View(*view),
                other => return Err(misplaced("a tensor", other)),
            },
            (other, _) => return Err(misplaced("a description of a tensor", other)),
        };
        self.push(value)
    }

    fn view(&self, storage: Id, from: Id, dims: Id, strides: Id) -> Result<Value, Fault> {
        let is_storage = matches!(self.values.get(storage), Value::Storage(_));
        let from = self.values.int(from).and_then(|int| u64::try_from(int).ok());
        match (from, self.values.numbers(dims), self.values.numbers(strides)) {
            (Some(from), Some(_), Some(_)) if is_storage => Ok(Value::View(View { storage, from, dims, strides })),
            _ => Err(Fault::Broken("its pickle has a tensor without a shape".to_owned())),
        }
    }

    fn long(&mut self) -> Result<i64, Fault> {
        let [len] = self.take()?;
        let bytes = self.slice(u64::from(len))?;
        demand(bytes.len() <= 8, || format!("its pickle has a number of {len} bytes"))?;
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(i64::from_le_bytes(whole))
    }

    fn push(&mut self, value: Value) -> Result<(), Fault> {
        let id = self.values.0.len();
        room(id)?;
        self.values.0.push(value);
        self.stack.push(id);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        let above = self.marks.last().is_none_or(|mark| self.stack.len() > *mark);
        if above { self.stack.pop().ok_or_else(empty) } else { Err(empty()) }
    }

    fn pair(&mut self) -> Result<Vec<Id>, Fault> {
        let value = self.pop()?;
        Ok(vec![self.pop()?, value])
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self.marks.pop().ok_or_else(empty)?;
        demand(mark <= self.stack.len(), || "its pickle takes what isn't there".to_owned())?;
        Ok(self.stack.split_off(mark))
    }

    fn top(&mut self) -> Result<&mut Value, Fault> {
        let top = self.stack.last().copied().ok_or_else(empty)?;
        self.values.0.get_mut(top).ok_or_else(empty)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or_else(cut)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn slice(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let len = usize::try_from(len).map_err(|_| cut())?;
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or_else(cut)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn text(&mut self, len: u64) -> Result<&'a str, Fault> {
        let short = usize::try_from(len).is_ok_and(|len| len <= LONGEST_TEXT);
        demand(short, || format!("its pickle has a text of {len} bytes, longer than any name"))?;
        str::from_utf8(self.slice(len)?).map_err(|_| Fault::Broken("its pickle has a text that is no UTF-8".to_owned()))
    }

    fn line(&mut self) -> Result<&'a str, Fault> {
        let len = self.bytes.iter().take(LONGEST_TEXT + 1).position(|byte| *byte == b'\n').ok_or_else(|| {
            if self.bytes.len() > LONGEST_TEXT {
                Fault::Broken("its pickle asks for something with a name longer than any".to_owned())
            } else {
                cut()
            }
        })?;
        let line = self.text(u64::try_from(len).unwrap_or(u64::MAX))?;
        self.take::<1>()?;
        Ok(line)
    }
}

fn drop_it<const N: usize>(_: [u8; N]) -> Option<Value> {
    None
}

/// Demands that there may be one more.
fn room(len: usize) -> Result<(), Fault> {
    demand(len < MOST, || format!("its pickle has more than {MOST} values"))
}

fn cut() -> Fault {
    Fault::Broken("its pickle ends too early".to_owned())
}

fn empty() -> Fault {
    Fault::Broken("its pickle takes what isn't there".to_owned())
}

fn misplaced(wanted: &str, found: &Value) -> Fault {
    let found = match found {
        Value::Nothing => "nothing",
        Value::Bool(_) | Value::Int(_) => "a number",
        Value::Text(_) => "a text",
        Value::Tuple(_) | Value::List(_) => "a list",
        Value::Dict(_) => "a dictionary",
        Value::Class(_) => "a name",
        Value::Storage(_) | Value::View(_) => "a tensor",
    };
    Fault::Broken(format!("its pickle has {found} where {wanted} should be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pickle: &[u8]) -> String {
        match read(pickle) {
            Err(Fault::Broken(reason) | Fault::Unsuitable(reason, _)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_that_a_pickle_asks_for_is_run() {
        for pickle in [
            b"cos\nsystem\n(X\x04\0\0\0truetR.".as_slice(),
            b"\x80\x02cbuiltins\neval\nX\x01\0\0\x001\x85R.",
            b"cposix\nsystem\nN\x85R.",
        ] {
            assert!(refused(pickle).contains("never run here"));
        }
        // The newer way to name a function, the oldest way to make an object, and one that makes subclasses.
        for word in [b"\x93".as_slice(), b"i", b"o", b"\x81", b"\x92"] {
            assert!(refused(&[b"\x80\x04", word, b"."].concat()).contains("weights don't need"));
        }
    }

    #[test]
    fn a_pickle_that_takes_more_than_it_gave_is_damaged() {
        for pickle in [
            b".".as_slice(),
            b"0.",
            b"(0.",
            b"t.",
            b"s.",
            b"K\x01s.",
            b"]K\x01K\x02s.",
            b"}(K\x01u.",
            b"h\x07.",
            b"q\0.",
            b"R.",
            b"Q.",
            b"NQ.",
            b"NNR.",
            b"",
        ] {
            refused(pickle);
        }
    }

    #[test]
    fn what_weights_need_is_understood() {
        let (values, root) =
            read(b"\x80\x02}q\0(X\x01\0\0\0aK\x05X\x01\0\0\0b\x8a\x02\xff\xff\x8c\x01c\x88u.").unwrap();
        let by_name = values.by_name(root).unwrap();
        assert_eq!((values.int(by_name["a"]), values.int(by_name["b"])), (Some(5), Some(-1)));
        assert_eq!(values.get(by_name["c"]), &Value::Bool(true));
    }
}
