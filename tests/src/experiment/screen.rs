//! Reports for a person: at most 80 columns wide, in colour on a terminal (unless `NO_COLOR`
//! is set), plain when piped.
//!
//! What an experiment saw is printed from the same serialised value that `--format json`
//! gives, so the two can't tell different stories.

use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::lessons::Sentence;
use super::report::{Outcome, Report, Verdict};

const WIDTH: usize = 79;
/// Where the text beside a label (`claim`, `steps`, `seen`, `verdict`) begins.
const MARGIN: usize = 10;

/// How texts are laid out for standard output: with or without colour. None of them ends in a
/// newline.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    coloured: bool,
}

impl Screen {
    /// Coloured if standard output is a terminal and `NO_COLOR` is unset or empty.
    #[must_use]
    pub fn stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            coloured: io::stdout().is_terminal() && !refused,
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
    #[must_use]
    pub fn labelled(self, label: &str, text: &str, hang: usize) -> String {
        let label = self.painted(Style::new().dimmed(), &format!("{label:<MARGIN$}"));
        let margin = format!("\n{:MARGIN$}", "");
        let text = wrapped(text, WIDTH - MARGIN, hang).join(&margin);
        format!("{label}{text}").trim_end().to_owned()
    }

    /// An experiment in the list of all.
    #[must_use]
    pub fn entry(self, name: &str, claim: &str) -> String {
        let name = self.painted(Style::new().bold(), name);
        format!("{name}\n{}", self.labelled("", claim, 0))
    }

    /// What can be said before an experiment runs.
    #[must_use]
    pub fn heading(self, name: &str, claim: &str, lessons: &[&Sentence]) -> String {
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
    #[must_use]
    pub fn ending(self, report: &Report) -> String {
        let mut lines = Vec::new();
        for (index, line) in observations(&report.seen).iter().enumerate() {
            let label = if index == 0 { "seen" } else { "" };
            lines.push(self.labelled(label, line, 4));
        }
        for line in &report.drawing {
            lines.push(format!("{:MARGIN$}{line}", "").trim_end().to_owned());
        }
        lines.push(match &report.outcome {
            Outcome::Judged(verdict) => {
                let (words, why, style) = parts(verdict);
                // Wrapped without the colour, which takes no room on the screen.
                let text = self.labelled("verdict", &format!("{words}: {why}"), 0);
                text.replacen(words, &self.painted(style, words), 1)
            }
            Outcome::BrokeOff { error } => self.labelled("error", error, 0),
        });
        lines.push(String::new());
        lines.join("\n")
    }

    /// The closing table: a line an experiment, and the sum.
    #[must_use]
    pub fn table(self, reports: &[Report], sentences: usize) -> String {
        let header = format!("{:<32}{:<24}{:>8}", "experiment", "verdict", "seconds");
        let mut lines = vec![self.painted(Style::new().bold(), &header)];
        for report in reports {
            let (words, style) = match &report.outcome {
                Outcome::Judged(verdict) => {
                    let (words, _, style) = parts(verdict);
                    (words, style)
                }
                Outcome::BrokeOff { .. } => ("broke off", bold(AnsiColor::Magenta)),
            };
            let verdict = self.painted(style, &format!("{words:<24}"));
            let Report { name, seconds, .. } = report;
            lines.push(format!("{name:<32}{verdict}{seconds:>8.2}"));
            if let Some(what) = report.waits_for.filter(|_| *seconds > 5.0) {
                lines.push(format!("  (waits for {what})"));
            }
        }
        lines.push(String::new());
        let count = |wanted: fn(&Outcome) -> bool| {
            let outcomes = reports.iter().map(|report| &report.outcome);
            outcomes.filter(|outcome| wanted(outcome)).count()
        };
        let holds = count(|outcome| matches!(outcome, Outcome::Judged(Verdict::HoldsHere(_))));
        let fails =
            count(|outcome| matches!(outcome, Outcome::Judged(Verdict::DoesNotHoldHere(_))));
        let unseen =
            count(|outcome| matches!(outcome, Outcome::Judged(Verdict::CannotBeSeenHere(_))));
        let seconds: f64 = reports.iter().map(|report| report.seconds).sum();
        lines.push(format!(
            "{} experiments on {sentences} sentences of the lessons, in {seconds:.0} s:",
            reports.len()
        ));
        lines.push(format!(
            "{holds} hold here, {fails} do not hold here, {unseen} cannot be seen here"
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

/// The lines that show what was seen: `key  value`, tables for lists of structures.
fn observations(seen: &Value) -> Vec<String> {
    let Value::Object(fields) = seen else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (key, value) in fields {
        let key = key.replace('_', " ");
        match value {
            Value::Array(rows) if rows.iter().any(Value::is_object) => {
                lines.push(key);
                lines.extend(table(rows).into_iter().map(|row| format!("  {row}")));
            }
            Value::Object(_) => {
                lines.push(key);
                lines.extend(
                    observations(value)
                        .into_iter()
                        .map(|line| format!("  {line}")),
                );
            }
            _ => lines.push(format!("{key:<26} {}", plain(value))),
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
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text in lines of at most `width` characters, broken at spaces; all but the first are
/// indented by `hang`. The spaces of a first line (a table's columns) stay if it fits.
fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    let indent = text.len() - text.trim_start().len();
    let mut line = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent + hang)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}
