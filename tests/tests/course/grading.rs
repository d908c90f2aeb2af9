//! Sixty submissions of which the truth is known, some of them malicious.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{lacks, skip};

use crate::{lab_in, run, solution};

/// Exercises to write, and to find the fault of, with the stage at which the fault shows.
const WRITTEN: [&str; 3] = ["echo-tcp/01-server", "echo-udp/01-server", "ntp/01-server"];
const FAULTY: [&str; 2] = [
    "echo-tcp/07-spins-after-hang-up",
    "echo-udp/03-the-second-waits",
];

const MALICIOUS: [(&str, &str); 5] = [
    ("fork-bomb", "import os\nwhile True:\n    os.fork()\n"),
    ("flood", "while True:\n    print('x' * 100000)\n"),
    (
        "ten-gigabytes",
        "with open('big', 'wb') as file:\n    for _ in range(10_000):\n        file.write(bytes(1_000_000))\n",
    ),
    // Writes a verdict of its own in the judge's name, and ends the judge.
    (
        "forges",
        r#"
import glob, json, os, signal
verdict = {"language": "python", "stages": [{"title": t, "passed": True} for t in "abcde"], "feedback": "forged"}
for path in glob.glob("/proc/[0-9]*"):
    try:
        words = open(path + "/cmdline").read().split("\0")
        if "judge" in words and words[0].endswith("lab"):
            try:
                open(path + "/fd/1", "w").write(json.dumps(verdict))
            finally:
                os.kill(int(path[6:]), signal.SIGKILL)
    except OSError:
        pass
"#,
    ),
    (
        "stays",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.environ.clear()\n    if os.fork() == 0:\n        time.sleep(3600)\n    os._exit(0)\n",
    ),
];

fn hand_in(submissions: &Path, student: &str, id: &str, language: &str, program: Option<&str>) {
    let folder = submissions.join(student);
    let (started, said) = run(&mut lab_in(
        submissions,
        &[
            "start",
            id,
            "--lang",
            language,
            "--spoil",
            "--dir",
            folder.to_str().unwrap(),
        ],
    ));
    assert!(started, "{said}");
    let main = match language {
        "rust" => "main.rs",
        _ => "main.py",
    };
    if let Some(program) = program {
        fs::write(folder.join(id).join(main), program).unwrap();
    }
}

/// Makes the submissions, and tells what each must get: of which exercise, and whether all points.
fn submissions(folder: &Path) -> BTreeMap<String, (&'static str, bool)> {
    let mut truth = BTreeMap::new();
    let mut number = 0;
    let mut student = |what: &str| {
        number += 1;
        format!("s{number:02}-{what}")
    };
    for language in ["rust", "python"] {
        for id in WRITTEN {
            let solved = solution(id, language);
            for _ in 0..6 {
                let name = student("solved");
                hand_in(folder, &name, id, language, Some(&solved));
                truth.insert(name, (id, true));
            }
            let name = student("untouched");
            hand_in(folder, &name, id, language, None);
            truth.insert(name, (id, false));
        }
        for id in FAULTY {
            let name = student("faulty");
            hand_in(folder, &name, id, language, None);
            truth.insert(name, (id, false));
            for _ in 0..2 {
                let name = student("mended");
                hand_in(folder, &name, id, language, Some(&solution(id, language)));
                truth.insert(name, (id, true));
            }
        }
    }
    // As students hand in: with what their cargo made, and with what their git could not merge.
    for what in ["s01-solved", "s02-solved"] {
        let folder = folder.join(what);
        fs::write(folder.join("target"), "of another machine").unwrap();
        fs::write(folder.join("progress.txt"), "<<<<<<< HEAD\n").unwrap();
    }
    // No service of the machine can be seen.
    let name = student("looks-for-services");
    let looks = "import os\nassert not os.listdir('/run')\n";
    let program = looks.to_owned() + &solution(WRITTEN[0], "python");
    hand_in(folder, &name, WRITTEN[0], "python", Some(&program));
    truth.insert(name, (WRITTEN[0], true));
    for (what, program) in MALICIOUS {
        let name = student(what);
        hand_in(folder, &name, WRITTEN[0], "python", Some(program));
        truth.insert(name, (WRITTEN[0], false));
    }
    let name = student("empty");
    fs::create_dir(folder.join(&name)).unwrap();
    truth.insert(name, (WRITTEN[0], false));
    let name = student("not-python");
    hand_in(folder, &name, WRITTEN[0], "python", Some("def main(:\n"));
    truth.insert(name, (WRITTEN[0], false));
    truth
}

fn isolates() -> bool {
    let mut wrap = Command::new("bwrap");
    match wrap
        .args(["--unshare-all", "--ro-bind", "/", "/", "true"])
        .output()
    {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            skip(
                "grading",
                String::from_utf8_lossy(&output.stderr).trim_end(),
            );
            false
        }
        Err(error) => {
            lacks("grading", format_args!("it needs bubblewrap: {error}"));
            false
        }
    }
}

fn start(folder: &Path, words: &[&str]) -> Child {
    let mut command = lab_in(
        folder,
        &[
            "grade",
            "handed-in",
            "--format",
            "json,csv,junit,gradescope",
            "--points",
            "points.toml",
        ],
    );
    command.args(words).spawn().unwrap()
}

fn ids(of: &str) -> Vec<i32> {
    let all = procfs::process::all_processes().unwrap().flatten();
    let words = |process: &procfs::process::Process| process.cmdline().unwrap_or_default();
    all.filter(|process| words(process).iter().any(|word| word.contains(of)))
        .map(|process| process.pid())
        .collect()
}

#[test]
fn sixty_submissions_get_what_they_deserve_and_leave_nothing_behind() {
    if !isolates() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let handed_in = folder.path().join("handed-in");
    fs::create_dir(&handed_in).unwrap();
    let truth = submissions(&handed_in);
    assert_eq!(truth.len(), 62);

    // Killed in the middle, it leaves no process, and goes on where it was.
    let results = folder.path().join("grades/results");
    let points = "[limits]\nseconds = 1800\n";
    fs::write(folder.path().join("points.toml"), points).unwrap();
    let mut first = start(folder.path(), &[]);
    let count = || fs::read_dir(&results).map_or(0, Iterator::count);
    let deadline = Instant::now() + Duration::from_hours(1);
    while count() < 10 {
        assert!(Instant::now() < deadline && first.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(100));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let marker = folder.path().to_str().unwrap().to_owned();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !ids(&marker).is_empty() {
        assert!(Instant::now() < deadline, "{:?} still run", ids(&marker));
        thread::sleep(Duration::from_millis(50));
    }
    let written = |name: &str| {
        fs::metadata(results.join(name))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before: BTreeMap<_, _> = fs::read_dir(&results)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .map(|name| (name.clone(), written(&name)))
        .collect();
    let mut second = start(folder.path(), &["--resume"]);
    assert!(second.wait().unwrap().success());
    for (name, time) in &before {
        assert_eq!(written(name), *time, "{name} was judged again");
    }

    let grades: Value =
        serde_json::from_slice(&fs::read(folder.path().join("grades/grades.json")).unwrap())
            .unwrap();
    let mut wrong = Vec::new();
    for student in grades.as_array().unwrap() {
        let name = student["name"].as_str().unwrap();
        let (id, solved) = truth[name];
        for graded in student["exercises"].as_array().unwrap() {
            let (points, most) = (
                graded["points"].as_f64().unwrap(),
                graded["most"].as_f64().unwrap(),
            );
            let is_full = points >= most;
            if graded["exercise"] == id && is_full != solved
                || graded["exercise"] != id && points > 0.0
            {
                wrong.push(format!("{name}: {graded:#}"));
            }
        }
        let feedback = folder.path().join(format!("grades/feedback/{name}.txt"));
        assert!(fs::read_to_string(feedback).unwrap().contains(id));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(grades.as_array().unwrap().len(), truth.len());
    assert!(ids(&marker).is_empty());
    let left: Vec<_> = fs::read_dir(folder.path().join("grades"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') && name != ".crates")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn grades_are_written_into_no_submission_and_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let course = folder.path().join("course");
    fs::create_dir(&course).unwrap();
    hand_in(&course, "ada", WRITTEN[0], "python", None);
    let ada = course.join("ada");
    for (here, args) in [
        (&ada, &[".", "--out", "."][..]),
        (&ada, &["."]),
        (&ada, &["..", "--out", "new/grades"]),
        (&course, &[".", "--out", "."]),
        (&course, &[".", "--out", "ada/grades"]),
    ] {
        let before = listed(&course);
        let (graded, said) = run(lab_in(here, &["grade"]).args(args));
        assert!(!graded && said.contains("give another"), "{args:?}: {said}");
        assert_eq!(listed(&course), before, "{args:?}");
    }
    // Beside the students' folders they are not taken for one's, and what somebody put there stays.
    fs::create_dir_all(course.join("grades/results")).unwrap();
    fs::write(course.join("grades/results/mine.txt"), "notes").unwrap();
    for _ in 0..2 {
        let (graded, said) = run(&mut lab_in(&course, &["grade", ".", "--patience", "1"]));
        assert!(graded, "{said}");
        let students = said.lines().filter(|line| line.contains("echo-tcp/"));
        assert_eq!(students.count(), 1, "{said}");
    }
    assert!(course.join("grades/results/ada.json").is_file());
    assert!(course.join("grades/results/mine.txt").is_file());
}

#[test]
fn what_is_wrong_in_the_points_is_shown_in_its_line() {
    let folder = tempfile::tempdir().unwrap();
    hand_in(folder.path(), "ada", WRITTEN[0], "python", None);
    fs::write(folder.path().join("points.toml"), "[points]\nx = ten\n").unwrap();
    let args = ["grade", ".", "--points", "points.toml"];
    let (graded, said) = run(&mut lab_in(folder.path(), &args));
    assert!(!graded && said.contains("\n2 | x = ten\n"), "{said}");
}

#[test]
fn a_submission_that_cannot_be_read_is_told_and_is_not_missing() {
    let folder = tempfile::tempdir().unwrap();
    let course = folder.path().join("course");
    let ada = course.join("ada");
    fs::create_dir_all(&ada).unwrap();
    fs::create_dir(course.join("bob")).unwrap();
    // For root no folder is unreadable, but a link to itself is.
    std::os::unix::fs::symlink("echo-tcp", ada.join("echo-tcp")).unwrap();
    let points = folder.path().join("points.toml");
    fs::write(&points, format!("[points]\n{:?} = 10\n", WRITTEN[0])).unwrap();
    let words = ["grade", "course", "--points", "points.toml"];
    let (graded, said) = run(&mut lab_in(folder.path(), &words));
    assert!(graded, "{said}");
    for (name, why) in [("ada", "cannot be read"), ("bob", "not handed in")] {
        let feedback = folder.path().join(format!("grades/feedback/{name}.txt"));
        let feedback = fs::read_to_string(feedback).unwrap();
        assert!(feedback.contains(why), "{name}: {feedback}");
    }
}

#[test]
fn who_hands_in_no_settings_is_told_so_once_and_points_are_added_as_decimals() {
    let folder = tempfile::tempdir().unwrap();
    for id in WRITTEN {
        fs::create_dir_all(folder.path().join("course/ada").join(id)).unwrap();
    }
    // In binary the sum of these is 0.6000000000000001. A short name counts as well as a long one.
    let [one, two, three] = WRITTEN;
    let mut points = format!("[points]\n{one:?} = 0.1\n{two:?} = 0.2\n{three:?} = 0.3\n");
    points = points.replace("echo-udp/01-server", "echo-udp/01");
    fs::write(folder.path().join("points.toml"), &points).unwrap();
    let words = ["grade", "course", "--points", "points.toml"];
    let (graded, said) = run(&mut lab_in(folder.path(), &words));
    assert!(graded, "{said}");
    let row = format!("{}: no lab.toml is in the folder", WRITTEN.join(", "));
    assert!(said.contains(&row), "{said}");
    let feedback = fs::read_to_string(folder.path().join("grades/feedback/ada.txt")).unwrap();
    assert!(feedback.starts_with("ada: 0 of 0.6 points\n"), "{feedback}");
    fs::write(
        folder.path().join("points.toml"),
        format!("{points}{two:?} = 1\n"),
    )
    .unwrap();
    let (graded, said) = run(&mut lab_in(folder.path(), &words));
    assert!(
        !graded && said.contains("echo-udp/01-server twice"),
        "{said}"
    );
}

/// All that is in a folder.
fn listed(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    crate::handout::files(folder, &mut found);
    found.sort();
    found
}
