//! `cargo lab exercises`: lists them, and proves that they are sound.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use common::console::print_line;

use crate::check::engine::judge::Outcome;
use crate::check::engine::subject::Subject;
use crate::check::engine::trial::{Pace, Stop};
use crate::check::{Grade, checks_of};
use crate::course::exercise::{Exercise, Kind, Library, file_name};
use crate::course::judge::{self, Judged};
use crate::course::library;
use crate::course::steps::bin;
use crate::course::work::{TEMPLATE, arguments, put};
use crate::pairs::Language;
use crate::run::executables::{self, workspace};
use crate::run::workers;

/// Which exercises
#[derive(Args, Debug)]
pub struct ExercisesArgs {
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
    let library = library()?;
    match &args.command {
        None => list(&library),
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

fn list(library: &Library) -> Result<ExitCode> {
    let mut text = String::new();
    let mut lab = "";
    for exercise in &library.exercises {
        if exercise.lab != lab {
            lab = &exercise.lab;
            let _ = writeln!(text, "{lab}");
        }
        let _ = writeln!(
            text,
            "  {:<40} {:<14} {:>3} min  {}",
            exercise.id(),
            exercise.kind.name(),
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
        for shortcoming in texts(library, exercise) {
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
    let found = workers::in_parallel(4, &jobs, |&(exercise, language, what)| {
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
            Self::Uncommented => exercise.uncommented(language),
            Self::Solution => exercise.solution(library, language).map(Some),
        }
    }
}

/// What is wrong with what an exercise says: no program is needed for that.
fn texts(library: &Library, exercise: &Exercise) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let lab: Vec<_> = library
        .exercises
        .iter()
        .filter(|one| one.lab == exercise.lab)
        .collect();
    let position = lab
        .iter()
        .position(|one| one.name == exercise.name)
        .unwrap_or(0);
    let number = format!("{:02}-", position + 1);
    expect(
        exercise.name.starts_with(&number),
        format!("it is the exercise {number}… of its lab"),
    );
    expect(
        exercise.target.pair.package == exercise.lab,
        "its target is of another lab".to_owned(),
    );
    expect(
        (1..=120).contains(&exercise.minutes),
        format!("{} minutes", exercise.minutes),
    );
    for before in &exercise.builds_on {
        let index = |id: &str| library.exercises.iter().position(|one| one.id() == id);
        expect(
            index(before).is_some_and(|before| Some(before) < index(&exercise.id())),
            format!("it builds on {before}, which does not come before it"),
        );
    }
    expect(
        exercise
            .stages
            .iter()
            .any(|stage| stage.title == exercise.fails_at),
        format!(
            "there is no stage {:?} at which it could fail",
            exercise.fails_at
        ),
    );
    for words in &exercise.hints {
        for language in Language::BOTH {
            let text = words.to(Some(language));
            expect(
                text.ends_with('.'),
                format!("a hint is no sentence: {text:?}"),
            );
        }
    }
    let readme = exercise.readme().unwrap_or_default();
    expect(
        readme.starts_with(&format!("# {}\n", exercise.title)),
        "its README does not begin with its title".to_owned(),
    );
    match exercise.kind {
        Kind::Write => {}
        Kind::Change => wrong.extend(forgotten_checks(exercise)),
        Kind::Fault => match exercise.fault() {
            Err(error) => wrong.push(format!("{error:#}")),
            Ok(fault) => {
                let why = fault.why.to(Some(Language::Python));
                for text in [fault.title.as_str(), &fault.wrong, why] {
                    if readme.contains(text.trim_end_matches('.')) {
                        wrong.push(format!("its README tells what is wrong: {text}"));
                    }
                }
            }
        },
    }
    let expected: BTreeSet<&str> = match exercise.kind {
        Kind::Fault => ["exercise.toml", "README.md", "fault.toml"].into(),
        _ => ["exercise.toml", "README.md", "solution.rs", "solution.py"].into(),
    };
    let files = fs::read_dir(&exercise.folder)
        .into_iter()
        .flatten()
        .flatten();
    let found: BTreeSet<String> = files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    if !found
        .iter()
        .map(String::as_str)
        .eq(expected.iter().copied())
    {
        wrong.push(format!("its folder holds {found:?}, not {expected:?}"));
    }
    wrong
}

/// The checks of the protocol that a changed program neither passes nor replaces.
fn forgotten_checks(exercise: &Exercise) -> Vec<String> {
    let asked: BTreeSet<_> = (exercise.stages.iter())
        .flat_map(|stage| &stage.checks)
        .map(|check| check.name)
        .collect();
    let mut wrong = Vec::new();
    let protocol = checks_of(&exercise.target);
    for check in protocol
        .iter()
        .filter(|check| check.grade == Grade::Protocol)
    {
        let replaced = exercise.replaces.iter().any(|name| name == check.name);
        if asked.contains(check.name) == replaced {
            wrong.push(format!(
                "the check {} is to be asked for or replaced",
                check.name
            ));
        }
    }
    if exercise.own.is_empty() && exercise.replaces.is_empty() {
        wrong.push("a change with no check of its own".to_owned());
    }
    wrong
}

/// Judges one program, and says what is not as it should be.
fn look(exercise: &Exercise, language: Language, what: What, subject: &Subject) -> Option<String> {
    // A skeleton that says nothing is waited for; a solution on a busy machine gets its time.
    let patience = match what {
        What::Skeleton | What::Uncommented => Duration::from_secs(2),
        What::Solution => Duration::from_secs(20),
    };
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
        (What::Solution, Some((stage, outcome))) => Some(format!(
            "fails at {:?}: {}: {}",
            stage.stage.title,
            outcome.check.name,
            told(outcome.verdict.as_ref().err())
        )),
        (What::Skeleton | What::Uncommented, None) => Some("passes".to_owned()),
        (What::Uncommented, Some((stage, outcome))) => {
            let is_first = std::ptr::eq(stage.stage, &raw const exercise.stages[0]);
            is_first.then(|| {
                let failure = told(outcome.verdict.as_ref().err());
                format!(
                    "does not pass the first stage: {}: {failure}",
                    outcome.check.name
                )
            })
        }
        (What::Skeleton, Some((stage, outcome))) => {
            if let Some(long) = too_long(exercise, outcome, language) {
                return Some(long);
            }
            if stage.stage.title != exercise.fails_at {
                return Some(format!(
                    "fails at {:?}, not at {:?}: {}: {}",
                    stage.stage.title,
                    exercise.fails_at,
                    outcome.check.name,
                    told(outcome.verdict.as_ref().err())
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

fn told(stop: Option<&Stop>) -> String {
    match stop {
        Some(Stop::Failed {
            expected, happened, ..
        }) => {
            format!("expected {expected}; happened: {happened}")
        }
        Some(Stop::NotJudged(why) | Stop::Skipped(why)) => why.clone(),
        None => String::new(),
    }
}

/// All programs of the exercises, in a folder as a student's.
struct Programs {
    folder: PathBuf,
    target: PathBuf,
    unbuilt: Vec<String>,
    _lock: File,
}

impl Programs {
    /// Writes them, and builds those in Rust in one go, with warnings denied for solutions.
    fn build(library: &Library, exercises: &[&Exercise]) -> Result<Self> {
        let folder = workspace().join("target").join("exercises");
        fs::create_dir_all(&folder)?;
        // Two that verify at once would take each other's programs.
        let lock = File::create(folder.join(".lock"))?;
        lock.lock()?;
        for (path, content) in TEMPLATE {
            write(&folder.join(path), content)?;
        }
        let mut unbuilt = Vec::new();
        let mut manifest = String::new();
        let mut names = Vec::new();
        for exercise in exercises {
            for language in Language::BOTH {
                for what in What::ALL {
                    let path = Self::source(&folder, exercise, language, what);
                    match what.source(library, exercise, language) {
                        Ok(Some(source)) => write(&path, &source)?,
                        Ok(None) => {
                            // One that was there before would be judged.
                            let _ = fs::remove_file(&path);
                            continue;
                        }
                        Err(error) => {
                            unbuilt.push(format!("{}: {error:#}", exercise.id()));
                            continue;
                        }
                    }
                    if language == Language::Rust {
                        let name = Self::name(exercise, what);
                        manifest += &bin(&name, &path.to_string_lossy());
                        names.push(name);
                    }
                }
            }
        }
        let template = include_str!("../../course/template/Cargo.toml");
        write(&folder.join("Cargo.toml"), &format!("{template}{manifest}"))?;
        let target = folder.join("target");
        let status = Command::new(executables::cargo_program())
            .args(["build", "--bins", "--keep-going", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&folder)
            // Two hundred executables are linked in half the time.
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .stdin(Stdio::null())
            .status()
            .context("cannot run cargo")?;
        let programs = Self {
            folder,
            target,
            unbuilt,
            _lock: lock,
        };
        if !status.success() {
            ensure!(!names.is_empty(), "the exercises do not build");
            let mut programs = programs;
            programs
                .unbuilt
                .push("some programs do not build: the compiler says above which".to_owned());
            return Ok(programs);
        }
        Ok(programs)
    }

    fn name(exercise: &Exercise, what: What) -> String {
        format!("{}-{}", exercise.executable(), what.name())
    }

    fn source(folder: &Path, exercise: &Exercise, language: Language, what: What) -> PathBuf {
        (folder.join(&exercise.lab).join(&exercise.name)).join(file_name(what.name(), language))
    }

    /// How a program is started; `None` for one that could not be built.
    fn subject(&self, exercise: &Exercise, language: Language, what: What) -> Option<Subject> {
        let program = match language {
            Language::Rust => self.target.join("debug").join(Self::name(exercise, what)),
            Language::Python => Self::source(&self.folder, exercise, language, what),
        };
        if !program.exists() {
            return None;
        }
        let mut words = match language {
            Language::Rust => Vec::new(),
            Language::Python => vec![executables::python()?.to_owned()],
        };
        words.push(program.to_string_lossy().into_owned());
        words.extend(arguments(exercise));
        Some(Subject::Command(words))
    }
}

/// Writes a file whose content has changed: cargo builds again what is newer.
fn write(path: &Path, content: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    put(path, content)
}
