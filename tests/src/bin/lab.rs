//! `cargo lab`: the programs of the lessons, driven and judged.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use tests::experiment::{self, ExperimentArgs};

#[derive(Parser)]
#[command(name = "cargo lab", about)]
struct Lab {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the experiments on the claims of the lessons, or run them
    Experiment(ExperimentArgs),
}

fn main() -> common::Result<ExitCode> {
    match Lab::parse().command {
        Command::Experiment(args) => Ok(experiment::run(&args)?),
    }
}
