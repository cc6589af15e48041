//! Where there are no tiles.

use crate::line::Line;
use crate::{Isa, PANEL};

/// Never there.
pub(crate) enum Tiles {}

pub(crate) fn are_there() -> bool {
    false
}

impl Tiles {
    pub(crate) fn of(_: Isa) -> Option<Self> {
        None
    }

    pub(crate) fn bytes(&self, _: &[Line], _: &[Line], _: &mut [[i32; PANEL]]) {
        match *self {}
    }

    pub(crate) fn bfloats(&self, _: &[Line], _: &[Line], _: &mut [f32], _: usize) {
        match *self {}
    }
}
