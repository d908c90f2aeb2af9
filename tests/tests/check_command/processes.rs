//! The processes of a command: where they run, and that none is left.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use lab::run::process::{PATIENCE, Process};
use tests::lab;

use crate::{ECHO, check, ours, stdout};

#[test]
fn a_command_runs_in_an_empty_folder_and_its_own_files_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    put(
        "ours",
        &format!("#!/bin/sh\nexec {} --port $1\n", ours(ECHO)),
    );
    put("borrows", "#!/bin/sh\nexec ./ours $1\n");
    put(
        "beside",
        "#!/bin/sh\nls -A > \"$0.found\"\nexec \"${0%/*}/ours\" $1\n",
    );
    let status = |command: &[&str]| {
        let output = Command::new(lab())
            .args(["check", ECHO, "--filter", "answered like", "--"])
            .args(command)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (output.status.code().unwrap(), stdout(&output))
    };
    for borrowing in [["./borrows", "{port}"], ["borrows", "{port}"]] {
        let (status, text) = status(&borrowing);
        assert_eq!(status, 2, "{text}");
        assert!(text.contains("./ours: "), "{text}");
    }
    for own in [
        &["./beside", "{port}"][..],
        &["beside", "{port}"],
        &["sh", "beside", "{port}"],
    ] {
        let (status, text) = status(own);
        assert_eq!(status, 0, "{text}");
        let found = fs::read_to_string(folder.path().join("beside.found")).unwrap();
        assert_eq!(found, "");
    }
}

#[test]
fn the_program_and_its_children_are_ended_and_its_folder_goes() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let ours = ours(ECHO);
    let script = format!(
        "sleep 1000 & echo $! {{dir}} >> {}; exec {ours} --port {{port}}",
        notes.display()
    );
    let output = check(&[ECHO, "--filter", "answered like", "--", "sh", "-c", &script]);
    assert!(output.status.success(), "{}", stdout(&output));
    expect_nothing_left(&notes);
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_in_a_session_of_its_own_is_ended_too() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let ours = ours(ECHO);
    let script = format!(
        "setsid sh -c 'echo $$ {{dir}} >> {0}; exec sleep 1000' & \
         until [ -s {0} ]; do sleep 0.01; done; exec {ours} --port {{port}}",
        notes.display()
    );
    let output = check(&[ECHO, "--filter", "answered like", "--", "sh", "-c", &script]);
    assert!(output.status.success(), "{}", stdout(&output));
    expect_nothing_left(&notes);
}

#[test]
fn ctrl_c_and_sigterm_leave_nothing_behind() {
    use rustix::process::{Pid, Signal, kill_process};

    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes");
        // A client that never asks: its check waits.
        let script = format!(
            "echo $$ {{dir}} > {0}.new; mv {0}.new {0}; exec sleep 1000",
            notes.display()
        );
        let mut command = Command::new(lab());
        command.args(["check", "echo-udp/client", "--filter", "session"]);
        command.args(["--patience", "60", "--", "sh", "-c", &script, "{port}"]);
        let mut checker = Process::start(&mut command).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_to_string(&notes).is_ok_and(|text| text.ends_with('\n')) {
            assert!(Instant::now() < deadline, "{}", checker.stderr().text());
            thread::yield_now();
        }
        // Only to the checker, as `kill` does.
        let pid = Pid::from_raw(checker.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let status = checker.wait(PATIENCE).unwrap().unwrap();
        assert_eq!(status.code(), Some(130));
        expect_nothing_left(&notes);
    }
}

/// Looks for what a program has noted: lines of a process's id, and a check's folder.
fn expect_nothing_left(notes: &Path) {
    let text = fs::read_to_string(notes).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let (pid, dir) = text.trim_end().split_once(' ').unwrap();
    assert!(!fs::exists(dir).unwrap(), "{dir}");
    let deadline = Instant::now() + PATIENCE;
    // A zombie, until the system's first process has reaped it.
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "{pid} still runs");
        thread::yield_now();
    }
}
