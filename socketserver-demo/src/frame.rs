//! The frame of the framed pair, on both ways: a header that tells the size, then the text.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length N of the header, signed, little-endian |
//! | N | `{"data_size": M}` |
//! | M | the text, UTF-8 |
//!
//! Python: socketserver-demo/python/frame.py

use std::io::Read;

use anyhow::{Result, ensure};
use common::header;
use serde::{Deserialize, Serialize};

/// The longest text that is sent or accepted, in bytes.
pub const MAX_TEXT: usize = 1024 * 1024;

/// The header of a frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// The length of the text in bytes.
    data_size: usize,
}

/// Packs a text of at most [`MAX_TEXT`] bytes into one buffer, so that one write sends it.
pub fn pack(text: &str) -> Result<Vec<u8>> {
    let data_size = text.len();
    ensure!(
        data_size <= MAX_TEXT,
        "a text of {data_size} bytes is too long, at most {MAX_TEXT} are accepted: send less"
    );
    Ok(header::pack_json(&Header { data_size }, text.as_bytes())?)
}

/// Reads a frame's text; what is not UTF-8 becomes U+FFFD. `None` when the peer closed before it.
///
/// # Errors
///
/// A header that is none, a text longer than [`MAX_TEXT`], a peer that closes in the middle, a
/// failing connection.
pub fn read(stream: &mut impl Read) -> Result<Option<String>> {
    let Some(length) = header::read_length(stream)? else {
        return Ok(None);
    };
    let header = header::read_header(stream, length)?;
    let size = match serde_json::from_slice(&header) {
        // serde would take an array of the values, too.
        Ok(Header { data_size }) if header.starts_with(b"{") && data_size <= MAX_TEXT => {
            data_size as u64
        }
        // With anything else in it, it is read as Python does, or refused in the same words.
        _ => header::size(&header::parse_json(&header)?, "data_size")?,
    };
    let text = header::read_body(stream, size, MAX_TEXT)?;
    let text = String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_comes_back_as_the_text_that_was_packed() {
        let frame = pack("你好").unwrap();
        assert_eq!(frame, "\x10\0\0\0{\"data_size\": 6}你好".as_bytes());
        let mut stream = &frame[..];
        assert_eq!(read(&mut stream).unwrap().unwrap(), "你好");
        assert_eq!(read(&mut stream).unwrap(), None);
    }

    #[test]
    fn a_header_may_have_more_and_of_a_key_that_stands_twice_the_last_value_counts() {
        for header in [
            r#"{"data_size":1}"#,
            r#" {"who": ["x", {"y": 1e999}], "data_size": 1}"#,
            r#"{"data_size": 9, "data_size": 1}"#,
            r#"{"data\u005fsize": 1}"#,
        ] {
            let frame = header::pack(header.as_bytes(), b"x").unwrap();
            assert_eq!(read(&mut &frame[..]).unwrap().unwrap(), "x", "{header}");
        }
        for (header, why) in [
            (r#"{"data_size": -1}"#, "a whole number of bytes"),
            (r#"{"data_size": 1.0}"#, "a whole number of bytes"),
            (
                r#"{"data_size": 18446744073709551615}"#,
                "a whole number of bytes",
            ),
            (r#"{"size": 1}"#, "\"data_size\" is missing"),
            ("[1]", "not a JSON object"),
            (r#"["data_size"]"#, "not a JSON object"),
            (r#"{"data_size": 1"#, "not JSON"),
        ] {
            let frame = header::pack(header.as_bytes(), b"x").unwrap();
            let error = read(&mut &frame[..]).unwrap_err().to_string();
            assert!(error.contains(why), "{header}: {error}");
        }
    }

    #[test]
    fn a_text_beyond_the_limit_is_neither_sent_nor_accepted() {
        let long = "x".repeat(MAX_TEXT);
        assert_eq!(read(&mut &pack(&long).unwrap()[..]).unwrap(), Some(long));
        assert!(pack(&"x".repeat(MAX_TEXT + 1)).is_err());
        let header = header::pack_json(&json!({"data_size": MAX_TEXT + 1}), b"").unwrap();
        let error = read(&mut &header[..]).unwrap_err().to_string();
        assert!(error.contains("at most 1048576 are accepted"), "{error}");
    }
}
