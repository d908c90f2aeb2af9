//! `cargo lab check` as a person, a grading system and a shell see it.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::net::TcpListener;
use std::process::{Command, Output};

use lab::check::engine::target::Target;
use lab::check::faults::Fault;
use lab::run::executables::{self, Profile};
use serde_json::Value;
use tests::{lab, python_or_skip};

#[cfg(unix)]
mod processes;
mod running;
mod usage;

const ECHO: &str = "echo-udp/server";

fn check(args: &[&str]) -> Output {
    Command::new(lab())
        .arg("check")
        .args(args)
        .output()
        .unwrap()
}

fn target(name: &str) -> Target {
    Target::select(&[name.to_owned()]).unwrap()[0]
}

/// The path of our server, which as a command is judged like anybody's.
fn ours(name: &str) -> String {
    let Target { pair, side } = target(name);
    let path = executables::rust(pair, side, Profile::Debug).unwrap();
    path.display().to_string()
}

/// Judges `command`; `args` come before it.
fn check_answers(command: &[&str], args: &[&str]) -> Output {
    let judged = [ECHO, "--filter", "answered", "--patience", "2"];
    check(&[&judged, args, &["--"], command, &["--port", "{port}"]].concat())
}

/// Judges our Python program with a fault.
fn check_faulty(fault: &str, args: &[&str]) -> Output {
    let target = target(ECHO);
    let folder = Fault::find(ECHO, fault).unwrap().plant(&target).unwrap();
    let source = executables::python_source_in(folder.path(), target.pair, target.side);
    let command = [executables::python().unwrap(), source.to_str().unwrap()];
    check_answers(&command, args)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_exit_status_tells_passed_failed_and_not_judged_apart() {
    let status = |output: &Output| output.status.code().unwrap();
    assert_eq!(status(&check_answers(&[&ours(ECHO)], &[])), 0);
    if python_or_skip("whether a fault is status 1") {
        assert_eq!(status(&check_faulty("answers-once", &[])), 1);
    }
    let never_listens = check(&[ECHO, "--", "sh", "-c", "echo sorry >&2; exit 7"]);
    assert_eq!(status(&never_listens), 2);
    let text = stdout(&never_listens)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        text.contains("ended with exit status: 7 before it listened on udp 127.0.0.1:8888"),
        "{text}"
    );
    assert!(text.contains("sorry"), "{text}");
}

/// How often each result stands in a JSON report, and why what could not be judged could not.
fn results(output: &Output) -> (usize, usize, String) {
    let judgements: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = judgements[0]["checks"].as_array().unwrap();
    let of = |result| checks.iter().filter(move |check| check["result"] == result);
    let why = of("not judged").map(|check| check["why"].as_str().unwrap());
    (
        checks.len(),
        of("not judged").count(),
        why.collect::<Vec<_>>().join("; "),
    )
}

#[cfg(unix)]
#[test]
fn a_start_that_fails_is_told_once() {
    let crash = ["--", "sh", "-c", "echo sorry >&2; exit 7", "sh", "{port}"];
    for (target, before) in [
        ("echo-tcp/server", "it listened on tcp 127.0.0.1:"),
        (ECHO, "it listened on udp 127.0.0.1:"),
        ("echo-tcp/client", ""),
        ("echo-udp/client", ""),
        ("ntp/client", "it showed"),
    ] {
        let args = [target, "--patience", "2"];
        let output = check(&[&args[..], &["--format", "json"], &crash].concat());
        let (all, not_judged, why) = results(&output);
        assert_eq!((all, not_judged), (1, 1), "{target}: {why}");
        assert!(why.contains(before), "{why}");
        assert_eq!(output.status.code(), Some(2));

        let text = stdout(&check(&[&args[..], &crash].concat()));
        assert_eq!(text.matches("not judged  ").count(), 1, "{text}");
        assert!(text.contains("its stderr:\n    sorry\n"), "{text}");
        assert!(text.contains(" checks were not done\n"), "{text}");
        assert!(text.contains("0 passed, 1 not judged, "), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_listens_elsewhere_is_told_where() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let script = format!("{} --port {port} & wait", ours("echo-tcp/server"));
    let command = ["--", "sh", "-c", &script, "sh", "{port}"];
    let output = check(&[&["echo-tcp/server", "--format", "json"][..], &command].concat());
    let (all, not_judged, why) = results(&output);
    assert_eq!((all, not_judged), (1, 1), "{why}");
    assert!(
        why.ends_with(&format!("it listens on tcp 127.0.0.1:{port} instead")),
        "{why}"
    );
}

#[test]
fn a_failure_is_told_with_bytes_and_a_hint_in_80_columns_without_escapes() {
    if !python_or_skip("how a failure is told") {
        return;
    }
    let text = stdout(&check_faulty("answers-as-it-came", &[]));
    assert!(
        text.contains("expected: a datagram of 5 bytes: b'HELLO'"),
        "{text}"
    );
    assert!(
        text.contains("happened: a datagram of 5 bytes: b'hello'"),
        "{text}"
    );
    assert!(text.contains("  00000000  68 65 6c 6c 6f  "), "{text}");
    assert!(text.contains("hint:"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    // The subject's command is as long as it is.
    for line in text.lines().skip(1) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn json_tells_all_that_the_table_tells() {
    if !python_or_skip("how a failure is told in JSON") {
        return;
    }
    let output = check_faulty("answers-once", &["--format", "json"]);
    let judgements: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(judgements[0]["target"], ECHO);
    let checks = judgements[0]["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(of("empty-datagram")["result"], "passed");
    let failed = of("session");
    assert_eq!(failed["result"], "failed");
    assert_eq!(failed["grade"], "protocol");
    for field in ["sentence", "expected", "happened", "hint", "evidence"] {
        assert!(!failed[field].as_str().unwrap().is_empty(), "{field}");
    }
    assert_eq!(failed["programs"][0]["state"], "exit status: 0");
}

#[test]
fn junit_has_a_case_for_each_check() {
    if !python_or_skip("how a failure is told in JUnit's XML") {
        return;
    }
    let output = check_faulty("answers-once", &["--format", "junit", "--only", "protocol"]);
    let xml = stdout(&output);
    assert!(xml.contains("<testsuite name=\"echo-udp/server\""), "{xml}");
    assert!(
        xml.contains("<testcase name=\"session\" classname=\"protocol\""),
        "{xml}"
    );
    assert!(xml.contains("<failure message=\"expected: "), "{xml}");
    assert!(!xml.contains("classname=\"robust\""), "{xml}");
}

#[cfg(unix)]
#[test]
fn what_does_not_start_under_a_checks_limit_is_skipped_there() {
    let script = r#"[ $(ulimit -n) -gt 40 ] || exec echo "too few descriptors"; exec "$@""#;
    let name = "socketserver-demo/server";
    let command = ["sh", "-c", script, "sh", &ours(name), "--port", "{port}"];
    let judged = [name, "--filter", "descriptors-run-out", "--"];
    let text = stdout(&check(&[&judged[..], &command].concat()));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("skipped robust descriptors-run-out"),
        "{text}"
    );
    assert!(
        words.contains("it does not start under ulimit -n 40: the program ended with"),
        "{text}"
    );
}

/// A client and a server that show text, control characters escaped, and addresses in a way of their own.
const SHOWING_TEXT: [(&str, &str, &str); 2] = [
    (
        "echo-udp/hello-client",
        "control-characters",
        "\
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(b'hello server baby!', ('127.0.0.1', int(sys.argv[1])))
answer, (host, port) = client.recvfrom(65535)
print(answer.decode('utf-8', 'replace').encode('unicode_escape').decode(), 'from', f'{host}:{port}')
",
    ),
    (
        "echo-udp/ack-server",
        "largest-datagram",
        "\
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', int(sys.argv[1])))
while True:
    data, (host, port) = server.recvfrom(65535)
    print(f'{host}:{port}:', data.decode())
    server.sendto('恭喜您传输成功'.encode(), (host, port))
",
    ),
];

#[test]
fn how_bytes_and_addresses_are_written_is_asked_by_no_robust_check() {
    if !python_or_skip("the programs that show text") {
        return;
    }
    let python = executables::python().unwrap();
    for (target, name, source) in SHOWING_TEXT {
        let command = ["--", python, "-X", "utf8", "-c", source, "{port}"];
        let output = check(&[&[target, "--filter", name], &command[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
}

/// A time server whose clock is 15 ms late. It holds one answer back until a second begins, so that the
/// next question comes when that shows.
const LATE_CLOCK: &str = "\
import socket, sys, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', int(sys.argv[1])))
while True:
    data, peer = server.recvfrom(65535)
    print('收到客户端的命令是', data.decode())
    local = time.localtime(time.time() - 0.015)
    if data:
        time.sleep(1 - time.time() % 1)
    server.sendto(time.strftime(data.decode() or '%Y-%m-%d %X', local).encode(), peer)
";

#[test]
fn a_clock_that_moves_with_the_systems_timer_passes() {
    if !python_or_skip("the late clock") {
        return;
    }
    let python = executables::python().unwrap();
    let command = ["--", python, "-X", "utf8", "-c", LATE_CLOCK, "{port}"];
    let output = check(
        &[
            &["ntp/server", "--only", "transcript", "--filter", "screen"],
            &command[..],
        ]
        .concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}
