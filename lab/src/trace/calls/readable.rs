//! What strace wrote of a call, for people.

use std::sync::OnceLock;

use common::notation;
use regex_lite::Regex;

/// The strings among a call's arguments: `"\x68\x69"`.
pub(super) fn strings(arguments: &str) -> impl Iterator<Item = Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(|digits| {
        let bytes = digits.split("\\x").skip(1);
        bytes
            .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
            .collect()
    })
}

/// What a call returned, for people: `5`, `-1 EPIPE (Broken pipe)`.
pub(super) fn outcome(result: &str) -> String {
    match result.trim() {
        "?" => "the program was killed in it".to_owned(),
        result if result.starts_with("? ERESTART") => "interrupted by a signal".to_owned(),
        result => readable(result),
    }
}

/// The arguments of a call about a time limit, whose bytes are seconds and microseconds.
pub(super) fn time_limit(arguments: &str, bytes: &[u8]) -> Option<String> {
    let (before, _) = arguments.split_once("TIMEO_OLD, ")?;
    let number = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let (seconds, microseconds) = (number(0)?, number(8)?);
    Some(format!(
        "{}TIMEO, {seconds}.{microseconds:06} s",
        readable(before)
    ))
}

/// What strace wrote, for people: descriptors as numbers, addresses as they are typed, bytes as
/// Python writes them, and without what is not used.
pub(super) fn readable(arguments: &str) -> String {
    // What a peer sent is not to be taken for what strace wrote: while that is tidied, a mark
    // stands for each string.
    let mut text = String::new();
    let mut told = Vec::new();
    for (at, part) in arguments.split('"').enumerate() {
        if at % 2 == 0 {
            text.push_str(part);
            continue;
        }
        let bytes = strings(&format!("\"{part}\"")).next().unwrap_or_default();
        let is_address = ["inet_addr(", "inet_pton(AF_INET6, "]
            .iter()
            .any(|before| text.ends_with(before));
        if is_address {
            text.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            text.push(MARK);
            told.push(notation::bytes(&bytes));
        }
    }
    for (pattern, with) in tidying() {
        text = pattern.replace(&text, *with).into_owned();
    }
    let mut told = told.into_iter();
    let letters = text.chars().map(|letter| match letter {
        MARK => told.next().unwrap_or_default(),
        letter => letter.to_string(),
    });
    letters.collect()
}

/// What stands for a string in strace's text, which never has it itself.
const MARK: char = '\0';

/// What is changed in strace's text, in this order.
fn tidying() -> &'static [(Regex, &'static str)] {
    static TIDYING: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    TIDYING.get_or_init(|| {
        let rules = [
            // What a descriptor is.
            (r"(\d)<(TCP|UDP|RAW)[^\]]*\]>", "$1"),
            (r"(\d)<[^>]*>", "$1"),
            (
                r"\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\(([^)]*)\)\}",
                "$2:$1",
            ),
            (
                r"\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), (?:sin6_flowinfo=htonl\(\d+\), )?inet_pton\(AF_INET6, ([^,]*), &sin6_addr\)(?:, sin6_scope_id=\d+)?\}",
                "[$2]:$1",
            ),
            (r", 0x[0-9a-f]+, \[\d+\]", ""),
            // The lengths of addresses and options, flags that the libraries always set, and nothing.
            (r"\|(SOCK_CLOEXEC|MSG_NOSIGNAL)", ""),
            (r"SOCK_CLOEXEC|MSG_NOSIGNAL", "0"),
            (r", NULL, (NULL|0)$", ""),
            (r", 0$", ""),
            (r"(:\d+|\]|\}), \[?\d+( => \d+)?\]?$", "$1"),
        ];
        let compiled = rules.map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with)));
        compiled.into_iter().flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strace_writes_is_made_readable_and_what_was_sent_stays() {
        for (wrote, shown) in [
            (
                r#"5<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\x36\x3c\x37\x3e", 4, MSG_NOSIGNAL, NULL, 0"#,
                "5, b'6<7>', 4",
            ),
            (
                r#"3<UDP:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("\x31\x2e\x32")}, 16"#,
                "3, 1.2:80",
            ),
            (
                "3<TCP:[1]>, SOL_SOCKET, SO_REUSEADDR, [1], 4",
                "3, SOL_SOCKET, SO_REUSEADDR, [1]",
            ),
            ("3<TCP:[1]>, 5", "3, 5"),
            (
                "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP",
                "AF_INET, SOCK_STREAM, IPPROTO_IP",
            ),
        ] {
            assert_eq!(readable(wrote), shown);
        }
    }
}
