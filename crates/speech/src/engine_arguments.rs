//! The flags of `hearsay-engine MODEL --engine NAME …`, for who starts it and for itself.

/// What recognises, by its name in the configuration.
pub const ENGINE: &str = "--engine";
/// It yields to other engines, too.
pub const STANDS_BACK: &str = "--stand-back";
/// The folder of models, beside which the model is kept packed.
pub const MODELS: &str = "--models";
/// What the sum of the model's file has to be.
pub const SHA256: &str = "--sha256";
/// That it is has just been found.
pub const CHECKED: &str = "--checked";
