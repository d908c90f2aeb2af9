//! Where `CI=true`, what could be installed must be: nothing is skipped silently.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Output};

use lab::run::executables::workspace;
use tempfile::TempDir;

#[test]
#[ignore = "run without strace by the test below"]
fn needs_strace() {
    assert!(!tests::strace_or_skip("this test"));
}

#[test]
#[ignore = "run without Python by the test below"]
fn needs_python() {
    assert!(!tests::python_or_skip("this test"));
}

#[test]
#[ignore = "run without tshark by the test below"]
fn needs_tshark() {
    assert!(!tests::tshark_or_skip("this test"));
}

#[test]
fn a_missing_tool_is_a_line_at_home_and_a_failure_with_ci() {
    let nothing = TempDir::new().unwrap();
    for test in ["needs_strace", "needs_python", "needs_tshark"] {
        let run = |ci: &str| {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "--ignored", test]);
            command.env("PATH", nothing.path()).env_remove("PYTHON");
            let output = command.env("CI", ci).output().unwrap();
            (output.status.success(), text(&output))
        };
        let (passed, said) = run("");
        assert!(
            passed && said.contains("skipped: this test: it needs"),
            "{said}"
        );
        let (passed, said) = run("true");
        assert!(
            !passed && said.contains("this test may not be skipped"),
            "{said}"
        );
    }
}

#[test]
fn ci_fails_when_a_tool_cannot_be_installed() {
    for (apt_get, says) in [(None, "apt-get: "), (Some("exit 100"), "== install ")] {
        // All that it finds, and the tests would pass.
        let programs = TempDir::new().unwrap();
        for name in ["bash", "dirname", "uname"] {
            symlink(format!("/usr/bin/{name}"), programs.path().join(name)).unwrap();
        }
        for (name, script) in [
            ("cargo", Some("exit 0")),
            ("id", Some("echo 0")),
            ("apt-get", apt_get),
        ] {
            let Some(script) = script else { continue };
            let path = programs.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut ci = Command::new("/usr/bin/bash");
        let output = ci
            .arg(".ci/run")
            .current_dir(workspace())
            .env("PATH", programs.path())
            .output();
        let output = output.unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(says), "{said}");
        let last = said.lines().last().unwrap();
        assert!(
            last.starts_with(
                "cannot install iproute2 iproute2 iproute2 strace tshark chromium bubblewrap chromium-driver chrony ntpsec-ntpdate: "
            ),
            "{said}"
        );
    }
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}
