//! `cargo lab hint` and `solution`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use common::console::print_line;

use crate::check::paragraph;
use crate::course::exercise::file_name;
use crate::course::steps::desk::Desk;
use crate::course::steps::{At, BOLD};
use crate::course::{open_library, tool, work};
use crate::pairs::Language;

/// Of which exercise
#[derive(Args, Debug)]
pub struct HintArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
    /// How much to say: 1 what to look at, 2 which call, 3 the lines in words [default: one more than the last time]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,
}

/// Of which exercise
#[derive(Args, Debug)]
pub struct SolutionArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
    /// Show it although yours has not passed
    #[arg(long)]
    spoil: bool,
}

/// The names of the three levels of hints.
const LEVELS: [&str; 3] = ["what to look at", "which call", "the lines in words"];

/// The file in an exercise's folder that says which hint was the last.
pub(in crate::course) const HINTS: &str = ".hints";

/// `cargo lab hint`: says a little more each time.
pub fn hint(args: &HintArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    say_hint(&desk, args.level)?;
    Ok(ExitCode::SUCCESS)
}

/// Says the hint of this level, from 1 to 3, or of the one after the last that was said, and notes it.
pub(in crate::course) fn say_hint(desk: &Desk, level: Option<u8>) -> Result<()> {
    let told = desk.work.folder(desk.exercise).join(HINTS);
    let before: u8 = fs::read_to_string(&told)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    let level = level.unwrap_or_else(|| before.saturating_add(1).min(3));
    let index = usize::from(level.clamp(1, 3)) - 1;
    let text = desk.exercise.hints[index].to(work::known(&desk.language()));
    let mut out = anstream::stdout().lock();
    writeln!(out, "{BOLD}Hint {level} of 3, {}{BOLD:#}", LEVELS[index])?;
    paragraph(&mut out, "", text, 2)?;
    if level > before {
        fs::write(&told, format!("{level}\n")).with_context(|| told.display().to_string())?;
    }
    Ok(())
}

/// `cargo lab solution`: shows ours, when theirs has passed.
pub fn solution(args: &SolutionArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    let exercise = desk.exercise;
    ensure!(
        desk.work.progress.is_done(exercise) || args.spoil,
        "{} has not passed yet: {} hint says more each time, and --spoil shows the solution all the same",
        exercise.id(),
        tool()
    );
    let name = desk.language();
    let languages = work::known(&name).map_or(Language::BOTH.to_vec(), |one| vec![one]);
    let is_terminal = io::stdout().is_terminal();
    for language in languages {
        let text = exercise.solution(&library, language).context(
            "the solutions are not here: they are not handed out with the tool, ask your teacher",
        )?;
        if is_terminal {
            print_line(format_args!("{}\n", file_name("main", language)))?;
        }
        print_line(text.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
