//! The header of a file: bincode where the lesson has a pickle.
//!
//! Whoever decodes a pickle runs what it says; bincode describes data and nothing else.
//!
//! The crate is frozen (RUSTSEC-2025-0141), and 2.0.1 is its last release that works. It is safe
//! here, and in this file alone: the input is at most [`MAX_HEADER`] bytes, and no more than that is
//! ever allocated, whatever length a string claims; the legacy configuration is a format that is
//! fixed for good, fixed-width little-endian integers, simple enough to be packed with `struct` in
//! the Python counterpart; and property tests feed the decoder random and mutated bytes.

use std::io::Read;

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use common::header::{HeaderError, MAX_HEADER, read_header, read_length};
use common::notation;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// bincode's legacy configuration, which has no limit, and a limit.
const CONFIGURATION: Configuration<LittleEndian, Fixint, Limit<MAX_HEADER>> =
    bincode::config::legacy().with_limit::<MAX_HEADER>();

/// What a side tells about a file before, or for an acknowledgement after, its bytes.
///
/// | bytes | what |
/// |---|---|
/// | 8 | length of the name, unsigned, little-endian |
/// | as that says | the name, UTF-8 |
/// | 8 | length of the md5, 32 |
/// | 32 | the md5 as hexadecimal digits |
/// | 8 | the file's size in bytes, unsigned, little-endian, below 2^63 |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHeader {
    /// The file's name, not checked.
    pub filename: String,
    /// 32 hexadecimal digits.
    pub md5: String,
    /// In bytes.
    pub file_size: u64,
}

/// Why a header is refused.
#[derive(Debug, Error)]
pub enum BadHeader {
    /// The bytes are no [`FileHeader`].
    #[error("bad header: it is not the bincode of a file header")]
    Undecodable(bincode::error::DecodeError),
    /// There are more bytes than a [`FileHeader`] has.
    #[error("bad header: {0} bytes too many")]
    TooMany(usize),
    /// No file is as large as announced.
    #[error("bad header: a size of {0} bytes")]
    Size(u64),
    /// The length is 0 where a header must come.
    #[error("bad header: it is empty")]
    Empty,
    /// The peer closed before the header's length.
    #[error("the peer closed instead of sending a header")]
    Missing,
    /// The name does not fit into a header.
    #[error("the header cannot be packed: {0}")]
    Unencodable(bincode::error::EncodeError),
    /// The header's length is wrong, or it did not come whole.
    #[error(transparent)]
    Stream(#[from] HeaderError),
}

impl FileHeader {
    /// The header as bytes, without its length before it.
    pub fn encode(&self) -> Result<Vec<u8>, BadHeader> {
        bincode::serde::encode_to_vec(self, CONFIGURATION).map_err(BadHeader::Unencodable)
    }

    /// The header that `bytes` are, all of them.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let (header, used): (Self, usize) = bincode::serde::decode_from_slice(bytes, CONFIGURATION)
            .map_err(BadHeader::Undecodable)?;
        if used < bytes.len() {
            return Err(BadHeader::TooMany(bytes.len() - used));
        }
        if i64::try_from(header.file_size).is_err() {
            return Err(BadHeader::Size(header.file_size));
        }
        Ok(header)
    }

    /// Receives a header's length and the header. `None` if the length is 0.
    pub fn receive(stream: &mut impl Read) -> Result<Option<Self>, BadHeader> {
        match read_length(stream)? {
            Some(0) => Ok(None),
            Some(length) => Self::decode(&read_header(stream, length)?).map(Some),
            None => Err(BadHeader::Missing),
        }
    }

    /// As Python prints the dict with these keys.
    #[must_use]
    pub fn dict(&self) -> String {
        let (filename, md5) = (
            notation::string(&self.filename),
            notation::string(&self.md5),
        );
        let size = self.file_size;
        format!("{{'filename': {filename}, 'md5': {md5}, 'file_size': {size}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(filename: &str, md5: &str, file_size: u64) -> FileHeader {
        FileHeader {
            filename: filename.to_owned(),
            md5: md5.to_owned(),
            file_size,
        }
    }

    #[test]
    fn the_bytes_are_those_that_python_packs() {
        // struct.pack('<Q5sQ3sQ', 5, b'a.txt', 3, b'md5', 258)
        let bytes = b"\x05\0\0\0\0\0\0\0a.txt\x03\0\0\0\0\0\0\0md5\x02\x01\0\0\0\0\0\0";
        assert_eq!(header("a.txt", "md5", 258).encode().unwrap(), bytes);
    }

    #[test]
    fn the_dict_is_what_python_prints() {
        let dict = header("it's 文", "abc", 3).dict();
        assert_eq!(
            dict,
            "{'filename': \"it's 文\", 'md5': 'abc', 'file_size': 3}"
        );
    }

    #[test]
    fn a_pickle_is_bad_data() {
        // pickle.dumps({'filename': 'a.txt', 'md5': 'xxxxxx', 'file_size': 3})
        let pickle = b"\x80\x04\x958\0\0\0\0\0\0\0}\x94(\x8c\x08filename\x94\x8c\x05a.txt\x94\x8c\
            \x03md5\x94\x8c\x06xxxxxx\x94\x8c\tfile_size\x94K\x03u.";
        assert!(matches!(
            FileHeader::decode(pickle),
            Err(BadHeader::Undecodable(_))
        ));
    }

    #[test]
    fn lengths_and_sizes_that_lie_are_refused() {
        let mut bytes = header("a.txt", "md5", 3).encode().unwrap();
        bytes.push(0);
        assert!(matches!(
            FileHeader::decode(&bytes),
            Err(BadHeader::TooMany(1))
        ));
        for short in 0..bytes.len() - 1 {
            assert!(FileHeader::decode(&bytes[..short]).is_err());
        }
        for length in [6, 1 << 20, 1 << 40, u64::MAX] {
            bytes[..8].copy_from_slice(&length.to_le_bytes());
            assert!(FileHeader::decode(&bytes).is_err(), "{length}");
        }
        let huge = header("a.txt", "md5", 1 << 63).encode().unwrap();
        assert!(matches!(FileHeader::decode(&huge), Err(BadHeader::Size(_))));
    }

    #[test]
    fn a_name_that_does_not_fit_is_refused_by_both_sides() {
        let longest = header(&"n".repeat(MAX_HEADER - 24), "", 0);
        assert_eq!(
            FileHeader::decode(&longest.encode().unwrap()).unwrap(),
            longest
        );
        let frame = |name: usize| {
            let header = header(&"n".repeat(name), "", 0).encode().unwrap();
            common::header::pack(&header, b"")
        };
        assert!(frame(MAX_HEADER - 23).is_err());
    }

    proptest! {
        #[test]
        fn every_header_survives(filename: String, md5: String, file_size in 0..=i64::MAX as u64) {
            let header = header(&filename, &md5, file_size);
            prop_assert_eq!(FileHeader::decode(&header.encode().unwrap()).unwrap(), header);
        }

        #[test]
        fn random_bytes_are_a_header_only_if_they_are_its_bytes(bytes: Vec<u8>) {
            if let Ok(header) = FileHeader::decode(&bytes) {
                prop_assert_eq!(header.encode().unwrap(), bytes);
            }
        }

        #[test]
        fn mutated_headers_never_panic(
            filename in ".{0,20}", at: prop::sample::Index, byte: u8, insert: bool
        ) {
            let mut bytes = header(&filename, "5d41402abc4b2a76b9719d911017c592", 5).encode().unwrap();
            let at = at.index(bytes.len());
            if insert { bytes.insert(at, byte) } else { bytes[at] = byte }
            if let Ok(header) = FileHeader::decode(&bytes) {
                prop_assert_eq!(header.encode().unwrap(), bytes);
            }
        }
    }
}
