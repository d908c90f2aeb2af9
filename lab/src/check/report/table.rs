//! The report for a person: a line a check, then each failure in full.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use common::console;

use crate::check::engine::judge::{Judgement, Outcome, Plan};
use crate::check::engine::trial::Stop;
use crate::check::report::{evidence, result};

const BOLD: Style = Style::new().bold();

/// How wide the text is set.
const WIDTH: usize = 80;

/// How far what is said below a line is indented.
const NOTE: usize = 14;

/// Writes the lines of each target, then the failures, then the count.
pub(crate) fn table(out: &mut impl Write, judgements: &[Judgement]) -> io::Result<()> {
    for judgement in judgements {
        let subject = console::escape_to_one_line(&judgement.subject).into_owned();
        writeln!(out, "{BOLD}{}{BOLD:#} ({subject})", judgement.target.name())?;
        for outcome in &judgement.outcomes {
            line(out, outcome)?;
        }
        if judgement.not_done > 0 {
            writeln!(
                out,
                "  the other {} checks were not done",
                judgement.not_done
            )?;
        }
        writeln!(out)?;
    }
    for judgement in judgements {
        for outcome in &judgement.outcomes {
            if let Err(Stop::Failed {
                expected, happened, ..
            }) = &outcome.verdict
            {
                writeln!(
                    out,
                    "{BOLD}{}: {}{BOLD:#}",
                    judgement.target.name(),
                    outcome.check.name
                )?;
                failure(out, outcome, expected, happened)?;
            }
        }
    }
    count(out, judgements)
}

fn line(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let colour = match outcome.verdict {
        Ok(()) => AnsiColor::Green,
        Err(Stop::Skipped(_)) => AnsiColor::Yellow,
        Err(Stop::Failed { .. } | Stop::NotJudged(_)) => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    writeln!(
        out,
        "  {style}{:<10}{style:#}  {:<10}  {:<42}  {:>6.1} s",
        result(outcome),
        outcome.check.grade.name(),
        outcome.check.name,
        outcome.took.as_secs_f64()
    )?;
    match &outcome.verdict {
        Err(Stop::Skipped(why)) => paragraph(out, "", why, NOTE),
        Err(Stop::NotJudged(why)) => {
            paragraph(out, "", why, NOTE)?;
            all_evidence(out, outcome)
        }
        _ => Ok(()),
    }
}

fn all_evidence(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    for row in evidence(outcome).lines() {
        writeln!(out, "  {row}")?;
    }
    Ok(())
}

fn failure(
    out: &mut impl Write,
    outcome: &Outcome,
    expected: &str,
    happened: &str,
) -> io::Result<()> {
    paragraph(out, "", &outcome.check.sentence, 2)?;
    paragraph(out, "expected: ", expected, 2)?;
    paragraph(out, "happened: ", happened, 2)?;
    all_evidence(out, outcome)?;
    paragraph(out, "hint:     ", outcome.hint, 2)?;
    writeln!(out)
}

fn count(out: &mut impl Write, judgements: &[Judgement]) -> io::Result<()> {
    let number = |word| {
        judgements
            .iter()
            .flat_map(|judgement| &judgement.outcomes)
            .filter(|outcome| result(outcome) == word)
            .count()
    };
    let mut parts = vec![format!("{} passed", number("passed"))];
    for word in ["failed", "skipped", "not judged"] {
        if number(word) > 0 {
            parts.push(format!("{} {word}", number(word)));
        }
    }
    let not_done: usize = judgements.iter().map(|judgement| judgement.not_done).sum();
    if not_done > 0 {
        parts.push(format!("{not_done} not done"));
    }
    writeln!(out, "{}", parts.join(", "))
}

/// Writes the checks of each target, a line each; with what each does, if that is wanted.
pub(crate) fn list(out: &mut impl Write, plan: &Plan, long: bool) -> io::Result<()> {
    for (target, checks) in plan {
        writeln!(out, "{BOLD}{}{BOLD:#}", target.name())?;
        for check in checks {
            writeln!(out, "  {:<10}  {}", check.grade.name(), check.name)?;
            if long {
                paragraph(out, "", &check.sentence, 12)?;
            }
        }
    }
    Ok(())
}

/// Writes `text` in lines of at most [`WIDTH`] columns, `label` before the first, all of them
/// indented. A word that is longer than a line is broken.
pub(crate) fn paragraph(
    out: &mut impl Write,
    label: &str,
    text: &str,
    indent: usize,
) -> io::Result<()> {
    let text = console::escape_to_one_line(text);
    let hang = indent + label.len();
    let mut line = format!("{:indent$}{label}", "");
    let mut column = hang;
    for word in text.split(' ') {
        let fits = column + 1 + width(word) <= WIDTH;
        if column > hang && fits {
            line.push(' ');
            column += 1;
        } else if column > hang {
            writeln!(out, "{line}")?;
            line = format!("{:hang$}", "");
            column = hang;
        }
        for c in word.chars() {
            if column + columns(c) > WIDTH {
                writeln!(out, "{line}")?;
                line = format!("{:hang$}", "");
                column = hang;
            }
            line.push(c);
            column += columns(c);
        }
    }
    writeln!(out, "{line}")
}

fn width(word: &str) -> usize {
    word.chars().map(columns).sum()
}

/// How many columns a terminal gives to `c`: Chinese takes two. Everything from the Hangul letters
/// on is taken for wide, which is near enough for setting a paragraph.
fn columns(c: char) -> usize {
    if c >= '\u{1100}' { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_indented_and_long_words_are_broken() {
        let mut out = Vec::new();
        let text = format!("one two {} 你好 end", "x".repeat(100));
        paragraph(&mut out, "hint: ", &text, 2).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!(
                "  hint: one two\n        {}\n        {} 你好 end\n",
                "x".repeat(72),
                "x".repeat(28)
            )
        );
    }
}
