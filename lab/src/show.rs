//! `cargo lab show`: a program in Rust and in Python beside each other, aligned by its steps.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anstyle::Style;
use anyhow::{Context, Result};
use clap::Args;
use regex_lite::Regex;
use unicode_width::UnicodeWidthChar;

use crate::highlight::{Kind, Line, highlight};
use crate::pairs::{self, Language, Pair, Side};
use crate::run::executables;
use crate::steps::{self, Source};

/// What to show
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The program by number or name (see `cargo lab list`)
    program: String,
    /// The server alone
    #[arg(long, conflicts_with = "client")]
    server: bool,
    /// The client alone
    #[arg(long)]
    client: bool,
    /// Below each step, what it calls in `common`
    #[arg(long)]
    expand: bool,
}

/// From so many columns on the languages stand beside each other.
const BESIDE: usize = 120;

/// The lines of one language in a row, and where they are from.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The file, and the number of the first line in it.
    pub from: Option<(PathBuf, usize)>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One row: a step in both languages, or what stands outside of the steps.
#[derive(Clone, Debug)]
pub struct Row {
    /// The step's number.
    pub step: Option<u32>,
    /// What it is called, in the words of the Rust source.
    pub title: String,
    /// In Rust.
    pub rust: Cell,
    /// In Python.
    pub python: Cell,
}

/// The rows of one side of a program: its steps in their order, each with what stands before it in
/// its file.
pub fn rows(program: &Pair, side: Side) -> Result<Vec<Row>> {
    let rust = cells(
        &steps::sources(program, side, Language::Rust)?,
        Language::Rust,
    );
    let python = cells(
        &steps::sources(program, side, Language::Python)?,
        Language::Python,
    );
    let mut rows: Vec<Row> = Vec::new();
    for (pieces, is_rust) in [(rust, true), (python, false)] {
        for piece in pieces {
            let at = rows
                .iter()
                .position(|row| {
                    (row.step, row.title.is_empty()) == (piece.step, piece.title.is_empty())
                        && row.step.is_some()
                })
                .or_else(|| {
                    rows.iter().position(|row| {
                        row.step.is_none() && piece.step.is_none() && row.title == piece.title
                    })
                });
            let row = if let Some(at) = at {
                &mut rows[at]
            } else {
                rows.push(Row {
                    step: piece.step,
                    title: piece.title.clone(),
                    rust: Cell::default(),
                    python: Cell::default(),
                });
                let last = rows.len() - 1;
                &mut rows[last]
            };
            let cell = if is_rust {
                &mut row.rust
            } else {
                &mut row.python
            };
            if cell.lines.is_empty() {
                *cell = piece.cell;
            } else {
                cell.lines.extend(piece.cell.lines);
            }
        }
    }
    let last = rows.iter().filter_map(|row| row.step).max().unwrap_or(0);
    rows.sort_by_key(|row| match (row.step, row.title.as_str()) {
        (Some(step), _) => (step, 1),
        (None, before) => (before.parse().unwrap_or(last + 1), 0),
    });
    for row in &mut rows {
        if row.step.is_none() {
            row.title = String::new();
        }
    }
    Ok(rows)
}

/// A piece of a source in colour. Outside of the steps its title is the number of the next step.
struct Piece {
    step: Option<u32>,
    title: String,
    cell: Cell,
}

fn cells(sources: &[Source], language: Language) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for source in sources {
        let lines = highlight(&source.text, language);
        for (at, piece) in source.pieces.iter().enumerate() {
            let next = source.pieces[at..].iter().find_map(|piece| piece.step);
            let mut range = piece.lines.clone();
            while range.end > range.start && lines[range.end - 1].text.trim().is_empty() {
                range.end -= 1;
            }
            if range.is_empty() {
                continue;
            }
            pieces.push(Piece {
                step: piece.step,
                title: match piece.step {
                    Some(_) => piece.title.clone(),
                    None => next.map(|step| step.to_string()).unwrap_or_default(),
                },
                cell: Cell {
                    from: Some((source.path.clone(), range.start + 1)),
                    lines: lines[range].to_vec(),
                },
            });
        }
    }
    pieces
}

/// Runs the command.
pub fn run(args: &ShowArgs) -> Result<ExitCode> {
    let program = pairs::one(&args.program)?;
    let sides: &[Side] = match (args.server, args.client) {
        (true, _) => &[Side::Server],
        (_, true) => &[Side::Client],
        _ => &[Side::Server, Side::Client],
    };
    let width = crate::terminal_width();
    let mut text = String::new();
    for &side in sides {
        text.push_str(&draw(program, side, width, args.expand)?);
    }
    page(&text)
}

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
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut used = 0;
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
        let wide = letter.width().unwrap_or(0);
        if used + wide > width {
            change(&mut current, style, None);
            lines.push(std::mem::replace(&mut current, " ".repeat(indent)));
            change(&mut current, None, style);
            used = indent;
        }
        if kind != style {
            change(&mut current, style, kind);
            style = kind;
        }
        current.push(letter);
        used += wide;
    }
    change(&mut current, style, None);
    lines.push(current);
    lines
}

fn columns(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// The functions of `common` that a row calls, in both languages.
fn helpers(row: &Row) -> Result<Vec<(String, Cell, Cell)>> {
    let mut names = Vec::new();
    let call = Regex::new(
        r"(?:^|[^A-Za-z0-9_])(net|console|flags|header|notation|files|progress|names|commands)(?:::|\.)([a-z_]+)\(|\.(or_[a-z_]+)\(",
    )?;
    for line in row.rust.lines.iter().chain(&row.python.lines) {
        for found in call.captures_iter(&line.text) {
            let name = found
                .get(2)
                .or(found.get(3))
                .map_or("", |name| name.as_str())
                .to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut helpers = Vec::new();
    for name in names {
        let rust = find(&name, Language::Rust)?;
        let python = find(&name, Language::Python)?;
        if !(rust.lines.is_empty() && python.lines.is_empty()) {
            helpers.push((name, rust, python));
        }
    }
    Ok(helpers)
}

/// A function of `common`, with its documentation.
fn find(name: &str, language: Language) -> Result<Cell> {
    let (folder, ending, begins) = match language {
        Language::Rust => ("common/src", "rs", format!("fn {name}")),
        Language::Python => ("common/python/common", "py", format!("def {name}")),
    };
    let mut folders = vec![executables::workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let inner = path.strip_prefix(executables::workspace()).unwrap_or(&path);
                let source = Source::read(inner.to_owned())?;
                let lines = highlight(&source.text, language);
                if let Some(range) = item(&lines, &begins, language) {
                    return Ok(Cell {
                        from: Some((source.path, range.start + 1)),
                        lines: lines[range].to_vec(),
                    });
                }
            }
        }
    }
    Ok(Cell::default())
}

/// The lines of the item that begins so, with what is written above it.
fn item(lines: &[Line], begins: &str, language: Language) -> Option<std::ops::Range<usize>> {
    let is_it = |line: &Line| {
        let text = line.text.trim_start();
        let text = text.strip_prefix("pub ").unwrap_or(text);
        let text = text.strip_prefix("pub(crate) ").unwrap_or(text);
        text.strip_prefix(begins)
            .is_some_and(|rest| rest.starts_with(['(', '<']))
    };
    let at = lines.iter().position(is_it)?;
    let indent = |line: &Line| line.text.len() - line.text.trim_start().len();
    let depth = indent(&lines[at]);
    let above = |line: &&Line| {
        let text = line.text.trim_start();
        indent(line) == depth
            && ["///", "#[", "@"]
                .iter()
                .any(|begin| text.starts_with(begin))
    };
    let start = at - lines[..at].iter().rev().take_while(above).count();
    let after = &lines[at + 1..];
    let inside = |line: &&Line| {
        line.text.trim().is_empty()
            || indent(line) > depth
            || line.text.trim_start().starts_with([')', '{'])
    };
    let mut end = at + 1 + after.iter().take_while(inside).count();
    if language == Language::Rust && !lines[at].text.trim_end().ends_with(';') {
        end += 1; // the brace
    }
    end = end.min(lines.len());
    while end > at + 1 && lines[end - 1].text.trim().is_empty() {
        end -= 1;
    }
    Some(start..end)
}

/// Shows text on a terminal by `$PAGER`, as git does, and prints it otherwise.
fn page(text: &str) -> Result<ExitCode> {
    let pager = env::var("PAGER")
        .ok()
        .filter(|pager| !pager.trim().is_empty());
    let pager = pager.unwrap_or_else(|| "less".to_owned());
    let mut words = pager.split_whitespace();
    let program = words.next().unwrap_or("less");
    if io::stdout().is_terminal() && program != "cat" {
        let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let plain;
        let shown = if coloured {
            text
        } else {
            plain = anstream::adapter::strip_str(text).to_string();
            &plain
        };
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if env::var_os("LESS").is_none() {
            // Ends at once where all fits on the screen, passes colours on, and leaves them there.
            command.env("LESS", "FRX");
        }
        if let Ok(mut pager) = command.spawn() {
            if let Some(mut stdin) = pager.stdin.take() {
                // Whoever quits has seen enough.
                let _ = stdin.write_all(shown.as_bytes());
            }
            pager.wait()?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    anstream::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
