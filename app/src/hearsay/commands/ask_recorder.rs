//! `hearsay pause`, `resume` and `rotate`: one question each to the recorder that runs.

use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use anyhow::Result;
use capture::control::{self, ControlError, Request};
use home::Exit;

/// For how long.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hearsay pause 10m\n  hearsay pause            until `hearsay resume`")]
pub(crate) struct PauseArgs {
    /// 10m or 2h [default: until `hearsay resume`]
    #[arg(value_name = "LENGTH", value_parser = minutes)]
    minutes: Option<u32>,
}

/// Records nothing for a while.
pub(crate) fn pause(args: &PauseArgs, context: &Context) -> Result<Exit> {
    ask(context, &Request::Pause { minutes: args.minutes })
}

/// Goes on recording.
pub(crate) fn resume(context: &Context) -> Result<Exit> {
    ask(context, &Request::Resume)
}

/// Finishes the segments now, so that the worker gets them.
pub(crate) fn rotate(context: &Context) -> Result<Exit> {
    ask(context, &Request::Rotate)
}

fn ask(context: &Context, request: &Request) -> Result<Exit> {
    let status = control::ask(&context.home, request).map_err(|error| match error {
        ControlError::NotRunning => {
            anyhow::Error::new(Failure::new(error.to_string()).hint("`hearsay run` starts one"))
        }
        error => error.into(),
    })?;
    output::say(&match (request, status.paused, status.paused_until) {
        (Request::Rotate, ..) => "the segments so far are finished".to_owned(),
        (_, true, Some(until)) => format!("paused until {}", output::local(until)),
        (_, true, None) => "paused until `hearsay resume`".to_owned(),
        (_, false, _) => "recording".to_owned(),
    });
    Ok(Exit::Done)
}

fn minutes(text: &str) -> Result<u32, String> {
    let (number, unit) = match text.trim() {
        text if text.ends_with('h') => (text.trim_end_matches('h'), 60),
        text => (text.trim_end_matches('m'), 1),
    };
    let number: u32 = number.trim().parse().map_err(|_| "a length looks like 10m or 2h".to_owned())?;
    number.checked_mul(unit).filter(|minutes| *minutes > 0).ok_or_else(|| "a length looks like 10m or 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn lengths_are_read_as_people_type_them() {
        assert_eq!([minutes("10m"), minutes("2h"), minutes("5")], [Ok(10), Ok(120), Ok(5)]);
        assert!(minutes("soon").is_err() && minutes("0m").is_err() && minutes("-1h").is_err());
    }
}
