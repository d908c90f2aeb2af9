//! What came of the students: a table, a file of feedback for each, and what programs read.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use common::console::{escape_controls, escape_to_one_line, print_line};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::course::grade::Format;
use crate::course::grade::verdict::{Graded, NOT_HANDED_IN, Student, write_json};
use crate::course::work::put;

/// Prints a line for each student.
pub(super) fn table(students: &[Student]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["student", "points", "of", "what is missing"]);
    for student in students {
        let number = |points: f64| Cell::new(points).set_alignment(CellAlignment::Right);
        let missing = missing(&student.exercises).join("; ");
        table.add_row([
            Cell::new(escape_to_one_line(&student.name)),
            number(student.points()),
            number(student.most()),
            Cell::new(escape_to_one_line(&missing)),
        ]);
    }
    Ok(print_line(table.trim_fmt())?)
}

/// What exercises lack, in a few words; those that lack the same together.
fn missing(exercises: &[Graded]) -> Vec<String> {
    let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
    for Graded {
        exercise, verdict, ..
    } in exercises
    {
        let failed = verdict.stages.iter().find(|stage| !stage.passed);
        let what = verdict.why.as_deref();
        let Some(what) = what.or(failed.map(|stage| stage.title.as_str())) else {
            continue;
        };
        match missing.iter_mut().find(|(other, _)| *other == what) {
            Some((_, same)) => same.push(exercise),
            None => missing.push((what, vec![exercise])),
        }
    }
    // How many were not handed in stands last.
    missing.sort_by_key(|(what, _)| *what == NOT_HANDED_IN);
    let told = |(what, exercises): (&str, Vec<&str>)| match what {
        NOT_HANDED_IN => format!("{} {what}", exercises.len()),
        _ => format!("{}: {what}", exercises.join(", ")),
    };
    missing.into_iter().map(told).collect()
}

/// Writes a file of feedback for each student.
pub(super) fn feedback(folder: &Path, students: &[Student]) -> Result<()> {
    for student in students {
        let mut text = format!(
            "{}: {} of {} points\n",
            escape_to_one_line(&student.name),
            student.points(),
            student.most()
        );
        for graded in &student.exercises {
            let _ = write!(text, "\n{}\n", told(graded));
        }
        put(&folder.join(format!("{}.txt", student.name)), &text)?;
    }
    Ok(())
}

/// What a student is told of an exercise.
fn told(graded: &Graded) -> String {
    let Graded {
        exercise,
        title,
        points,
        most,
        verdict,
    } = graded;
    let mut text = format!("{exercise}: {title}: {points} of {most} points\n");
    if let Some(why) = &verdict.why {
        let _ = writeln!(text, "  {}", escape_controls(why));
    }
    text += &escape_controls(&verdict.feedback);
    text
}

/// Writes what a program reads.
pub(super) fn write(format: Format, out: &Path, students: &[Student], is_one: bool) -> Result<()> {
    match format {
        Format::Json => write_json(&out.join("grades.json"), &students),
        Format::Csv => put(&out.join("grades.csv"), &csv(students)),
        Format::Junit => put(&out.join("grades.xml"), &junit(students)?),
        Format::Gradescope => students.iter().try_for_each(|student| {
            let path = if is_one {
                out.join("results.json")
            } else {
                out.join("gradescope")
                    .join(format!("{}.json", student.name))
            };
            fs::create_dir_all(path.parent().unwrap_or(out))?;
            write_json(&path, &gradescope(student))
        }),
    }
}

/// Comma-separated values (RFC 4180), a line for each exercise of each student.
fn csv(students: &[Student]) -> String {
    let mut text = String::from("student,exercise,language,stages passed,stages,points,of,why\r\n");
    for student in students {
        for Graded {
            exercise,
            points,
            most,
            verdict,
            ..
        } in &student.exercises
        {
            let passed = verdict.stages.iter().filter(|stage| stage.passed).count();
            let failure = || {
                verdict
                    .stages
                    .iter()
                    .find_map(|stage| stage.failure.clone())
            };
            let why = verdict.why.clone().or_else(failure).unwrap_or_default();
            let fields = [
                student.name.clone(),
                exercise.clone(),
                verdict.language.clone(),
                passed.to_string(),
                verdict.stages.len().to_string(),
                points.to_string(),
                most.to_string(),
                why,
            ];
            text += &fields.map(|field| quoted(&field)).join(",");
            text += "\r\n";
        }
    }
    text
}

/// A field, in quotes where it must be. What a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '@', '+', '-', '\t']);
    let field = if is_formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

fn junit(students: &[Student]) -> Result<String> {
    let mut report = Report::new("cargo lab grade");
    for student in students {
        let mut suite = TestSuite::new(student.name.as_str());
        for graded in &student.exercises {
            let case = |name: &str, failure: Option<&str>| {
                let status = match failure {
                    None => TestCaseStatus::success(),
                    Some(failure) => {
                        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                        status.set_message(failure);
                        status
                    }
                };
                let mut case = TestCase::new(name, status);
                case.set_classname(graded.exercise.as_str());
                case
            };
            if let Some(why) = &graded.verdict.why {
                suite.add_test_case(case("judged", Some(why)));
            }
            for stage in &graded.verdict.stages {
                let failure =
                    (!stage.passed).then(|| stage.failure.as_deref().unwrap_or("not come to"));
                suite.add_test_case(case(&stage.title, failure));
            }
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

/// What Gradescope's autograder reads: <https://gradescope-autograders.readthedocs.io/en/latest/specs/>.
fn gradescope(student: &Student) -> Value {
    let tests = student.exercises.iter().map(|graded| {
        json!({
            "name": format!("{}: {}", graded.exercise, graded.title),
            "score": graded.points,
            "max_score": graded.most,
            "status": if graded.points >= graded.most { "passed" } else { "failed" },
            "output": told(graded),
            "visibility": "visible",
        })
    });
    json!({
        "score": student.points(),
        "max_score": student.most(),
        "visibility": "visible",
        "tests": tests.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_is_no_formula() {
        for (field, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\n", "\"say \"\"hi\"\"\n\""),
            ("=1+1", "'=1+1"),
        ] {
            assert_eq!(quoted(field), expected);
        }
    }
}
