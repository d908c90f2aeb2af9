//! `cargo lab check` of an exercise: a student's folder, and how what lies in it is judged.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use clap::Args;
use common::flags::Seconds;

use crate::check::engine::trial::Pace;
use crate::check::paragraph;
use crate::course::exercise::Exercise;
use crate::course::judge::{self, Judged};
use crate::course::library::Library;
use crate::course::steps::{At, BOLD, GREEN};
use crate::course::work::{self, Work};
use crate::course::{open_library, tool};
use crate::pairs::Language;

/// How much is judged
#[derive(Args, Clone, Debug)]
pub struct CheckedExercise {
    #[command(flatten)]
    pub(crate) at: At,
    /// Go on after the first stage that fails
    #[arg(long)]
    pub(crate) all: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(5))]
    pub(crate) patience: Seconds,
}

impl CheckedExercise {
    /// As the flags of `cargo lab check` have it.
    #[must_use]
    pub fn new(dir: Option<PathBuf>, all: bool, patience: Seconds) -> Self {
        let at = At { dir };
        Self { at, all, patience }
    }
}

/// A student's folder, opened, and the exercise that is meant.
pub(in crate::course) struct Desk<'a> {
    pub(in crate::course) library: &'a Library,
    pub(in crate::course) work: Work,
    pub(in crate::course) exercise: &'a Exercise,
}

impl<'a> Desk<'a> {
    /// The exercise that was asked for, else the current one.
    pub(in crate::course) fn open(
        library: &'a Library,
        at: &At,
        asked: Option<&str>,
    ) -> Result<Self> {
        let work = Work::open(&work::place(at.dir.as_deref(), library)?)?;
        let exercise = match asked.or(work.progress.at.as_deref()) {
            Some(id) => library.one(id)?,
            None => bail!("no exercise is begun: {} start", tool()),
        };
        Ok(Self {
            library,
            work,
            exercise,
        })
    }

    /// The language in which the exercise is written here, by its name in `lab.toml`.
    pub(in crate::course) fn language(&self) -> String {
        self.work.language(self.exercise).to_owned()
    }

    /// Builds, judges and notes what passed. Tells whether all did.
    pub(in crate::course) fn judge(&mut self, how: &CheckedExercise) -> Result<bool> {
        let language = self.language();
        // Where lab.toml names no file, it is the exercise's folder.
        let source = self.work.source(self.exercise, &language)?;
        ensure!(
            source.exists(),
            "{} is missing: {} start {} hands it out",
            source.display(),
            tool(),
            self.exercise.id()
        );
        if !self.work.build(self.exercise)? {
            self.note(&language, 0)?;
            return Ok(false);
        }
        let subject = self.work.subject(self.exercise)?;
        let mut out = anstream::stdout().lock();
        let Exercise { title, .. } = self.exercise;
        writeln!(out, "{BOLD}{}{BOLD:#}  {title}\n", self.exercise.id())?;
        let pace = Pace::with_patience(how.patience.duration());
        let go_on = |last: &Judged| how.all || last.passed();
        let judged = judge::stages(self.exercise, &subject, pace, go_on, |judged| {
            // A reader who has gone has seen enough.
            let _ = judge::line(&mut out, judged).and_then(|()| out.flush());
        });
        let failures = judged.iter().filter_map(Judged::failure);
        let known = work::known(&language);
        for failure in failures.take(if how.all { usize::MAX } else { 1 }) {
            judge::failure(&mut out, failure, known)?;
        }
        let passed = judged.iter().take_while(|judged| judged.passed()).count();
        self.note(&language, passed)?;
        let all = passed == judged.len();
        if all {
            writeln!(out, "\n{GREEN}All stages passed.{GREEN:#}")?;
            if let Ok(fault) = self.exercise.fault() {
                paragraph(
                    &mut out,
                    "",
                    &format!("{}: {} {}", fault.title, fault.wrong, fault.why.to(known)),
                    0,
                )?;
            }
            let ours = known.unwrap_or(Language::Python);
            let is_here = self.exercise.solution(self.library, ours).is_ok();
            let solution = if is_here {
                "; `solution` shows ours"
            } else {
                ""
            };
            writeln!(out, "{} next goes on{solution}.", tool())?;
        }
        Ok(all)
    }

    fn note(&mut self, language: &str, passed: usize) -> Result<()> {
        let progress = &mut self.work.progress;
        progress.change(|progress| progress.note(self.exercise, language, passed))
    }
}

/// The exercise that `cargo lab check WORDS` means, if it means one: one of this name, or without a word the current one.
#[must_use]
pub fn asked_for(words: &[String]) -> Option<Option<String>> {
    match words {
        [] => Some(None),
        [word] => {
            let library = open_library().ok()?;
            let exercise = library.one(word).ok()?;
            Some(Some(exercise.id()))
        }
        _ => None,
    }
}

/// `cargo lab check` of an exercise.
pub fn check(exercise: Option<&str>, how: &CheckedExercise) -> Result<ExitCode> {
    let library = open_library()?;
    let mut desk = Desk::open(&library, &how.at, exercise)?;
    let passed = desk.judge(how)?;
    Ok(ExitCode::from(u8::from(!passed)))
}
