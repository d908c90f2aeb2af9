//! The sources of the programs, cut into their numbered steps: `// (5) accept` in Rust and
//! `# (5) accept` in Python begin the same step.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::pairs::{Language, Pair, Side};
use crate::run::executables;

/// What begins a new item, which is not of the step above it.
const ITEMS: &[&str] = &[
    "fn ",
    "pub ",
    "pub(",
    "impl",
    "struct ",
    "enum ",
    "mod ",
    "use ",
    "type ",
    "const ",
    "static ",
    "#[",
    "///",
    "def ",
    "class ",
    "@",
    "if __name__",
];

/// Some lines of a source: a step, or what stands between the steps.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The step's number; none for what belongs to no step.
    pub step: Option<u32>,
    /// What the comment says after the number: `accept: takes the next client …`.
    pub title: String,
    /// Which lines, counted from 0. The comment is the first.
    pub lines: Range<usize>,
}

/// A source file and its pieces, in their order, none left out.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is, from the workspace's folder.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

impl Source {
    /// Reads a file of the workspace.
    pub fn read(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(executables::workspace().join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        let pieces = cut(&text);
        Ok(Self { path, text, pieces })
    }

    /// The step that a line belongs to; lines count from 1, as compilers count them.
    #[must_use]
    pub fn step_at(&self, line: usize) -> Option<u32> {
        let line = line.checked_sub(1)?;
        self.pieces
            .iter()
            .find(|piece| piece.lines.contains(&line))?
            .step
    }

    /// The numbers of the steps, as they follow each other.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.pieces.iter().filter_map(|piece| piece.step)
    }
}

/// The files in which the steps of one side of a program stand: its executable, and its class where
/// that has a file of its own.
pub fn sources(program: &Pair, side: Side, language: Language) -> Result<Vec<Source>> {
    let executable = match language {
        Language::Rust => executables::rust_source(program, side),
        Language::Python => executables::python_source(program, side),
    };
    let mut paths = vec![executable];
    if language == Language::Rust {
        let file = paths[0].file_name().unwrap_or_default();
        let class = executables::workspace()
            .join(program.package)
            .join("src")
            .join(file);
        paths.extend(Some(class).filter(|class| class.is_file()));
    }
    let from_workspace = |path: PathBuf| {
        let inner = path.strip_prefix(executables::workspace());
        inner.map(PathBuf::from).unwrap_or(path)
    };
    paths
        .into_iter()
        .map(from_workspace)
        .map(Source::read)
        .collect()
}

/// The number and the words of a step's comment.
fn step(line: &str) -> Option<(u32, &str)> {
    let line = line.trim_start();
    let comment = line
        .strip_prefix("// (")
        .or_else(|| line.strip_prefix("# ("))?;
    let (number, title) = comment.split_once(')')?;
    Some((number.parse().ok()?, title.trim()))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn cut(text: &str) -> Vec<Piece> {
    let outside = |at| Piece {
        step: None,
        title: String::new(),
        lines: at..at,
    };
    let mut pieces = vec![outside(0)];
    let mut depth = 0; // how far the current step's comment is indented
    for (at, line) in text.lines().enumerate() {
        let current = pieces.last().and_then(|piece| piece.step);
        let item = ITEMS.iter().any(|item| line.trim_start().starts_with(item));
        if let Some((number, title)) = step(line) {
            depth = indent(line);
            pieces.push(Piece {
                step: Some(number),
                title: title.to_owned(),
                lines: at..at,
            });
        } else if current.is_some() && item && indent(line) < depth {
            pieces.push(outside(at));
        }
        if let Some(piece) = pieces.last_mut() {
            piece.lines.end = at + 1;
        }
    }
    pieces.retain(|piece| !piece.lines.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_cut_at_its_steps_and_at_the_items_after_them() {
        let text = "fn main() {\n    // (1) socket\n    a();\n    loop {\n        // (2) recv: all\n        b();\n    }\n}\n\nfn b() {}\n";
        let pieces = cut(text);
        let told: Vec<_> = pieces
            .iter()
            .map(|p| (p.step, p.title.as_str(), p.lines.clone()))
            .collect();
        assert_eq!(
            told,
            [
                (None, "", 0..1),
                (Some(1), "socket", 1..4),
                (Some(2), "recv: all", 4..9),
                (None, "", 9..10),
            ]
        );
    }

    #[test]
    fn a_line_tells_its_step() {
        let source = Source {
            path: "x.py".into(),
            text: String::new(),
            pieces: cut("import x\n# (1) socket\nx()\n"),
        };
        assert_eq!(source.step_at(1), None);
        assert_eq!(source.step_at(3), Some(1));
        assert_eq!(source.step_at(9), None);
        assert_eq!(source.step_at(0), None);
    }
}
