use crate::Number;
use std::collections::BTreeMap;

/// Where a value lies among all of a pickle.
pub(crate) type Id = usize;

/// What a pickle of tensors is made of.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    /// None, a number with a fraction, or anything else that is of no use here.
    Nothing,
    Bool(bool),
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Class(Class),
    Storage(Storage),
    View(View),
}

/// The few names a pickle may speak of. None of them is called; they say how what follows is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    OrderedDict,
    Tensor,
    Parameter,
    /// Numbers of a kind; `None` for one that isn't read here.
    Storage(Option<Number>),
}

impl Class {
    /// `None` for anything that isn't in a checkpoint of weights.
    pub(crate) fn named(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::Tensor,
            ("torch._utils", "_rebuild_parameter") => Self::Parameter,
            ("torch", "FloatStorage") => Self::Storage(Some(Number::F32)),
            ("torch", "HalfStorage") => Self::Storage(Some(Number::F16)),
            ("torch", "BFloat16Storage") => Self::Storage(Some(Number::Bf16)),
            (
                "torch",
                "DoubleStorage" | "LongStorage" | "IntStorage" | "ShortStorage" | "CharStorage" | "ByteStorage"
                | "BoolStorage",
            ) => Self::Storage(None),
            _ => return None,
        })
    }
}

/// A file of numbers in the zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storage {
    /// How they are stored; `None` where they can't be read here.
    pub(crate) number: Option<Number>,
    /// Its name below `data/`, a text.
    pub(crate) key: Id,
}

/// A tensor: a view into a storage. It names what it is made of and copies none of it: a pickle can ask for the same view a million times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) storage: Id,
    /// Its first number.
    pub(crate) from: u64,
    /// A tuple of numbers.
    pub(crate) dims: Id,
    /// A tuple of numbers: how many lie between neighbours, in each dimension.
    pub(crate) strides: Id,
}

/// All values of a pickle; they name each other by their places.
#[derive(Debug, Default)]
pub(crate) struct Values(pub(crate) Vec<Value>);

/// More dimensions than a Whisper has.
const MOST_DIMS: usize = 8;

impl Values {
    pub(crate) fn get(&self, id: Id) -> &Value {
        self.0.get(id).unwrap_or(&Value::Nothing)
    }

    pub(crate) fn text(&self, id: Id) -> Option<&str> {
        if let Value::Text(text) = self.get(id) { Some(text) } else { None }
    }

    pub(crate) fn int(&self, id: Id) -> Option<i64> {
        if let Value::Int(int) = self.get(id) { Some(*int) } else { None }
    }

    /// The numbers of a short tuple, none of them negative.
    pub(crate) fn numbers(&self, id: Id) -> Option<Vec<u64>> {
        match self.get(id) {
            Value::Tuple(items) if items.len() <= MOST_DIMS => {
                items.iter().map(|item| self.int(*item).and_then(|int| u64::try_from(int).ok())).collect()
            }
            _ => None,
        }
    }

    pub(crate) fn entries(&self, id: Id) -> Option<&[(Id, Id)]> {
        if let Value::Dict(entries) = self.get(id) { Some(entries) } else { None }
    }

    /// The entries of a dictionary whose keys are texts.
    pub(crate) fn by_name(&self, id: Id) -> Option<BTreeMap<&str, Id>> {
        Some(self.entries(id)?.iter().filter_map(|(key, value)| Some((self.text(*key)?, *value))).collect())
    }
}
