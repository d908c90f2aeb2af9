//! `cargo lab bench`: the programs in Rust and in Python, against the bare system calls.
//!
//! Every row compares contenders that take turns in one run on this machine, and says how many
//! times the bare reference, and the Python counterpart, the Rust program costs. Release builds,
//! the real executables, over loopback.
//!
//! | file | subject |
//! |---|---|
//! | `measure` | interleaved repetitions, medians, spread; a process's time and memory |
//! | [`mod@reference`] | the bare system calls, as processes of their own |
//! | [`load`] | what is sent to the servers |
//! | `setting` | executables, running servers, large files |
//! | `exchange`, `framed`, `crowd`, `live`, `transfer`, `start` | the rows |
//! | `report`, `chart`, `machine` | the table and JSON, the bars, where it was measured |

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;
use common::console;

use crate::names::{self, UnknownName};
use crate::pairs::Side::{self, Client, Server};
use crate::run::executables::{self, Profile};

mod chart;
mod crowd;
mod exchange;
mod framed;
mod live;
pub mod load;
mod machine;
mod measure;
pub mod reference;
mod report;
mod setting;
mod start;
mod transfer;

use machine::Machine;
use report::{Row, Standing};
use setting::Setting;

/// A benchmark: what is typed to run it, and which executables it needs.
struct Benchmark {
    name: &'static str,
    needs: &'static [(u8, Side)],
    /// Whether it needs the files of [`transfer::make_files`].
    large_files: bool,
    measure: fn(&Setting, &str) -> Result<Vec<Row>>,
}

/// All benchmarks, in the order in which they run. Those of large files come last: the files are
/// made first, and must have come to rest (see `common::files::transfer::REST`).
const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "exchange/echo-udp",
        needs: &[(5, Server)],
        large_files: false,
        measure: |setting, name| exchange::ECHO_UDP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/ntp",
        needs: &[(11, Server)],
        large_files: false,
        measure: |setting, name| exchange::NTP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/sntp",
        needs: &[(21, Server)],
        large_files: false,
        measure: |setting, name| exchange::SNTP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/echo-tcp",
        needs: &[(1, Server)],
        large_files: false,
        measure: |setting, name| exchange::ECHO_TCP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/socketserver-tcp",
        needs: &[(16, Server)],
        large_files: false,
        measure: |setting, name| exchange::THREADING_TCP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/socketserver-udp",
        needs: &[(17, Server)],
        large_files: false,
        measure: |setting, name| exchange::THREADING_UDP.measure(setting, name),
    },
    Benchmark {
        name: "exchange/socketserver-framed",
        needs: &[(20, Server)],
        large_files: false,
        measure: |setting, name| exchange::FRAMED.measure(setting, name),
    },
    Benchmark {
        name: "framed",
        needs: &[(20, Server), (20, Client)],
        large_files: false,
        measure: framed::measure,
    },
    Benchmark {
        name: "crowd",
        needs: &[(16, Server)],
        large_files: false,
        measure: |setting, name| Ok(crowd::crowd(setting, name)),
    },
    Benchmark {
        name: "storm",
        needs: &[(16, Server)],
        large_files: false,
        measure: |setting, name| Ok(crowd::storm(setting, name)),
    },
    Benchmark {
        name: "live",
        needs: &[(22, Server)],
        large_files: false,
        measure: |setting, name| Ok(live::measure(setting, name)),
    },
    Benchmark {
        name: "start",
        needs: &[(11, Client)],
        large_files: false,
        measure: |setting, name| Ok(start::measure(setting, name)),
    },
    Benchmark {
        name: "downloads",
        needs: &[(13, Server)],
        large_files: true,
        measure: transfer::many_downloads,
    },
    Benchmark {
        name: "download/ftp-simple",
        needs: &[(13, Server), (13, Client)],
        large_files: true,
        measure: transfer::download_simple,
    },
    Benchmark {
        name: "download/ftp-class",
        needs: &[(15, Server), (15, Client)],
        large_files: true,
        measure: transfer::download_class,
    },
    Benchmark {
        name: "upload/ftp-simple",
        needs: &[(14, Server), (14, Client)],
        large_files: true,
        measure: transfer::upload_simple,
    },
    Benchmark {
        name: "upload/ftp-class",
        needs: &[(15, Server), (15, Client)],
        large_files: true,
        measure: transfer::upload_class,
    },
];

/// Flags of `cargo lab bench`.
#[derive(clap::Args, Clone, Debug)]
pub struct BenchArgs {
    /// Which benchmarks to run, such as `exchange` or `exchange/ntp` [default: all]
    #[arg(value_name = "ROW")]
    names: Vec<String>,
    /// Fewer repetitions and smaller files: under a minute
    #[arg(long)]
    quick: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Draw the bars of each row into this file too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Show the names of the benchmarks
    #[arg(long)]
    list: bool,
}

/// How the results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// For a program
    Json,
}

/// Runs the benchmarks that were asked for. The exit status is a failure when a row misses its
/// target or could not be measured.
pub fn run(args: &BenchArgs) -> Result<ExitCode> {
    if args.list {
        for benchmark in BENCHMARKS {
            console::print_line(benchmark.name)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = select(&args.names)?;
    if cfg!(debug_assertions) {
        return Err(run_release_build());
    }
    for (number, side) in chosen.iter().flat_map(|benchmark| benchmark.needs) {
        executables::rust(setting::program(*number)?, *side, Profile::Release)?;
    }
    if executables::python().is_none() {
        console::warn(
            "Python 3.8 or later is missing: only Rust and the bare references are measured (set PYTHON to name it)",
        );
    }

    let machine = Machine::here(python_version());
    let setting = Setting::new(args.quick)?;
    if chosen.iter().any(|benchmark| benchmark.large_files) {
        transfer::make_files(&setting)?;
    }
    let mut rows = Vec::new();
    for benchmark in chosen {
        console::log(format_args!("measuring {}", benchmark.name));
        rows.extend((benchmark.measure)(&setting, benchmark.name)?);
    }
    match args.format {
        Format::Text => console::print_line(report::text(&machine, &rows))?,
        Format::Json => console::print_line(report::json(&machine, &rows)?)?,
    }
    if let Some(file) = &args.svg {
        let drawing = chart::svg(&machine, &rows)?;
        fs::write(file, drawing).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let all_reached = rows.iter().all(|row| row.standing() == Standing::Reached);
    Ok(if all_reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A debug build would measure itself: its references and its md5 passes. So the release build
/// takes this process over. Returns only when it cannot.
fn run_release_build() -> anyhow::Error {
    match executables::lab(Profile::Release) {
        Ok(lab) => {
            let failure = Command::new(&lab).args(std::env::args_os().skip(1)).exec();
            anyhow::Error::new(failure).context(format!("cannot run {}", lab.display()))
        }
        Err(error) => error,
    }
}

/// The benchmarks that the names ask for, by the whole name or by its part before the slash.
fn select(words: &[String]) -> Result<Vec<&'static Benchmark>, UnknownName> {
    names::select(
        "benchmark",
        "cargo lab bench --list",
        words,
        BENCHMARKS,
        |benchmark| {
            let group = benchmark.name.split('/').next();
            let names = [Some(benchmark.name), group];
            names.into_iter().flatten().map(str::to_owned).collect()
        },
    )
}

fn python_version() -> Option<String> {
    let output = Command::new(executables::python()?)
        .arg("--version")
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_chosen_by_its_name_or_its_group() {
        let names = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let chosen = select(&words).unwrap_or_default();
            chosen.iter().map(|benchmark| benchmark.name).collect()
        };
        assert_eq!(names(&["exchange/ntp", "storm"]), ["exchange/ntp", "storm"]);
        assert_eq!(
            names(&["upload"]),
            ["upload/ftp-simple", "upload/ftp-class"]
        );
        assert_eq!(names(&[]).len(), BENCHMARKS.len());
        assert!(names(&["load"]).is_empty());
    }
}
