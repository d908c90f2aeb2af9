//! A student's steps: where they are, the next exercise, a look at what they wrote, a hint.

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use clap::Args;

mod begin;
mod desk;
mod help;
mod overview;

pub use begin::{ResetArgs, StartArgs, next, reset, start};
pub use desk::{CheckedExercise, asked_for, check};
pub use help::{HintArgs, SolutionArgs, hint, solution};
pub use overview::overview;

pub(super) use begin::{bin, next_after, put_back};
pub(super) use desk::Desk;
pub(super) use help::{HINTS, say_hint};

const BOLD: Style = Style::new().bold();
const GREEN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));

/// Where a student's folder is
#[derive(Args, Clone, Debug, Default)]
pub struct At {
    /// The folder of your exercises [default: the one around you, else work]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// A path, from where the student stands if it lies below.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match path
        .strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
    {
        here if here.is_empty() => ".".to_owned(),
        path => path,
    }
}
