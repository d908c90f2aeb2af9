//! `cargo lab grade`: judges the folders of many students, each program in a sandbox, within limits.
//!
//! For each exercise of a submission a process of its own builds and judges, inside the sandbox; whatever becomes of it,
//! the next begins anew. What came of a student is written down before the next one's turn, so that `--resume` goes
//! on after a power cut.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use common::console;
use common::flags::Seconds;
use serde::Deserialize;

use crate::course::{open_library, work};
use crate::run::workers;

mod contained;
mod inside;
mod outside;
mod report;
mod sandbox;
mod submissions;
mod verdict;

pub use inside::{JudgeArgs, judge_one};

use outside::Grader;
use sandbox::Limits;
use verdict::{Student, write_json};

/// Whom to grade, and how
#[derive(Args, Debug)]
#[command(after_help = "\
points.toml, all of it optional:
  [points]                        # which exercises count, and how much
  \"echo-tcp/01-server\" = 10
  [limits]                        # for each exercise of each student
  seconds = 180
  processes = 400
  memory = 4096                   # MiB for a process
  files = 1024                    # MiB written

An exercise's points are given by the stages that pass. The exit status is 0, whatever came of the students.")]
pub struct GradeArgs {
    /// A folder with a folder for each student; or one submission
    #[arg(value_name = "SUBMISSIONS")]
    submissions: PathBuf,
    /// Which exercises count, and how much [default: those that anybody has handed in, 10 points each]
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// How many are judged at the same time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// What to write besides the table
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<Format>,
    /// Where to: results, a file of feedback for each student, and what --format asks for
    #[arg(long, value_name = "DIR", default_value = "grades")]
    out: PathBuf,
    /// Go on where a run before was stopped: who has been judged is not judged again
    #[arg(long)]
    resume: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(10))]
    patience: Seconds,
}

/// What a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// grades.csv: a line for each exercise of each student
    Csv,
    /// grades.json
    Json,
    /// grades.xml: `JUnit`, a suite for each student, a case for each stage
    Junit,
    /// gradescope/NAME.json; results.json of one submission
    Gradescope,
}

/// `points.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Plan {
    points: BTreeMap<String, f64>,
    limits: Limits,
}

/// Grades.
pub fn grade(args: &GradeArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let plan = plan(args.points.as_deref())?;
    let submissions = submissions::find(&args.submissions, &args.out)?;
    let exercises = submissions::counted(&library, &plan, &submissions)?;
    let results = args.out.join("results");
    fs::create_dir_all(&results).with_context(|| results.display().to_string())?;
    let result_of = |name: &str| results.join(format!("{name}.json"));
    if !args.resume {
        // If this run is stopped, what is there is of this run.
        for (name, _) in &submissions {
            match fs::remove_file(result_of(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| result_of(name).display().to_string());
                }
                _ => {}
            }
        }
    }
    let grader = Grader::new(
        &library,
        &args.out,
        args.patience,
        plan.limits,
        &exercises,
        &args.submissions,
        &submissions,
    )?;
    if !grader.isolates() {
        console::log(
            "warning: bubblewrap (bwrap) is missing, or may not make namespaces here: the programs run with your \
             rights, on your network and in your files. Judge strangers' programs in a container.",
        );
    }
    let jobs = args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let students = workers::in_parallel(jobs, &submissions, |(name, folder)| {
        let path = result_of(name);
        if let Some(student) = Student::read(&path, &exercises) {
            return Ok(student);
        }
        let student = Student {
            name: name.clone(),
            exercises: exercises
                .iter()
                .map(|&(exercise, most)| grader.grade(exercise, most, folder))
                .collect(),
        };
        tick(&student);
        write_json(&path, &student).map(|()| student)
    });
    let students = students.into_iter().collect::<Result<Vec<_>>>()?;
    report::feedback(&args.out.join("feedback"), &students)?;
    let is_one = work::is_work(&args.submissions);
    for format in &args.format {
        report::write(*format, &args.out, &students, is_one)?;
    }
    report::table(&students)?;
    Ok(ExitCode::SUCCESS)
}

fn plan(path: Option<&Path>) -> Result<Plan> {
    let Some(path) = path else {
        return Ok(Plan::default());
    };
    let read = || -> Result<Plan> { Ok(toml::from_str(&fs::read_to_string(path)?)?) };
    let plan = read().with_context(|| path.display().to_string())?;
    for (id, points) in &plan.points {
        ensure!(
            points.is_finite() && *points >= 0.0,
            "{}: {id} = {points} are no points",
            path.display()
        );
    }
    Ok(plan)
}

fn tick(student: &Student) {
    if io::stderr().is_terminal() {
        console::log(format_args!(
            "{}: {} of {}",
            console::escape_to_one_line(&student.name),
            student.points(),
            student.most()
        ));
    }
}
