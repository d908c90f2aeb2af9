//! What the lessons are not about, one module a subject.
//!
//! | module | subject | in Python |
//! |---|---|---|
//! | [`flags`] | the command-line flags that all programs share | `argparse` |
//! | [`net`] | addresses, TCP and UDP sockets | `socket` |
//! | [`header`] | the struct-packed header and its bounded body | `struct` |
//! | [`json`] | JSON as `json.dumps` writes it | `json` |
//! | [`notation`] | how Python prints bytes, strings, dicts, addresses | `repr` |
//! | [`files`] | what the two labs of file transfer share | `os`, `hashlib` |
//! | [`console`] | prompt, transcript, warnings; what a peer sent made safe to show | `input`, `print` |
//! | [`exit`] | how a program ends: one line on stderr, status 1 | `sys.exit` |
//! | [`socket_functions`] | documentation alone: a socket's functions, Python beside Rust | `socket` |
//!
//! `common/python/common` holds the same modules for the Python counterparts, but for what Python
//! itself has (`json`, `notation`), the documentation, and `exit`: that is `console.main`.

pub mod console;
pub mod exit;
pub mod files;
pub mod flags;
pub mod header;
pub mod json;
pub mod net;
pub mod notation;
pub mod socket_functions;

pub use exit::Result;
