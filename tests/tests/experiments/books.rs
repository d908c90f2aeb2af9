//! The book-keeping: no sentence without its experiment, no experiment without a verdict.

use std::collections::HashSet;
use std::process::Command;

use lab::experiment::EXPERIMENTS;
use lab::experiment::lessons::SENTENCES;
use lab::pairs::PAIRS;
use lab::run::executables::workspace;
use serde_json::Value;

fn lab(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(tests::lab());
    let output = command.arg("experiment").args(arguments).output();
    output.unwrap_or_else(|error| panic!("cannot run lab: {error}"))
}

#[test]
fn every_sentence_of_the_lessons_has_its_experiment() {
    for sentence in SENTENCES {
        assert!(
            EXPERIMENTS
                .iter()
                .any(|entry| entry.name == sentence.experiment),
            "{}: {} is given to {}, which does not exist",
            sentence.document,
            sentence.says,
            sentence.experiment
        );
    }
}

#[test]
fn every_experiment_checks_a_sentence_under_a_name_of_its_own() {
    let mut names = HashSet::new();
    for entry in EXPERIMENTS {
        assert!(names.insert(entry.name), "{} is listed twice", entry.name);
        assert!(
            SENTENCES
                .iter()
                .any(|sentence| sentence.experiment == entry.name),
            "no sentence asks for {}",
            entry.name
        );
    }
}

#[test]
fn every_experiment_belongs_to_a_lab_whose_readme_points_to_it() {
    let labs: HashSet<&str> = PAIRS.iter().map(|program| program.package).collect();
    let readmes: Vec<String> = labs
        .iter()
        .map(|lab| {
            let path = workspace().join(lab).join("README.md");
            let text = std::fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let section = text.split_once("\n## Experiments\n");
            let (_, section) = section.unwrap_or_else(|| panic!("{lab} has no experiments"));
            section.split("\n## ").next().unwrap().to_owned()
        })
        .collect();
    for entry in EXPERIMENTS {
        let name = format!("`{}`", entry.name);
        assert!(
            readmes.iter().any(|section| section.contains(&name)),
            "no README points to {name}"
        );
    }
    for row in readmes.iter().flat_map(|section| section.lines()) {
        if let Some(name) = row
            .strip_prefix("| `")
            .and_then(|row| row.split('`').next())
        {
            assert!(
                EXPERIMENTS.iter().any(|entry| entry.name == name),
                "a README points to {name}, which does not exist"
            );
        }
    }
}

const CANNOT_BE_SEEN: &str = "cannot be seen here";

#[test]
fn all_of_them_end_in_a_verdict_and_in_a_table_of_80_columns() {
    let output = lab(&["--all"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    let verdicts = ["holds here", "does not hold here", CANNOT_BE_SEEN];
    let judged = |row: &str| {
        let row = row.trim_start();
        verdicts
            .into_iter()
            .find(|verdict| row.starts_with(verdict))
    };
    for entry in EXPERIMENTS {
        let mut rows = text
            .lines()
            .filter_map(|line| line.strip_prefix(entry.name));
        let verdict = rows.find_map(judged);
        let verdict = verdict.unwrap_or_else(|| panic!("no verdict on {}:\n{text}", entry.name));
        if verdict == CANNOT_BE_SEEN {
            crate::unseen(entry.name, "its verdict says what it needs");
        }
    }
    // A pipe gets no colour, whatever the verdicts.
    assert!(!text.contains('\x1b'), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() < 80, "{line}");
    }
}

#[test]
fn json_has_the_steps_what_was_seen_and_the_verdict() {
    let output = lab(&["tcp-sticks", "--format", "json"]);
    let reports: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let report = &reports[0];
    assert_eq!(report["name"], "tcp-sticks");
    assert_eq!(report["lessons"][0]["document"], "000");
    assert_eq!(report["steps"].as_array().map(Vec::len), Some(4));
    assert_eq!(report["seen"]["one_receive"], "b'helloworldsdfas'");
    assert_eq!(report["verdict"], "holds-here");
    assert_ne!(report["because"], "");
}

#[test]
fn an_unknown_name_is_an_error_of_usage() {
    let output = lab(&["tcp-stick"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("tcp-sticks"), "{text}");
}
