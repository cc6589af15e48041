//! The pages of the window, as tabs above everything.

use super::state::{Action, Page};
use super::style::Palette;
use eframe::egui::accesskit::Role;
use eframe::egui::{Button, RichText, Ui, WidgetInfo, vec2};

impl Page {
    /// All of them, from the left.
    pub(crate) const ALL: [Self; 3] = [Self::Read, Self::Live, Self::Settings];

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Live => "Live",
            Self::Settings => "Settings",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Read => "Search, read and play (Ctrl 1)",
            Self::Live => "What is being said and heard now (Ctrl 2)",
            Self::Settings => "Devices, models, how long sound is kept (Ctrl 3)",
        }
    }
}

/// The tabs.
pub(crate) fn page_ui(ui: &mut Ui, shown: Page) -> Option<Action> {
    let palette = Palette::of(ui);
    let mut action = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for page in Page::ALL {
            let on = page == shown;
            let text = RichText::new(page.name()).color(if on { palette.text } else { palette.weak });
            let fill = if on { palette.hover } else { ui.visuals().panel_fill };
            let tab = ui.add(Button::new(text).fill(fill).min_size(vec2(76.0, 28.0)));
            tab.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, page.name()));
            if tab.on_hover_text(page.hint()).clicked() {
                action = Some(Action::Show(page));
            }
        }
    });
    action
}
