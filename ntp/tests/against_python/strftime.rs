//! `ntp::strftime` and Python's `time.strftime`, asked for the same second.

use std::collections::HashMap;

use jiff::Timestamp;
use ntp::{StrftimeError, strftime, time_zone};
use serde_json::json;

use crate::python::{self, Python};

/// Reads `[[TZ or null, second, [format, …]], …]` and prints what `time.strftime` gives for
/// each, null for a `ValueError`.
const ASK_PYTHON: &str = r#"
import json, os, sys, time

def answer(format, local):
    try:
        return time.strftime(format, local)
    except ValueError:
        return None

answers = []
for zone, second, formats in json.load(sys.stdin):
    if zone != os.environ.get("TZ", 0):
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    local = time.localtime(second)
    answers.append([answer(format, local) for format in formats])
json.dump(answers, sys.stdout)
"#;

/// Every directive that glibc knows, each after a letter of its own so that a difference shows
/// which one it is in.
pub(crate) const DIRECTIVES: &str = "a%a A%A b%b B%B c%c C%C d%d D%D e%e F%F g%g G%G h%h H%H I%I j%j k%k \
    l%l m%m M%M n%n p%p P%P r%r R%R s%s S%S t%t T%T u%u U%U V%V w%w W%W x%x X%X y%y Y%Y z%z \
    Z%Z %%";

/// What a peer of the server should see of Python's answer.
fn expected(answer: Option<&str>) -> Result<String, StrftimeError> {
    match answer {
        None => Err(StrftimeError::Nul),
        Some(text) if text.len() > 65_507 => Err(StrftimeError::TooLong),
        Some(text) => Ok(text.to_owned()),
    }
}

/// Each question is a value of `TZ`, a second and the formats to try; gives the differences.
pub(crate) fn differences(
    python: &Python,
    questions: &[(Option<&str>, i64, &[String])],
) -> Vec<String> {
    let answers = python.ask(ASK_PYTHON, &json!(questions).to_string());
    let answers: Vec<Vec<Option<String>>> =
        serde_json::from_str(&answers).expect("the program prints JSON");
    let mut zones = HashMap::new();
    let mut differences = Vec::new();
    for (&(zone, second, formats), answers) in questions.iter().zip(&answers) {
        let at = zones
            .entry(zone)
            .or_insert_with(|| time_zone(zone))
            .local_time(second);
        for (format, answer) in formats.iter().zip(answers) {
            let ours = strftime(format, &at);
            let theirs = expected(answer.as_deref());
            if ours != theirs {
                differences.push(format!(
                    "TZ={zone:?} {second} {format:?}: {ours:?}, Python {theirs:?}"
                ));
            }
        }
    }
    differences
}

pub(crate) fn assert_agree(questions: &[(Option<&str>, i64, &[String])]) {
    let Some(python) = python::python() else {
        return;
    };
    let differences = differences(&python, questions);
    assert!(
        differences.is_empty(),
        "{} differences, among them\n{}",
        differences.len(),
        differences[..differences.len().min(40)].join("\n")
    );
}

pub(crate) fn second(civil: &str) -> i64 {
    civil.parse::<Timestamp>().expect("RFC 3339").as_second()
}
