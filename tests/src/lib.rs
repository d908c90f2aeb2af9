//! The harness: drives every program as a black box, through its executable, its console and its
//! sockets.
//!
//! | module | subject |
//! |---|---|
//! | [`programs`] | the table of the twenty programs: the single source for all that walks over them |
//! | [`executables`] | builds each lab and finds its executables, Rust and Python |
//! | [`process`] | one running program: typed input, captured output, and an end whatever happens |
//! | [`interrupt`] | what Ctrl-C must end and remove |
//! | [`session`] | a server and a client that talk, and what both printed |
//! | [`compare`] | `cargo lab compare`: all pairings of Rust and Python, side by side |
//! | [`check`] | `cargo lab check`: judges anybody's implementation, over the wire and the console |
//! | [`experiment`] | `cargo lab experiment`: the claims of the lessons, tried on this machine |
//! | [`mod@bench`] | `cargo lab bench`: the programs against the bare system calls (Linux) |

#[cfg(target_os = "linux")]
pub mod bench;
pub mod check;
pub mod compare;
mod descendants;
pub mod executables;
pub mod experiment;
pub mod interrupt;
pub mod list;
pub mod process;
pub mod programs;
pub mod session;
