//! File transfer written as classes: [`FtpServer`] and [`FtpClient`], each with a method for each
//! command, `get` and `put`.
//!
//! | bytes | what |
//! |---|---|
//! | `get NAME\n` | the command, at most [`MAX_COMMAND`] bytes; from the client |
//! | 4 | length N of the header, signed, little-endian; 0: there is no such file |
//! | N | the header, see [`FileHeader`] |
//! | `file_size` | the file |
//!
//! For `put NAME\n` the header and the file come from the client behind the command. The server
//! acknowledges with a header of the same form that has the md5 of what it stored; its length is 0
//! if the server stored nothing.

mod client;
mod header;
mod server;

pub use client::FtpClient;
pub use header::{BadHeader, FileHeader};
pub use server::FtpServer;

/// The longest command, in bytes without its newline.
pub const MAX_COMMAND: usize = 4096;

/// The folder that holds `share`, `download` and `upload` unless `--dir` names another.
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
