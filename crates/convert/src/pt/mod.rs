//! Checkpoints of PyTorch: a zip that holds a pickle, which says what there is, and a file for each tensor's numbers.
//!
//! ```text
//! NAME/data.pkl      the pickle: {"dims": {…}, "model_state_dict": {"encoder.conv1.weight": a view into storage 3, …}}
//! NAME/data/3        the numbers of storage 3, not compressed
//! NAME/byteorder     "little"
//! ```

mod openai;
mod pickle;
mod state;
mod value;
mod zip;

pub(crate) use openai::checkpoint;
pub use state::tensors;
