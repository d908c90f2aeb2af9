//! A program's sources in two languages, cut into rows: a step in both, or what stands between the steps.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::highlight::{Line, highlight};
use crate::pairs::{Language, Pair, Side};
use crate::steps;

/// The lines of one language in a row, and where they are from.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The file, and the number of the first line in it.
    pub from: Option<(PathBuf, usize)>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One row: a step in both languages, or what stands outside of the steps.
#[derive(Clone, Debug, Default)]
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
    // By the number of the step, what stands before it first; what stands behind the last one is the last.
    let mut rows: BTreeMap<(u32, bool), Row> = BTreeMap::new();
    for language in Language::BOTH {
        for source in steps::sources(program, side, language)? {
            let lines = highlight(&source.text, language);
            for (at, piece) in source.pieces.iter().enumerate() {
                let is_blank = |line: &&Line| line.text.trim().is_empty();
                let piece_lines = &lines[piece.lines.clone()];
                let blank = piece_lines.iter().rev().take_while(is_blank).count();
                let piece_lines = &piece_lines[..piece_lines.len() - blank];
                if piece_lines.is_empty() {
                    continue;
                }
                let next = source.pieces[at..].iter().find_map(|piece| piece.step);
                let place = (next.unwrap_or(u32::MAX), piece.step.is_some());
                let row = rows.entry(place).or_insert_with(|| Row {
                    step: piece.step,
                    title: piece.title.clone(),
                    ..Row::default()
                });
                let cell = match language {
                    Language::Rust => &mut row.rust,
                    Language::Python => &mut row.python,
                };
                let first = piece.lines.start + 1;
                cell.from
                    .get_or_insert_with(|| (source.path.clone(), first));
                cell.lines.extend_from_slice(piece_lines);
            }
        }
    }
    Ok(rows.into_values().collect())
}
