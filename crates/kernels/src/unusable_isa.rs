//! Instructions that were asked for in vain.

use crate::{Isa, Level};
use std::error::Error;
use std::fmt;

/// `HEARSAY_ISA` names instructions that there aren't, or that this processor doesn't have. It won't with another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableIsa {
    /// What was asked for.
    pub name: String,
}

impl Error for UnusableIsa {}

impl fmt::Display for UnusableIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |levels: &mut dyn Iterator<Item = Level>| levels.map(Level::name).collect::<Vec<_>>().join(", ");
        if Level::named(&self.name).is_some() {
            let there = list(&mut Isa::all().map(Isa::level));
            write!(f, "HEARSAY_ISA asks for {}, which this processor does not have; it has {there}", self.name)
        } else {
            write!(f, "HEARSAY_ISA is {:?}, which is none of {}", self.name, list(&mut Level::ALL.into_iter()))
        }
    }
}
