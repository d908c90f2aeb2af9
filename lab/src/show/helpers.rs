//! What a step calls in `common`, for `--expand`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use regex_lite::Regex;

use crate::highlight::{Line, highlight};
use crate::pairs::Language;
use crate::run::executables;
use crate::show::rows::{Cell, Row};
use crate::steps::Source;

/// The functions of `common` that a row calls, in both languages.
pub(super) fn helpers(row: &Row) -> Result<Vec<(String, Cell, Cell)>> {
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
