//! Rows as text with colours, in as many columns as there are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::Style;
use anyhow::Result;
use unicode_width::UnicodeWidthChar;

use crate::highlight::{Kind, Line};
use crate::pairs::{Pair, Side};
use crate::show::helpers::helpers;
use crate::show::rows::{Cell, Row, rows};

/// From so many columns on the languages stand beside each other.
const BESIDE: usize = 120;

/// One side of a program as `width` columns of text, with colours that `anstream` takes out where there
/// are none.
pub fn draw(program: &Pair, side: Side, width: usize, expand: bool) -> Result<String> {
    let bold = Style::new().bold();
    let mut text = format!(
        "{bold}{} {}, the {}: {}{bold:#}\n",
        program.number,
        program.name(),
        side.name(),
        program.about
    );
    let beside = width >= BESIDE;
    let column = if beside { (width - 3) / 2 } else { width };
    let mut told: (PathBuf, PathBuf) = (PathBuf::new(), PathBuf::new());
    let mut unfolded = BTreeSet::new();
    for row in rows(program, side)? {
        text.push_str(&heading(&row, width));
        let rust = cell(&row.rust, &mut told.0, column);
        let python = cell(&row.python, &mut told.1, column);
        write_cells(&mut text, &rust, &python, beside, column);
        if expand {
            for (name, rust, python) in helpers(&row)? {
                if !unfolded.insert(name.clone()) {
                    continue;
                }
                let _ = writeln!(text, "   {bold}↳ {name}{bold:#}");
                let mut told = (PathBuf::new(), PathBuf::new());
                let rust = cell(&rust, &mut told.0, column);
                let python = cell(&python, &mut told.1, column);
                write_cells(&mut text, &rust, &python, beside, column);
            }
        }
    }
    let _ = writeln!(text, "{}", "─".repeat(width));
    Ok(text)
}

/// The line above a row; a long title goes on below.
fn heading(row: &Row, width: usize) -> String {
    let Some(step) = row.step else {
        return "─".repeat(width) + "\n";
    };
    let bold = Style::new().bold();
    let title = Line {
        text: format!("({step}) {}", row.title),
        parts: Vec::new(),
    };
    let mut heading = String::new();
    for (at, line) in coloured(&title, width - 3).iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = match at {
            0 => {
                let rule = "─".repeat(width.saturating_sub(columns(line) + 4));
                writeln!(
                    heading,
                    "{}",
                    format!("── {bold}{line}{bold:#} {rule}").trim_end()
                )
            }
            _ => writeln!(heading, "   {bold}{line}{bold:#}"),
        };
    }
    heading
}

/// Lines beside each other, or one language above the other.
fn write_cells(text: &mut String, rust: &[String], python: &[String], beside: bool, column: usize) {
    if !beside {
        for line in rust.iter().chain(python) {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        return;
    }
    for at in 0..rust.len().max(python.len()) {
        let empty = String::new();
        let (left, right) = (
            rust.get(at).unwrap_or(&empty),
            python.get(at).unwrap_or(&empty),
        );
        let plain = anstream::adapter::strip_str(left).to_string();
        let gap = column.saturating_sub(columns(&plain));
        let _ = writeln!(text, "{left}{:gap$} │ {right}", "");
    }
}

/// The lines of a cell in colour, the file's name above them where it is another than before.
fn cell(cell: &Cell, told: &mut PathBuf, width: usize) -> Vec<String> {
    let Some((path, _)) = &cell.from else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if path != told {
        told.clone_from(path);
        let dim = Style::new().dimmed();
        lines.push(format!("{dim}{}{dim:#}", path.display()));
    }
    lines.extend(cell.lines.iter().flat_map(|line| coloured(line, width)));
    lines
}

/// A line in colour, in as many lines of `width` columns as it takes; the later ones are indented as the
/// first, and a bit.
fn coloured(line: &Line, width: usize) -> Vec<String> {
    let indent = line.text.len() - line.text.trim_start().len() + 4;
    let indent = if indent + 20 < width { indent } else { 0 };
    let breaks = breaks(&line.text, width, indent);
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut style: Option<Kind> = None;
    let change = |current: &mut String, from: Option<Kind>, to: Option<Kind>| {
        if let Some(kind) = from {
            let _ = write!(current, "{:#}", kind.style());
        }
        if let Some(kind) = to {
            let _ = write!(current, "{}", kind.style());
        }
    };
    for (at, letter) in line.text.char_indices() {
        let kind = line
            .parts
            .iter()
            .find(|(range, _)| range.contains(&at))
            .map(|(_, kind)| *kind);
        if breaks.contains(&at) {
            current.truncate(current.trim_end().len());
            change(&mut current, style, None);
            lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
            change(&mut current, None, style);
            if letter == ' ' {
                continue;
            }
        }
        if kind != style {
            change(&mut current, style, kind);
            style = kind;
        }
        current.push(letter);
    }
    change(&mut current, style, None);
    lines.push(current);
    lines
}

/// Where a line goes on below: behind the last blank that fits, or in the middle of a word that does not.
fn breaks(text: &str, width: usize, indent: usize) -> Vec<usize> {
    let begin = text.len() - text.trim_start().len();
    let mut breaks = Vec::new();
    let mut used = 0;
    let mut blank = None;
    for (at, letter) in text.char_indices() {
        let wide = letter.width().unwrap_or(0);
        if letter == ' ' && used + wide > width {
            // It would be the first of the next line, which begins without it.
            breaks.push(at);
            (used, blank) = (indent, None);
            continue;
        }
        // What stands behind the blank may be too long for a line of its own.
        for _ in 0..2 {
            if used + wide > width {
                let (to, before) = blank.take().unwrap_or((at, used));
                breaks.push(to);
                used = indent + used - before;
            }
        }
        used += wide;
        if letter == ' ' && at > begin {
            blank = Some((at + 1, used));
        }
    }
    breaks
}

fn columns(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_where_it_can_be() {
        let drawn = |text: &str, width| {
            let (text, parts) = (text.to_owned(), Vec::new());
            coloured(&Line { text, parts }, width)
        };
        let text = "  one two three four five six seven";
        assert_eq!(
            drawn(text, 28),
            ["  one two three four five", "      six seven"]
        );
        assert_eq!(drawn(text, 25), ["  one two three four five", "six seven"]);
        let word = "x".repeat(40);
        assert_eq!(
            drawn(&word, 30),
            [&word[..30], &format!("    {}", &word[..10])]
        );
        for width in [1, 2, 5, 30] {
            let lines = drawn("你好 hello 你好 a b c", width);
            let letters = |text: &str| text.replace(' ', "");
            assert_eq!(letters(&lines.concat()), "你好hello你好abc");
            let fits = |line: &String| columns(line) <= width.max(2);
            assert!(lines.iter().all(fits), "{lines:?}");
        }
    }
}
