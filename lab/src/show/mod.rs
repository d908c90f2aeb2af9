//! `cargo lab show`: a program in Rust and in Python beside each other, aligned by its steps.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Result;
use clap::Args;

use crate::pairs::{self, Side};

mod drawing;
mod helpers;
mod rows;

pub use drawing::draw;
pub use rows::{Cell, rows};

/// What to show
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The program by number or name (see `cargo lab list`)
    program: String,
    /// The server alone
    #[arg(long, conflicts_with = "client")]
    server: bool,
    /// The client alone
    #[arg(long)]
    client: bool,
    /// Below each step, what it calls in `common`
    #[arg(long)]
    expand: bool,
}

/// Runs the command.
pub fn run(args: &ShowArgs) -> Result<ExitCode> {
    let program = pairs::one(&args.program)?;
    let sides: &[Side] = match (args.server, args.client) {
        (true, _) => &[Side::Server],
        (_, true) => &[Side::Client],
        _ => &[Side::Server, Side::Client],
    };
    let width = crate::terminal_width();
    let mut text = String::new();
    for &side in sides {
        text.push_str(&draw(program, side, width, args.expand)?);
    }
    page(&text)
}

/// Shows text on a terminal by `$PAGER`, as git does, and prints it otherwise.
fn page(text: &str) -> Result<ExitCode> {
    let pager = env::var("PAGER")
        .ok()
        .filter(|pager| !pager.trim().is_empty());
    let pager = pager.unwrap_or_else(|| "less".to_owned());
    let mut words = pager.split_whitespace();
    let program = words.next().unwrap_or("less");
    if io::stdout().is_terminal() && program != "cat" {
        let coloured = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        let plain;
        let shown = if coloured {
            text
        } else {
            plain = anstream::adapter::strip_str(text).to_string();
            &plain
        };
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::piped());
        if env::var_os("LESS").is_none() {
            // Ends at once where all fits on the screen, passes colours on, and leaves them there.
            command.env("LESS", "FRX");
        }
        if let Ok(mut pager) = command.spawn() {
            if let Some(mut stdin) = pager.stdin.take() {
                // Whoever quits has seen enough.
                let _ = stdin.write_all(shown.as_bytes());
            }
            pager.wait()?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    anstream::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
