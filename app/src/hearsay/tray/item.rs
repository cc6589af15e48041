//! The icon and its menu, as the panel asks for them.

use super::shown::Shown;
use super::sign::Sign;
use crate::context::Context;
use crate::status::RecorderStatus;
use anyhow::Result;
use capture::control::{self, Request};
use ksni::menu::StandardItem;
use ksni::{Category, Icon, MenuItem, Status, ToolTip, Tray};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whose icon it is, which says what its last line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Of who records: ends that.
    Recording,
    /// Of nobody else: takes the icon away.
    Showing,
}

/// The icon.
pub(super) struct Item {
    given: Context,
    duty: Duty,
    stop: Arc<AtomicBool>,
    shown: Shown,
}

impl Item {
    pub(super) fn new(given: &Context, duty: Duty, stop: Arc<AtomicBool>) -> Self {
        Self { given: given.clone(), duty, stop, shown: Shown::of(&RecorderStatus::stopped()) }
    }

    pub(super) fn show(&mut self, shown: Shown) {
        self.shown = shown;
    }

    fn ask(&mut self, request: &Request) {
        match control::ask(&self.given.home, request) {
            Ok(status) => self.shown = Shown::of(&status),
            Err(error) => tracing::warn!("{error}"),
        }
    }

    fn open(&self) {
        if let Err(error) = viewer(&self.given) {
            tracing::warn!("the viewer can't be opened: {error}");
        }
    }
}

/// Opens a window of its own, which outlives whoever shows the icon.
fn viewer(given: &Context) -> Result<()> {
    let mut window = given.another()?.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    std::thread::Builder::new().name("hs-window".into()).spawn(move || {
        if let Err(error) = window.wait() {
            tracing::warn!("nothing is known of the viewer: {error}");
        }
    })?;
    Ok(())
}

fn line(label: &str, clicked: impl Fn(&mut Item) + Send + 'static) -> MenuItem<Item> {
    StandardItem { label: label.to_owned(), activate: Box::new(clicked), ..StandardItem::default() }.into()
}

impl Tray for Item {
    fn id(&self) -> String {
        "hearsay".to_owned()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn title(&self) -> String {
        self.shown.title.clone()
    }

    fn status(&self) -> Status {
        if self.shown.sign == Sign::Troubled { Status::NeedsAttention } else { Status::Active }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        vec![self.shown.sign.picture()]
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        self.icon_pixmap()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.title(), description: self.shown.lines.join("\n"), ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.open();
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let mut menu = vec![line("Open hearsay", |item| item.open()), MenuItem::Separator];
        match self.shown.sign {
            Sign::Stopped => {}
            Sign::Paused => menu.push(line("Go on recording", |item| item.ask(&Request::Resume))),
            Sign::Recording | Sign::Troubled => {
                let lengths = [("Pause", None), ("Pause for 10 minutes", Some(10)), ("Pause for an hour", Some(60))];
                for (label, minutes) in lengths {
                    menu.push(line(label, move |item| item.ask(&Request::Pause { minutes })));
                }
            }
        }
        let label = match self.duty {
            Duty::Recording => "Stop recording, and end",
            Duty::Showing => "Take this icon away",
        };
        menu.extend([MenuItem::Separator, line(label, |item| item.stop.store(true, Ordering::Relaxed))]);
        menu
    }
}
