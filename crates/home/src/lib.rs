//! Where things lie, how they are set, and with which modes.
//!
//! The user's sound is private: every folder is 0700 and every file 0600 from the moment it exists,
//! whatever the umask says. [`files`] holds the only functions of the workspace that create either.

mod config;
mod exit;
pub mod files;
mod home_dir;
mod hooks_config;
mod lock;
mod one_line;
mod openai_config;
mod plain_name;
mod retention;

pub use config::{
    Config, ConfigError, EngineChoice, ModelsConfig, OnBattery, RecordConfig, SampleRateChoice, SourceChoice,
    VadChoice, WorkConfig,
};
pub use exit::Exit;
pub use home_dir::{Home, HomeError};
pub use hooks_config::HooksConfig;
pub use lock::{Lock, LockError};
pub use one_line::one_line;
pub use openai_config::OpenAiConfig;
pub use plain_name::is_plain_name;
pub use retention::{Age, RetentionConfig, Size};
