//! `cargo lab check` as a person, a grading system and a shell see it.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Command, Output};
use std::time::Instant;

use lab::check::engine::target::Target;
use lab::check::faults::Fault;
use lab::run::executables::{self, Profile};
use lab::run::process::{PATIENCE, Process};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tests::{lab, python_or_skip};

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
fn wrong_usage_is_status_2_and_one_line() {
    for args in [
        &["ntp/sever"][..],
        &["all", "--", "true"],
        &[ECHO, "--"],
        &[ECHO, "--patience", "0"],
        &[ECHO, "--patience", "1e9"],
        &[ECHO, "--python", "--"],
        &[ECHO, "--", "", "--port", "{port}"],
        &["ntp/client", "--connect", "127.0.0.1:8080"],
        &["ntp/server", "--connect", "nowhere"],
        &["echo-tcp/oneshot-server", "--connect", "127.0.0.1:8080"],
        &["ntp/server", "--filter", "no such check"],
    ] {
        let output = check(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(output.stdout.is_empty(), "{args:?}");
    }
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

#[test]
fn the_list_is_a_line_a_check_and_the_long_one_tells_what_each_does() {
    let list = |args: &[&str]| {
        let output = check(&[&["--list", "ntp/server", "--only", "robust"], args].concat());
        assert!(output.status.success());
        stdout(&output)
    };
    let short = list(&[]);
    assert!(short.starts_with("ntp/server\n"), "{short}");
    assert!(short.contains("\n  robust      invalid-utf8\n"), "{short}");
    for line in short.lines().skip(1) {
        assert_eq!(line.split_whitespace().count(), 2, "{line}");
        assert!(line.starts_with("  robust "), "{line}");
    }
    let long = list(&["--long"]);
    let lines: Vec<&str> = long.lines().collect();
    for line in short.lines() {
        assert!(lines.contains(&line), "{line}");
    }
    let sentences = lines.iter().filter(|line| line.ends_with('.')).count();
    assert!(sentences >= short.lines().count() - 1, "{long}");
}

#[test]
fn check_takes_what_compare_takes_and_judges_both_sides() {
    let listed = |name: &str| -> Vec<String> {
        let text = stdout(&check(&["--list", name]));
        let targets = text.lines().filter(|line| !line.starts_with(' '));
        targets.map(str::to_owned).collect()
    };
    let phone = ["echo-tcp/phone-server", "echo-tcp/phone-client"];
    assert_eq!(listed("2"), phone);
    assert_eq!(listed("echo-tcp/phone"), phone);
    let both = [
        "ntp/server",
        "ntp/client",
        "ntp/sntp-server",
        "ntp/sntp-client",
    ];
    assert_eq!(listed("ntp"), both);
    assert_eq!(listed("echo-tcp").len(), 8);
}

#[test]
fn every_command_suggests_the_name_that_is_nearest() {
    let mut commands = vec![
        (
            ["check", "ntp/sever"],
            "target \"ntp/sever\" (did you mean \"ntp/server\"?): `cargo lab check --list` shows the names",
        ),
        (
            ["compare", "ftp-simpel"],
            "program \"ftp-simpel\" (did you mean \"ftp-simple\"?): `cargo lab list` shows the names",
        ),
        (
            ["experiment", "tcp-stick"],
            "experiment \"tcp-stick\" (did you mean \"tcp-sticks\"?): `cargo lab experiment` shows the names",
        ),
        (
            ["compare", "99"],
            "program \"99\": `cargo lab list` shows the names",
        ),
    ];
    if cfg!(target_os = "linux") {
        commands.push((
            ["bench", "exchage"],
            "benchmark \"exchage\" (did you mean \"exchange\"?): `cargo lab bench --list` shows the names",
        ));
    }
    for (words, sentence) in commands {
        let output = Command::new(lab()).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert_eq!(stderr(&output), format!("error: there is no {sentence}\n"));
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_forgotten_separator_before_the_command_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ntp-server"), "").unwrap();
    let told = |words: &[&str]| {
        let mut command = Command::new(lab());
        let output = command
            .arg("check")
            .args(words)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        stderr(&output)
    };
    for words in [
        &["ntp/server", "my-python", "my_server.py"][..],
        // A file that is here is a program, whatever name it is like.
        &["ntp/server", "ntp-server"],
        // clap would take it for a flag of ours.
        &[
            "ntp/server",
            "my-python",
            "my_server.py",
            "--port",
            "{port}",
        ],
        &["--only", "protocol", "ntp/server", "my-python", "-p", "1"],
    ] {
        let at = words.iter().position(|word| *word == "ntp/server").unwrap();
        let command = words[at + 1];
        assert_eq!(
            told(words),
            format!(
                "error: a command stands after --: cargo lab check ntp/server -- {command} …\n"
            )
        );
    }
    // A second target that is mistyped is no command, and a flag that does not exist is none.
    let second = told(&["ntp/server", "ntp/clint"]);
    assert!(
        second.contains("(did you mean \"ntp/client\"?)"),
        "{second}"
    );
    let flag = told(&["ntp/server", "--pythn"]);
    assert!(flag.contains("'--python'"), "{flag}");
}

#[test]
fn a_server_that_runs_already_is_judged_and_left_running() {
    let port = {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port().to_string()
    };
    let mut server = Process::start(Command::new(ours(ECHO)).args(["--port", &port])).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let output = loop {
        let output = check(&[ECHO, "--connect", &format!("127.0.0.1:{port}")]);
        // It may not be there yet.
        if output.status.code() != Some(2) || Instant::now() > deadline {
            break output;
        }
    };
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    assert!(text.contains("skipped     transcript  screen"), "{text}");
    assert!(
        text.contains("the checker would have to start the server itself"),
        "{text}"
    );
    assert!(server.wait(std::time::Duration::ZERO).unwrap().is_none());
}

#[test]
fn a_server_at_an_ipv6_address_is_judged() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        return tests::skip("a server at an IPv6 address", "this machine has no IPv6");
    };
    let address = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_535];
        while let Ok((size, peer)) = socket.recv_from(&mut buffer) {
            buffer[..size].make_ascii_uppercase();
            socket.send_to(&buffer[..size], peer).unwrap();
        }
    });
    let output = check(&[ECHO, "--filter", "answered", "--connect", &address]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains("\n0 passed"), "{text}");
}

#[test]
fn where_nobody_listens_nothing_is_judged() {
    // Nobody else gets a port that is bound, and nobody listens there. UDP knows no such state: its
    // port 9 swallows what comes, where anybody has it.
    let tcp = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    tcp.bind(&any.into()).unwrap();
    let tcp = tcp.local_addr().unwrap().as_socket().unwrap().to_string();
    for (target, address) in [
        ("echo-tcp/server", tcp.as_str()),
        ("ftp-simple/server", &tcp),
        ("echo-udp/talk-server", "127.0.0.1:9"),
    ] {
        let output = check(&[target, "--connect", address]);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        let error = stderr(&output);
        assert!(error.contains("error: no server at "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn when_every_check_is_skipped_nothing_was_judged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let output = check(&["ftp-simple/server", "--connect", &address]);
    let text = stdout(&output);
    assert!(text.contains("\n0 passed, "), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
}

#[cfg(unix)]
#[test]
fn a_command_runs_in_an_empty_folder_and_its_own_files_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
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
        let found = std::fs::read_to_string(folder.path().join("beside.found")).unwrap();
        assert_eq!(found, "");
    }
}

#[cfg(unix)]
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

#[cfg(unix)]
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
        while !notes.exists() {
            assert!(Instant::now() < deadline, "{}", checker.stderr().text());
            std::thread::yield_now();
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
#[cfg(unix)]
fn expect_nothing_left(notes: &std::path::Path) {
    use std::fs;

    let text = fs::read_to_string(notes).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let (pid, dir) = text.trim_end().split_once(' ').unwrap();
    assert!(!fs::exists(dir).unwrap(), "{dir}");
    let deadline = Instant::now() + PATIENCE;
    // A zombie, until the system's first process has reaped it.
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "{pid} still runs");
        std::thread::yield_now();
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
    if !tests::python_or_skip("the late clock") {
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
