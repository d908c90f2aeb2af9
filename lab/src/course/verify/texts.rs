//! What can be said of an exercise from its texts alone: no program is needed for that.

use std::collections::BTreeSet;
use std::fs;

use crate::check::{Grade, checks_of};
use crate::course::exercise::{Exercise, Kind};
use crate::course::library::Library;
use crate::pairs::Language;

/// What is wrong with what an exercise says.
pub(super) fn shortcomings(library: &Library, exercise: &Exercise) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let lab: Vec<_> = library
        .exercises
        .iter()
        .filter(|one| one.lab == exercise.lab)
        .collect();
    let position = lab
        .iter()
        .position(|one| one.name == exercise.name)
        .unwrap_or(0);
    let number = format!("{:02}-", position + 1);
    expect(
        exercise.name.starts_with(&number),
        format!("it is the exercise {number}… of its lab"),
    );
    expect(
        exercise.target.pair.package == exercise.lab,
        "its target is of another lab".to_owned(),
    );
    expect(
        (1..=120).contains(&exercise.minutes),
        format!("{} minutes", exercise.minutes),
    );
    for before in &exercise.builds_on {
        let index = |id: &str| library.exercises.iter().position(|one| one.id() == id);
        expect(
            index(before).is_some_and(|before| Some(before) < index(&exercise.id())),
            format!("it builds on {before}, which does not come before it"),
        );
    }
    expect(
        exercise
            .stages
            .iter()
            .any(|stage| stage.title == exercise.fails_at),
        format!(
            "there is no stage {:?} at which it could fail",
            exercise.fails_at
        ),
    );
    for words in &exercise.hints {
        for language in Language::BOTH {
            let text = words.to(Some(language));
            expect(
                text.ends_with('.'),
                format!("a hint is no sentence: {text:?}"),
            );
        }
    }
    let readme = exercise.readme().unwrap_or_default();
    expect(
        readme.starts_with(&format!("# {}\n", exercise.title)),
        "its README does not begin with its title".to_owned(),
    );
    match exercise.kind {
        Kind::Write => {}
        Kind::Change => wrong.extend(forgotten_checks(exercise)),
        Kind::Fault => match exercise.fault() {
            Err(error) => wrong.push(format!("{error:#}")),
            Ok(fault) => {
                let why = fault.why.to(Some(Language::Python));
                for text in [fault.title.as_str(), &fault.wrong, why] {
                    if readme.contains(text.trim_end_matches('.')) {
                        wrong.push(format!("its README tells what is wrong: {text}"));
                    }
                }
            }
        },
    }
    let expected: BTreeSet<&str> = match exercise.kind {
        Kind::Write => ["exercise.toml", "README.md", "solution.rs", "solution.py"].into(),
        Kind::Change | Kind::Fault => ["exercise.toml", "README.md", "patch.toml"].into(),
    };
    let files = fs::read_dir(&exercise.folder)
        .into_iter()
        .flatten()
        .flatten();
    let found: BTreeSet<String> = files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    if !found
        .iter()
        .map(String::as_str)
        .eq(expected.iter().copied())
    {
        wrong.push(format!("its folder holds {found:?}, not {expected:?}"));
    }
    wrong
}

/// The checks of the protocol that a changed program neither passes nor replaces.
fn forgotten_checks(exercise: &Exercise) -> Vec<String> {
    let asked: BTreeSet<_> = (exercise.stages.iter())
        .flat_map(|stage| &stage.checks)
        .map(|check| check.name)
        .collect();
    let mut wrong = Vec::new();
    let protocol = checks_of(&exercise.target);
    for check in protocol
        .iter()
        .filter(|check| check.grade == Grade::Protocol)
    {
        let replaced = exercise.replaces.iter().any(|name| name == check.name);
        if asked.contains(check.name) == replaced {
            wrong.push(format!(
                "the check {} is to be asked for or replaced",
                check.name
            ));
        }
    }
    if exercise.own.is_empty() && exercise.replaces.is_empty() {
        wrong.push("a change with no check of its own".to_owned());
    }
    wrong
}
