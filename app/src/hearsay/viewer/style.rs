//! Colours, sizes and spacing, light and dark.

use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme, Ui, Visuals, vec2,
};
use timeline::Side;

/// Smaller text: times, notes, the line at the bottom.
pub(crate) fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// The smallest: hours below a strip.
pub(crate) fn tiny() -> FontId {
    FontId::new(10.5, FontFamily::Proportional)
}

/// Text that is read.
pub(crate) fn body() -> FontId {
    FontId::new(15.0, FontFamily::Proportional)
}

/// Times at the edge.
pub(crate) fn digits() -> FontId {
    FontId::new(12.5, FontFamily::Proportional)
}

/// Corners of everything that has some.
pub(crate) const ROUND: CornerRadius = CornerRadius::same(6);
/// Room inside the panels.
pub(crate) const PANEL_MARGIN: Margin = Margin::same(12);

/// The colours that egui has no name for.
///
/// Blue and orange stay apart for every kind of colour blindness, and each side is named in words as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    pub(crate) said: Color32,
    pub(crate) heard: Color32,
    pub(crate) both: Color32,
    pub(crate) text: Color32,
    pub(crate) weak: Color32,
    /// Behind what matches the search.
    pub(crate) found: Color32,
    /// Behind words that may have been misheard.
    pub(crate) doubt: Color32,
    pub(crate) line: Color32,
    /// Behind rows under the pointer.
    pub(crate) hover: Color32,
    pub(crate) error: Color32,
    pub(crate) good: Color32,
}

const LIGHT: Palette = Palette {
    said: Color32::from_rgb(0xB4, 0x5F, 0x06),
    heard: Color32::from_rgb(0x1F, 0x62, 0xB5),
    both: Color32::from_rgb(0x5F, 0x6B, 0x7A),
    text: Color32::from_rgb(0x1F, 0x23, 0x28),
    weak: Color32::from_rgb(0x62, 0x6A, 0x73),
    found: Color32::from_rgb(0xFF, 0xE2, 0x8A),
    doubt: Color32::from_rgb(0xE3, 0xE5, 0xE8),
    line: Color32::from_rgb(0xDD, 0xE0, 0xE4),
    hover: Color32::from_rgb(0xEE, 0xF0, 0xF3),
    error: Color32::from_rgb(0xB4, 0x23, 0x18),
    good: Color32::from_rgb(0x2E, 0x7D, 0x32),
};

const DARK: Palette = Palette {
    said: Color32::from_rgb(0xE8, 0xA2, 0x4F),
    heard: Color32::from_rgb(0x7F, 0xB2, 0xF2),
    both: Color32::from_rgb(0xA5, 0xB0, 0xBD),
    text: Color32::from_rgb(0xE4, 0xE7, 0xEB),
    weak: Color32::from_rgb(0x9A, 0xA3, 0xAE),
    found: Color32::from_rgb(0x73, 0x5A, 0x14),
    doubt: Color32::from_rgb(0x3A, 0x3F, 0x47),
    line: Color32::from_rgb(0x33, 0x38, 0x40),
    hover: Color32::from_rgb(0x2A, 0x2E, 0x35),
    error: Color32::from_rgb(0xF2, 0x8B, 0x82),
    good: Color32::from_rgb(0x81, 0xC7, 0x84),
};

impl Palette {
    /// The colours of the theme that is drawn now.
    pub(crate) fn of(ui: &Ui) -> Self {
        if ui.visuals().dark_mode { DARK } else { LIGHT }
    }

    /// The colour of a side.
    pub(crate) fn side(&self, side: Side) -> Color32 {
        match side {
            Side::Said => self.said,
            Side::Heard => self.heard,
            Side::Both => self.both,
        }
    }
}

/// Fields and boxes that are drawn here from now on have an edge: without one they are hardly seen on a light ground.
pub(crate) fn outline(ui: &mut Ui) {
    let line = Palette::of(ui).line;
    ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, line);
}

/// Sets the style of both themes; which of them is shown is the system's choice.
pub(crate) fn install(ctx: &Context) {
    ctx.style_mut_of(Theme::Light, |style| set(style, Visuals::light(), &LIGHT));
    ctx.style_mut_of(Theme::Dark, |style| set(style, Visuals::dark(), &DARK));
}

fn set(style: &mut Style, visuals: Visuals, palette: &Palette) {
    style.visuals = visuals;
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, FontId::new(14.0, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(14.0, FontFamily::Proportional)),
        (TextStyle::Heading, FontId::new(20.0, FontFamily::Proportional)),
        (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 8.0);
    style.spacing.button_padding = vec2(10.0, 5.0);
    style.spacing.interact_size.y = 26.0;
    style.interaction.selectable_labels = false;
    let dark = style.visuals.dark_mode;
    let panel = if dark { Color32::from_rgb(0x1C, 0x1F, 0x24) } else { Color32::from_rgb(0xFB, 0xFB, 0xFC) };
    let field = if dark { Color32::from_rgb(0x13, 0x15, 0x19) } else { Color32::WHITE };
    let button = if dark { Color32::from_rgb(0x2C, 0x31, 0x39) } else { Color32::from_rgb(0xEC, 0xEE, 0xF1) };
    let visuals = &mut style.visuals;
    // One that blinks has the window drawn twice a second all day.
    visuals.text_cursor.blink = false;
    visuals.panel_fill = panel;
    visuals.window_fill = panel;
    visuals.extreme_bg_color = field;
    visuals.text_edit_bg_color = Some(field);
    visuals.weak_text_color = Some(palette.weak);
    visuals.error_fg_color = palette.error;
    visuals.hyperlink_color = palette.heard;
    visuals.selection.bg_fill = palette.heard.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, palette.heard);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, palette.text);
    visuals.widgets.inactive.weak_bg_fill = button;
    visuals.widgets.inactive.bg_fill = button;
    visuals.widgets.inactive.fg_stroke = Stroke::new(1.0, palette.text);
    visuals.widgets.inactive.bg_stroke = Stroke::NONE;
    for widget in [
        &mut visuals.widgets.noninteractive,
        &mut visuals.widgets.inactive,
        &mut visuals.widgets.hovered,
        &mut visuals.widgets.active,
        &mut visuals.widgets.open,
    ] {
        widget.corner_radius = ROUND;
        widget.expansion = 0.0;
    }
}
