//! `common::strftime` against the installed Python's `time.strftime`.

mod python;

#[test]
fn python_answers() {
    let Some(python) = python::python() else {
        return;
    };
    assert_eq!(python.ask("print(input())", "你好\n"), "你好\n");
}
