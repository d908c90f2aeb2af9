//! `cargo lab` alone: where the student is.

use std::io::Write;
use std::process::ExitCode;

use anstyle::Style;
use anyhow::Result;

use crate::course::steps::{At, BOLD, GREEN, shown};
use crate::course::work::{self, Work};
use crate::course::{open_library, tool};
use crate::pairs::labs;

/// `cargo lab`: shows where the student is.
pub fn overview(at: &At) -> Result<ExitCode> {
    let library = open_library()?;
    let root = work::place(at.dir.as_deref(), &library)?;
    let tool = tool();
    let mut out = anstream::stdout().lock();
    if !work::is_work(&root) {
        writeln!(
            out,
            "{BOLD}Socket programs, in Rust and in Python{BOLD:#}\n\n\
             {tool} start      makes a folder with your first exercise ({} in all)\n\
             {tool} list       the programs\n\
             {tool} --help     all commands",
            library.exercises.len()
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let work = Work::open(&root)?;
    writeln!(out, "{BOLD}{}{BOLD:#}\n", shown(&root))?;
    for lab in labs() {
        let all: Vec<_> = library
            .exercises
            .iter()
            .filter(|one| one.lab == lab)
            .collect();
        if all.is_empty() {
            continue;
        }
        let done = all.iter().filter(|one| work.progress.is_done(one)).count();
        let dots: String = all
            .iter()
            .map(|one| {
                if work.progress.is_done(one) {
                    '✓'
                } else {
                    '·'
                }
            })
            .collect();
        let style = if done == all.len() {
            GREEN
        } else {
            Style::new()
        };
        writeln!(
            out,
            "  {style}{lab:<18} {done:>2} of {:>2}  {dots}{style:#}",
            all.len()
        )?;
    }
    writeln!(out)?;
    match work
        .progress
        .at
        .as_deref()
        .map(|id| library.one(id))
        .transpose()?
    {
        None => writeln!(out, "Next: {tool} start")?,
        Some(exercise) => {
            let language = work.language(exercise);
            let all = exercise.stages.len();
            let passed = work.progress.stages(exercise, language).unwrap_or(0);
            writeln!(
                out,
                "You are at {BOLD}{}{BOLD:#}, {} ({language}): {passed} of {all} stages.",
                exercise.id(),
                exercise.title
            )?;
            let next = if passed == all { "next" } else { "watch" };
            writeln!(out, "Next: {tool} {next}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
