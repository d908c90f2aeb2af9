//! The exercises: that they are sound, that a student can walk through them, that a handout has no solution, and that
//! submissions are graded as they deserve.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lab::pairs::PAIRS;
use lab::run::executables::workspace;
use tests::lab;

// Tests begin in the order of their names: these, which wait most of their time, go beside `every_exercise_is_sound`, which
// needs the processors.
#[cfg(unix)]
mod every_step;
#[cfg(target_os = "linux")]
mod grading;
mod handout;

/// A command of the tool, in `folder`.
fn lab_in(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(lab());
    command.args(words).current_dir(folder);
    command
}

/// What it says.
fn run(command: &mut Command) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.success(), said)
}

/// All exercises, by their folders.
fn exercises() -> Vec<(String, PathBuf)> {
    let mut exercises = Vec::new();
    for lab in fs::read_dir(workspace()).unwrap() {
        let lab = lab.unwrap().path();
        for folder in fs::read_dir(lab.join("exercises")).into_iter().flatten() {
            let folder = folder.unwrap().path();
            if folder.join("exercise.toml").is_file() {
                let id = folder.strip_prefix(workspace()).unwrap();
                let id = id.to_string_lossy().replace("/exercises/", "/");
                exercises.push((id, folder));
            }
        }
    }
    exercises.sort();
    exercises
}

/// The solution that the tool shows.
fn solution(id: &str, language: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (started, said) = run(&mut lab_in(
        folder.path(),
        &["start", id, "--lang", language, "--spoil"],
    ));
    assert!(started, "{said}");
    let (shown, text) = run(&mut lab_in(folder.path(), &["solution", "--spoil"]));
    assert!(shown, "{text}");
    text
}

#[test]
fn every_exercise_is_sound() {
    let (sound, said) = run(&mut lab_in(workspace(), &["exercises", "verify"]));
    assert!(sound, "{said}");
}

#[test]
fn the_list_fits_80_columns_and_has_what_is_asked_for() {
    let (listed, all) = run(&mut lab_in(workspace(), &["exercises"]));
    assert!(listed, "{all}");
    for (id, _) in exercises() {
        let (_, name) = id.split_once('/').unwrap();
        assert!(all.contains(name), "{id} is missing: {all}");
    }
    let wide: Vec<&str> = all
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert_eq!(wide, Vec::<&str>::new());

    let (listed, some) = run(&mut lab_in(
        workspace(),
        &["exercises", "echo-udp/01", "ntp"],
    ));
    assert!(listed, "{some}");
    let headings: Vec<&str> = some.lines().filter(|line| !line.starts_with(' ')).collect();
    assert!(
        headings[0].starts_with("echo-udp ") && headings[1].starts_with("ntp "),
        "{some}"
    );
    assert_eq!(headings.len(), 2, "{some}");
    assert!(
        some.lines().nth(1).unwrap().starts_with("  01-server "),
        "{some}"
    );
}

#[test]
fn without_python_half_is_not_proved_and_that_is_told() {
    let mut verify = lab_in(workspace(), &["exercises", "verify", "echo-udp/01"]);
    let (sound, said) = run(verify.env("PYTHON", "no-such-python"));
    assert!(!sound && said.contains("Python is missing"), "{said}");
}

#[test]
fn there_are_exercises_of_all_kinds_and_every_program_is_one_to_write() {
    let mut kinds = std::collections::BTreeMap::new();
    let mut written = std::collections::BTreeSet::new();
    for (_, folder) in exercises() {
        let text = fs::read_to_string(folder.join("exercise.toml")).unwrap();
        let value = |key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap();
            line.split('"').nth(1).unwrap().to_owned()
        };
        if value("kind") == "write" {
            written.insert(value("target"));
        }
        *kinds.entry(value("kind")).or_insert(0) += 1;
    }
    assert_eq!(written.len(), 2 * PAIRS.len());
    assert!(kinds["change"] >= 10 && kinds["fault"] >= 20, "{kinds:?}");
}

#[test]
fn solutions_are_formatted_as_all_of_our_programs() {
    let folder = tempfile::tempdir().unwrap();
    for (id, _) in exercises() {
        let file = folder.path().join(format!("{}.rs", id.replace('/', "-")));
        fs::write(&file, solution(&id, "rust")).unwrap();
        let mut rustfmt = Command::new("rustfmt");
        let (formatted, said) = run(rustfmt.args(["--check", "--edition", "2024"]).arg(&file));
        assert!(formatted, "{id}: {said}");
    }
}
