//! The Python that the comparisons ask, here and in `ntp/tests`: what is mirrored is what this interpreter
//! prints.
//!
//! `python3` of the search path, or the interpreter that the variable `PYTHON` names. Without
//! one the comparisons are skipped with a line that says so; with `CI=true` they fail.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Longer than any comparison takes, so that a hang is a failure and not a wait.
const DEADLINE: Duration = Duration::from_mins(2);

/// An interpreter that answered.
pub(crate) struct Python {
    command: String,
}

/// The installed Python, or nothing after saying that the test is skipped.
///
/// # Panics
///
/// With `CI=true` in the environment and no Python.
pub(crate) fn python() -> Option<Python> {
    let command = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&command)
        .args([
            "-I",
            "-c",
            "import sys; sys.exit(sys.version_info < (3, 8))",
        ])
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if found {
        return Some(Python { command });
    }
    let missing =
        format!("{command} is not a Python 3.8 or later: install one, or name one in PYTHON");
    assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
    // Not eprintln!: the test harness shows that for failed tests alone.
    let _ = writeln!(io::stderr(), "skipped: {missing}");
    None
}

impl Python {
    /// Runs `program` (its text, not a file) with `input` on standard input and gives what it
    /// printed, both in UTF-8. Many questions go into one call: starting Python is the slow part.
    ///
    /// # Panics
    ///
    /// When the program fails, or takes longer than two minutes.
    pub(crate) fn ask(&self, program: &str, input: &str) -> String {
        let mut child = Command::new(&self.command)
            .args(["-I", "-X", "utf8", "-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python() saw it start");
        let mut stdin = child.stdin.take().expect("piped above");
        let mut stdout = child.stdout.take().expect("piped above");

        // Written and read at the same time: a program that answers before it has read all
        // would otherwise wait for us while we wait for it.
        let input = input.to_owned();
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
        let (sender, printed) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            let read = stdout.read_to_string(&mut text).map(|_| text);
            // Nobody listens any more once the deadline has passed.
            let _ = sender.send(read);
        });

        let answer = printed.recv_timeout(DEADLINE);
        if answer.is_err() {
            child.kill().expect("our own child");
        }
        let status = child.wait().expect("our own child");
        let answer = answer.expect("Python answers within the deadline");
        assert!(status.success(), "Python failed: {status}");
        writer
            .join()
            .expect("writing does not panic")
            .expect("Python reads all of its input");
        answer.expect("Python prints UTF-8")
    }
}
