//! The window: puts the panels together, hands actions to the state and effects to the threads.

use super::background::{Background, Wake};
use super::conversation_ui::{self, Layout};
use super::memory::Memory;
use super::screenshot::Screenshot;
use super::state::{Action, Effect, Page, STEP_MICROS, State, Whither};
use super::{
    dialog_ui, exporting, live_ui, page_ui, player_ui, replay_ui, search_ui, settings_ui, status_ui, style, welcome_ui,
};
use crate::player::{Output, Player};
use eframe::egui::{CentralPanel, Context, Event, Frame, Key, Margin, Modifiers, Panel, RawInput, Ui};
use home::Home;
use std::path::Path;
use std::time::Duration;

/// How often the window is drawn while it plays.
const FRAME_PLAYING: Duration = Duration::from_millis(33);

/// The viewer.
pub(crate) struct Viewer {
    pub(super) state: State,
    background: Background,
    player: Player,
    layout: Layout,
    screenshot: Option<Screenshot>,
    focused: bool,
    home: Home,
    /// What is kept when the window is closed; `None` for a picture.
    memory: Option<Memory>,
}

impl Viewer {
    /// Starts the threads. `wake` asks for a frame; it is called from them.
    pub(crate) fn start(home: &Home, config: Option<&Path>, output: Output, wake: Wake) -> std::io::Result<Self> {
        let background = Background::start(home, config, &wake)?;
        let player = Player::start(home, output, move || wake())?;
        let mut state = State::default();
        state.replay.folders = exporting::folders();
        Ok(Self {
            state,
            background,
            player,
            layout: Layout::default(),
            screenshot: None,
            focused: false,
            home: home.clone(),
            memory: None,
        })
    }

    /// Goes on where the window was closed, and keeps where it is closed.
    pub(crate) fn remember(&mut self, memory: Memory) {
        if let Some(speed) = memory.speed {
            self.act(Action::Speed(speed));
        }
        if let Some(read) = memory.read {
            self.act(Action::Go(Whither::At(read)));
        }
        self.memory = Some(memory);
    }

    /// Does what the user would do by `action`.
    pub(crate) fn act(&mut self, action: Action) {
        let effects = self.state.apply(action);
        self.effect(effects);
    }

    /// Takes a picture once everything that was asked for is shown.
    pub(crate) fn picture(&mut self, screenshot: Screenshot) {
        self.screenshot = Some(screenshot);
    }

    /// One frame.
    pub(crate) fn show(&mut self, ui: &mut Ui) {
        self.take_news();
        if let Some(mut screenshot) = self.screenshot.take() {
            if let Some(action) = screenshot.next(ui.ctx(), &self.state) {
                self.act(action);
            }
            self.screenshot = Some(screenshot);
        }
        let place = self.state.conversation.as_ref().map(|read| self.layout.place(read));
        if let Some(memory) = &mut self.memory {
            memory.take_in(ui.ctx(), &self.state, place);
        }
        if let Some(place) = place {
            let effects = self.state.read_at(place);
            self.effect(effects);
        }
        let mut actions = match (&self.state.dialog, self.state.page) {
            (None, Page::Read) => keys(ui.ctx()),
            (Some(_), _) | (None, Page::Live | Page::Settings) => Vec::new(),
        };
        if self.state.dialog.is_none() {
            actions.extend(page_keys(ui.ctx()));
        }
        actions.extend(self.panels(ui));
        for action in actions {
            self.act(action);
        }
        if self.state.playing.playback.playing {
            ui.ctx().request_repaint_after(FRAME_PLAYING);
        }
    }

    fn take_news(&mut self) {
        let answers: Vec<_> = self.background.answers().collect();
        for answer in answers {
            let effects = self.state.receive(answer);
            self.effect(effects);
        }
        let effects = self.state.hear(self.player.playback());
        self.effect(effects);
    }

    fn effect(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(question) => self.background.ask(question),
                Effect::Play(from) => self.player.play(from),
                Effect::Pause => self.player.pause(),
                Effect::Resume => self.player.resume(),
                Effect::Seek(to) => self.player.seek(to),
                Effect::Speed(speed) => self.player.set_speed(speed),
                Effect::Ears(ears) => self.player.set_ears(ears),
                Effect::Watch(watched) => self.background.watch(watched),
                Effect::Go(errand) => self.background.go(errand),
                Effect::Loop(looped) => self.player.set_loop(looped),
                Effect::SkipSilence(skips) => self.player.skip_silence(skips),
            }
        }
    }

    fn panels(&mut self, ui: &mut Ui) -> Option<Action> {
        if !self.focused {
            self.focused = true;
            ui.memory_mut(|memory| memory.request_focus(search_ui::field_id()));
        }
        let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(12, 6));
        let side = Frame::new().fill(ui.visuals().panel_fill).inner_margin(style::PANEL_MARGIN);
        let state = &self.state;
        let asked = Panel::bottom("status").frame(bar).show(ui, |ui| status_ui::status_ui(ui, &state.health)).inner;
        let tabs = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(12, 5));
        let turned = Panel::top("pages").frame(tabs).show(ui, |ui| page_ui::page_ui(ui, state.page)).inner;
        if state.page != Page::Read {
            let page = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(18, 12));
            let acted = CentralPanel::default().frame(page).show(ui, |ui| match state.page {
                Page::Live => live_ui::live_ui(ui, &state.live),
                Page::Settings => {
                    settings_ui::settings_ui(ui, &state.settings, &state.first, state.live.moment.as_ref())
                }
                Page::Read => None,
            });
            return dialog_ui::dialog_ui(ui.ctx(), state).or(asked).or(turned).or(acted.inner);
        }
        let width = ui.available_width();
        let search = Panel::left("search")
            .frame(side)
            .default_size((width * 0.33).clamp(270.0, 420.0))
            .size_range(250.0..=(width * 0.5).max(260.0))
            .show(ui, |ui| search_ui::search_ui(ui, state))
            .inner;
        let played = state.conversation.is_some().then(|| {
            Panel::bottom("player")
                .frame(side.inner_margin(Margin::symmetric(14, 10)))
                .show(ui, |ui| player_ui::player_ui(ui, state))
                .inner
        });
        let layout = &mut self.layout;
        let read = CentralPanel::default()
            .frame(side.inner_margin(Margin { left: 8, right: 4, top: 10, bottom: 0 }))
            .show(ui, |ui| {
                if state.conversation.is_none() {
                    return welcome_ui::welcome_ui(ui, state);
                }
                conversation_ui::conversation_ui(ui, state, layout)
            });
        let answered = dialog_ui::dialog_ui(ui.ctx(), state);
        answered.or(asked).or(turned).or(search).or(played.flatten()).or(read.inner)
    }
}

impl eframe::App for Viewer {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        let kept = self.memory.map_or(Ok(()), |memory| memory.keep(&self.home));
        if let Err(error) = kept {
            tracing::warn!("where the window was isn't kept: {error}");
        }
    }

    fn raw_input_hook(&mut self, _ctx: &Context, input: &mut RawInput) {
        // Nothing is under the pointer in a picture.
        if self.screenshot.is_some() {
            input.events.retain(|event| !matches!(event, Event::PointerMoved(_)));
        }
    }
}

/// Keys of every page.
fn page_keys(ctx: &Context) -> Vec<Action> {
    let keys = [(Key::Num1, Page::Read), (Key::Num2, Page::Live), (Key::Num3, Page::Settings)];
    let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
    keys.into_iter().filter(|(key, _)| pressed(*key)).map(|(_, page)| Action::Show(page)).collect()
}

/// Keys of the page that reads. While something is typed, the letters and arrows belong to the field.
fn keys(ctx: &Context) -> Vec<Action> {
    let typing = ctx.memory(|memory| memory.has_focus(search_ui::field_id()));
    let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::F) || (!typing && pressed(Modifiers::NONE, Key::Slash)) {
        ctx.memory_mut(|memory| memory.request_focus(search_ui::field_id()));
    }
    if typing {
        if pressed(Modifiers::NONE, Key::Escape) {
            ctx.memory_mut(|memory| memory.surrender_focus(search_ui::field_id()));
        }
        return Vec::new();
    }
    let day = |later| Action::Go(Whither::Day { later });
    let keys = [
        (Key::Space, Action::TogglePlay),
        (Key::K, Action::TogglePlay),
        (Key::ArrowLeft, Action::SeekBy(-STEP_MICROS)),
        (Key::J, Action::SeekBy(-STEP_MICROS)),
        (Key::ArrowRight, Action::SeekBy(STEP_MICROS)),
        (Key::L, Action::SeekBy(STEP_MICROS)),
        (Key::OpenBracket, day(false)),
        (Key::CloseBracket, day(true)),
        (Key::T, Action::Go(Whither::Last)),
        (Key::G, Action::AskWhither),
        (Key::D, Action::NextDoubt),
    ];
    let mut actions: Vec<Action> =
        keys.into_iter().filter(|(key, _)| pressed(Modifiers::NONE, *key)).map(|(_, action)| action).collect();
    // What has the keyboard's focus is pressed by Enter itself.
    if ctx.memory(|memory| memory.focused().is_none()) {
        for (modifiers, later) in [(Modifiers::SHIFT, false), (Modifiers::NONE, true)] {
            if pressed(modifiers, Key::Enter) {
                actions.push(Action::OpenNext { later });
            }
        }
    }
    actions.extend(replay_ui::keys(ctx));
    // Where it lies on the keyboard, and with which modifiers, is the layout's affair.
    if ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Text(text) if text == "?"))) {
        actions.push(Action::ShowKeys);
    }
    actions
}
