//! The book-keeping: no sentence without its experiment, no experiment without a verdict.

use std::collections::HashSet;
use std::process::Command;

use serde_json::Value;
use tests::experiment::EXPERIMENTS;
use tests::experiment::lessons::SENTENCES;

fn lab(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
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
fn every_experiment_ends_in_a_verdict() {
    let output = lab(&["--all", "--format", "json"]);
    let reports: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reports.len(), EXPERIMENTS.len());
    for report in &reports {
        let verdict = report["verdict"].as_str().unwrap_or_default();
        assert!(
            ["holds-here", "does-not-hold-here", "cannot-be-seen-here"].contains(&verdict),
            "{} has no verdict: {}",
            report["name"],
            report["error"]
        );
        let because = report["because"].as_str().unwrap_or_default();
        assert!(!because.is_empty(), "{} gives no reason", report["name"]);
    }
    assert!(output.status.success());
}

#[test]
fn a_piped_report_is_plain_and_fits_80_columns() {
    let output = lab(&["tcp-sticks"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("verdict   holds here: "), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() < 80, "{line}");
    }
}

#[test]
fn an_unknown_name_is_an_error_of_usage() {
    let output = lab(&["tcp-stick"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("tcp-sticks"), "{text}");
}
