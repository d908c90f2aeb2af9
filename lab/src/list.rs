//! `cargo lab list`: the programs, their ports, and how to run each.

use std::process::ExitCode;

use anyhow::Result;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use common::console;

use crate::pairs::{PAIRS, Pair, Side};

/// Prints the table.
pub fn run() -> Result<ExitCode> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["#", "program", "port", "what it does"]);
    for program in PAIRS {
        let port = format!("{} {}", program.transport.name(), program.port);
        table.add_row([
            program.number.to_string(),
            program.name(),
            port,
            program.about.to_owned(),
        ]);
    }
    // One table, so that the columns are alike in both parts.
    let lessons = PAIRS
        .iter()
        .filter(|program| !program.is_beyond_the_lessons());
    let header_and_lessons = 1 + lessons.count();
    for (number, row) in table.trim_fmt().lines().enumerate() {
        if number == header_and_lessons {
            console::print_line("\nbeyond the lessons")?;
        }
        console::print_line(row)?;
    }
    console::print_line(
        "\nThe server in one terminal, the client in another; either may be the Python one:\n",
    )?;
    for program in PAIRS {
        console::print_line(format_args!("{}", program.name()))?;
        for side in [Side::Server, Side::Client] {
            console::print_line(format_args!("  {}", cargo_command(program, side)))?;
            console::print_line(format_args!("  {}", python_command(program, side)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The cargo command that starts one side, as a person types it in the workspace's folder.
pub(crate) fn cargo_command(program: &Pair, side: Side) -> String {
    let binary = program.side(side).binary;
    let flags = flags(program, side);
    let separator = if flags.is_empty() { "" } else { " --" };
    format!(
        "cargo run -p {} --bin {binary}{separator}{flags}",
        program.package
    )
}

/// The Python command that starts one side.
pub(crate) fn python_command(program: &Pair, side: Side) -> String {
    let file = program.side(side).binary.replace('-', "_");
    format!(
        "python3 {}/python/{file}.py{}",
        program.package,
        flags(program, side)
    )
}

/// The flags that make the executable this program, its port among them where another row of the
/// same executable has another.
fn flags(program: &Pair, side: Side) -> String {
    let executable = program.side(side);
    // The empty first one puts a blank before the rest.
    let mut flags = vec![String::new()];
    flags.extend(executable.flags.iter().map(ToString::to_string));
    let first = PAIRS.iter().find(|other| {
        other.package == program.package && other.side(side).binary == executable.binary
    });
    if first.is_some_and(|first| first.port != program.port) {
        flags.push(format!("--port {}", program.port));
    }
    if side == Side::Client && program.number == 14 {
        flags.push("FILE".to_owned());
    }
    flags.join(" ")
}
