use http::StatusCode;

/// Why a request isn't answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is addressed to a name that isn't this server's own, as when a page's name was made to lead here.
    ForeignHost,
    /// A web page asks.
    ForeignOrigin,
    /// It has no token.
    NoToken,
    /// It has another token.
    WrongToken,
    /// There is nothing at that path.
    NoSuchPath,
    /// The path is asked in another way than it can be; how it can be.
    Method(&'static str),
    /// The question can't be read.
    Question(String),
    /// The answer couldn't be found out.
    Failed(String),
    /// It took too long.
    TimedOut,
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::ForeignHost | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// For people.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::ForeignHost => "this server only answers by its own address",
            Self::ForeignOrigin => "this server doesn't answer web pages",
            Self::NoToken => "a token is needed: Authorization: Bearer, and what is in serve.token",
            Self::WrongToken => "that isn't the token in serve.token",
            Self::NoSuchPath => "there is nothing here",
            Self::Method(_) => "this server only reads",
            Self::Question(why) | Self::Failed(why) => why,
            Self::TimedOut => "it took too long",
        }
    }
}

impl From<anyhow::Error> for Refusal {
    /// What the asker got wrong is told apart from what went wrong here.
    fn from(error: anyhow::Error) -> Self {
        let text = home::one_line(error.as_ref());
        let text = match crate::failure::hint(&error) {
            Some(hint) => format!("{text}; {hint}"),
            None => text,
        };
        if crate::failure::exit(&error) == home::Exit::Usage { Self::Question(text) } else { Self::Failed(text) }
    }
}
