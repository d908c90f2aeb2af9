//! `cargo lab`: runs, compares and judges the programs of the lessons.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tests::{compare, experiment, list, process};

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
    /// Tries the claims of the lessons on this machine, and shows what happens
    Experiment(experiment::ExperimentArgs),
}

fn main() -> common::Result<ExitCode> {
    let args = Args::parse();
    process::end_all_on_interrupt()?;
    let status = match args.command {
        Command::List => list::run()?,
        Command::Compare(args) => compare::run(&args)?,
        Command::Experiment(args) => experiment::run(&args)?,
    };
    Ok(status)
}
