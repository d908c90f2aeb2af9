//! A file over a TCP stream: exactly its announced size, checked by md5 while it arrives.
//!
//! The receiver counts: [`receive_file`] takes as many bytes as were announced, not one more, so
//! that the next message on the connection starts where it should. Each byte is hashed on its way
//! to the disk, in a thread beside; the file gets its name
//! ([`PartialFile`](super::partial_file::PartialFile)) when all of it is there and right.
//!
//! The sender's [`send_file`] is `sendfile` on Linux: the bytes go from the file to the socket without
//! entering the program. (`std::io::copy` would not do it. With `sendfile` a change of the file shows
//! even in what was sent, as long as it waits in the socket's buffer; `copy` promises otherwise. Here
//! the md5 tells the receiver.)
//!
//! A peer who stalls for as long as the stream's time limits (`set_read_timeout`, `set_write_timeout`) ends a
//! transfer.
//!
//! Python: `common/python/common/files/transfer.py`

mod digest;
mod hashing;
mod receive;
mod send;
mod stalls;

pub use digest::{REST, md5_of};
pub use receive::{Announced, NotStored, ReceiveError, receive_file};
pub use send::{SendError, send_file, send_file_hashing};
pub use stalls::send_unless_stalled;

/// How much is read, hashed and written at a time, in bytes.
const BUFFER: usize = 256 * 1024;
