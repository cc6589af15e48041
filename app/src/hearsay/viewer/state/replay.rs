//! The waveform's part of the state: what it shows, what is selected, looped and exported, and whether silence is skipped.

use super::dialog::Told;
use super::{Dialog, Effect, Errand, Question, State};
use crate::viewer::waveform::{Sketch, page, panned, turned, zoomed};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use timeline::{Span, WallTime};

/// Who selects less than this moved the pointer by accident.
const SHORTEST_SELECTION_MICROS: i64 = 100_000;
/// Playing that begins so shortly before the selection is meant to play it.
const BEFORE_SELECTION_MICROS: i64 = 500_000;

/// What there is around the player.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replay {
    /// What is shown of the conversation; `None`: all of it, or half an hour.
    shown: Option<Span>,
    pub(crate) selected: Option<Span>,
    /// Whether what is selected is played again and again.
    pub(crate) looping: bool,
    pub(crate) skips_silence: bool,
    /// What was drawn last; it may be of another span than what is shown.
    pub(crate) sketch: Option<Arc<Sketch>>,
    /// What was asked to be drawn, in how many columns.
    pub(crate) asked: Option<(Span, usize)>,
    number: u64,
    /// Where exported files go unless something else is said.
    pub(crate) folders: Folders,
}

/// Where exported files go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folders {
    pub(crate) clips: PathBuf,
    pub(crate) texts: PathBuf,
}

/// What the user does with the waveform.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Turn {
    /// Shows `by` times as much around a moment.
    Zoom {
        around: WallTime,
        by: f64,
    },
    /// The same around the playhead.
    ZoomHere {
        by: f64,
    },
    /// Moves what is shown so much later.
    Pan(i64),
    /// Selects; while the pointer is still down, nothing else comes of it.
    Select {
        span: Span,
        done: bool,
    },
    ClearSelection,
    ToggleLoop,
    ToggleSilence,
    /// Wants this drawn.
    Draw {
        span: Span,
        columns: usize,
    },
    /// Wants to export what is selected.
    AskExport,
    ChooseForm(Form),
    /// Typed into the field for the file, which now reads this.
    TypePath(String),
    Export,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// A WAV file: said left, heard right.
    #[default]
    Clip,
    /// What was said, a line each.
    Text,
}

/// The dialog that asks where to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Export {
    pub(crate) span: Span,
    pub(crate) form: Form,
    pub(crate) path: String,
    pub(crate) told: Told,
}

impl State {
    /// What the waveform shows.
    pub(crate) fn shown(&self) -> Option<Span> {
        let conversation = self.conversation.as_ref()?.span;
        let shown = self.replay.shown.filter(|shown| shown.overlaps(&conversation));
        Some(shown.unwrap_or_else(|| page(conversation, self.playing.playback.position)))
    }

    pub(super) fn turn(&mut self, turn: Turn) -> Vec<Effect> {
        match turn {
            Turn::Zoom { around, by } => self.zoom(around, by),
            Turn::ZoomHere { by } => {
                let shown = self.shown();
                let position = self.playing.playback.position;
                let here = position.filter(|at| shown.is_some_and(|shown| shown.contains(*at)));
                if let Some(around) = here.or(shown.map(|shown| shown.middle())) {
                    self.zoom(around, by);
                }
            }
            Turn::Pan(micros) => {
                if let (Some(shown), Some(conversation)) = (self.shown(), &self.conversation) {
                    self.replay.shown = Some(panned(shown, conversation.span, micros));
                }
            }
            Turn::Select { span, done } => {
                let long = span.len_micros() >= SHORTEST_SELECTION_MICROS;
                self.replay.selected = Some(span).filter(|_| long || !done);
                return if done { self.loop_anew() } else { Vec::new() };
            }
            Turn::ClearSelection => {
                self.replay.selected = None;
                return self.loop_anew();
            }
            Turn::ToggleLoop => return self.toggle_loop(),
            Turn::ToggleSilence => {
                self.replay.skips_silence = !self.replay.skips_silence;
                return vec![Effect::SkipSilence(self.replay.skips_silence)];
            }
            Turn::Draw { span, columns } => {
                let number = self.next_number();
                (self.replay.number, self.replay.asked) = (number, Some((span, columns)));
                return vec![Effect::Ask(Question::Draw { number, span, columns })];
            }
            Turn::AskExport => self.ask_export(),
            Turn::ChooseForm(form) => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    (export.form, export.told) = (form, Told::default());
                    export.path = path_for(&self.replay.folders, form, export.span);
                }
            }
            Turn::TypePath(path) => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    (export.path, export.told) = (path, Told::default());
                }
            }
            Turn::Export => return self.export(),
        }
        Vec::new()
    }

    fn zoom(&mut self, around: WallTime, by: f64) {
        if let (Some(shown), Some(conversation)) = (self.shown(), &self.conversation) {
            self.replay.shown = Some(zoomed(shown, conversation.span, around, by));
        }
    }

    /// Loops what is selected, or what is being heard where nothing is.
    fn toggle_loop(&mut self) -> Vec<Effect> {
        if self.replay.looping {
            return self.end_loop().into_iter().collect();
        }
        let Some(selected) = self.meant() else { return Vec::new() };
        self.replay.selected = Some(selected);
        self.replay.looping = true;
        self.loop_anew()
    }

    /// What is selected; where nothing is, the line that is heard or was clicked.
    fn meant(&self) -> Option<Span> {
        let marked = || {
            let conversation = self.conversation.as_ref()?;
            conversation.lines.iter().find(|line| Some(line.key) == conversation.marked)
        };
        self.replay.selected.or_else(|| Some(self.spoken().or_else(marked)?.span))
    }

    /// Loops what is selected now, from its beginning if the sound is elsewhere.
    fn loop_anew(&mut self) -> Vec<Effect> {
        if !self.replay.looping {
            return Vec::new();
        }
        let Some(selected) = self.replay.selected else { return self.end_loop().into_iter().collect() };
        let mut effects = vec![Effect::Loop(Some(selected))];
        if !self.playing.playback.position.is_some_and(|position| selected.contains(position)) {
            effects.extend(self.seek(selected.start));
        }
        effects
    }

    fn end_loop(&mut self) -> Option<Effect> {
        std::mem::take(&mut self.replay.looping).then_some(Effect::Loop(None))
    }

    /// Who goes elsewhere wants to stay there, so the loop ends; the waveform shows where it is.
    pub(super) fn follow_to(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut followed = Vec::with_capacity(effects.len());
        for effect in effects {
            if let Effect::Play(to) | Effect::Seek(to) = effect {
                let selected =
                    self.replay.selected.map(|it| Span::new(it.start.plus_micros(-BEFORE_SELECTION_MICROS), it.end));
                if selected.is_none_or(|selected| !selected.contains(to)) {
                    followed.extend(self.end_loop());
                }
                self.turn_page(to);
            }
            followed.push(effect);
        }
        followed
    }

    /// The sound went from one place to another: where it was in sight it stays so.
    pub(super) fn keep_in_sight(&mut self, before: Option<WallTime>, now: Option<WallTime>) {
        if let (Some(shown), Some(before), Some(now)) = (self.replay.shown, before, now)
            && shown.contains(before)
        {
            self.turn_page(now);
        }
    }

    fn turn_page(&mut self, at: WallTime) {
        if let (Some(shown), Some(conversation)) = (self.replay.shown, &self.conversation)
            && let Some(page) = turned(shown, conversation.span, at)
        {
            self.replay.shown = Some(page);
        }
    }

    /// Another conversation is opened.
    pub(super) fn leave_replay(&mut self) -> Option<Effect> {
        (self.replay.shown, self.replay.selected) = (None, None);
        self.end_loop()
    }

    pub(super) fn receive_sketch(&mut self, number: u64, sketch: Arc<Sketch>) {
        if number == self.replay.number {
            self.replay.sketch = Some(sketch);
        }
    }

    fn ask_export(&mut self) {
        let Some(span) = self.meant() else { return };
        self.replay.selected = Some(span);
        let form = Form::Clip;
        let path = path_for(&self.replay.folders, form, span);
        self.dialog = Some(Dialog::Export(Export { span, form, path, told: Told::default() }));
    }

    fn export(&mut self) -> Vec<Effect> {
        let Some(Dialog::Export(export)) = &self.dialog else { return Vec::new() };
        let path = export.path.trim();
        if export.told.waiting || path.is_empty() {
            return Vec::new();
        }
        let (span, form, path) = (export.span, export.form, PathBuf::from(path));
        self.wait_in_dialog(|number| Effect::Go(Errand::Export { number, span, form, path }))
    }
}

/// A name that says when it was.
fn path_for(folders: &Folders, form: Form, span: Span) -> String {
    let (folder, ending): (&Path, _) = match form {
        Form::Clip => (&folders.clips, "wav"),
        Form::Text => (&folders.texts, "txt"),
    };
    let when = span.start.local().format("%Y-%m-%d %H.%M.%S");
    folder.join(format!("hearsay {when}.{ending}")).display().to_string()
}
