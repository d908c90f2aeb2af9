//! The language of scripts: what a line says, and the bytes that a literal is.

use std::path::PathBuf;
use std::str::Chars;

use anyhow::{Context as _, Result, bail, ensure};

use crate::check::catalogue::script::{Act, Action};
use crate::check::catalogue::wire::frame;

/// The step that a line is.
pub(super) fn action(line: &str) -> Result<Action> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    Ok(match (first, rest) {
        ("restart", "") => Action::Restart,
        ("program", "ends") => Action::Ends,
        ("program", "goes on") => Action::GoesOn,
        ("type", text) => Action::Type(text_of(text)?),
        ("screen", rest) => {
            let text = rest
                .strip_prefix("shows ")
                .context("`screen shows 'text'`")?;
            Action::Shows(text_of(text)?)
        }
        ("file", rest) => {
            let mut chars = rest.chars();
            let path: PathBuf = String::from_utf8(literal(&mut chars)?)?.into();
            match chars.as_str().trim() {
                "is missing" => Action::Missing(path),
                rest => {
                    let content = rest
                        .strip_prefix("holds ")
                        .context("`file 'path' holds VALUE`, or `is missing`")?;
                    Action::Holds(path, value(content)?)
                }
            }
        }
        (name, rest) => Action::Peer(name.to_owned(), act(rest)?),
    })
}

fn act(text: &str) -> Result<Act> {
    Ok(match text {
        "connects" => Act::Connects,
        "closes" => Act::Closes,
        "resets" => Act::Resets,
        "finishes" => Act::Finishes,
        "is closed" => Act::IsClosed,
        "receives nothing" => Act::ReceivesNothing,
        _ => match text.split_once(' ') {
            Some(("sends", rest)) => Act::Sends(value(rest)?),
            Some(("receives", rest)) => Act::Receives(value(rest)?),
            _ => bail!("nobody can do that"),
        },
    })
}

fn text_of(text: &str) -> Result<String> {
    Ok(String::from_utf8(value(text)?)?)
}

/// The bytes that literals and frames after each other are.
pub(super) fn value(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str().trim_start();
        if rest.is_empty() {
            return Ok(bytes);
        }
        chars = rest.chars();
        if let Some(rest) = rest.strip_prefix("frame ") {
            chars = rest.trim_start().chars();
            let header = String::from_utf8(literal(&mut chars)?)?;
            chars = chars.as_str().trim_start().chars();
            bytes.extend(frame(&header, &literal(&mut chars)?));
        } else {
            bytes.extend(literal(&mut chars)?);
        }
    }
}

/// The bytes of the literal with which `chars` begin, such as `'a\x00'` or `'x'*10`.
fn literal(chars: &mut Chars) -> Result<Vec<u8>> {
    ensure!(chars.next() == Some('\''), "a literal begins with '");
    let mut bytes = Vec::new();
    loop {
        match chars.next().context("a literal ends with '")? {
            '\'' => break,
            '\\' => bytes.push(match chars.next().context("a literal ends with '")? {
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'x' => {
                    let digits: String = chars.take(2).collect();
                    u8::from_str_radix(&digits, 16).with_context(|| format!("\\x{digits}"))?
                }
                c @ ('\\' | '\'') => c as u8,
                other => bail!("\\{other} is no escape"),
            }),
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if let Some(rest) = chars.as_str().strip_prefix('*') {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        bytes = bytes.repeat(rest[..end].parse().context("a number after *")?);
        *chars = rest[end..].chars();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_frames_become_bytes() {
        for (text, bytes) in [
            (r"'a\x00\n\'' ", &b"a\0\n'"[..]),
            ("'ab'*3 'c'", b"abababc"),
            ("frame '{}' 'x'*2 ''", b"\x02\0\0\0{}xx"),
            ("'é'", "é".as_bytes()),
        ] {
            assert_eq!(value(text).unwrap(), bytes, "{text}");
        }
        for text in ["a", "'a", r"'\q'", "'a'*", r"'\xg0'"] {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_is_a_step() {
        let hi = || b"hi".to_vec();
        for (line, expected) in [
            ("a sends 'hi'", Action::Peer("a".into(), Act::Sends(hi()))),
            ("b is closed", Action::Peer("b".into(), Act::IsClosed)),
            ("type 'hi'", Action::Type("hi".into())),
            ("screen shows 'hi'", Action::Shows("hi".into())),
            ("file 'a b' holds 'hi'", Action::Holds("a b".into(), hi())),
            ("file 'x' is missing", Action::Missing("x".into())),
            ("program goes on", Action::GoesOn),
        ] {
            assert_eq!(action(line).unwrap(), expected, "{line}");
        }
        for line in [
            "a says 'hi'",
            "file 'x' has 'y'",
            "program runs",
            "screen 'x'",
        ] {
            assert!(action(line).is_err(), "{line}");
        }
    }
}
