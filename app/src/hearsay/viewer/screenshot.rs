//! A picture of the real window, for the documentation and the tests: waits until everything that was asked for is shown,
//! writes a PNG and closes the window.

use super::state::{Action, Page, Readiness, State};
use anyhow::Context as _;
use eframe::egui::{ColorImage, Context, ViewportCommand};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Frames that are drawn after everything is there, for what moves to come to rest.
const REST: u32 = 40;
/// Frames of playing before the picture of a conversation is taken, so that a line is being heard.
const LISTEN: u32 = 90;
/// Frames after which the picture is taken whatever is missing.
const PATIENCE: u32 = 1_200;

/// What is still to be done for the picture.
pub(crate) struct Screenshot {
    path: PathBuf,
    open: bool,
    /// What is still to be opened over the conversation.
    dialog: Option<Action>,
    frames: u32,
    ready: u32,
    taken: bool,
    told: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Screenshot {
    /// A picture in the file `path`; with `open`, of the first hit's conversation, and of a dialog over it. What goes wrong is put into `told`.
    pub(crate) fn new(
        path: PathBuf,
        open: bool,
        dialog: Option<Action>,
        told: Arc<Mutex<Option<anyhow::Error>>>,
    ) -> Self {
        Self { path, open, dialog, frames: 0, ready: 0, taken: false, told }
    }

    /// Called once a frame.
    pub(crate) fn next(&mut self, ctx: &Context, state: &State) -> Option<Action> {
        ctx.request_repaint();
        self.frames += 1;
        let searched = !state.search.waiting && state.health.readiness != Readiness::Unknown;
        if self.open && searched && !state.search.found.hits.is_empty() {
            self.open = false;
            return Some(Action::Open(0));
        }
        let turned = match state.page {
            Page::Read => true,
            Page::Live => state.live.moment.is_some(),
            Page::Settings => state.settings.setup.is_some(),
        };
        let dated = state.conversation.is_none() || state.days.shown.is_some();
        let read = turned && dated && state.conversation.as_ref().is_none_or(|conversation| !conversation.waiting);
        if searched && read && !self.open && self.dialog.is_some() {
            return self.dialog.take();
        }
        if searched && read && state.dialog.as_ref().is_none_or(|dialog| !dialog.is_waiting()) {
            self.ready += 1;
        }
        let rest = if state.conversation.is_some() { LISTEN } else { REST };
        if !self.taken && (self.ready > rest || self.frames > PATIENCE) {
            self.taken = true;
            self.take(ctx);
        }
        None
    }

    fn take(&self, ctx: &Context) {
        let (path, told, window) = (self.path.clone(), Arc::clone(&self.told), ctx.clone());
        ctx.request_screenshot(move |image| {
            if let Err(error) = write(&path, &image) {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            window.send_viewport_cmd(ViewportCommand::Close);
        });
    }
}

fn write(path: &Path, image: &ColorImage) -> anyhow::Result<()> {
    let doing = || format!("cannot write {}", path.display());
    let file = home::files::create_or_truncate(path).with_context(doing)?;
    let [width, height] = image.size;
    let mut png = png::Encoder::new(BufWriter::new(file), u32::try_from(width)?, u32::try_from(height)?);
    png.set_color(png::ColorType::Rgb);
    png.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    png.write_header().with_context(doing)?.write_image_data(&bytes).with_context(doing)
}
