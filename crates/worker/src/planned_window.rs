use speech::Window;
use speech::echo::EchoShare;
use timeline::{Side, Span, SpanSet, TrackName};

/// A window and what storing it covers.
pub(crate) struct PlannedWindow {
    pub(crate) track: TrackName,
    /// From the first uncovered moment to the window's end.
    pub(crate) span: Span,
    /// The sound within: what becomes covered. A gap doesn't, since sound may be found for it later.
    pub(crate) sound: SpanSet,
    pub(crate) window: Window,
    /// The language of the conversation, where it is known from what was said before.
    pub(crate) language: Option<String>,
    /// Whose words its track carries.
    pub(crate) side: Side,
    /// How much of each of its utterances was echo; `None` where nobody has looked for one in the sound.
    pub(crate) echo: Option<Vec<EchoShare>>,
}
