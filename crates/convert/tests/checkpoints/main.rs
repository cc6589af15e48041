//! Checkpoints to models: bit by bit what an independent converter makes of them, and an error for everything else.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that can't read its fixture has failed")]

mod data;
mod malformed;
mod reference;
mod torch_zip;
