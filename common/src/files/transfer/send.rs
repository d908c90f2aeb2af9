//! The sending side: exactly as many bytes as were announced.

use std::fs::File;
use std::io::{self, Read};
use std::net::TcpStream;

use thiserror::Error;

use super::hashing::Hashing;
use super::stalls::{send_some, send_unless_stalled};
use crate::files::names::OpenFile;
use crate::files::progress::Progress;
use crate::net::is_timeout;

/// How much is handed to the kernel between two steps of the progress bar, in bytes.
const SENDFILE_STEP: u64 = 1024 * 1024;

/// Why a file was not sent whole. The receiver waits for the rest in vain, so the connection is of
/// no more use.
#[derive(Debug, Error)]
pub enum SendError {
    /// The peer closed or reset the connection.
    #[error("peer closed after {sent} or more of {size} bytes of {name}: {error}")]
    Lost {
        /// The file's name.
        name: String,
        /// Bytes that the system took, at least.
        sent: u64,
        /// Bytes that were announced.
        size: u64,
        /// What the system said.
        error: io::Error,
    },
    /// The peer read nothing for as long as the socket's time limit.
    #[error("peer stopped reading after {sent} or more of {size} bytes of {name}")]
    Stalled {
        /// The file's name.
        name: String,
        /// Bytes that the system took, at least.
        sent: u64,
        /// Bytes that were announced.
        size: u64,
    },
    /// The file cannot be read to its end: its disk is broken, or its server gone.
    #[error("{name} cannot be read: {error}")]
    Read {
        /// The file's name.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The file has become shorter since it was announced.
    #[error("{name} has shrunk from {size} to {sent} bytes while it was sent")]
    Shrunk {
        /// The file's name.
        name: String,
        /// Bytes that were left to send.
        sent: u64,
        /// Bytes that were announced.
        size: u64,
    },
}

impl SendError {
    fn new(file: &OpenFile, sent: u64, error: io::Error) -> Self {
        let (name, size) = (file.name.clone(), file.size);
        if is_timeout(&error) {
            Self::Stalled { name, sent, size }
        } else if is_of_file(&error) {
            Self::Read { name, error }
        } else {
            Self::Lost {
                name,
                sent,
                size,
                error,
            }
        }
    }

    fn shrunk(file: &OpenFile, sent: u64) -> Self {
        Self::Shrunk {
            name: file.name.clone(),
            sent,
            size: file.size,
        }
    }
}

/// Whether an error of `sendfile`, which reads and sends, tells of the reading. No socket has these.
#[cfg(unix)]
fn is_of_file(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::STALE))
}

/// Whether an error of reading and sending tells of the reading: unknown here.
#[cfg(not(unix))]
fn is_of_file(_error: &io::Error) -> bool {
    false
}

/// Sends exactly the `size` bytes of the file.
pub fn send_file(
    stream: &TcpStream,
    file: &OpenFile,
    progress: &Progress,
) -> Result<(), SendError> {
    let mut sent = 0;
    while sent < file.size {
        let step = SENDFILE_STEP.min(file.size - sent);
        let count = send_step(stream, &file.file, step)
            .map_err(|error| SendError::new(file, sent, error))?;
        if count == 0 {
            return Err(SendError::shrunk(file, sent));
        }
        sent += count;
        progress.advance(count);
    }
    Ok(())
}

/// Sends up to `step` bytes from where the file stands; 0 at its end.
fn send_step(stream: &TcpStream, file: &File, step: u64) -> io::Result<u64> {
    #[cfg(target_os = "linux")]
    {
        use rustix::{fs::sendfile, io::Errno};
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        let sent = send_some(stream, || Ok(sendfile(stream, file, None, step)?));
        let errno = sent.as_ref().err().and_then(Errno::from_io_error);
        // Some file systems have no sendfile.
        if !matches!(errno, Some(Errno::INVAL | Errno::NOSYS)) {
            return sent.map(|count| count as u64);
        }
    }
    let mut bytes = Vec::new();
    file.take(step).read_to_end(&mut bytes)?;
    send_unless_stalled(stream, &bytes)?;
    Ok(bytes.len() as u64)
}

/// As [`send_file`], and returns the md5 of what was sent, for a protocol that needs no md5 before
/// the bytes: the file is read once.
pub fn send_file_hashing(
    stream: &TcpStream,
    file: &OpenFile,
    progress: &Progress,
) -> Result<String, SendError> {
    let mut sent = 0;
    let mut hashing = Hashing::new(file.size);
    let mut source = (&file.file).take(file.size);
    while sent < file.size {
        let mut buffer = hashing.buffer();
        let count = source.read(&mut buffer).map_err(|error| SendError::Read {
            name: file.name.clone(),
            error,
        })?;
        if count == 0 {
            return Err(SendError::shrunk(file, sent));
        }
        send_unless_stalled(stream, &buffer[..count])
            .map_err(|error| SendError::new(file, sent, error))?;
        hashing.update(buffer, count);
        sent += count as u64;
        progress.advance(count as u64);
    }
    Ok(hashing.finish())
}

#[cfg(test)]
mod tests {
    use super::super::md5_of;
    use super::*;
    use crate::files::names::open_local;
    use crate::net::loopback::connection;
    use std::fs;
    use std::io::Seek;
    use std::net::Shutdown;
    use std::thread;
    use std::time::Duration;
    use tempfile::TempDir;

    fn file_of(size: usize) -> (TempDir, OpenFile, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251).to_le_bytes()[0]).collect();
        fs::write(&path, &bytes).unwrap();
        (folder, open_local(&path).unwrap(), bytes)
    }

    #[test]
    fn a_file_is_sent_whole_by_both_ways() {
        for hashing in [false, true] {
            // More than the socket's buffers hold, and not a multiple of anything.
            let (_folder, file, bytes) = file_of(5_000_001);
            let md5 = md5_of(&file).unwrap();
            let (near, mut far) = connection().unwrap();
            let sender = thread::spawn(move || {
                let progress = Progress::hidden();
                if hashing {
                    assert_eq!(send_file_hashing(&near, &file, &progress).unwrap(), md5);
                } else {
                    send_file(&near, &file, &progress).unwrap();
                }
            });
            let mut received = Vec::new();
            far.read_to_end(&mut received).unwrap();
            sender.join().unwrap();
            assert!(received == bytes);
        }
    }

    #[test]
    fn a_file_that_shrinks_is_noticed() {
        let (folder, file, _) = file_of(10);
        fs::write(folder.path().join("a.txt"), "hello").unwrap();
        let (near, _far) = connection().unwrap();
        let error = send_file(&near, &file, &Progress::hidden()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{} has shrunk from 10 to 5 bytes while it was sent",
                file.name
            )
        );
        (&file.file).rewind().unwrap();
        let error = send_file_hashing(&near, &file, &Progress::hidden()).unwrap_err();
        assert!(
            matches!(error, SendError::Shrunk { sent: 5, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_told_as_shorter() {
        let folder = tempfile::tempdir().unwrap();
        let file = OpenFile {
            name: "a.txt".to_owned(),
            // Open for writing alone.
            file: File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(folder.path().join("a.txt"))
                .unwrap(),
            size: 10,
        };
        let (near, _far) = connection().unwrap();
        let error = send_file_hashing(&near, &file, &Progress::hidden()).unwrap_err();
        assert!(matches!(error, SendError::Read { .. }), "{error}");
    }

    #[test]
    fn a_reader_who_stops_ends_the_sending() {
        let (_folder, file, _) = file_of(20_000_000);
        let (near, far) = connection().unwrap();
        near.set_write_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let error = send_file(&near, &file, &Progress::hidden()).unwrap_err();
        assert!(matches!(error, SendError::Stalled { .. }), "{error}");
        far.shutdown(Shutdown::Both).unwrap();
        drop(far);
        let error = send_file(&near, &file, &Progress::hidden()).unwrap_err();
        assert!(matches!(error, SendError::Lost { .. }), "{error}");
    }
}
