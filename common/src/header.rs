//! The struct-packed header, which puts a message's boundaries back on a stream.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length N of the header, `struct.pack('i', N)`: signed, little-endian on the machines of these lessons |
//! | N | the header itself: JSON in most programs, bincode in ftp-class |
//! | as the header says | the body |
//!
//! A length that is negative or above [`MAX_HEADER`] is an error before anything is allocated.

use std::io::{self, Read};

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::json::{self, JsonError};
use crate::{net, notation};

/// The longest header that is accepted, in bytes.
pub const MAX_HEADER: usize = 64 * 1024;

/// How much of a bad header is shown, in bytes.
const SHOWN: usize = 60;

/// For a body of so many bytes memory is taken at once; above it grows with what arrives.
const SMALL_BODY: usize = 4096;

/// A JSON object in the order of its keys, as a header carries it.
pub type Fields = Map<String, Value>;

/// Why a header was not accepted.
#[derive(Debug, Error)]
pub enum HeaderError {
    /// The length is below zero.
    #[error("bad header: its length is negative ({0})")]
    Negative(i32),
    /// The length is above [`MAX_HEADER`].
    #[error("bad header: its length is {0} bytes, at most {MAX_HEADER} are accepted")]
    TooLong(usize),
    /// The peer closed the connection inside the message.
    #[error("the peer closed after {got} of {expected} bytes of {part}")]
    Closed {
        /// Which part of the message: `the length`, `the header`, `the body`.
        part: &'static str,
        /// How many bytes of it came.
        got: usize,
        /// How many were announced.
        expected: usize,
    },
    /// A header to be sent cannot be written as JSON.
    #[error("bad header: not JSON ({0})")]
    NotJson(serde_json::Error),
    /// The header that came is not JSON, or beyond the limits for it.
    #[error("bad header: {why}: {shown}")]
    BadJson {
        /// What is wrong with it.
        why: JsonError,
        /// Its beginning, as Python writes bytes.
        shown: String,
    },
    /// The header is JSON, but not an object.
    #[error("bad header: not a JSON object")]
    NotAnObject,
    /// A field is missing.
    #[error("bad header: {0:?} is missing")]
    Missing(&'static str),
    /// A field has a value that it cannot have.
    #[error("bad header: {field:?} must be {expected}")]
    BadField {
        /// The field's name.
        field: &'static str,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The body is announced larger than the program accepts.
    #[error("bad header: a body of {size} bytes is announced, at most {limit} are accepted")]
    BodyTooLong {
        /// The announced size in bytes.
        size: u64,
        /// The largest that is accepted, in bytes.
        limit: usize,
    },
    /// The peer sent nothing for the time that was set on the socket.
    #[error("the peer stalled: nothing came within the time limit")]
    Stalled,
    /// The socket failed.
    #[error(transparent)]
    Io(io::Error),
}

// Not `#[from]`: that would make it the error's source too, and its text appear twice.
impl From<serde_json::Error> for HeaderError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        if net::is_timeout(&error) {
            Self::Stalled
        } else {
            Self::Io(error)
        }
    }
}

/// Packs `struct.pack('i', len(header)) + header + body` into one buffer, so that one write sends it.
///
/// Three small writes would meet Nagle's algorithm and delayed acknowledgement, and wait for 40 ms.
///
/// # Errors
///
/// [`HeaderError::TooLong`] when the other side would refuse the header.
pub fn pack(header: &[u8], body: &[u8]) -> Result<Vec<u8>, HeaderError> {
    let length = i32::try_from(header.len())
        .ok()
        .filter(|_| header.len() <= MAX_HEADER)
        .ok_or(HeaderError::TooLong(header.len()))?;
    Ok([&length.to_le_bytes(), header, body].concat())
}

/// Packs a JSON header, in the form of `json.dumps`, and a body: see [`pack`].
///
/// # Errors
///
/// As [`pack`], and [`HeaderError::NotJson`] when `header` cannot be written as JSON.
pub fn pack_json(header: &impl Serialize, body: &[u8]) -> Result<Vec<u8>, HeaderError> {
    pack(json::dumps(header)?.as_bytes(), body)
}

/// Reads the 4 bytes of a header's length. `None` when the peer closed before the first of them:
/// that is how a conversation ends.
///
/// # Errors
///
/// A length that is negative or too large, a peer that closes in its middle, or a failing socket.
pub fn read_length(stream: &mut impl Read) -> Result<Option<usize>, HeaderError> {
    let mut bytes = [0; 4];
    match recv_all(stream, &mut bytes)? {
        0 => return Ok(None),
        4 => {}
        got => {
            return Err(HeaderError::Closed {
                part: "the length",
                got,
                expected: 4,
            });
        }
    }
    let length = i32::from_le_bytes(bytes);
    let length = usize::try_from(length).map_err(|_| HeaderError::Negative(length))?;
    if length > MAX_HEADER {
        return Err(HeaderError::TooLong(length));
    }
    Ok(Some(length))
}

/// Reads a header of `length` bytes, as [`read_length`] told.
///
/// # Errors
///
/// A peer that closes in its middle, or a failing socket.
pub fn read_header(stream: &mut impl Read, length: usize) -> Result<Vec<u8>, HeaderError> {
    let mut header = vec![0; length.min(MAX_HEADER)];
    let expected = header.len();
    match recv_all(stream, &mut header)? {
        got if got == expected => Ok(header),
        got => Err(HeaderError::Closed {
            part: "the header",
            got,
            expected,
        }),
    }
}

/// Reads a length and the JSON object that it announces. `None` when the peer closed before.
///
/// Of a key that stands there twice the last value counts, as in Python.
///
/// # Errors
///
/// As [`read_length`] and [`read_header`], and when the header is not a JSON object.
pub fn read_json(stream: &mut impl Read) -> Result<Option<Fields>, HeaderError> {
    let Some(length) = read_length(stream)? else {
        return Ok(None);
    };
    parse_json(&read_header(stream, length)?).map(Some)
}

/// The JSON object in `header`.
///
/// # Errors
///
/// When [`json::loads`] refuses it, or it is not an object.
pub fn parse_json(header: &[u8]) -> Result<Fields, HeaderError> {
    match json::loads(header) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(HeaderError::NotAnObject),
        Err(why) => {
            let start = notation::bytes(&header[..header.len().min(SHOWN)]);
            let cut = if header.len() > SHOWN { "..." } else { "" };
            let shown = start + cut;
            Err(HeaderError::BadJson { why, shown })
        }
    }
}

/// The size, in bytes, that a header announces under `field`.
///
/// # Errors
///
/// When it is missing, or not a whole number from 0 to 2^63 - 1.
pub fn size(fields: &Fields, field: &'static str) -> Result<u64, HeaderError> {
    let value = fields.get(field).ok_or(HeaderError::Missing(field))?;
    value
        .as_i64()
        .and_then(|size| u64::try_from(size).ok())
        .ok_or(HeaderError::BadField {
            field,
            expected: "a whole number of bytes, 0 or more",
        })
}

/// The text that a header carries under `field`.
///
/// # Errors
///
/// When it is missing, or not a string.
pub fn string<'a>(fields: &'a Fields, field: &'static str) -> Result<&'a str, HeaderError> {
    let value = fields.get(field).ok_or(HeaderError::Missing(field))?;
    value.as_str().ok_or(HeaderError::BadField {
        field,
        expected: "a string",
    })
}

/// Reads a body of `size` bytes into memory, of which `limit` are accepted.
///
/// Memory grows with what arrives, not with what was announced.
///
/// # Errors
///
/// [`HeaderError::BodyTooLong`] when more than `limit` bytes are announced, and when the peer closes before the last.
pub fn read_body(stream: &mut impl Read, size: u64, limit: usize) -> Result<Vec<u8>, HeaderError> {
    let expected = usize::try_from(size)
        .ok()
        .filter(|size| *size <= limit)
        .ok_or(HeaderError::BodyTooLong { size, limit })?;
    let mut body = vec![0; expected.min(SMALL_BODY)];
    let mut got = recv_all(stream, &mut body)?;
    if got == SMALL_BODY {
        got += stream.take(size - got as u64).read_to_end(&mut body)?;
    }
    if got < expected {
        return Err(HeaderError::Closed {
            part: "the body",
            got,
            expected,
        });
    }
    Ok(body)
}

/// Receives until `buffer` is full or the stream ends, because `recv(n)` may return less than n. Tells how
/// many bytes came.
fn recv_all(stream: &mut impl Read, buffer: &mut [u8]) -> Result<usize, HeaderError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives one byte a read, as a slow network may.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn error(bytes: &[u8]) -> String {
        read_json(&mut Trickle(bytes)).unwrap_err().to_string()
    }

    #[test]
    fn a_header_survives_a_stream_of_single_bytes() {
        let frame = pack_json(&serde_json::json!({"size": 3}), b"abc").unwrap();
        assert_eq!(frame, b"\x0b\0\0\0{\"size\": 3}abc");
        let mut stream = Trickle(&frame);
        let fields = read_json(&mut stream).unwrap().unwrap();
        let size = size(&fields, "size").unwrap();
        assert_eq!(read_body(&mut stream, size, 10).unwrap(), b"abc");
        assert!(read_json(&mut stream).unwrap().is_none());
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert_eq!(
            error(&(-1_i32).to_le_bytes()),
            "bad header: its length is negative (-1)"
        );
        assert!(error(&i32::MAX.to_le_bytes()).contains("2147483647 bytes, at most 65536"));
        assert!(error(&65537_i32.to_le_bytes()).contains("at most 65536"));
        assert_eq!(
            error(&[1, 0]),
            "the peer closed after 2 of 4 bytes of the length"
        );
        assert_eq!(
            error(b"\x09\0\0\0{\"a"),
            "the peer closed after 3 of 9 bytes of the header"
        );
    }

    #[test]
    fn headers_that_are_no_json_object_are_refused() {
        let refused = |header: &str| parse_json(header.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused("size"), "bad header: not JSON: b'size'");
        assert_eq!(refused("[1]"), "bad header: not a JSON object");
        let start = "[".repeat(SHOWN);
        assert_eq!(
            refused(&"[".repeat(60_000)),
            format!("bad header: nested more than 100 deep: b'{start}'...")
        );
    }

    #[test]
    fn sizes_that_are_no_sizes_are_refused() {
        for value in [
            "-1",
            "1.5",
            "1.0",
            "\"1\"",
            "null",
            "true",
            "1e3",
            "9223372036854775808",
            "100000000000000000000000",
            "1e999",
            "[]",
        ] {
            let fields = parse_json(format!("{{\"size\": {value}}}").as_bytes()).unwrap();
            assert!(size(&fields, "size").is_err(), "{value}");
        }
        assert!(matches!(
            size(&Fields::new(), "size"),
            Err(HeaderError::Missing("size"))
        ));
    }

    #[test]
    fn minus_zero_is_zero() {
        let fields = parse_json(br#"{"size": -0}"#).unwrap();
        assert_eq!(size(&fields, "size").unwrap(), 0);
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_value_counts() {
        let fields = parse_json(br#"{"size": 1, "size": 2}"#).unwrap();
        assert_eq!(size(&fields, "size").unwrap(), 2);
    }

    #[test]
    fn a_body_that_is_announced_too_large_is_refused_before_it_is_read() {
        assert!(matches!(
            read_body(&mut Trickle(b""), 1 << 40, 1 << 20),
            Err(HeaderError::BodyTooLong { .. })
        ));
        assert!(matches!(
            read_body(&mut Trickle(b"ab"), 3, 3),
            Err(HeaderError::Closed {
                got: 2,
                expected: 3,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>) {
            let mut stream = &bytes[..];
            while let Ok(Some(fields)) = read_json(&mut stream) {
                let _ = size(&fields, "size");
            }
        }
    }
}
