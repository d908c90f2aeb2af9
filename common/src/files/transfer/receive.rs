//! The receiving side: counted, hashed and stored as it comes.

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use thiserror::Error;

use super::hashing::Hashing;
use crate::files::names::{self, NameError};
use crate::files::partial_file::PartialFile;
use crate::files::progress::Progress;
use crate::net::is_timeout;

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
    /// The file is refused, but all announced bytes were read: the conversation can go on.
    #[error(transparent)]
    NotStored(#[from] NotStored),
}

/// Why a file that came whole was not stored.
#[derive(Debug, Error)]
pub enum NotStored {
    /// The name is not one that a file may have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The disk is full, or the folder not writable.
    #[error("{name} cannot be stored: {error}")]
    Disk {
        /// The file's name.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The bytes are not those that were announced.
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
    let disk = |error| NotStored::Disk {
        name: name.to_owned(),
        error,
    };
    let mut body = Body {
        stream,
        name,
        size,
        received: 0,
    };
    let mut file = names::check(name)
        .map_err(NotStored::from)
        .and_then(|()| PartialFile::create(folder).map_err(disk));
    // Another thread hashes what this one stores. An error of the disk stops the writing, not the
    // reading.
    let mut hashing = Hashing::new(size);
    loop {
        let mut buffer = hashing.buffer();
        let Some(bytes) = body.read(&mut buffer)? else {
            break;
        };
        let count = bytes.len();
        progress.advance(count as u64);
        if let Ok(partial) = &mut file
            && let Err(error) = partial.write_all(bytes)
        {
            file = Err(disk(error)); // drops the partial file: the disk has room again
        }
        hashing.update(buffer, count);
    }
    let file = file?;
    let computed = hashing.finish();
    match announced.md5 {
        Some(announced) if !announced.eq_ignore_ascii_case(&computed) => Err(NotStored::Md5 {
            name: name.to_owned(),
            computed,
            announced: announced.to_owned(),
        }
        .into()),
        _ => {
            file.persist(name).map_err(disk)?;
            Ok(computed)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::md5_of;
    use super::*;
    use crate::files::names::open_local;
    use proptest::prelude::*;
    use std::fs;
    use std::net::{TcpListener, TcpStream};
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
        assert!(!matches!(error, ReceiveError::NotStored(_)));
        assert!(is_empty(&folder));
    }

    #[test]
    fn a_peer_that_stalls_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut far = listener.accept().unwrap().0;
        near.set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        far.write_all(b"hello").unwrap();
        let error = receive(&near, &folder, announced("a.txt", 100, None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "peer stalled after 5 of 100 bytes of a.txt"
        );
        assert!(!matches!(error, ReceiveError::NotStored(_)));
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
        assert!(
            matches!(error, ReceiveError::NotStored(NotStored::Md5 { .. })),
            "{error}"
        );
        assert_eq!(stream, b", next message");
        assert_eq!(fs::read(folder.path().join("a.txt")).unwrap(), b"older");
    }

    #[test]
    fn the_bytes_of_a_refused_name_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream: &[u8] = b"hello, next message";
        let error = receive(&mut stream, &folder, announced("../a.txt", 5, None)).unwrap_err();
        assert!(
            matches!(error, ReceiveError::NotStored(NotStored::Name(_))),
            "{error}"
        );
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
        assert!(
            matches!(error, ReceiveError::NotStored(NotStored::Disk { .. })),
            "{error}"
        );
        assert_eq!(stream, b", next message");
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
