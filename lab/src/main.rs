//! `cargo lab`: runs, compares and judges the programs of the lessons.

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use common::console;
use lab::names::UnknownName;
use lab::run::executables;
use lab::{check, compare, course, experiment, list, trace};

/// Runs, compares and judges the programs of the lessons
#[derive(Parser)]
#[command(
    name = "cargo lab",
    bin_name = "cargo lab",
    disable_help_subcommand = true
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The programs: their ports, and how to run each
    List,
    /// Runs each pair in Rust and in Python, in all four pairings, and compares what both sides print
    Compare(compare::CompareArgs),
    /// Judges a program: ours, or anybody's
    Check(check::CheckArgs),
    /// Makes a folder of your own with an exercise to fill in
    Start(course::StartArgs),
    /// Judges your exercise on every save
    Watch(course::WatchArgs),
    /// Hands out the next exercise
    Next(course::At),
    /// Says a little more about your exercise each time
    Hint(course::HintArgs),
    /// Hands out the skeleton again, and keeps yours as a backup
    Reset(course::ResetArgs),
    /// Shows how an exercise is solved, when yours has passed
    Solution(course::SolutionArgs),
    /// Writes a folder to give to students: skeletons and the tool, no solutions
    Handout(course::HandoutArgs),
    /// Judges the folders of many students, each in a sandbox
    Grade(course::GradeArgs),
    /// Judges one exercise of a submission, for `grade`
    #[command(hide = true)]
    Judge(course::JudgeArgs),
    /// Lists the exercises, or proves that they are sound
    Exercises(course::ExercisesArgs),
    /// Tries the claims of the lessons on this machine, and shows what happens
    Experiment(experiment::ExperimentArgs),
    /// Shows a program in Rust and in Python, beside each other
    Show(lab::show::ShowArgs),
    /// Draws a conversation: the screens, the socket calls, and the packets with their bytes
    Trace(trace::TraceArgs),
    /// Makes one site of everything: sources by step, traces, experiments, checks
    Book(lab::book::BookArgs),
    /// Misbehaves, for `trace --case`
    #[command(hide = true)]
    Peer(trace::PeerArgs),
    /// Tries a network namespace, for `trace`
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Namespace,
    /// Measures the programs in Rust and in Python against the bare system calls
    #[cfg(target_os = "linux")]
    Bench(lab::bench::BenchArgs),
    /// A bare reference for `bench`
    #[cfg(target_os = "linux")]
    #[command(subcommand, hide = true)]
    Bare(lab::bench::reference::Bare),
}

/// The exit status of a mistake in the command line, as clap has it.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return wrong_usage(&error),
    };
    executables::show_progress();
    match run(args.command) {
        Ok(ended) => ended,
        Err(error) => {
            // What is wrong in a file of settings is shown below the sentence.
            for line in format!("error: {error:#}").lines() {
                console::log(line);
            }
            if error.is::<UnknownName>() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Says what is wrong with the command line. A command to judge whose `--` was forgotten has flags
/// that clap takes for ours: it would say that they do not exist.
fn wrong_usage(error: &clap::Error) -> ExitCode {
    let words: Vec<String> = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let forgotten = match words.split_first() {
        Some((command, words)) if command == "check" && error.use_stderr() => {
            check::lacks_separator(words)
        }
        _ => None,
    };
    match forgotten {
        Some(forgotten) => {
            console::log(format_args!("error: {forgotten}"));
            ExitCode::from(USAGE)
        }
        None => error.exit(),
    }
}

fn run(command: Option<Command>) -> Result<ExitCode> {
    let Some(command) = command else {
        return course::overview(&course::At::default());
    };
    match command {
        Command::Start(args) => course::start(&args),
        Command::Watch(args) => course::watch(&args),
        Command::Next(at) => course::next(&at),
        Command::Hint(args) => course::hint(&args),
        Command::Reset(args) => course::reset(&args),
        Command::Solution(args) => course::solution(&args),
        Command::Handout(args) => course::handout(&args),
        Command::Grade(args) => course::grade(&args),
        Command::Judge(args) => course::judge_one(&args),
        Command::Exercises(args) => course::exercises(&args),
        Command::List => list::run(),
        Command::Compare(args) => compare::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Experiment(args) => experiment::run(&args),
        Command::Show(args) => lab::show::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Book(args) => lab::book::run(&args),
        Command::Peer(args) => args.run(),
        #[cfg(target_os = "linux")]
        Command::Namespace => trace::try_namespace(),
        #[cfg(target_os = "linux")]
        Command::Bench(args) => lab::bench::run(&args),
        #[cfg(target_os = "linux")]
        Command::Bare(bare) => lab::bench::reference::run(&bare).map(|()| ExitCode::SUCCESS),
    }
}
