//! The proofs, in `tests/tests`: every program and the tool `cargo lab`, driven as black boxes.
//! Here stands what they share.

use std::env;
use std::fmt::Display;
use std::process::Command;
use std::sync::LazyLock;

use common::console;
use lab::check::engine::judge;
use lab::check::engine::subject::Subject;
use lab::pairs::Language;
use lab::run::executables::{self, Profile};

pub mod window;

/// The path of the tool `lab`, built first if it is not up to date.
///
/// # Panics
///
/// When it does not build.
#[must_use]
pub fn lab() -> &'static str {
    static LAB: LazyLock<String> = LazyLock::new(|| {
        let path = executables::lab(Profile::Debug);
        let path = path.unwrap_or_else(|error| panic!("{error:#}"));
        path.display().to_string()
    });
    &LAB
}

/// Says that `what` is not tried, because this machine cannot: no package would help.
pub fn skip(what: impl Display, why: impl Display) {
    // Past the test harness, which shows captured output of failures alone.
    console::log(format_args!("skipped: {what}: {why}"));
}

/// Says that `what` is not tried, because something is missing that could be installed.
///
/// # Panics
///
/// With `CI=true`: there everything is tried.
pub fn lacks(what: impl Display, why: impl Display) {
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "{what} may not be skipped with CI=true: {why}"
    );
    skip(what, why);
}

/// Whether Python is here for `test`; where it is not, see [`lacks`].
#[must_use]
pub fn python_or_skip(test: &str) -> bool {
    let found = executables::python().is_some();
    if !found {
        lacks(test, "it needs Python 3.8 or later");
    }
    found
}

/// Whether strace is here for `test`, and may trace. Where it is not, see [`lacks`]; a container may
/// have it without the right.
#[must_use]
pub fn strace_or_skip(test: &str) -> bool {
    let mut strace = Command::new("strace");
    match strace.args(["-o", "/dev/null", "true"]).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => skip(test, String::from_utf8_lossy(&output.stderr).trim_end()),
        Err(error) => lacks(test, format_args!("it needs strace: {error}")),
    }
    false
}

/// Whether tshark is here for `test`. Where it is not, see [`lacks`].
#[must_use]
pub fn tshark_or_skip(test: &str) -> bool {
    let found = Command::new("tshark").arg("-v").output().is_ok();
    if !found {
        lacks(test, "it needs tshark");
    }
    found
}

/// Has our programs in one language pass every check.
///
/// # Panics
///
/// When one fails or, on Linux, is skipped.
pub fn assert_all_checks_pass(language: Language) {
    let (failures, skipped) = judge::shortfalls_of_all(&Subject::Ours(language));
    assert!(failures.is_empty(), "{failures:#?}");
    if cfg!(target_os = "linux") {
        // None: a check is skipped for a program that does less than ours, for a server that
        // somebody else started, and where the system lacks something that Linux has: limits,
        // FIFOs, datagrams of 65,507 bytes (macOS sends 9,216).
        assert_eq!(skipped.len(), 0, "{skipped:#?}");
    }
    for check in skipped {
        console::log(format_args!("skipped: {check}"));
    }
}
