//! What the two labs of file transfer share: ftp-simple and ftp-class.
//!
//! | module | subject | in Python |
//! |---|---|---|
//! | [`commands`] | commands on a stream: lines | `makefile().readline` |
//! | [`names`] | which file names a peer may use, and the files of a shared folder | `os.path` |
//! | [`partial_file`] | a file that appears under its name only when it is complete | `os.replace` |
//! | [`transfer`] | a file of announced size over TCP, checked by md5 on the way | `socket.sendfile`, `hashlib` |
//! | [`progress`] | how far a transfer is: a bar on the terminal, the lesson's line | |
//!
//! Python: `common/python/common/files`

pub mod commands;
pub mod names;
pub mod partial_file;
pub mod progress;
pub mod transfer;

/// How many connections may wait to be accepted, unless `--backlog` says otherwise.
pub const BACKLOG: i32 = 128;

/// How long one side waits for the other, unless `--timeout` says otherwise, in seconds.
pub const TIMEOUT: u64 = 30;
