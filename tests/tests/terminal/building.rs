//! What a person sees while cargo compiles, and when it cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lab::run::executables::workspace;
use tempfile::TempDir;
use tests::lab;

use tests::window::Window;

/// How long cargo may take for a small program on a busy machine.
const LIMIT: Duration = Duration::from_mins(10);

/// A folder with a package `name` whose executable is `main`. It compiles for as long as its file
/// `wait` is there.
fn package(name: &str, binary: &str, main: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "Cargo.toml",
        &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n"),
    );
    put(
        "build.rs",
        "fn main() {
            while std::path::Path::new(\"wait\").exists() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }",
    );
    put(&format!("src/bin/{binary}.rs"), main);
    put("wait", "");
    folder
}

/// What `cargo lab` is given for cargo: the real one, which builds `package`.
fn cargo_of(package: &Path) -> std::path::PathBuf {
    let path = package.join("cargo");
    let script = format!(
        "#!/bin/sh
        for word do
            shift
            if [ \"$before\" = --target-dir ]; then word={0}/target; fi
            before=$word
            set -- \"$@\" \"$word\"
        done
        cd {0} && exec {1} \"$@\"
        ",
        package.display(),
        env!("CARGO"),
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn while_a_lab_compiles_there_is_a_bar_and_what_is_wrong_is_told_by_the_compiler() {
    let package = package("echo-udp", "server", "fn main() { nothing() }");
    let mut command = Command::new(lab());
    command.args(["check", "echo-udp/server"]);
    command.env("CARGO", cargo_of(package.path()));
    command.env("CARGO_TERM_COLOR", "auto");
    let mut window = Window::run(&command, 80).unwrap();
    assert!(window.shows_times("] 1/", 1, LIMIT), "{:?}", window.text());
    fs::remove_file(package.path().join("wait")).unwrap();
    let last = "\r\nerror: echo-udp does not build: cargo says above why\r\n";
    assert!(window.shows_times(last, 1, LIMIT), "{:?}", window.text());
    assert_eq!(window.end().unwrap(), 2);
    let text = window.text();
    assert!(text.contains("\x1b[1m"), "{text:?}");
    assert!(text.contains("cannot find function `nothing`"), "{text:?}");
    assert!(text.ends_with(last), "{text:?}");

    // In a pipe there is neither colour nor bar.
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.lines().any(|line| line.trim() == "|"),
        "the compiler's own lines: {text}"
    );
    assert!(text.contains("cannot find function `nothing`"), "{text}");
    assert!(!text.contains(['\x1b', '\r']), "{text:?}");
    assert!(output.stdout.is_empty());
}

#[test]
fn cargo_lab_shows_a_bar_while_it_compiles_and_no_line_of_cargos() {
    let package = package("lab", "lab", "fn main() { println!(\"hello\") }");
    let config = ".cargo/config.toml";
    fs::create_dir(package.path().join(".cargo")).unwrap();
    fs::copy(workspace().join(config), package.path().join(config)).unwrap();
    let mut command = Command::new(env!("CARGO"));
    command.arg("lab").current_dir(&package);
    let mut window = Window::run(&command, 80).unwrap();
    assert!(window.shows_times("] 1/", 1, LIMIT), "{:?}", window.text());
    fs::remove_file(package.path().join("wait")).unwrap();
    assert!(window.shows_times("hello\r\n", 1, LIMIT));
    assert_eq!(window.end().unwrap(), 0);
    let text = window.text();
    assert!(
        text.ends_with("\rhello\r\n") || text.ends_with("\x1b[Khello\r\n"),
        "{text:?}"
    );
    assert!(!text.contains("Compiling"), "{text:?}");

    let mut window = Window::run(&command, 80).unwrap();
    assert!(window.shows_times("hello\r\n", 1, LIMIT));
    assert_eq!(window.end().unwrap(), 0);
    assert_eq!(window.text(), "hello\r\n");
}
