//! What runs a check.
//!
//! | file | subject |
//! |---|---|
//! | [`target`] | what can be judged: the forty ends of the twenty pairs |
//! | [`subject`] | who is judged: ours, a command, a server that runs already |
//! | [`context`] | what a check works with |
//! | [`launch`] | starts the program, and finds out when it is ready |
//! | `ports` | which ports are free, and where somebody listens |
//! | [`program`] | the program under test: keyboard, screen, end |
//! | [`server`], [`stream`], [`listener`], [`datagrams`] | the checker's ends of the wire |
//! | [`vacancy`] | an address where no server is |
//! | [`trial`] | one check's limits, and all bytes that went to and fro |
//! | [`judge`] | runs checks, several at a time |
//! | `hexdump` | the bytes, for a person |

pub mod context;
pub mod datagrams;
pub(super) use crate::hexdump;
pub mod judge;
pub mod launch;
pub mod listener;
pub(super) mod ports;
pub mod program;
pub mod server;
pub mod stream;
pub mod subject;
pub mod target;
pub mod trial;
pub mod vacancy;
