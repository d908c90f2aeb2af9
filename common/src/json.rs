//! JSON as Python writes and reads it: `json.dumps(value)` and `json.loads(text)`.
//!
//! Written with a blank after every `:` and `,`, and everything beyond ASCII as `\uXXXX`. The lessons'
//! headers are counted in bytes, so the form matters: `{"size": 13}` has 12 of them.
//!
//! Read with integers of any size, and with floats too large for a float as infinity. What Python takes
//! beyond JSON (`NaN`, half of a surrogate pair) is refused, here and in the Python programs. Where
//! the limits of Python differ from version to version and from those of `serde_json`, both have the same:
//! [`MAX_DEPTH`] and [`MAX_DIGITS`]. One difference remains: an object whose key is
//! `$serde_json::private::Number` is taken for the number in it, which is how serde_json keeps numbers.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use thiserror::Error;

use crate::notation;

/// Most headers are shorter, in bytes, and need not move while they are put together.
const USUAL_LENGTH: usize = 128;

/// How deep arrays and objects may stand within each other.
pub const MAX_DEPTH: i64 = 100;

/// How many digits may follow each other in a number: what Python makes an integer of.
pub const MAX_DIGITS: usize = 4300;

/// Why a text was not accepted as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonError {
    /// Not UTF-8, or not JSON.
    #[error("not JSON")]
    NotJson,
    /// The depth is above [`MAX_DEPTH`].
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// The digits are more than [`MAX_DIGITS`].
    #[error("a number of more than {MAX_DIGITS} digits")]
    TooLong,
}

/// Reads the JSON value in `text`. Of a key that stands twice in an object the last value counts.
pub fn loads(text: &[u8]) -> Result<Value, JsonError> {
    let text = str::from_utf8(text).map_err(|_| JsonError::NotJson)?;
    check_limits(text)?;
    serde_json::from_str(text).map_err(|_| JsonError::NotJson)
}

/// Looks at what stands outside of strings, JSON or not: so both languages refuse the same.
fn check_limits(text: &str) -> Result<(), JsonError> {
    let (mut depth, mut deepest) = (0, 0);
    let (mut digits, mut most_digits) = (0, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        deepest = deepest.max(depth);
        most_digits = most_digits.max(digits);
    }
    if deepest > MAX_DEPTH {
        return Err(JsonError::TooDeep);
    }
    if most_digits > MAX_DIGITS {
        return Err(JsonError::TooLong);
    }
    Ok(())
}

/// Goes on behind the quotation mark that ends the string.
fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
}

/// Writes `value` as `json.dumps(value)` does.
///
/// ```
/// let header = serde_json::json!({"filename": "文.txt", "filesize": 3});
/// assert_eq!(common::json::dumps(&header)?, r#"{"filename": "\u6587.txt", "filesize": 3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// When `value` cannot be JSON, such as a map whose keys are not strings.
pub fn dumps(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    value.serialize(&mut Serializer::with_formatter(&mut out, PythonForm))?;
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

struct PythonForm;

impl Formatter for PythonForm {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { w.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { w.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, w: &mut W) -> io::Result<()> {
        w.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return w.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        for c in fragment.chars() {
            // Python escapes the delete character too.
            if c.is_ascii() && c != '\x7f' {
                w.write_all(&[c as u8])?;
            } else {
                for unit in c.encode_utf16(&mut units) {
                    write!(w, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, w: &mut W, value: f64) -> io::Result<()> {
        w.write_all(notation::float(value).as_bytes())
    }

    fn write_number_str<W: ?Sized + io::Write>(&mut self, w: &mut W, text: &str) -> io::Result<()> {
        let number = notation::number(text).replace("inf", "Infinity");
        w.write_all(number.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        w: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => w.write_all(b"\\\""),
            CharEscape::ReverseSolidus => w.write_all(b"\\\\"),
            CharEscape::Solidus => w.write_all(b"/"),
            CharEscape::Backspace => w.write_all(b"\\b"),
            CharEscape::FormFeed => w.write_all(b"\\f"),
            CharEscape::LineFeed => w.write_all(b"\\n"),
            CharEscape::CarriageReturn => w.write_all(b"\\r"),
            CharEscape::Tab => w.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(w, "\\u{byte:04x}"),
        }
    }
}
