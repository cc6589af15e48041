//! What the panels say to the state, the state to the threads, and the threads to the state.

use super::{
    Day, DayTalk, Errand, Fetched, Found, Health, Line, Moment, News, Page, Reach, Setup, Tried, Turn, Watched,
    Whither, Writing,
};
use crate::library::DayHits;
use crate::player::Ears;
use crate::viewer::waveform::Sketch;
use archive::Forgetting;
use capture::Kind;
use std::sync::Arc;
use timeline::{PassName, Side, Span, WallTime};

/// What the user did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Typed into the search field, which now reads this.
    Type(String),
    /// Switched a side on or off.
    ToggleSide(Side),
    /// Searches within this span only; `None`: everywhere.
    Narrow(Option<Span>),
    /// Scrolled to the last hits that are known.
    MoreHits,
    /// Clicked the hit of this number.
    Open(usize),
    /// Wants the next hit, or the one before.
    OpenNext {
        later: bool,
    },
    /// Wants to be asked for a time.
    AskWhither,
    /// Typed into the field for it.
    TypeWhither(String),
    Go(Whither),
    /// Wants to see the calendar.
    ShowCalendar,
    /// Turned the calendar to a year.
    Year(i32),
    /// Wants to see the next word that may have been misheard.
    NextDoubt,
    /// Wants to see what the keys do.
    ShowKeys,
    /// Wants to see what is hidden, or doesn't.
    ShowHidden(bool),
    /// Wants to read what came before what is shown.
    Earlier,
    /// Wants to read what came after.
    Later,
    /// Clicked a line.
    PlayLine(i64),
    /// Clicked the word of this number in the line of this key.
    PlayWord(i64, usize),
    /// Wants to hear a moment.
    PlayAt(WallTime),
    /// Space.
    TogglePlay,
    /// Moved the playhead.
    Seek(WallTime),
    /// Forwards or backwards by so many microseconds.
    SeekBy(i64),
    Speed(f32),
    Ears(Ears),
    /// Did something with the waveform.
    Turn(Turn),
    /// Scrolled by hand, or wants to be taken back to the spoken line.
    Follow(bool),
    /// Wants a star on the line of this key, or none.
    Star(i64, bool),
    /// Wants to write something about the line of this key.
    Write(i64, Writing),
    /// Typed into the dialog's field, which now reads this.
    Edit(String),
    /// Wants to keep what it reads.
    Save,
    /// Wants what was written there before to go.
    TakeBack,
    /// Wants something transcribed again, and is asked with which model.
    Again(Reach),
    /// Chose the model.
    ChooseModel(String),
    /// Wants it to be done.
    QueueAgain,
    /// Wants to see what several passes heard.
    Compare,
    /// Chose the passes that are compared, by their places in the list.
    ChoosePasses(usize, usize),
    /// Wants to read this pass where it was compared.
    Prefer(PassName),
    /// Takes the last such choice back.
    Unprefer,
    /// Wants to see what waits to be transcribed again.
    ShowQueue,
    /// Doesn't want it any more.
    Cancel(PassName),
    CloseDialog,
    /// Wants another page.
    Show(Page),
    /// Wants nothing to be recorded for so many minutes, or until it is resumed.
    Pause(Option<u32>),
    Resume,
    /// Has read what recording others means.
    Agree(bool),
    /// Wants the model of this name.
    Fetch(String),
    /// Wants to know whether a device delivers anything.
    Listen(Kind, String),
    /// Wants to record.
    Record,
    /// Wants the last minutes to go, and is asked first.
    AskToForget,
    /// Means it.
    Forget,
    /// Typed into the field of this key, which now reads this.
    Draft(&'static str, String),
    /// Sets a key, or takes it out of the configuration.
    Set(&'static str, Option<String>),
}

/// What has to happen outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    Ask(Question),
    Play(WallTime),
    Pause,
    Resume,
    Seek(WallTime),
    Speed(f32),
    Ears(Ears),
    /// What goes on is watched from now on, or isn't.
    Watch(Watched),
    /// What takes long is begun.
    Go(Errand),
    /// Plays this again and again; `None`: no longer.
    Loop(Option<Span>),
    SkipSilence(bool),
}

/// A question to the thread that reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Question {
    /// The waveform of a span, in so many columns; only the latest is wanted.
    Draw {
        number: u64,
        span: Span,
        columns: usize,
    },
    Search {
        number: u64,
        text: String,
        said: bool,
        heard: bool,
        within: Option<Span>,
    },
    /// The hits before the earliest that is known, or at the same moment.
    MoreHits {
        number: u64,
        text: String,
        said: bool,
        heard: bool,
        within: Span,
    },
    /// How many hits each day has.
    Days {
        number: u64,
        text: String,
        said: bool,
        heard: bool,
    },
    /// The line nearest to a time as people write it.
    Go {
        number: u64,
        text: String,
    },
    /// The line nearest to a moment.
    GoAt {
        number: u64,
        time: WallTime,
    },
    /// What a day holds.
    Day {
        number: u64,
        day: Span,
    },
    /// How much was spoken on each day of a year.
    Year {
        number: u64,
        year: i32,
    },
    /// The first line behind a span, or the last before it.
    GoBeyond {
        number: u64,
        span: Span,
        later: bool,
    },
    /// The lines of a span, and if they are wanted those that are hidden.
    Lines {
        number: u64,
        span: Span,
        hidden: bool,
    },
    /// The next lines before the span's start or after its end, however far away they are.
    More {
        number: u64,
        span: Span,
        later: bool,
        hidden: bool,
    },
    /// Which models are installed.
    Models {
        number: u64,
    },
    /// How much there is to do with a model.
    Estimate {
        number: u64,
        span: Span,
        model: String,
    },
    /// Queues it.
    Queue {
        number: u64,
        span: Span,
        model: String,
    },
    /// Which passes have words in a span.
    Passes {
        number: u64,
        span: Span,
    },
    /// What two of them heard differently.
    Compare {
        number: u64,
        span: Span,
        left: PassName,
        right: PassName,
    },
    /// Has one of them be read there; `None` takes the last such choice back.
    Prefer {
        number: u64,
        span: Span,
        pass: Option<PassName>,
    },
    /// Puts a star on an utterance, or takes it away.
    Star {
        key: i64,
        starred: bool,
    },
    /// Keeps what the user wrote about an utterance; `None` takes it back.
    Write {
        number: u64,
        key: i64,
        writing: Writing,
        text: Option<String>,
    },
    /// Has the recorder pause; without minutes, until it is resumed.
    Pause {
        minutes: Option<u32>,
    },
    Resume,
    /// What would go if the last minutes were forgotten.
    WouldForget {
        number: u64,
        minutes: u32,
    },
    /// Lets it go for good.
    Forget {
        number: u64,
        forgetting: Forgetting,
    },
    /// What is set.
    Settings {
        number: u64,
    },
    /// Sets a key to a value as TOML has it, or takes it out of the configuration.
    Set {
        key: &'static str,
        value: Option<String>,
    },
    /// Ends what a pass has queued.
    Cancel {
        number: u64,
        pass: PassName,
    },
}

/// What the threads answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Search {
        number: u64,
        found: Result<Found, String>,
    },
    MoreHits {
        number: u64,
        found: Result<Found, String>,
    },
    Days {
        number: u64,
        days: Result<Vec<DayHits>, String>,
    },
    /// The line that was to be gone to.
    Gone {
        number: u64,
        line: Result<Option<Line>, String>,
    },
    Day {
        number: u64,
        day: Result<Day, String>,
    },
    Year {
        number: u64,
        days: Result<Vec<DayTalk>, String>,
    },
    /// The lines of `span`; `end` where there is nothing beyond it in the direction that was asked for.
    Lines {
        number: u64,
        span: Span,
        lines: Result<Vec<Line>, String>,
        end: Option<bool>,
    },
    Health(Box<Health>),
    /// What goes on.
    Moment(Box<Moment>),
    /// What the recorder was asked for is done, or why not.
    Recorder(Result<(), String>),
    /// Nothing was ever recorded here, and nobody has agreed to it.
    Unasked,
    /// How the model comes that is fetched.
    Fetched(Fetched),
    /// How loud the device is that is listened to, or what came of it.
    Tried(Tried),
    Settings {
        number: u64,
        setup: Result<Setup, String>,
    },
    /// A key was set, or why not.
    Set {
        key: &'static str,
        done: Result<(), String>,
    },
    /// A star was put somewhere, or taken away.
    Starred(Result<(), String>),
    /// The waveform, or what of it was found so far.
    Sketch {
        number: u64,
        sketch: Arc<Sketch>,
    },
    /// To a dialog.
    Dialog {
        number: u64,
        news: Result<News, String>,
    },
}
