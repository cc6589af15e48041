//! `hearsay view`: the viewer, opened in a certain way. Hidden: it is there for the pictures in the documentation and for
//! the tests, which want them from the real window.

use crate::context::Context;
use crate::viewer::{self, Dialog, Options, Page};
use anyhow::Result;
use home::Exit;
use std::path::PathBuf;

/// How the window opens.
#[derive(Debug, clap::Args)]
pub(crate) struct ViewArgs {
    /// Search for this at once
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
    /// Open the first hit, too
    #[arg(long, requires = "query")]
    open: bool,
    /// Open this over it, for the picture
    #[arg(long, requires = "screenshot")]
    dialog: Option<Dialog>,
    /// Write a picture of the window and close it
    #[arg(long, value_name = "FILE.png")]
    screenshot: Option<PathBuf>,
    /// Width and height of the window
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(f32, f32)>,
    /// The page that is shown first
    #[arg(long)]
    page: Option<Page>,
    /// How large everything is drawn: 2 for a display with small points
    #[arg(long)]
    scale: Option<f32>,
    /// Light or dark, whatever the system says
    #[arg(long)]
    theme: Option<Theme>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Theme {
    Light,
    Dark,
}

/// Opens it.
pub(crate) fn run(args: ViewArgs, context: &Context) -> Result<Exit> {
    let options = Options {
        query: args.query,
        open: args.open,
        dialog: args.dialog,
        screenshot: args.screenshot,
        size: args.size,
        page: args.page,
        scale: args.scale,
        dark: args.theme.map(|theme| matches!(theme, Theme::Dark)),
    };
    viewer::run_with(context, &options)
}

fn size(text: &str) -> Result<(f32, f32), String> {
    let side = |text: &str| text.parse::<u16>().ok().filter(|side| (100..=8_000).contains(side)).map(f32::from);
    let read = || {
        let (width, height) = text.split_once('x')?;
        Some((side(width)?, side(height)?))
    };
    read().ok_or_else(|| "for example 1280x800".to_owned())
}
