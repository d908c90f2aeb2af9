//! `cargo lab`: runs, compares and judges the programs of the lessons.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lab::run::executables;
use lab::{check, compare, experiment, list};

/// Runs, compares and judges the programs of the lessons
#[derive(Parser)]
#[command(
    name = "cargo lab",
    bin_name = "cargo lab",
    disable_help_subcommand = true
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The twenty programs: their ports, and how to run each
    List,
    /// Runs each pair in Rust and in Python, in all four pairings, and compares what both sides print
    Compare(compare::CompareArgs),
    /// Judges a program: ours, or anybody's
    Check(check::CheckArgs),
    /// Tries the claims of the lessons on this machine, and shows what happens
    Experiment(experiment::ExperimentArgs),
    /// Measures the programs in Rust and in Python against the bare system calls
    #[cfg(target_os = "linux")]
    Bench(lab::bench::BenchArgs),
    /// A bare reference for `bench`
    #[cfg(target_os = "linux")]
    #[command(subcommand, hide = true)]
    Bare(lab::bench::reference::Bare),
    /// Runs a program with a fault, on which the checks are tried
    #[command(hide = true)]
    Broken(check::faults::BrokenArgs),
}

fn main() -> common::Result<ExitCode> {
    let args = Args::parse();
    executables::show_progress();
    let status = match args.command {
        Command::List => list::run()?,
        Command::Compare(args) => compare::run(&args)?,
        Command::Check(args) => check::run(&args)?,
        Command::Experiment(args) => experiment::run(&args)?,
        #[cfg(target_os = "linux")]
        Command::Bench(args) => lab::bench::run(&args)?,
        #[cfg(target_os = "linux")]
        Command::Bare(bare) => {
            lab::bench::reference::run(&bare)?;
            ExitCode::SUCCESS
        }
        Command::Broken(args) => {
            check::faults::run(args)?;
            ExitCode::SUCCESS
        }
    };
    Ok(status)
}
