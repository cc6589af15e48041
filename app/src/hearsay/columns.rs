//! A conversation as two columns of text, said left and heard right, on one clock. Pure: utterances in, lines out.

use crate::remarks;
use store::{Remark, State, Utterance};
use timeline::Side;
use unicode_width::UnicodeWidthStr;

/// `09:15:01` and the space after it.
const CLOCK_WIDTH: usize = 10;
/// Between the two columns.
const BETWEEN: &str = "  ";

/// What stands at one height: the words of either side, or words of both that began on the left.
struct Row<'a> {
    first: &'a Utterance,
    left: Option<&'a Utterance>,
    right: Option<&'a Utterance>,
}

/// The lines of a conversation that is in the order of time, with the user's stars and notes, `width` columns wide.
///
/// Two utterances stand side by side where the later one began before the earlier one ended.
pub(crate) fn lay_out(utterances: &[Utterance], remarks: &[Remark], width: usize) -> Vec<String> {
    let column = width.saturating_sub(CLOCK_WIDTH + BETWEEN.len()) / 2;
    let mut lines = Vec::new();
    let mut day = String::new();
    for row in rows(utterances) {
        let local = row.first.span.start.local();
        let today = local.format("%A, %-d %B %Y").to_string();
        if today != day {
            if !day.is_empty() {
                lines.push(String::new());
            }
            lines.push(today.clone());
            lines.push(line("", "said", "heard", column));
            day = today;
        }
        let clock = local.format("%H:%M:%S").to_string();
        if row.first.side == Side::Both {
            push(&mut lines, &clock, &wrap(&words(row.first, remarks), 2 * column + BETWEEN.len()), &[], 0);
        } else {
            let side =
                |utterance: Option<&Utterance>| utterance.map(|u| wrap(&words(u, remarks), column)).unwrap_or_default();
            push(&mut lines, &clock, &side(row.left), &side(row.right), column);
        }
    }
    lines
}

fn rows(utterances: &[Utterance]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for utterance in utterances {
        if let Some(row) = rows.last_mut() {
            let meets = utterance.span.start < row.first.span.end;
            match (utterance.side, row.first.side) {
                (Side::Said, Side::Heard) if meets && row.left.is_none() => {
                    row.left = Some(utterance);
                    continue;
                }
                (Side::Heard, Side::Said) if meets && row.right.is_none() => {
                    row.right = Some(utterance);
                    continue;
                }
                _ => {}
            }
        }
        let left = (utterance.side != Side::Heard).then_some(utterance);
        let right = (utterance.side == Side::Heard).then_some(utterance);
        rows.push(Row { first: utterance, left, right });
    }
    rows
}

fn words(utterance: &Utterance, remarks: &[Remark]) -> String {
    let doubt = if utterance.state == State::Shown { "" } else { " (?)" };
    format!("{}{doubt}{}", utterance.text, remarks::behind(utterance, remarks))
}

fn push(lines: &mut Vec<String>, clock: &str, left: &[String], right: &[String], column: usize) {
    let cell = |cells: &[String], at: usize| cells.get(at).cloned().unwrap_or_default();
    for at in 0..left.len().max(right.len()).max(1) {
        let clock = if at == 0 { clock } else { "" };
        lines.push(line(clock, &cell(left, at), &cell(right, at), column));
    }
}

fn line(clock: &str, left: &str, right: &str, column: usize) -> String {
    let clock = format!("{clock:CLOCK_WIDTH$}");
    if right.is_empty() {
        return format!("{clock}{left}").trim_end().to_owned();
    }
    let padding = " ".repeat(column.saturating_sub(left.width()));
    format!("{clock}{left}{padding}{BETWEEN}{right}")
}

/// Breaks text between words so that no line is wider than `width`; a word that is wider alone is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    for word in text.split_whitespace() {
        if !current.is_empty() && current.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        for letter in word.chars() {
            let letter_width = unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
            if !current.is_empty() && current.width() + letter_width > width {
                lines.push(std::mem::take(&mut current));
            }
            current.push(letter);
        }
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_only_then_within_one() {
        assert_eq!(wrap("I think we are out of time.", 12), ["I think we", "are out of", "time."]);
        assert_eq!(wrap("Donaudampfschiff ahoy", 8), ["Donaudam", "pfschiff", "ahoy"]);
        assert_eq!(wrap("会議は三時から始まります", 8), ["会議は三", "時から始", "まります"]);
        assert_eq!(wrap("  ", 8), Vec::<String>::new());
    }
}
