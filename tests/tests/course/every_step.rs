//! A student's way through one lab, in a terminal: start, uncomment, check, watch, hint, reset, next.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tests::python_or_skip;
use tests::window::Window;

use crate::{lab_in, run, solution};

/// How long a look may take on a busy machine: a compiler, and the checks.
const LIMIT: Duration = Duration::from_mins(2);

const LAB: &str = "ntp";

/// The exercises of the lab, in their order.
fn names() -> Vec<String> {
    let all = crate::exercises().into_iter().map(|(id, _)| id);
    all.filter(|id| id.starts_with(&format!("{LAB}/")))
        .collect()
}

/// What of a skeleton is commented out, uncommented.
fn uncommented(skeleton: &str, solution: &str, comment: &str) -> String {
    let line = |line: &str| {
        let without = line.replacen(&format!("{comment} "), "", 1);
        let is_code =
            line.trim_start().starts_with(comment) && solution.lines().any(|own| own == without);
        if is_code { without } else { line.to_owned() }
    };
    skeleton.lines().map(|text| line(text) + "\n").collect()
}

fn walk(language: &str, extension: &str, comment: &str) {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    let names = names();
    let (started, said) = at(&["start", LAB, "--lang", language]);
    assert!(started && said.contains(&names[0]), "{said}");
    let source = |id: &str| {
        folder
            .path()
            .join("work")
            .join(id)
            .join(format!("main.{extension}"))
    };

    // The skeleton does not even listen; uncommented it does, and no more.
    let (passed, said) = at(&["check"]);
    assert!(
        !passed && said.contains("✗ It listens") && said.contains("hint"),
        "{said}"
    );
    let skeleton = fs::read_to_string(source(&names[0])).unwrap();
    let first = solution(&names[0], language);
    fs::write(source(&names[0]), uncommented(&skeleton, &first, comment)).unwrap();
    let (passed, said) = at(&["check"]);
    assert!(
        !passed && said.contains("✓ It listens") && said.contains('✗'),
        "{said}"
    );
    assert!(at(&["hint"]).1.contains("Hint 1 of 3"));
    assert!(at(&["hint"]).1.contains("Hint 2 of 3"));
    let (shown, said) = at(&["solution"]);
    assert!(!shown && said.contains("has not passed yet"), "{said}");

    let mut window = Window::run(&lab_in(folder.path(), &["watch"]), 80).unwrap();
    assert!(window.shows_times("h hint", 1, LIMIT), "{}", window.text());
    // It goes on where `hint` was, and so does `hint`.
    window.press("h").unwrap();
    assert!(window.shows("Hint 3 of 3"), "{}", window.text());
    save(&source(&names[0]), &first);
    assert!(
        window.shows_times("All stages passed.", 1, LIMIT),
        "{}",
        window.text()
    );
    window.press("r").unwrap();
    assert!(window.shows("what you wrote is now"), "{}", window.text());
    let handed_out = |id: &str| format!("handed out work/{id}/main.{extension}");
    assert!(window.shows(&handed_out(&names[0])), "{}", window.text());
    assert_eq!(fs::read_to_string(source(&names[0])).unwrap(), skeleton);
    assert!(
        window.shows_after(&handed_out(&names[0]), "✗", LIMIT),
        "{}",
        window.text()
    );
    // What became of the old text still stands above it.
    assert!(
        screen(&window).contains("what you wrote is now"),
        "{}",
        window.text()
    );
    // What is saved while a look begins is looked at again: it may pass more than once.
    let solve = |window: &Window, id: &str| {
        save(&source(id), &solution(id, language));
        let done = window.shows_after(&handed_out(id), "All stages passed.", LIMIT);
        assert!(done, "{id}: {}", window.text());
    };
    solve(&window, &names[0]);
    for id in &names[1..] {
        window.press("n").unwrap();
        assert!(
            window.shows_times(&handed_out(id), 1, LIMIT),
            "{}",
            window.text()
        );
        solve(&window, id);
    }
    window.press("q").unwrap();
    assert_eq!(window.end().unwrap(), 0);
    let all = names.len();
    let (_, said) = at(&[]);
    assert!(said.contains(&format!("{all:>2} of {all:>2}")), "{said}");
    let (shown, said) = at(&["solution"]);
    assert!(shown, "{said}");
}

/// What is on the screen since it was cleared.
fn screen(window: &Window) -> String {
    let text = window.text();
    let screen = text.rsplit("\x1b[2J").next();
    screen.unwrap_or_default().to_owned()
}

/// Saves a file as editors do: a new one takes the old one's place.
fn save(path: &Path, text: &str) {
    let new = path.with_extension("new~");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

#[test]
fn a_student_walks_through_a_lab_in_rust() {
    walk("rust", "rs", "//");
}

#[test]
fn a_student_walks_through_a_lab_in_python() {
    if python_or_skip("the course in Python") {
        walk("python", "py", "#");
    }
}

/// What `check` says of this text as the program of the first exercise of `echo-udp`, which it does not solve.
fn checked(language: &str, extension: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    at(&["start", "echo-udp/01", "--lang", language]);
    let source = format!("work/echo-udp/01-server/main.{extension}");
    fs::write(folder.path().join(source), text).unwrap();
    let (passed, said) = at(&["check"]);
    assert!(!passed, "{said}");
    said
}

#[test]
fn a_program_that_does_not_compile_is_told_by_the_compiler_alone() {
    let said = checked("rust", "rs", "fn main() { nothing() }\n");
    assert!(said.contains("cannot find function `nothing`"), "{said}");
    assert!(!said.contains('✗'), "{said}");
}

#[test]
fn the_last_words_of_a_program_that_ends_are_told() {
    if python_or_skip("a program in Python that ends") {
        let said = checked("python", "py", "import sys\nsys.exit('where to listen?')\n");
        assert!(said.contains("stderr    where to listen?"), "{said}");
    }
}

#[test]
fn watch_goes_on_from_what_it_watches_and_counts_hints_as_hint_does() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    assert!(at(&["start", "ntp/01", "--lang", "python"]).0);
    assert!(at(&["start", "echo-udp/01", "--lang", "python"]).0);
    let mut window = Window::run(&lab_in(folder.path(), &["watch", "ntp/01"]), 80).unwrap();
    assert!(window.shows_times("h hint", 1, LIMIT), "{}", window.text());
    window.press("h").unwrap();
    assert!(window.shows("Hint 1 of 3"), "{}", window.text());
    assert!(window.shows_times("h hint", 2, LIMIT), "{}", window.text());
    let (_, said) = at(&["hint", "ntp/01"]);
    assert!(said.contains("Hint 2 of 3"), "{said}");
    window.press("n").unwrap();
    assert!(window.shows_times("h hint", 3, LIMIT), "{}", window.text());
    let handed_out = format!("handed out work/{}/main.py", names()[1]);
    assert!(screen(&window).contains(&handed_out), "{}", window.text());
    let settings = folder.path().join("work/lab.toml");
    let text = fs::read_to_string(&settings).unwrap();
    save(
        &settings,
        &text.replace("language = \"python\"", "language ="),
    );
    assert!(window.shows_times("h hint", 4, LIMIT), "{}", window.text());
    assert!(screen(&window).contains("error:"), "{}", window.text());
}

#[test]
fn an_exercise_in_the_other_language_is_judged_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    let (started, said) = at(&["start", "nonsense"]);
    assert!(!started && !folder.path().join("work").exists(), "{said}");
    assert!(at(&["start", "ntp/01", "--lang", "rust"]).0);
    let (started, said) = at(&["start", "echo-udp/01", "--lang", "python"]);
    assert!(started && said.contains("lab.toml now says"), "{said}");
    let (passed, said) = at(&["check"]);
    assert!(
        !passed && !said.contains("missing") && said.contains('✗'),
        "{said}"
    );
    // And back; the other one stays as it was.
    assert!(at(&["start", "echo-udp/01", "--lang", "rust"]).0);
    let settings = fs::read_to_string(folder.path().join("work/lab.toml")).unwrap();
    assert!(
        settings.contains("\n\"echo-udp/01-server\" = \"rust\"\n"),
        "{settings}"
    );
    assert!(!settings.contains("ntp/01"), "{settings}");
}

#[test]
fn a_third_language_is_two_lines() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    at(&["start", "echo-udp/01", "--lang", "python"]);
    let work = folder.path().join("work");
    let settings = fs::read_to_string(work.join("lab.toml")).unwrap();
    let settings = settings.replace("language = \"python\"", "language = \"sh\"");
    fs::write(
        work.join("lab.toml"),
        settings + "\n[sh]\nrun = \"sh {folder}/main.sh\"\n",
    )
    .unwrap();
    fs::write(work.join("echo-udp/01-server/main.sh"), "exit 3\n").unwrap();
    let (passed, said) = at(&["check"]);
    assert!(!passed && said.contains("exit status: 3"), "{said}");
}

#[test]
fn what_is_wrong_with_the_folder_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    for words in [
        &["check"][..],
        &["hint"],
        &["next"],
        &["reset"],
        &["solution"],
    ] {
        let (worked, said) = at(words);
        assert!(!worked && said.contains("start"), "{words:?}: {said}");
    }
    let (worked, said) = at(&["start", "echo-tcp/1-server"]);
    assert!(!worked && said.contains("echo-tcp/01-server"), "{said}");
    let (worked, said) = at(&["start", "echo-tcp/07"]);
    assert!(!worked && said.contains("--spoil"), "{said}");
    at(&["start"]);
    let (worked, said) = at(&["watch"]);
    assert!(!worked && said.contains("terminal"), "{said}");
    fs::write(
        folder.path().join("work/lab.toml"),
        "language = \"cobol\"\n",
    )
    .unwrap();
    let (worked, said) = at(&["check"]);
    assert!(!worked && said.contains("[cobol]"), "{said}");
}

#[test]
fn next_passes_over_what_would_show_a_solution() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    assert!(at(&["start", "echo-tcp/02", "--lang", "python"]).0);
    let (went_on, said) = at(&["next"]);
    let next = "handed out work/echo-tcp/05-phone-server/main.py";
    assert!(went_on && said.contains(next), "{said}");
}

#[test]
fn what_was_written_is_kept_however_fast_one_reset_follows_another() {
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| run(&mut lab_in(folder.path(), words));
    assert!(at(&["start", "--lang", "python"]).0);
    let exercise = folder.path().join("work/echo-tcp/01-server");
    for text in ["one", "two", "three"] {
        fs::write(exercise.join("main.py"), text).unwrap();
        let (reset, said) = at(&["reset"]);
        assert!(reset, "{said}");
    }
    let beside = fs::read_dir(&exercise).unwrap().map(Result::unwrap);
    let backups = beside.filter(|file| file.file_name().to_string_lossy().contains("backup"));
    let mut kept: Vec<_> = backups
        .map(|file| fs::read_to_string(file.path()).unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["one", "three", "two"]);
}
