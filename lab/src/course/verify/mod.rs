//! `cargo lab exercises`: lists them, and proves that they are sound.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use common::console::print_line;

use crate::check::engine::judge::Outcome;
use crate::check::engine::subject::Subject;
use crate::check::engine::trial::Pace;
use crate::course::exercise::{Exercise, Kind};
use crate::course::judge::{self, Judged};
use crate::course::library::Library;
use crate::course::open_library;
use crate::pairs::Language;
use crate::run::workers;

mod programs;
mod texts;

use programs::Programs;

/// Which exercises
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ExercisesArgs {
    /// Exercises or labs to list [default: all]
    #[arg(value_name = "EXERCISE")]
    exercises: Vec<String>,

    #[command(subcommand)]
    command: Option<ExercisesCommand>,
}

#[derive(Subcommand, Debug)]
enum ExercisesCommand {
    /// Proves that the exercises are sound: skeletons build and fail where they say, solutions pass
    Verify {
        /// Exercises or labs [default: all]
        #[arg(value_name = "EXERCISE")]
        exercises: Vec<String>,
    },
}

/// Lists the exercises, or verifies them.
pub fn exercises(args: &ExercisesArgs) -> Result<ExitCode> {
    let library = open_library()?;
    match &args.command {
        None => list(&library, &args.exercises),
        Some(ExercisesCommand::Verify { exercises }) => {
            let shortcomings = verify(&library, exercises, |line| {
                // A reader who has gone has seen enough.
                let _ = print_line(line);
            })?;
            let count = library.select(exercises)?.len();
            print_line(format_args!(
                "{count} exercises, {} shortcomings",
                shortcomings.len()
            ))?;
            Ok(ExitCode::from(u8::from(!shortcomings.is_empty())))
        }
    }
}

/// A line for each, within 80 columns.
fn list(library: &Library, words: &[String]) -> Result<ExitCode> {
    let mut text = String::new();
    let mut lab = "";
    for exercise in library.select(words)? {
        if exercise.lab != lab {
            lab = &exercise.lab;
            let _ = writeln!(text, "{lab:<27}{:<6} {:>3}", "kind", "min");
        }
        let _ = writeln!(
            text,
            "  {:<25}{:<6} {:>3} {}",
            exercise.name,
            exercise.kind.word(),
            exercise.minutes,
            exercise.title
        );
    }
    print_line(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Looks at the exercises that `words` ask for, tells each finding as it comes, and returns all.
pub(super) fn verify(
    library: &Library,
    words: &[String],
    told: impl Fn(&str) + Sync,
) -> Result<Vec<String>> {
    let exercises = library.select(words)?;
    let mut shortcomings = Vec::new();
    for line in library.unreadable.iter().filter(|_| words.is_empty()) {
        told(line);
        shortcomings.push(line.clone());
    }
    for exercise in &exercises {
        for shortcoming in texts::shortcomings(library, exercise) {
            let line = format!("{}: {shortcoming}", exercise.id());
            told(&line);
            shortcomings.push(line);
        }
    }
    let programs = Programs::build(library, &exercises)?;
    for line in &programs.unbuilt {
        told(line);
        shortcomings.push(line.clone());
    }
    let mut jobs = Vec::new();
    for exercise in &exercises {
        for language in Language::BOTH {
            for what in What::ALL {
                jobs.push((*exercise, language, what));
            }
        }
    }
    let found = workers::in_parallel(8, &jobs, |&(exercise, language, what)| {
        let subject = programs.subject(exercise, language, what)?;
        let found = look(exercise, language, what, &subject)?;
        let line = format!(
            "{}, the {} in {}: {found}",
            exercise.id(),
            what.name(),
            language.name()
        );
        told(&line);
        Some(line)
    });
    shortcomings.extend(found.into_iter().flatten());
    Ok(shortcomings)
}

/// What of an exercise is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Skeleton,
    /// The skeleton, of which a student has taken away the comment signs.
    Uncommented,
    Solution,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Skeleton => "skeleton",
            Self::Uncommented => "uncommented",
            Self::Solution => "solution",
        }
    }

    const ALL: [Self; 3] = [Self::Skeleton, Self::Uncommented, Self::Solution];

    /// The program; `None` where there is none.
    fn source(
        self,
        library: &Library,
        exercise: &Exercise,
        language: Language,
    ) -> Result<Option<String>> {
        match self {
            Self::Skeleton => exercise.skeleton(library, language).map(Some),
            Self::Uncommented => exercise.uncommented(library, language),
            Self::Solution => exercise.solution(library, language).map(Some),
        }
    }
}

/// Judges one program, and says what is not as it should be.
fn look(exercise: &Exercise, language: Language, what: What, subject: &Subject) -> Option<String> {
    const SHORT: Duration = Duration::from_secs(2);
    const LONG: Duration = Duration::from_secs(20);
    // Most skeletons say nothing, and need not be waited for; one that seems wrong gets the time that a solution has on
    // a busy machine.
    if what != What::Solution {
        look_for(SHORT, exercise, language, what, subject)?;
    }
    look_for(LONG, exercise, language, what, subject)
}

/// The same, with that much patience for an answer.
fn look_for(
    patience: Duration,
    exercise: &Exercise,
    language: Language,
    what: What,
    subject: &Subject,
) -> Option<String> {
    let pace = Pace::with_patience(patience);
    let judged = judge::stages(
        exercise,
        subject,
        pace,
        |last| last.failure().is_none(),
        |_| (),
    );
    let failed = judged.iter().find_map(|one| Some((one, one.failure()?)));
    match (what, failed) {
        (What::Solution, None) => None,
        (What::Solution, Some((stage, outcome))) => {
            Some(format!("fails at {:?}: {outcome}", stage.stage.title))
        }
        (What::Skeleton | What::Uncommented, None) => Some("passes".to_owned()),
        (What::Uncommented, Some((stage, outcome))) => {
            let is_first = std::ptr::eq(stage.stage, &raw const exercise.stages[0]);
            is_first.then(|| format!("does not pass the first stage: {outcome}"))
        }
        (What::Skeleton, Some((stage, outcome))) => {
            if let Some(long) = too_long(exercise, outcome, language) {
                return Some(long);
            }
            if stage.stage.title != exercise.fails_at {
                return Some(format!(
                    "fails at {:?}, not at {:?}: {outcome}",
                    stage.stage.title, exercise.fails_at
                ));
            }
            (exercise.kind == Kind::Fault)
                .then(|| missed(exercise, stage))
                .flatten()
                .map(|missed| format!("in {}: {missed}", language.name()))
        }
    }
}

/// Whether what is said of a failure does not fit on a terminal's screen, with the stages above it.
fn too_long(exercise: &Exercise, outcome: &Outcome, language: Language) -> Option<String> {
    const SCREEN: usize = 24;
    let mut told = Vec::new();
    judge::failure(&mut told, outcome, Some(language)).ok()?;
    // A heading, a blank line, the stages.
    let lines = 2 + exercise.stages.len() + String::from_utf8_lossy(&told).lines().count();
    (lines > SCREEN).then(|| {
        format!(
            "what is said of {} takes {lines} lines, and a screen has {SCREEN}",
            outcome.check.name
        )
    })
}

/// Whether the check that catches the planted fault is not among those that failed.
fn missed(exercise: &Exercise, stage: &Judged) -> Option<String> {
    let fault = exercise.fault().ok()?;
    let names = stage.outcomes.iter().filter(|outcome| outcome.failed());
    let names: Vec<_> = names.map(|outcome| outcome.check.name).collect();
    (!names.contains(&fault.caught_by.as_str()) && exercise.own.is_empty())
        .then(|| format!("{} does not fail, but {names:?}", fault.caught_by))
}
