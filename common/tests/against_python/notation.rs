//! `notation` and `json` against the Python that is installed: what it prints for the same value.

use common::console::{escape_controls, escape_to_one_line};
use common::{json, notation};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::mirror::{ask_mirror, assert_same, samples};
use crate::python;

pub(crate) fn as_bytes(value: &Value) -> Vec<u8> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap())
        .collect()
}

#[test]
fn bytes_are_shown_as_python_shows_them() {
    let each = (0..=255).map(|byte| vec![byte]);
    let quotes = ["'", "\"", "'\"", "it's", "\\"].map(|text| text.as_bytes().to_vec());
    let random = samples(vec(any::<u8>(), 0..40), 500);
    let inputs: Vec<Value> = each.chain(quotes).chain(random).map(Value::from).collect();
    assert_same("", "repr(bytes(x))", &inputs, |value| {
        notation::bytes(&as_bytes(value))
    });
}

#[test]
fn every_character_is_shown_as_python_shows_it() {
    let Some(python) = python::python() else {
        return;
    };
    // What this Python's Unicode does not assign yet may be printable in ours, or the other way round.
    let program = "import sys, unicodedata\n\
        for n in range(0x110000):\n\
        \tif not 0xD800 <= n < 0xE000 and unicodedata.category(chr(n)) != 'Cn': print(n, repr(chr(n)))";
    let answer = python.ask(program, "");
    let mut compared = 0;
    for line in answer.split('\n').filter(|line| !line.is_empty()) {
        let (code, theirs) = line.split_once(' ').unwrap();
        let c = char::from_u32(code.parse().unwrap()).unwrap();
        assert_eq!(notation::string(&c.to_string()), theirs, "U+{code:0>4}");
        compared += 1;
    }
    assert!(compared > 250_000, "only {compared} characters compared");
}

#[test]
fn strings_are_quoted_as_python_quotes_them() {
    let mut inputs: Vec<Value> = [
        "",
        "'",
        "\"",
        "'\"",
        "it's",
        "a\\b",
        "文 \u{7f}\u{85}\u{a0}\u{ad}",
    ]
    .map(Value::from)
    .to_vec();
    // Latin letters and marks of many scripts, but none so new that a Python does not know it.
    inputs.extend(
        samples(
            "[ -~\t\r\n\u{80}-\u{24f}\u{4e00}-\u{9fa5}'\"\\\\]{0,30}",
            500,
        )
        .into_iter()
        .map(Value::from),
    );
    assert_same("", "repr(x)", &inputs, |value| {
        notation::string(value.as_str().unwrap())
    });
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no NaN and no infinity", |float| {
            serde_json::Number::from_f64(float).map(Value::Number)
        }),
        (-1e20..1e20).prop_map(Value::from),
        (-1e-3..1e-3).prop_map(Value::from),
        "[ -\u{7f}\u{0}-\u{1f}\u{a1}-\u{24f}\u{4e00}-\u{9fa5}\u{1f600}-\u{1f640}]{0,12}"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec(("[a-z文'\"]{0,6}", inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

#[test]
fn dicts_are_shown_as_python_shows_them() {
    assert_same("", "repr(x)", &samples(any_json(), 800), notation::value);
}

#[test]
fn json_has_the_form_of_json_dumps() {
    assert_same("", "json.dumps(x)", &samples(any_json(), 800), |value| {
        json::dumps(value).unwrap()
    });
}

#[test]
fn control_characters_are_made_visible_as_repr_writes_them() {
    let inputs: Vec<Value> = (0..=0x9f)
        .chain(0x2028..=0x202e)
        .chain(0x2066..=0x2069)
        .filter_map(char::from_u32)
        .filter(|c| !matches!(c, '\'' | '\\'))
        .map(|c| Value::from(c.to_string()))
        .collect();
    assert_same("", "repr(x)[1:-1]", &inputs, |value| {
        escape_to_one_line(value.as_str().unwrap()).into_owned()
    });
}

#[test]
fn the_mirror_makes_the_same_characters_visible() {
    let text: String = (0..0x3000).filter_map(char::from_u32).collect();
    let program = "from common import console\n\
        text = ''.join(map(chr, range(0x3000)))\n\
        sys.stdout.write(console.escape_controls(text) + console.escape_to_one_line(text))";
    if let Some(shown) = ask_mirror(program, "") {
        assert_eq!(
            shown,
            [escape_controls(&text), escape_to_one_line(&text)].concat()
        );
    }
}

#[test]
fn strip_takes_off_what_python_takes_off() {
    let each = (0..0x3100)
        .filter_map(char::from_u32)
        .map(|c| format!("{c} a {c}"));
    let inputs: Vec<Value> = each.map(Value::from).collect();
    assert_same("", "x.strip()", &inputs, |value| {
        common::console::strip(value.as_str().unwrap()).to_owned()
    });
}
