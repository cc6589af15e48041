//! Questions to whoever sits at the terminal, with the answer that Enter gives in brackets.

use anyhow::{Context as _, Result};
use std::io::{self, BufRead, Write};

/// Who is asked, and where the questions go.
pub(super) struct Questions {
    answers: Box<dyn BufRead>,
    shown: Shown,
    over: bool,
}

/// Where questions go.
enum Shown {
    Stderr,
    #[cfg(test)]
    Kept(Vec<u8>),
}

/// What was answered to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// This line of it, from 0.
    Choice(usize),
    /// Nothing: the input is over.
    Nothing,
}

impl Questions {
    /// Standard input, and stderr, since stdout is for data.
    pub(super) fn of_terminal() -> Self {
        Self { answers: Box::new(io::stdin().lock()), shown: Shown::Stderr, over: false }
    }

    /// Whether the input is over: then no answer means anything.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn say(&mut self, text: &str) -> Result<()> {
        self.show(&format!("{text}\n"))
    }

    /// Shows something as it is: without a line's end, or over the line before.
    pub(super) fn show(&mut self, text: &str) -> Result<()> {
        let shown = match &mut self.shown {
            Shown::Stderr => io::stderr().write_all(text.as_bytes()).and_then(|()| io::stderr().flush()),
            #[cfg(test)]
            Shown::Kept(bytes) => bytes.write_all(text.as_bytes()),
        };
        shown.context("cannot ask")
    }

    /// Yes or no. An input that is over says no.
    pub(super) fn yes(&mut self, question: &str, usual: bool) -> Result<bool> {
        loop {
            self.show(&format!("{question} [{}] ", if usual { "Y/n" } else { "y/N" }))?;
            let Some(answer) = self.line()? else { return Ok(false) };
            match answer.to_lowercase().as_str() {
                "" => return Ok(usual),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("y or n")?,
            }
        }
    }

    /// One of several lines, which are numbered from 1; `usual` (from 0) is what Enter takes.
    pub(super) fn choice(&mut self, title: &str, lines: &[String], usual: usize) -> Result<Reply> {
        self.say(&format!("\n{title}"))?;
        for (number, line) in lines.iter().enumerate() {
            self.say(&format!("  {}  {line}", number + 1))?;
        }
        loop {
            self.show(&format!("Which? [{}] ", usual + 1))?;
            let Some(answer) = self.line()? else { return Ok(Reply::Nothing) };
            if answer.is_empty() {
                return Ok(Reply::Choice(usual));
            }
            match answer.parse::<usize>() {
                Ok(number) if (1..=lines.len()).contains(&number) => return Ok(Reply::Choice(number - 1)),
                _ => self.say(&format!("a number from 1 to {}", lines.len()))?,
            }
        }
    }

    /// A line without its end; nothing where the input is over.
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).context("cannot read the answer")? == 0 {
            self.over = true;
            return Ok(None);
        }
        Ok(Some(line.trim().to_owned()))
    }
}

#[cfg(test)]
impl Questions {
    /// With the answers of a test.
    pub(super) fn scripted(answers: &str) -> Self {
        let answers = Box::new(io::Cursor::new(answers.to_owned().into_bytes()));
        Self { answers, shown: Shown::Kept(Vec::new()), over: false }
    }

    /// All that was asked.
    pub(super) fn said(&self) -> String {
        match &self.shown {
            Shown::Stderr => String::new(),
            Shown::Kept(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_is_the_usual_answer_and_nonsense_is_asked_again() {
        let yes = |answers: &str, usual| Questions::scripted(answers).yes("Well?", usual).unwrap();
        assert!(yes("\n", true) && !yes("\n", false) && yes("Y\n", false) && yes("what\nyes\n", false));
        assert!(!yes("", true), "an input that is over agrees to nothing");
        let lines = ["a", "b"].map(str::to_owned);
        let choice = |answers: &str| Questions::scripted(answers).choice("One of", &lines, 1).unwrap();
        assert_eq!(choice("\n"), Reply::Choice(1));
        assert_eq!(choice("0\n3\nx\n1\n"), Reply::Choice(0));
        assert_eq!(choice("0\n"), Reply::Nothing);
    }
}
