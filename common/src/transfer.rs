//! A file over a TCP stream: exactly its announced size, checked by md5 while it arrives.
//!
//! The receiver counts: [`receive_file`] takes as many bytes as were announced, not one more, so
//! that the next message on the connection starts where it should. Each byte is hashed on its way
//! to the disk; the file gets its name ([`PartialFile`]) when all of it is there and right.
//!
//! The sender's [`send_file`] is `sendfile` on Linux: the bytes go from the file to the socket without
//! entering the program. (`std::io::copy` would not do it. With `sendfile` a change of the file shows
//! even in what was sent, as long as it waits in the socket's buffer; `copy` promises otherwise. Here
//! the md5 tells the receiver.)
//!
//! A peer who stalls ends a transfer by the time limits that the socket has (`SO_RCVTIMEO`,
//! `SO_SNDTIMEO`).
//!
//! Python: `common/python/common/transfer.py`

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::net::TcpStream;
use std::path::Path;

use md5::{Digest, Md5};
use thiserror::Error;

use crate::names::{self, NameError, OpenFile};
use crate::partial_file::PartialFile;
use crate::progress::Progress;

/// How much is read, hashed and written at a time, in bytes.
const BUFFER: usize = 256 * 1024;

/// How much is handed to the kernel between two steps of the progress bar, in bytes.
const SENDFILE_STEP: u64 = 1024 * 1024;

/// What a peer announced that it will send.
#[derive(Debug, Clone, Copy)]
pub struct Announced<'a> {
    /// The name under which the file is stored, checked by [`receive_file`].
    pub name: &'a str,
    /// Bytes that follow.
    pub size: u64,
    /// 32 hexadecimal digits, if they were announced.
    pub md5: Option<&'a str>,
}

/// Why a file was not received. Nothing of it is left on the disk.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The stream ended.
    #[error("peer closed after {received} of {size} bytes of {name}")]
    Closed {
        /// The file's name.
        name: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that were announced.
        size: u64,
    },
    /// Nothing came for as long as the socket's time limit.
    #[error("peer stalled after {received} of {size} bytes of {name}")]
    Stalled {
        /// The file's name.
        name: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that were announced.
        size: u64,
    },
    /// A reset, for example.
    #[error("connection lost after {received} of {size} bytes of {name}: {error}")]
    Lost {
        /// The file's name.
        name: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that were announced.
        size: u64,
        /// What the system said.
        error: io::Error,
    },
    /// The name is not one that a file may have. All announced bytes were read.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The disk is full, or the folder not writable. All announced bytes were read.
    #[error("{name} cannot be stored: {error}")]
    Disk {
        /// The file's name.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The bytes are not those that were announced. All of them were read.
    #[error("{name} is not stored: its md5 is {computed}, announced was {announced}")]
    Md5 {
        /// The file's name.
        name: String,
        /// Of the bytes that came.
        computed: String,
        /// Of the bytes that should have come.
        announced: String,
    },
}

impl ReceiveError {
    /// Whether all announced bytes were read in spite of the error, so that the conversation can
    /// go on with the next message.
    #[must_use]
    pub const fn leaves_stream_in_step(&self) -> bool {
        match self {
            Self::Name(_) | Self::Disk { .. } | Self::Md5 { .. } => true,
            Self::Closed { .. } | Self::Stalled { .. } | Self::Lost { .. } => false,
        }
    }
}

/// Receives the announced bytes into `folder` and returns their md5 (32 hexadecimal digits).
///
/// The file appears under its name when it is complete and its md5 is the announced one, if one
/// was announced. See [`ReceiveError`] for the rest.
pub fn receive_file(
    stream: &mut impl Read,
    announced: Announced,
    folder: &Path,
    progress: &Progress,
) -> Result<String, ReceiveError> {
    let Announced { name, size, .. } = announced;
    let disk = |error| ReceiveError::Disk {
        name: name.to_owned(),
        error,
    };
    let mut body = Body {
        stream,
        name,
        size,
        received: 0,
    };
    let mut buffer = vec![0; BUFFER];
    let mut md5 = Md5::new();
    let mut file = names::check(name)
        .map_err(ReceiveError::from)
        .and_then(|()| PartialFile::create(folder, size).map_err(disk));
    // One thread does all three: it reads, hashes and writes. An error of the disk stops the
    // writing, not the reading.
    while let Some(bytes) = body.read(&mut buffer)? {
        progress.advance(bytes.len() as u64);
        if let Ok(partial) = &mut file {
            md5.update(bytes);
            if let Err(error) = partial.write_all(bytes) {
                file = Err(disk(error)); // drops the partial file: the disk has room again
            }
        }
    }
    let file = file?;
    let computed = hexadecimal(md5);
    match announced.md5 {
        Some(announced) if !announced.eq_ignore_ascii_case(&computed) => Err(ReceiveError::Md5 {
            name: name.to_owned(),
            computed,
            announced: announced.to_owned(),
        }),
        _ => {
            file.persist(name).map_err(disk)?;
            Ok(computed)
        }
    }
}

/// Reads the announced bytes of a file that is not wanted, so that the conversation can go on.
pub fn skip_file(stream: &mut impl Read, name: &str, size: u64) -> Result<(), ReceiveError> {
    let mut body = Body {
        stream,
        name,
        size,
        received: 0,
    };
    let mut buffer = vec![0; BUFFER];
    while body.read(&mut buffer)?.is_some() {}
    Ok(())
}

/// The bytes of a file on a stream, counted.
struct Body<'a, R> {
    stream: &'a mut R,
    name: &'a str,
    size: u64,
    received: u64,
}

impl<R: Read> Body<'_, R> {
    /// The next bytes, at most a buffer full, or `None` after the last.
    fn read<'b>(&mut self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, ReceiveError> {
        let left = self.size - self.received;
        if left == 0 {
            return Ok(None);
        }
        let room = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = loop {
            match self.stream.read(&mut buffer[..room]) {
                Ok(count) => break count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        };
        if count == 0 {
            return Err(ReceiveError::Closed {
                name: self.name.to_owned(),
                received: self.received,
                size: self.size,
            });
        }
        self.received += count as u64;
        Ok(Some(&buffer[..count]))
    }

    fn failed(&self, error: io::Error) -> ReceiveError {
        let (name, received, size) = (self.name.to_owned(), self.received, self.size);
        if is_timeout(&error) {
            ReceiveError::Stalled {
                name,
                received,
                size,
            }
        } else {
            ReceiveError::Lost {
                name,
                received,
                size,
                error,
            }
        }
    }
}

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
    fn new(name: &str, sent: u64, size: u64, error: io::Error) -> Self {
        let name = name.to_owned();
        if is_timeout(&error) {
            Self::Stalled { name, sent, size }
        } else {
            Self::Lost {
                name,
                sent,
                size,
                error,
            }
        }
    }
}

/// Sends exactly the `size` bytes of the file. `name` is for the errors.
pub fn send_file(
    stream: &TcpStream,
    file: &OpenFile,
    name: &str,
    progress: &Progress,
) -> Result<(), SendError> {
    let size = file.size;
    let mut sent = 0;
    while sent < size {
        let step = SENDFILE_STEP.min(size - sent);
        let count = send_step(stream, &file.file, step)
            .map_err(|error| SendError::new(name, sent, size, error))?;
        if count == 0 {
            return Err(SendError::Shrunk {
                name: name.to_owned(),
                sent,
                size,
            });
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
        loop {
            match sendfile(stream, file, None, step) {
                Ok(count) => return Ok(count as u64),
                Err(Errno::INTR) => {}
                // Some file systems have no sendfile.
                Err(Errno::INVAL | Errno::NOSYS) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    io::copy(&mut file.take(step), &mut &*stream)
}

/// As [`send_file`], and returns the md5 of what was sent, for a protocol that needs no md5 before
/// the bytes: the file is read once.
pub fn send_file_hashing(
    mut stream: &TcpStream,
    file: &OpenFile,
    name: &str,
    progress: &Progress,
) -> Result<String, SendError> {
    let size = file.size;
    let mut sent = 0;
    let mut md5 = Md5::new();
    let mut buffer = vec![0; BUFFER];
    let mut source = (&file.file).take(size);
    while sent < size {
        // A file that can no longer be read has no more bytes to send, whatever the reason.
        let count = source.read(&mut buffer).unwrap_or(0);
        if count == 0 {
            return Err(SendError::Shrunk {
                name: name.to_owned(),
                sent,
                size,
            });
        }
        md5.update(&buffer[..count]);
        stream
            .write_all(&buffer[..count])
            .map_err(|error| SendError::new(name, sent, size, error))?;
        sent += count as u64;
        progress.advance(count as u64);
    }
    Ok(hexadecimal(md5))
}

/// The md5 of the file's `size` bytes, as 32 hexadecimal digits. The file is at its beginning
/// before and after.
///
/// Fails with [`ErrorKind::UnexpectedEof`] if the file is shorter by now.
pub fn md5_of(file: &OpenFile) -> io::Result<String> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; BUFFER];
    let mut source = (&file.file).take(file.size);
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            count => md5.update(&buffer[..count]),
        }
    }
    if source.limit() > 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    (&file.file).rewind()?;
    Ok(hexadecimal(md5))
}

fn hexadecimal(md5: Md5) -> String {
    let mut digits = String::with_capacity(32);
    for byte in md5.finalize() {
        let _ = write!(digits, "{byte:02x}"); // writing to a String cannot fail
    }
    digits
}

/// What a socket's time limit looks like: EAGAIN on Unix, WSAETIMEDOUT on Windows.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::open_local;
    use proptest::prelude::*;
    use std::fs;
    use std::net::{Shutdown, TcpListener};
    use std::thread;
    use std::time::Duration;
    use tempfile::TempDir;

    const HELLO_MD5: &str = "5d41402abc4b2a76b9719d911017c592";

    fn announced<'a>(name: &'a str, size: u64, md5: Option<&'a str>) -> Announced<'a> {
        Announced { name, size, md5 }
    }

    fn receive(
        mut bytes: impl Read,
        folder: &TempDir,
        announced: Announced,
    ) -> Result<String, ReceiveError> {
        receive_file(&mut bytes, announced, folder.path(), &Progress::hidden())
    }

    fn is_empty(folder: &TempDir) -> bool {
        fs::read_dir(folder.path()).unwrap().next().is_none()
    }

    /// A connection over the loopback: near end, far end.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    fn file_of(size: usize) -> (TempDir, OpenFile, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251).to_le_bytes()[0]).collect();
        fs::write(&path, &bytes).unwrap();
        (folder, open_local(&path).unwrap(), bytes)
    }

    #[test]
    fn the_announced_bytes_are_stored_and_not_one_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream: &[u8] = b"hello, next message";
        let md5 = receive(
            &mut stream,
            &folder,
            announced("a b.txt", 5, Some(HELLO_MD5)),
        );
        assert_eq!(md5.unwrap(), HELLO_MD5);
        assert_eq!(fs::read(folder.path().join("a b.txt")).unwrap(), b"hello");
        assert_eq!(stream, b", next message");
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let md5 = receive(&[][..], &folder, announced("empty", 0, None)).unwrap();
        assert_eq!(md5, "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(fs::read(folder.path().join("empty")).unwrap(), b"");
    }

    #[test]
    fn a_peer_that_closes_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = receive(&b"hello"[..], &folder, announced("a.txt", 100, None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "peer closed after 5 of 100 bytes of a.txt"
        );
        assert!(!error.leaves_stream_in_step());
        assert!(is_empty(&folder));
    }

    #[test]
    fn a_peer_that_stalls_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (near, mut far) = connection();
        near.set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        far.write_all(b"hello").unwrap();
        let error = receive(&near, &folder, announced("a.txt", 100, None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "peer stalled after 5 of 100 bytes of a.txt"
        );
        assert!(!error.leaves_stream_in_step());
        assert!(is_empty(&folder));
    }

    #[test]
    fn the_largest_announced_size_allocates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = receive(&b"hello"[..], &folder, announced("a.txt", u64::MAX, None));
        assert!(error.is_err());
        assert!(is_empty(&folder));
    }

    #[test]
    fn another_md5_stores_nothing_and_keeps_the_older_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "older").unwrap();
        let announced = announced("a.txt", 5, Some("00000000000000000000000000000000"));
        let mut stream: &[u8] = b"hello, next message";
        let error = receive(&mut stream, &folder, announced).unwrap_err();
        assert!(matches!(error, ReceiveError::Md5 { .. }), "{error}");
        assert!(error.leaves_stream_in_step());
        assert_eq!(stream, b", next message");
        assert_eq!(fs::read(folder.path().join("a.txt")).unwrap(), b"older");
    }

    #[test]
    fn the_bytes_of_a_refused_name_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream: &[u8] = b"hello, next message";
        let error = receive(&mut stream, &folder, announced("../a.txt", 5, None)).unwrap_err();
        assert!(matches!(error, ReceiveError::Name(_)), "{error}");
        assert!(error.leaves_stream_in_step());
        assert_eq!(stream, b", next message");
        assert!(is_empty(&folder));
    }

    #[test]
    fn the_bytes_for_a_folder_that_cannot_be_written_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut stream: &[u8] = b"hello, next message";
        let announced = announced("a.txt", 5, None);
        let error = receive_file(&mut stream, announced, &file, &Progress::hidden()).unwrap_err();
        assert!(matches!(error, ReceiveError::Disk { .. }), "{error}");
        assert!(error.leaves_stream_in_step());
        assert_eq!(stream, b", next message");
    }

    #[test]
    fn skipped_bytes_are_counted_too() {
        let mut stream: &[u8] = b"hello, next message";
        skip_file(&mut stream, "a.txt", 5).unwrap();
        assert_eq!(stream, b", next message");
        assert!(skip_file(&mut stream, "a.txt", 100).is_err());
    }

    #[test]
    fn the_md5_of_a_file_is_that_of_its_announced_size() {
        let (folder, file, _) = file_of(0);
        assert_eq!(md5_of(&file).unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
        let path = folder.path().join("a.txt");
        fs::write(&path, "hello").unwrap();
        let file = open_local(&path).unwrap();
        fs::write(&path, "hello, longer").unwrap();
        assert_eq!(md5_of(&file).unwrap(), HELLO_MD5);
        fs::write(&path, "hell").unwrap();
        assert!(md5_of(&file).is_err());
    }

    #[test]
    fn a_file_is_sent_whole_by_both_ways() {
        for hashing in [false, true] {
            // More than the socket's buffers hold, and not a multiple of anything.
            let (_folder, file, bytes) = file_of(5_000_001);
            let md5 = md5_of(&file).unwrap();
            let (near, mut far) = connection();
            let sender = thread::spawn(move || {
                let progress = Progress::hidden();
                if hashing {
                    assert_eq!(
                        send_file_hashing(&near, &file, "a.txt", &progress).unwrap(),
                        md5
                    );
                } else {
                    send_file(&near, &file, "a.txt", &progress).unwrap();
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
        let (near, _far) = connection();
        let error = send_file(&near, &file, "a.txt", &Progress::hidden()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.txt has shrunk from 10 to 5 bytes while it was sent"
        );
        (&file.file).rewind().unwrap();
        let error = send_file_hashing(&near, &file, "a.txt", &Progress::hidden()).unwrap_err();
        assert!(
            matches!(error, SendError::Shrunk { sent: 5, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_reader_who_stops_ends_the_sending() {
        let (_folder, file, _) = file_of(20_000_000);
        let (near, far) = connection();
        near.set_write_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let error = send_file(&near, &file, "a.txt", &Progress::hidden()).unwrap_err();
        assert!(matches!(error, SendError::Stalled { .. }), "{error}");
        far.shutdown(Shutdown::Both).unwrap();
        drop(far);
        let error = send_file(&near, &file, "a.txt", &Progress::hidden()).unwrap_err();
        assert!(matches!(error, SendError::Lost { .. }), "{error}");
    }

    /// Hands out at most so many bytes a read, and an interruption in between.
    struct Pieces<'a>(&'a [u8], Box<dyn Iterator<Item = usize>>);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.1.next().unwrap_or(1) {
                0 => Err(ErrorKind::Interrupted.into()),
                most => self.0.take(most as u64).read(buffer).inspect(|&count| {
                    self.0 = &self.0[count..];
                }),
            }
        }
    }

    proptest! {
        #[test]
        fn however_the_bytes_arrive_the_file_is_the_same(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000),
            pieces in proptest::collection::vec(0_usize..300, 0..50),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let stream = Pieces(&bytes, Box::new(pieces.into_iter()));
            let size = bytes.len() as u64;
            let md5 = receive(stream, &folder, announced("a.txt", size, None)).unwrap();
            let stored = folder.path().join("a.txt");
            prop_assert_eq!(fs::read(&stored).unwrap(), bytes);
            prop_assert_eq!(md5_of(&open_local(&stored).unwrap()).unwrap(), md5);
        }
    }
}
