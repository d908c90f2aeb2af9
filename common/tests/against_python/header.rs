//! JSON headers, read by `header::parse_json` and by its mirror: the same dict or the same refusal.

use common::{header, json, notation};
use proptest::prelude::*;
use serde_json::Value;

use crate::mirror::{assert_same, samples};

/// Headers are given as lists of bytes: not all of them are text.
const PARSED: &str = "from common import header\n\
    def parsed(data):\n\
    \ttry:\n\
    \t\tfields = header.parse_json(bytes(data))\n\
    \texcept header.HeaderError as error:\n\
    \t\treturn str(error)\n\
    \treturn '{!r} {}'.format(fields, json.dumps(fields))";

fn parsed(header: &[u8]) -> String {
    match header::parse_json(header) {
        Ok(fields) => format!(
            "{} {}",
            notation::dict(&fields),
            json::dumps(&fields).unwrap()
        ),
        Err(error) => error.to_string(),
    }
}

fn assert_parsed_alike(headers: impl IntoIterator<Item = Vec<u8>>) {
    let inputs: Vec<Value> = headers.into_iter().map(Value::from).collect();
    assert_same(PARSED, "parsed(x)", &inputs, |value| {
        parsed(&crate::notation::as_bytes(value))
    });
}

/// Values that Python and JSON libraries are known to take differently.
const VALUES: [&str; 48] = [
    "0",
    "-0",
    "00",
    "-",
    "+1",
    "9007199254740993",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "100000000000000000000000000000000000000000",
    "-0.0",
    "0.1",
    "1.",
    ".5",
    "1E5",
    "1e5",
    "1.50",
    "1e16",
    "123456789012345678901.0",
    "0.1000000000000000055511151231257827021181583404541015625",
    "5e-324",
    "1e-999",
    "1e999",
    "-1E+999",
    "1e",
    "0x10",
    "1_000",
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "None",
    "nul",
    "'a'",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uD83D\\u0041\"",
    "[\"\\ud800\"]",
    "\"\\\\ud800\"",
    "\"\\u00e9\u{e9}\u{feff}\"",
    "\"\\u0000\\/\\b\u{7f}\"",
    "\"\t\"",
    "\"\\x41\"",
    "\"]]][[[{\\\"[\"",
    "[1,]",
    "\u{a0}1",
    "1 // comment",
];

#[test]
fn values_are_read_as_python_reads_them() {
    let headers = VALUES.iter().flat_map(|value| {
        [
            format!(r#"{{"a": {value}}}"#),
            format!(r#"{{"a": {value}, "b": 1, "a": 2}}"#),
            format!(r#"{{"a": [{value}, {{"b": {value}}}]}}"#),
            (*value).to_owned(),
        ]
    });
    assert_parsed_alike(headers.map(String::into_bytes));
}

#[test]
fn texts_around_the_limits_are_read_or_refused_alike() {
    let nested = |depth: usize| format!(r#"{{"a": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let digits = |count: usize| format!(r#"{{"a": {}}}"#, "9".repeat(count));
    let mut headers: Vec<Vec<u8>> = [
        String::new(),
        " \t\r\n{ } ".to_owned(),
        "{}\0".to_owned(),
        "\u{feff}{}".to_owned(),
        "{} {}".to_owned(),
        "[]".to_owned(),
        r#"{"a": 1, "b": 2, "a": 3}"#.to_owned(),
        r#"{"a": {"a": "\ud800", "a": 1}}"#.to_owned(),
        r#"{"a": [["\ud800"]], "a": 1}"#.to_owned(),
        nested(99),
        nested(100),
        nested(200),
        nested(30_000),
        "[".repeat(101),
        "]".repeat(50) + &"[".repeat(101),
        "[]".repeat(101),
        r#"{"a": "["#.to_owned() + &"[".repeat(200),
        r#"{"a": "\"#.to_owned(),
        digits(4300),
        digits(4301),
        format!(r#"{{"a": 0.{}}}"#, "1".repeat(4301)),
        format!(r#"{{"a": "{}"}}"#, "1".repeat(4301)),
        format!("{}{}", "[".repeat(101), "1".repeat(4301)),
    ]
    .map(String::into_bytes)
    .to_vec();
    headers.push(b"{\"a\": \"\xff\"}".to_vec());
    headers.push([&b"[".repeat(101), &b"\xff"[..]].concat());
    assert_parsed_alike(headers);
}

#[test]
fn random_headers_are_read_or_refused_alike() {
    let piece = prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        4 => prop::sample::select(&["{", "}", "[", "]", ":", ",", "\"", "\\", " ", "\"a\":"][..])
            .prop_map(str::to_owned),
        1 => "[0-9]{1,30}[.eE]?[-+]?[0-9]{0,4}",
        1 => "\"[ -~\u{a1}-\u{2ff}]{0,9}\"",
    ];
    let pieces = prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat());
    let header = (pieces, any::<bool>()).prop_map(|(text, is_field)| {
        if is_field {
            format!(r#"{{"a": {text}}}"#).into_bytes()
        } else {
            text.into_bytes()
        }
    });
    assert_parsed_alike(samples(header, 3000));
}
