//! Reports for a person: at most 80 columns wide, in colour on a terminal (unless `NO_COLOR`
//! is set), plain when piped.
//!
//! What an experiment saw is printed from the same serialised value that `--format json`
//! gives, so the two can't tell different stories.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::experiment::lessons::{LEFT_OUT, SENTENCES, Sentence};
use crate::experiment::report::{Ending, Report, Verdict};

const WIDTH: usize = 79;
/// Where the text beside a label (`claim`, `steps`, `seen`, `verdict`) begins.
const MARGIN: usize = 10;

/// How texts are laid out for standard output: with or without colour. None of them ends in a
/// newline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    coloured: bool,
}

impl Screen {
    /// Coloured if standard output is a terminal and `NO_COLOR` is unset or empty.
    pub(crate) fn stdout() -> Self {
        Self {
            coloured: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        }
    }

    fn painted(self, style: Style, text: &str) -> String {
        if self.coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A text beside its label, wrapped; its further lines are indented by `hang` more.
    pub(crate) fn labelled(self, label: &str, text: &str, hang: usize) -> String {
        let label = self.painted(Style::new().dimmed(), &format!("{label:<MARGIN$}"));
        let margin = format!("\n{:MARGIN$}", "");
        let text = wrapped(text, WIDTH - MARGIN, hang).join(&margin);
        format!("{label}{text}").trim_end().to_owned()
    }

    /// An experiment in the list of all.
    pub(crate) fn entry(self, name: &str, claim: &str) -> String {
        let name = self.painted(Style::new().bold(), name);
        format!("{name}\n{}", self.labelled("", claim, 0))
    }

    /// What can be said before an experiment runs.
    pub(crate) fn heading(self, name: &str, claim: &str, lessons: &[&Sentence]) -> String {
        let mut lines = vec![self.painted(Style::new().bold(), name)];
        lines.push(self.labelled("claim", claim, 0));
        for (index, sentence) in lessons.iter().enumerate() {
            let label = if index == 0 { "lessons" } else { "" };
            let says = format!("{}: {}", sentence.document, sentence.says);
            lines.push(self.labelled(label, &says, 5));
        }
        lines.join("\n")
    }

    /// What can be said after it.
    pub(crate) fn ending(self, report: &Report) -> String {
        let mut lines = Vec::new();
        for (index, (line, hang)) in observations(&report.seen).iter().enumerate() {
            let label = if index == 0 { "seen" } else { "" };
            lines.push(self.labelled(label, line, *hang));
        }
        lines.push(match &report.ending {
            Ending::Judged(verdict) => {
                let (words, why, style) = parts(verdict);
                // Wrapped without the colour, which takes no room on the screen.
                let text = self.labelled("verdict", &format!("{words}: {why}"), 0);
                text.replacen(words, &self.painted(style, words), 1)
            }
            Ending::BrokeOff { error } => self.labelled("error", error, 0),
        });
        lines.push(String::new());
        lines.join("\n")
    }

    /// The closing table: a line an experiment, and the sum.
    pub(crate) fn table(self, reports: &[Report]) -> String {
        let header = format!("{:<32}{:<24}{:>8}", "experiment", "verdict", "seconds");
        let mut lines = vec![self.painted(Style::new().bold(), &header)];
        for report in reports {
            let (words, style) = match &report.ending {
                Ending::Judged(verdict) => {
                    let (words, _, style) = parts(verdict);
                    (words, style)
                }
                Ending::BrokeOff { .. } => ("broke off", bold(AnsiColor::Magenta)),
            };
            let verdict = self.painted(style, &format!("{words:<24}"));
            let Report { name, seconds, .. } = report;
            lines.push(format!("{name:<32}{verdict}{seconds:>8.2}"));
            if let Some(what) = report.waits_for.filter(|_| *seconds > 5.0) {
                let waits = format!("  it waits for {what}");
                lines.extend(wrapped(&waits, WIDTH, 2));
            }
        }
        lines.push(String::new());
        let count = |wanted: fn(&Ending) -> bool| {
            let outcomes = reports.iter().map(|report| &report.ending);
            outcomes.filter(|ending| wanted(ending)).count()
        };
        let holds = count(|ending| matches!(ending, Ending::Judged(Verdict::HoldsHere(_))));
        let fails = count(|ending| matches!(ending, Ending::Judged(Verdict::DoesNotHoldHere(_))));
        let unseen = count(|ending| matches!(ending, Ending::Judged(Verdict::CannotBeSeenHere(_))));
        let seconds: f64 = reports.iter().map(|report| report.seconds).sum();
        lines.push(format!("{} experiments in {seconds:.0} s:", reports.len()));
        lines.push(format!(
            "{holds} hold here, {fails} do not hold here, {unseen} cannot be seen here"
        ));
        lines.push(format!(
            "They check {} sentences of the lessons; {} more are no matter for a program",
            SENTENCES.len(),
            LEFT_OUT.len()
        ));
        lines.join("\n")
    }
}

/// A verdict's first words, its reason, and its colour.
fn parts(verdict: &Verdict) -> (&'static str, &str, Style) {
    match verdict {
        Verdict::HoldsHere(why) => ("holds here", why, bold(AnsiColor::Green)),
        Verdict::DoesNotHoldHere(why) => ("does not hold here", why, bold(AnsiColor::Red)),
        Verdict::CannotBeSeenHere(why) => ("cannot be seen here", why, bold(AnsiColor::Yellow)),
    }
}

fn bold(colour: AnsiColor) -> Style {
    colour.on_default().bold()
}

/// The lines that show what was seen, each with the indentation of what is wrapped:
/// `name  value`, and tables for lists of structures.
fn observations(seen: &Value) -> Vec<(String, usize)> {
    let Value::Object(fields) = seen else {
        return Vec::new();
    };
    let indented = |(line, hang)| (format!("  {line}"), hang);
    // Values stand in a column, unless a name is very long.
    let names = fields.iter().filter(|(_, value)| !value.is_object());
    let names = names.map(|(name, _)| name.len()).max().unwrap_or(0).min(36) + 1;
    let mut lines = Vec::new();
    for (name, value) in fields {
        let name = name.replace('_', " ");
        match value {
            Value::Array(rows) if rows.iter().any(Value::is_object) => {
                lines.push((name, 0));
                let rows = table(rows).into_iter();
                lines.extend(rows.map(|row| (row, 4)).map(indented));
            }
            Value::Object(_) => {
                lines.push((name, 0));
                lines.extend(observations(value).into_iter().map(indented));
            }
            _ => lines.push((format!("{name:<names$} {}", plain(value)), names + 1)),
        }
    }
    lines
}

/// A list of structures as columns under their names.
fn table(rows: &[Value]) -> Vec<String> {
    let Some(Value::Object(first)) = rows.first() else {
        return Vec::new();
    };
    let header: Vec<String> = first.keys().map(|key| key.replace('_', " ")).collect();
    let cells = rows.iter().filter_map(Value::as_object);
    let cells: Vec<Vec<String>> = std::iter::once(header)
        .chain(cells.map(|row| row.values().map(plain).collect()))
        .collect();
    let width = |column: usize| {
        let widths = cells.iter().filter_map(|row| row.get(column));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let padded = |row: &Vec<String>| {
        let cells = row.iter().enumerate();
        let cells: Vec<String> = cells
            .map(|(column, cell)| format!("{cell:<0$}", width(column)))
            .collect();
        cells.join("  ")
    };
    cells.iter().map(padded).collect()
}

/// A value as a person writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text in lines of at most `width` characters, broken at spaces (within a word only if it
/// is longer than a line); all but the first are indented by `hang` more than the first.
fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    let mut lines = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while rest.len() > width {
        // Not at the spaces between a name and its value.
        let spaces = (indent + hang + 1..=width)
            .rev()
            .find(|&at| rest[at] == ' ');
        let end = spaces.unwrap_or(width);
        let line: String = rest[..end].iter().collect();
        lines.push(line.trim_end().to_owned());
        let next = rest[end..].iter().skip_while(|c| **c == ' ');
        rest = std::iter::repeat_n(&' ', indent + hang)
            .chain(next)
            .copied()
            .collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_and_further_lines_are_indented() {
        assert_eq!(wrapped("  one two three", 9, 2), ["  one two", "    three"]);
        assert_eq!(wrapped("fits", 9, 2), ["fits"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut() {
        assert_eq!(wrapped("abcdefgh", 5, 1), ["abcde", " fgh"]);
    }

    #[test]
    fn an_observation_of_nothing_is_shown_as_none() {
        let seen = serde_json::json!({ "the_errors": [], "first_error": null });
        let lines: Vec<String> = observations(&seen)
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        assert_eq!(lines, ["the errors   none", "first error  none"]);
    }

    #[test]
    fn a_list_of_structures_is_a_table() {
        let seen = serde_json::json!({ "ends": [{ "at": "syn", "state": "SYN_SENT" }] });
        let lines: Vec<String> = observations(&seen)
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        assert_eq!(lines, ["ends", "  at   state   ", "  syn  SYN_SENT"]);
    }
}
