//! What may be asked for, and what is said of a mistake.

use std::fs;
use std::process::Command;

use tests::lab;

use crate::{ECHO, check, stderr, stdout};

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
    fs::write(folder.path().join("ntp-server"), "").unwrap();
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
