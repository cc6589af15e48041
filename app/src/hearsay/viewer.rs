//! `hearsay`: the window to search, read and hear.
//!
//! One thread draws. What it shows is a [`state::State`]; the panels draw it and return an action, the state turns the
//! action into effects, and [`background`] and [`crate::player`] carry them out on threads of their own. So a frame never
//! waits for the database, the index, the disk, the recorder or the sound device.

mod app;
mod background;
mod calendar_ui;
mod completion;
mod conversation_ui;
mod day_ui;
mod density;
mod desk;
mod dialog_ui;
mod errands;
mod export_ui;
mod exporting;
mod first_ui;
mod going_ui;
mod hatch;
mod histogram;
mod histogram_ui;
mod layout;
mod live;
mod live_ui;
mod mark;
mod memory;
mod meter_ui;
mod page_ui;
mod peaks;
mod player_ui;
mod reading;
mod replay_ui;
#[cfg(test)]
mod sample;
mod scale;
mod screenshot;
mod search_ui;
mod settings_ui;
mod setup;
mod sign;
mod state;
mod status_ui;
mod style;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod trial_ui;
mod waveform;
mod waveform_ui;
mod welcome_ui;

use crate::context::Context as Given;
use crate::failure::Failure;
use crate::player::Output;
use anyhow::Result;
use app::Viewer;
use eframe::egui::{Context, ThemePreference, ViewportBuilder, pos2, vec2};
use home::Exit;
use memory::Memory;
use screenshot::Screenshot;
pub(crate) use state::Page;
use state::{Action, Reach, Turn};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How the window opens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// What is searched for at once.
    pub(crate) query: Option<String>,
    /// Open the first hit, too.
    pub(crate) open: bool,
    /// Open a dialog over it.
    pub(crate) dialog: Option<Dialog>,
    /// Write a picture of the window there, and close it.
    pub(crate) screenshot: Option<PathBuf>,
    /// Width and height, in points.
    pub(crate) size: Option<(f32, f32)>,
    /// The page that is shown first.
    pub(crate) page: Option<Page>,
    /// How large everything is drawn.
    pub(crate) scale: Option<f32>,
    /// Dark or light, whatever the system says.
    pub(crate) dark: Option<bool>,
}

/// A dialog to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dialog {
    /// Transcribe the day again.
    Again,
    /// Compare versions.
    Versions,
    /// What waits to be transcribed again.
    Queue,
    /// A day to go to.
    Calendar,
    /// What goes for good.
    Forget,
    /// What the keys do.
    Keys,
    /// Export a line.
    Export,
}

impl Dialog {
    fn action(self) -> Action {
        match self {
            Self::Again => Action::Again(Reach::Day),
            Self::Versions => Action::Compare,
            Self::Queue => Action::ShowQueue,
            Self::Calendar => Action::ShowCalendar,
            Self::Forget => Action::AskToForget,
            Self::Keys => Action::ShowKeys,
            Self::Export => Action::Turn(Turn::AskExport),
        }
    }
}

/// The window's size at first, and the smallest at which everything has room.
const SIZE: (f32, f32) = (1280.0, 800.0);
const SMALLEST: (f32, f32) = (760.0, 480.0);

/// Opens the viewer and comes back when it is closed.
///
/// # Errors
/// Where there is no display, or a thread can't be started.
pub(crate) fn run(given: &Given) -> Result<Exit> {
    run_with(given, &Options::default())
}

/// As [`run`], opened in a certain way.
///
/// # Errors
/// As there, and where the picture can't be written.
pub(crate) fn run_with(given: &Given, options: &Options) -> Result<Exit> {
    // A picture is the same every time.
    let memory = if options.screenshot.is_some() { Memory::default() } else { Memory::of(&given.home) };
    let (width, height) = options.size.or(memory.size).unwrap_or(SIZE);
    let mut window = ViewportBuilder::default()
        .with_title("hearsay")
        .with_app_id("hearsay")
        .with_inner_size(vec2(width, height))
        .with_min_inner_size(vec2(SMALLEST.0, SMALLEST.1))
        .with_maximized(memory.maximized);
    if let Some((left, top)) = memory.corner {
        window = window.with_position(pos2(left, top));
    }
    let native = eframe::NativeOptions {
        viewport: window,
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    let picture_error = Arc::new(Mutex::new(None));
    let (given, options, told) = (given.clone(), options.clone(), Arc::clone(&picture_error));
    let window = eframe::run_native(
        "hearsay",
        native,
        Box::new(move |creation| {
            let viewer = start(&creation.egui_ctx, &given, options, memory, told)?;
            Ok(Box::new(viewer))
        }),
    );
    window.map_err(|error| {
        Failure::new(format!("cannot open a window: {}", reason(&error.to_string())))
            .hint("without a display, use `hearsay search`, `hearsay show` and `hearsay play`")
    })?;
    match picture_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error),
        None => Ok(Exit::Done),
    }
}

/// What a user can do something about: winit puts the line of its own source before it.
fn reason(error: &str) -> &str {
    let behind_the_file = error.rsplit_once(".rs:").and_then(|(_, line)| line.split_once(": "));
    behind_the_file.map_or(error, |(_, reason)| reason).trim_end_matches('.')
}

fn start(
    ctx: &Context,
    given: &Given,
    options: Options,
    memory: Memory,
    told: Arc<Mutex<Option<anyhow::Error>>>,
) -> std::io::Result<Viewer> {
    style::install(ctx);
    ctx.set_theme(match options.dark {
        Some(true) => ThemePreference::Dark,
        Some(false) => ThemePreference::Light,
        None => ThemePreference::System,
    });
    if let Some(scale) = options.scale {
        ctx.set_zoom_factor(scale);
    }
    // A picture is taken in silence.
    let output = if options.screenshot.is_some() { Output::Silent } else { Output::Device };
    let repaint = ctx.clone();
    let mut viewer =
        Viewer::start(&given.home, given.config_file.as_deref(), output, Arc::new(move || repaint.request_repaint()))?;
    if let Some(query) = options.query {
        viewer.act(Action::Type(query));
    }
    if options.screenshot.is_none() {
        viewer.remember(memory);
    }
    if let Some(page) = options.page {
        viewer.act(Action::Show(page));
    }
    if let Some(path) = options.screenshot {
        viewer.picture(Screenshot::new(path, options.open, options.dialog.map(Dialog::action), told));
    }
    Ok(viewer)
}
