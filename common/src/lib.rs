//! What the lessons are not about, one module a subject.
//!
//! | module | subject | in Python |
//! |---|---|---|
//! | [`flags`] | the command-line flags that all programs share | `argparse` |
//! | [`net`] | addresses, TCP and UDP sockets | `socket` |
//! | [`header`] | the struct-packed header and its bounded body | `struct` |
//! | [`json`] | JSON as `json.dumps` writes it | `json` |
//! | [`commands`] | commands on a stream: lines | `makefile().readline` |
//! | [`notation`] | how Python prints bytes, strings, dicts, addresses | `repr` |
//! | [`names`] | which file names a peer may use, and the files of a shared folder | `os.path` |
//! | [`partial_file`] | a file that appears under its name only when it is complete | `os.replace` |
//! | [`transfer`] | a file of announced size over TCP, checked by md5 on the way | `socket.sendfile`, `hashlib` |
//! | [`strftime`] | the time in a format that a peer chose | `time.strftime` |
//! | [`progress`] | how far a transfer is: a bar on the terminal, the lesson's line | |
//! | [`console`] | prompt, transcript, warnings; what a peer sent made safe to show | `input`, `print` |
//! | [`exit`] | how a program ends: one line on stderr, status 1 | `sys.exit` |
//! | [`socket_functions`] | documentation alone: a socket's functions, Python beside Rust | `socket` |
//!
//! `common/python/common` holds the same modules for the Python counterparts, but for what Python
//! itself has (`json`, `notation`, `strftime`), the documentation, and `exit`: that is `console.main`.

pub mod commands;
pub mod console;
pub mod exit;
pub mod flags;
pub mod header;
pub mod json;
pub mod names;
pub mod net;
pub mod notation;
pub mod partial_file;
pub mod progress;
pub mod socket_functions;
pub mod strftime;
pub mod transfer;

pub use exit::Result;
