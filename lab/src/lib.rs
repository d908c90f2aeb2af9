//! The lab: drives every program as a black box, through its executable, its console and its
//! sockets.
//!
//! | module | subject |
//! |---|---|
//! | [`names`] | what a person types to choose among programs, targets, experiments, benchmarks |
//! | [`pairs`] | the table of the pairs: the single source for all that walks over them |
//! | [`run`] | builds, starts, types at, watches and ends a program |
//! | [`host`] | what the system tells: its tables of sockets, its processes, network namespaces |
//! | [`steps`] | the programs' sources, cut into their numbered steps |
//! | [`highlight`], `hexdump` | sources in colour; bytes as digits and as text |
//! | [`list`] | `cargo lab list`: the programs, their ports, and how to run each |
//! | [`compare`] | `cargo lab compare`: all pairings of Rust and Python, side by side |
//! | [`show`] | `cargo lab show`: a program in Rust and in Python, beside each other |
//! | [`trace`] | `cargo lab trace`: a conversation's screens, calls and packets, as a picture |
//! | [`book`] | `cargo lab book`: one site of all that the others tell |
//! | [`check`] | `cargo lab check`: judges anybody's implementation, over the wire and the console |
//! | [`course`] | the exercises: `cargo lab start`, `watch`, `hint` and their like, `handout`, `grade` |
//! | [`experiment`] | `cargo lab experiment`: the claims of the lessons, tried on this machine |
//! | [`mod@bench`] | `cargo lab bench`: the programs against the bare system calls (Linux) |
//!
//! Arrows go down: a command uses the modules above the commands, and these know no command. Two use other
//! commands: the book, which is made of what they tell, and the course, whose exercises are judged by checks.

#[cfg(target_os = "linux")]
pub mod bench;
pub mod book;
pub mod check;
pub mod compare;
pub mod course;
pub mod experiment;
mod hexdump;
pub mod highlight;
pub mod host;
pub mod list;
pub mod names;
pub mod pairs;
pub mod run;
pub mod show;
pub mod steps;
pub mod trace;

/// How wide the terminal is, in columns; 100 where there is none.
fn terminal_width() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    100
}
