//! The commands of lab/README.md's chapter on `check`, as they stand there, with programs like
//! those of the lessons.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use lab::run::process::Process;
use tests::{lab, lacks, python_or_skip};

/// Some checks are done one after another, and some programs compiled first.
const LIMIT: Duration = Duration::from_mins(10);

/// The files that are there when a target is judged (with an empty target, always), and what each is
/// a copy of.
const FILES: &[(&str, &str, &str)] = &[
    ("ntp/server", "my_server.py", "ntp_server.py"),
    ("ntp/server", "my_server", "ntp_server.py"),
    ("ntp/client", "my_client.py", "ntp_client.py"),
    ("ftp-simple/server", "ftp_server.py", "simple_server.py"),
    ("ftp-simple/client", "ftp_client.py", "simple_client.py"),
    ("ftp-class/server", "ftp_server.py", "class_server.py"),
    ("ftp-class/client", "ftp_client.py", "class_client.py"),
    (
        "ftp-simple/upload-server",
        "upload_server.py",
        "upload_server.py",
    ),
    ("echo-tcp/phone-server", "phone.py", "phone.py"),
    (
        "echo-udp/server",
        "submissions/li/server.py",
        "udp_server.py",
    ),
    ("", "submission/echo_server.py", "echo_server.py"),
    ("", "submission/udp_server.py", "udp_server.py"),
    ("", "submission/ntp_server.py", "ntp_server.py"),
    ("", "submission/ftp_server.py", "simple_server.py"),
];

/// What stands in the manual for the shell: the commands of each block, in its order.
fn blocks() -> Vec<Vec<String>> {
    let manual = include_str!("../../../lab/README.md");
    let chapter = manual.split_once("\n## check").unwrap().1;
    let chapter = chapter.split_once("\n## ").unwrap().0;
    let fenced = chapter.split("\n```").skip(1).step_by(2);
    fenced
        .map(|block| {
            let (language, text) = block.split_once('\n').unwrap();
            match language {
                "sh" => vec![text.to_owned()],
                // What does not follow a prompt was printed.
                "console" => text
                    .lines()
                    .filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned()))
                    .collect(),
                other => panic!("a block of {other}"),
            }
        })
        .collect()
}

/// Puts the files there that `command` needs.
fn place_files(folder: &Path, command: &str) {
    let target = command.split(' ').nth(3).unwrap_or_default();
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_recipes/programs");
    for (_, name, source) in FILES
        .iter()
        .filter(|(of, ..)| of.is_empty() || *of == target)
    {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(programs.join(source), &path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
}

/// A shell that runs `command` with the tool in the place of `cargo lab`. What a lesson asks is enough,
/// unless the command itself chooses a check.
fn shell(command: &str, alone: bool) -> Command {
    let only = if command.contains("--filter") {
        ""
    } else {
        "--only protocol"
    };
    let mut script = format!(
        "cargo() {{ shift 2; '{}' check {only} \"$@\"; }}\n{command}",
        lab()
    );
    if command.contains("--connect") {
        // Until the server is there, nothing can be judged. (The command may end in a comment.)
        script = format!(
            "python3 my_server.py & while {script}
             status=$?; [ $status = 2 ]; do sleep 0.1; done; exit $status"
        );
    }
    let mut shell = if alone {
        alone_in_the_network()
    } else {
        Command::new("sh")
    };
    shell.args(["-c", &script]);
    shell
}

/// A shell in a network of its own: the lessons' own ports are free there.
fn alone_in_the_network() -> Command {
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--net", "sh", "-c"]);
    shell.args([r#"ip link set lo up && exec sh "$@""#, "sh"]);
    shell
}

/// Whether a program that takes no port would use the lesson's own.
fn needs_the_lessons_port(command: &str) -> bool {
    command.contains("--connect") || command.contains(" -- ") && !command.contains("{port}")
}

fn run_block(commands: &[String], alone: bool) {
    // A name that a shell takes apart, unless it is quoted.
    let folder = tempfile::Builder::new().prefix("a b").tempdir().unwrap();
    for command in commands {
        if !alone && needs_the_lessons_port(command) {
            lacks(
                command,
                "it needs a network of its own: Linux, unshare and ip",
            );
            continue;
        }
        place_files(folder.path(), command);
        let mut shell = shell(command, alone);
        let mut shell = Process::start(shell.current_dir(folder.path())).unwrap();
        let status = shell.wait(LIMIT).unwrap();
        let text = shell.stdout().text() + &shell.stderr().text();
        // The one whose failure the manual shows.
        let expected = i32::from(command.contains("phone.py"));
        assert_eq!(
            status.and_then(|status| status.code()),
            Some(expected),
            "{command}\n{text}"
        );
    }
}

#[test]
fn the_commands_of_the_manual_work_as_they_stand() {
    if !python_or_skip("the recipes of the checker's manual") {
        return;
    }
    let blocks = blocks();
    let count: usize = blocks.iter().map(Vec::len).sum();
    assert!(count > 10, "{blocks:#?}");
    let mut probe = alone_in_the_network();
    let alone = probe
        .args(["-c", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    thread::scope(|scope| {
        for block in &blocks {
            scope.spawn(move || run_block(block, alone));
        }
    });
}

/// How a language writes bytes is no part of the protocol.
#[test]
fn a_plain_server_in_rust_passes_the_protocol_and_not_the_transcript() {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("plain");
    let source =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_recipes/programs/plain.rs");
    let compiled = Command::new("rustc")
        .args(["--edition", "2024", "-o"])
        .args([&server, &source])
        .status();
    assert!(compiled.unwrap().success());
    let judged = |grade: &str| {
        let mut command = Command::new(lab());
        command.args(["check", "echo-tcp/server", "--only", grade, "--"]);
        command.arg(&server).arg("{port}").output().unwrap()
    };
    let protocol = judged("protocol");
    let said = String::from_utf8_lossy(&protocol.stdout);
    assert!(protocol.status.success(), "{said}");
    let transcript = judged("transcript");
    assert_eq!(transcript.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&transcript.stdout).contains("screen"));
}
