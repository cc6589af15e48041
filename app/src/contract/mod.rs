//! The rows that scripts and hooks are promised: `hearsay` prints them, `hearsay-work` gives them to hooks. Field names, their order and their units are a
//! contract.

mod gap_row;
pub(crate) mod search_row;

pub(crate) use gap_row::GapRow;
pub(crate) use search_row::SearchRow;
