//! Questions to `common/python`, and to Python itself, many in one call.

use std::fmt::Debug;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Serialize;

use crate::python::python;

/// What `program` prints for `input`, with the Python mirror of `common` to import from. `None`
/// without Python.
pub(crate) fn ask_mirror(program: &str, input: &str) -> Option<String> {
    let mirror = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
    let program = format!("import json, sys\nsys.path.append({mirror:?})\n{program}");
    Some(python()?.ask(&program, input))
}

/// Evaluates `expression` in Python for each `x` in `inputs`, and compares with `ours`.
pub(crate) fn assert_same<T>(
    imports: &str,
    expression: &str,
    inputs: &[T],
    ours: impl Fn(&T) -> String,
) where
    T: Serialize + Debug,
{
    let program =
        format!("{imports}\njson.dump([{expression} for x in json.load(sys.stdin)], sys.stdout)");
    let inputs_as_json = serde_json::to_string(inputs).unwrap();
    let Some(answer) = ask_mirror(&program, &inputs_as_json) else {
        return;
    };
    let theirs: Vec<String> = serde_json::from_str(&answer).unwrap();
    assert_eq!(theirs.len(), inputs.len());
    for (input, theirs) in inputs.iter().zip(theirs) {
        assert_eq!(ours(input), theirs, "for {input:?}");
    }
}

/// As many values as `strategy` gives, always the same ones.
pub(crate) fn samples<T: Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}
