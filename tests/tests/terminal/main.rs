//! The programs as a person at a terminal meets them: prompts, Ctrl-C, Ctrl-D, progress bars,
//! colours, a narrow window; and the compiler behind `cargo lab`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]
#![cfg(unix)]

mod building;

use std::fs;

use lab::pairs::{Language, PAIRS, Pair, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use tempfile::TempDir;
use tests::window::Window;

/// Runs `test` for each language that is here.
fn in_both_languages(name: &str, test: impl Fn(Language)) {
    test(Language::Rust);
    if tests::python_or_skip(name) {
        test(Language::Python);
    }
}

fn program(name: &str) -> &'static Pair {
    PAIRS.iter().find(|program| program.name() == name).unwrap()
}

/// A server in Rust that is ready, and its port.
fn server(program: &Pair, args: &[&str]) -> (Process, String) {
    let mut command = executables::command(program, Side::Server, Language::Rust).unwrap();
    let process = Process::start(command.args(["--port", "0"]).args(args)).unwrap();
    let port = process.ready(PATIENCE).unwrap().port().to_string();
    (process, port)
}

/// The clients that a person types at, with their prompts.
const PROMPTS: [(&str, &str); 8] = [
    ("echo-tcp", "请输入你:"),
    ("echo-tcp/phone", ">>>>"),
    ("echo-udp/talk", "请输入"),
    ("echo-udp/ack", ">>>>"),
    ("ntp", ">>>"),
    ("qq-chat", "请输入聊天对象:>>"),
    ("ftp-simple", "请输入命令: "),
    ("ftp-class", ">>>:"),
];

#[test]
fn at_end_of_input_a_client_leaves_the_cursor_on_a_new_line() {
    in_both_languages("end of input at a terminal", |language| {
        for (name, prompt) in PROMPTS {
            let program = program(name);
            let (_server, port) = server(program, &[]);
            let mut window =
                Window::open(program, Side::Client, language, &["--port", &port], 80).unwrap();
            assert!(
                window.shows(prompt),
                "{name} in {language:?}: {:?}",
                window.text()
            );
            // Ctrl-D
            window.press("\x04").unwrap();
            assert_eq!(window.end().unwrap(), 0, "{name} in {language:?}");
            let text = window.text();
            assert!(
                text.ends_with(&format!("{prompt}\r\n")),
                "{name} in {language:?}: {text:?}"
            );
        }
    });
}

#[test]
fn ctrl_c_ends_every_server_and_every_prompt_without_a_stack_trace() {
    in_both_languages("Ctrl-C at a terminal", |language| {
        for program in PAIRS {
            let mut window =
                Window::open(program, Side::Server, language, &["--port", "0"], 80).unwrap();
            assert!(
                window.shows("listening on"),
                "{}: {:?}",
                program.name(),
                window.text()
            );
            assert_ends_at_ctrl_c(&mut window, program);
        }
        for (name, prompt) in PROMPTS {
            let program = program(name);
            let (_server, port) = server(program, &[]);
            let mut window =
                Window::open(program, Side::Client, language, &["--port", &port], 80).unwrap();
            assert!(
                window.shows(prompt),
                "{name} in {language:?}: {:?}",
                window.text()
            );
            assert_ends_at_ctrl_c(&mut window, program);
        }
    });
}

#[test]
fn a_download_shows_a_bar_on_a_terminal_and_the_lessons_line_at_its_end() {
    in_both_languages("progress at a terminal", |language| {
        for columns in [100, 40] {
            let folder = TempDir::new().unwrap();
            let share = folder.path().join("share");
            fs::create_dir(&share).unwrap();
            // Large enough that a bar is drawn before the end.
            fs::write(share.join("large.bin"), vec![7; 96 << 20]).unwrap();
            let program = program("ftp-simple");
            let (_server, port) = server(program, &["--dir", share.to_str().unwrap()]);
            let args = ["--port", &port, "--dir", folder.path().to_str().unwrap()];
            let mut window = Window::open(program, Side::Client, language, &args, columns).unwrap();
            assert!(window.shows("请输入命令: "));
            window.press("get large.bin\r").unwrap();
            assert!(
                window.shows("执行结束"),
                "{language:?}: {:?}",
                window.text()
            );
            let text = window.text();
            assert!(
                text.contains("100%[") && text.contains("共计用时:"),
                "{language:?}: {text:?}"
            );
            // Rate and size: what the lesson's own line does not tell.
            assert!(text.contains("B/s"), "{language:?}: {text:?}");
            window.press("quit\r").unwrap();
            assert_eq!(window.end().unwrap(), 0);
        }
    });
}

#[test]
fn colours_are_left_out_when_no_color_is_set() {
    in_both_languages("NO_COLOR", |language| {
        let program = program("qq-chat");
        for (no_color, coloured) in [(None, true), (Some("1"), false), (Some(""), true)] {
            let (mut server, port) = server(program, &[]);
            server.type_text("pong\n").unwrap();
            let args = ["--port", &port];
            let mut window =
                Window::open_with(program, Side::Client, language, &args, 80, no_color).unwrap();
            assert!(window.shows("请输入聊天对象:>>"));
            window.press("pony\r").unwrap();
            assert!(window.shows("请输入消息,回车发送:"));
            window.press("ping\r").unwrap();
            assert!(window.shows("pong"), "{language:?}: {:?}", window.text());
            assert!(window.shows_again("请输入消息,回车发送:"));
            let has_colour = window.text().contains("\x1b[41m");
            assert_eq!(
                has_colour, coloured,
                "NO_COLOR={no_color:?} in {language:?}"
            );
        }
    });
}

/// Presses Ctrl-C, and demands that the program ends of it without a stack trace.
fn assert_ends_at_ctrl_c(window: &mut Window, program: &Pair) {
    window.interrupt().unwrap();
    let status = window.end().unwrap();
    let text = window.text();
    assert_ne!(status, 0, "{}: {text:?}", program.name());
    for trace in ["Traceback", "KeyboardInterrupt", "panicked"] {
        assert!(!text.contains(trace), "{}: {text:?}", program.name());
    }
}
