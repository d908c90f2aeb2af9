//! An md5 that is computed in a thread of its own, beside the receiving or sending.
//!
//! To hash a byte takes longer than to receive and to store it. One thread that does all in turn
//! needs the sum of the times, two threads need the longer one. The buffers go round in a ring:
//! filled by the one, hashed by the other, and back. There are few of them, so whoever is quicker
//! waits for the other, and memory stays bounded.
//!
//! Python: `common/python/common/files/hashing.py`

use std::fmt::Write as _;
use std::panic;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use md5::{Digest, Md5};

use super::BUFFER;

/// How many buffers are in the ring.
const BUFFERS: usize = 4;

/// Computes the md5 of buffers in their order.
pub(super) enum Hashing {
    /// In a thread: two ends of the ring, and who hashes.
    Beside {
        filled: Sender<(Vec<u8>, usize)>,
        empty: Receiver<Vec<u8>>,
        thread: JoinHandle<Md5>,
    },
    /// At once: for what fits into one buffer, and where no thread can be started.
    AtOnce { md5: Md5, buffer: Vec<u8> },
}

impl Hashing {
    /// For a file of `size` bytes.
    pub(super) fn new(size: u64) -> Self {
        if size > BUFFER as u64
            && let Ok(beside) = Self::beside()
        {
            return beside;
        }
        Self::AtOnce {
            md5: Md5::new(),
            buffer: vec![0; BUFFER],
        }
    }

    fn beside() -> std::io::Result<Self> {
        let (filled, to_hash) = channel::<(Vec<u8>, usize)>();
        let (hashed, empty) = channel();
        for _ in 0..BUFFERS {
            let _ = hashed.send(vec![0; BUFFER]); // the receiver is two lines above
        }
        let hash = move || {
            let mut md5 = Md5::new();
            for (buffer, count) in to_hash {
                md5.update(&buffer[..count]);
                let _ = hashed.send(buffer); // nobody wants the last ones back
            }
            md5
        };
        let thread = thread::Builder::new().name("md5".to_owned()).spawn(hash)?;
        Ok(Self::Beside {
            filled,
            empty,
            thread,
        })
    }

    /// A buffer to be filled, of [`BUFFER`] bytes. Waits until one is free.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        let buffer = match self {
            Self::Beside { empty, .. } => empty.recv().ok(),
            Self::AtOnce { buffer, .. } => Some(std::mem::take(buffer)),
        };
        // Only a thread that panicked gives none back; `finish` passes the panic on.
        buffer.unwrap_or_else(|| vec![0; BUFFER])
    }

    /// Hashes the first `count` bytes of a buffer and takes it back.
    pub(super) fn update(&mut self, filled_buffer: Vec<u8>, count: usize) {
        match self {
            Self::Beside { filled, .. } => {
                let _ = filled.send((filled_buffer, count)); // as above
            }
            Self::AtOnce { md5, buffer } => {
                md5.update(&filled_buffer[..count]);
                *buffer = filled_buffer;
            }
        }
    }

    /// The md5 of all, as 32 hexadecimal digits.
    pub(super) fn finish(self) -> String {
        hexadecimal(match self {
            Self::Beside { filled, thread, .. } => {
                drop(filled); // the end of the ring
                thread
                    .join()
                    .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
            }
            Self::AtOnce { md5, .. } => md5,
        })
    }
}

/// The md5 as 32 hexadecimal digits.
pub(super) fn hexadecimal(md5: Md5) -> String {
    let mut digits = String::with_capacity(32);
    for byte in md5.finalize() {
        let _ = write!(digits, "{byte:02x}"); // writing to a String cannot fail
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn beside_or_at_once_it_is_the_same_md5(
            pieces in proptest::collection::vec((any::<u8>(), 0..BUFFER), 0..20)
        ) {
            let mut expected = Md5::new();
            let mut ways = [Hashing::new(0), Hashing::new(u64::MAX)];
            for (byte, count) in pieces {
                expected.update(vec![byte; count]);
                for hashing in &mut ways {
                    let mut buffer = hashing.buffer();
                    buffer[..count].fill(byte);
                    hashing.update(buffer, count);
                }
            }
            let expected = hexadecimal(expected);
            for hashing in ways {
                prop_assert_eq!(&hashing.finish(), &expected);
            }
        }
    }
}
