//! What runs a check.
//!
//! | file | subject |
//! |---|---|
//! | [`target`] | what can be judged: both ends of each pair |
//! | [`subject`] | who is judged: ours, a command, a server that runs already |
//! | `context` | what a check works with |
//! | `launch` | starts the program, and finds out when it is ready |
//! | `ports` | which ports are free, and where somebody listens |
//! | `program` | the program under test: keyboard, screen, end |
//! | `server`, `stream`, `listener`, `datagrams` | the checker's ends of the wire |
//! | `ending` | how a conversation over TCP ended |
//! | `vacancy` | an address where no server is |
//! | [`trial`] | one check's limits, and all bytes that went to and fro |
//! | [`judge`] | runs checks, several at a time |
//! | `hexdump` | the bytes, for a person |

pub(super) mod context;
pub(super) mod datagrams;
mod ending;
pub(super) use crate::hexdump;
pub mod judge;
pub(crate) mod launch;
pub(super) mod listener;
pub(super) mod ports;
pub(super) mod program;
pub(super) mod server;
pub(super) mod stream;
pub mod subject;
pub mod target;
pub mod trial;
mod vacancy;
