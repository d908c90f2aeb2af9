//! One program, or the two of a pair, from the build to the end.
//!
//! | module | subject |
//! |---|---|
//! | [`executables`] | builds each lab and finds its executables, Rust and Python |
//! | [`process`] | one running program: typed input, and an end whatever happens |
//! | [`output`] | what it prints, while it prints it |
//! | `interrupt` | what Ctrl-C must end and remove |
//! | `pause` | between two looks at something that another process changes |
//! | [`session`] | a server and a client that talk, and what both printed |
//! | `workers` | several of them at a time |

pub(crate) mod descendants;
pub mod executables;
pub(crate) mod interrupt;
pub mod output;
pub(crate) mod pause;
pub mod process;
pub mod session;
pub(crate) mod workers;
