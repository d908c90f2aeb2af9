//! What a person sees and types.
//!
//! stdout carries the lesson's transcript and nothing else, stderr all the rest. What a peer sent goes
//! through [`decode_printable`] or [`escape_controls`] first: a terminal obeys control characters,
//! whoever wrote them.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, BufRead, IsTerminal, Write};
use std::process;

/// Most lines are shorter, in bytes, and need not move while they are put together.
const USUAL_LINE: usize = 128;

/// Prints one line of the transcript, as `print(…)` does.
///
/// Fails when stdout cannot be written, for example on a full disk. A pipe whose reader has gone
/// (`| head`) ends the program quietly instead: nobody is left to print for.
pub fn print_line(line: impl Display) -> io::Result<()> {
    print_text(format_args!("{line}\n"))
}

/// Prints `text` as it stands, without a newline, and flushes: `print(…, end="", flush=True)`.
pub fn print_text(text: impl Display) -> io::Result<()> {
    // One string, so one write: lines of several threads do not mix.
    let mut line = String::with_capacity(USUAL_LINE);
    let _ = write!(line, "{text}"); // writing to a String cannot fail
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(line.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("cannot write to stdout: {error}"),
        )),
        Ok(()) => Ok(()),
    }
}

/// Shows `text` and returns the line that the person types, without its line ending:
/// `input(…)`. `None` at end of input.
pub fn prompt(text: &str) -> io::Result<Option<String>> {
    print_text(text)?;
    let mut line = Vec::new();
    if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
        // The shell's own prompt should not follow ours on one line.
        if io::stdout().is_terminal() {
            print_line("")?;
        }
        return Ok(None);
    }
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    String::from_utf8(line).map(Some).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the typed line is not UTF-8: set the terminal (or the file) to UTF-8",
        )
    })
}

/// Takes white space off both ends, as Python's `str.strip` does (which counts the
/// separators U+001C to U+001F as white space, and Rust's `trim` does not).
#[must_use]
pub fn strip(line: &str) -> &str {
    line.trim_matches(is_space)
}

/// What Python counts as white space: `str.isspace`.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Writes one line to stderr: what a person should know and the transcript does not have.
pub fn log(line: impl Display) {
    let line = format!("{}\n", escape_to_one_line(&line.to_string()));
    // With stderr closed there is nobody to tell; the program's work goes on.
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Writes to stderr that something went wrong and that the program goes on.
pub fn warn(line: impl Display) {
    log(format_args!("warning: {line}"));
}

/// What a peer sent, ready for the screen: bytes that are not UTF-8 become U+FFFD, and what a terminal
/// obeys is escaped as by [`escape_controls`].
#[must_use]
pub fn decode_printable(bytes: &[u8]) -> String {
    escape_controls(&String::from_utf8_lossy(bytes)).into_owned()
}

/// `text` with its control characters written as Python's `repr` writes them (`\x1b`, `\r`,
/// `\u202e`), so that no terminal obeys them. Newline and tab stay: they only lay text out, and a
/// time format may ask for them.
#[must_use]
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_control(c) && c != '\n' && c != '\t')
}

/// `text` as a single line: every control character escaped, newline and tab too.
#[must_use]
pub fn escape_to_one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_control)
}

/// Whether a terminal may obey it: the control characters proper, the ends of a line or a paragraph
/// (U+2028, U+2029), and those that turn the direction of writing round, so that one text looks
/// like another (U+202A to U+202E, U+2066 to U+2069).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Most text is plain ASCII, which shows without a look at each character.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(&escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            _ if !escaped(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            ..='\u{ff}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            // No control character is beyond U+FFFF: four digits do.
            _ => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_are_shown_and_not_obeyed() {
        assert_eq!(
            decode_printable(b"\x1b[2Jhi\r\x07\x7f"),
            "\\x1b[2Jhi\\r\\x07\\x7f"
        );
        assert_eq!(escape_controls("\u{9b}31m"), "\\x9b31m");
    }

    #[test]
    fn what_turns_the_writing_round_is_shown_too() {
        assert_eq!(
            escape_controls("exe.\u{202e}txt\u{2066}\u{2069}\u{2028}\n"),
            "exe.\\u202etxt\\u2066\\u2069\\u2028\n"
        );
        assert_eq!(
            escape_to_one_line("\u{2027}\u{202f}\u{2065}\u{206a}"),
            "\u{2027}\u{202f}\u{2065}\u{206a}"
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_become_the_replacement_character() {
        assert_eq!(decode_printable(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn text_without_control_characters_is_left_as_it_is() {
        assert!(matches!(
            escape_controls("你好 wörld\n\t"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn one_line_has_no_newline() {
        assert_eq!(escape_to_one_line("a\nb\tc"), "a\\nb\\tc");
    }

    #[test]
    fn strip_takes_what_python_counts_as_white_space() {
        assert_eq!(strip(" \u{3000}\x1c a b \x1f\t\n"), "a b");
    }
}
