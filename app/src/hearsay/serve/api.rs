//! The fixed paths of the API.

use super::answers::{self, Answer};
use super::question::{self, NoQuestion};
use super::refusal::Refusal;
use crate::context::Context;
use anyhow::Result;

/// Where MCP is spoken.
pub(super) const MCP: &str = "/mcp";

/// Something that can be asked with GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// What `hearsay search --json` prints.
    Search,
    /// What `hearsay show --json` prints.
    Show,
    /// What `hearsay export --format jsonl` prints.
    Export,
    /// What `hearsay status --json` prints.
    Status,
    /// What `hearsay passes --json` prints.
    Passes,
}

impl Route {
    /// The one at a path, which has to be written as it is here: nothing is unescaped, and there is no folder below.
    pub(super) fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/search" => Self::Search,
            "/v1/show" => Self::Show,
            "/v1/export" => Self::Export,
            "/v1/status" => Self::Status,
            "/v1/passes" => Self::Passes,
            _ => return None,
        })
    }

    /// Answers a question. Takes as long as the database and the index do.
    ///
    /// # Errors
    /// [`Refusal::Question`], [`Refusal::Failed`].
    pub(super) fn answer(self, query: Option<&str>, context: &Context) -> Result<Answer, Refusal> {
        let answer = match self {
            Self::Search => answers::search(context, &question::parameters(query)?),
            // As many lines as the command would print.
            Self::Show => answers::read(context, &question::parameters(query)?, usize::MAX),
            Self::Export => answers::export(context, &question::parameters(query)?),
            Self::Status | Self::Passes => {
                let NoQuestion {} = question::parameters(query)?;
                if self == Self::Status { answers::status(context) } else { answers::passes(context) }
            }
        };
        Ok(answer?)
    }
}
