//! An exercise: what its folder says.
//!
//! Exercises are data, in `LAB/exercises/NN-name`, read when they are wanted: the tool that is handed out to students
//! has no solution in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::check::engine::target::Target;
use crate::check::faults::{Fault, replace_once};
use crate::check::{Check, Grade, Words, catalogue, checks_of};
use crate::course::skeleton;
use crate::names::{self, UnknownName};
use crate::pairs::{Language, labs};

/// What an exercise asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A program, from its skeleton
    Write,
    /// More than the lesson's program does
    Change,
    /// The mistake in a program
    Fault,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Write => "write it",
            Self::Change => "change it",
            Self::Fault => "find the fault",
        }
    }
}

/// A few checks that are asked for together.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) title: String,
    pub(crate) checks: Vec<&'static Check>,
}

/// `exercise.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    kind: Kind,
    target: String,
    minutes: u32,
    builds_on: Vec<String>,
    fails_at: String,
    #[serde(default)]
    replaces: Vec<String>,
    hints: [Words; 3],
    stage: Vec<StageFile>,
    #[serde(default)]
    check: Vec<CheckFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    title: String,
    checks: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckFile {
    name: String,
    grade: Grade,
    sentence: String,
    hint: Words,
    #[serde(default)]
    files: BTreeMap<PathBuf, String>,
    script: String,
}

/// `fault.toml`: which fault of the catalogue is planted, and how.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFile {
    fault: String,
    rust: Vec<Patch>,
    python: Vec<Patch>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    old: String,
    new: String,
}

/// One exercise.
#[derive(Debug)]
pub(crate) struct Exercise {
    /// The lab, by its package: `echo-tcp`.
    pub(crate) lab: String,
    /// Its name in the lab: `01-server`.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) folder: PathBuf,
    pub(crate) title: String,
    pub(crate) kind: Kind,
    /// Whose checks judge it.
    pub(crate) target: Target,
    pub(crate) minutes: u32,
    /// The exercises that come before it.
    pub(crate) builds_on: Vec<String>,
    /// The stage at which the skeleton stops.
    pub(crate) fails_at: String,
    /// The checks of the target that do not hold any more.
    pub(crate) replaces: Vec<String>,
    /// What to look at; which call; the lines in words.
    pub(crate) hints: [Words; 3],
    pub(crate) stages: Vec<Stage>,
    /// The checks that it has for itself.
    pub(crate) own: Vec<&'static Check>,
}

impl Exercise {
    fn read(lab: &str, folder: &Path) -> Result<Self> {
        let path = folder.join("exercise.toml");
        Self::read_file(lab, folder, &path).with_context(|| path.display().to_string())
    }

    fn read_file(lab: &str, folder: &Path, path: &Path) -> Result<Self> {
        let file: File = toml::from_str(&fs::read_to_string(path)?)?;
        let targets = Target::select(std::slice::from_ref(&file.target))?;
        ensure!(targets.len() == 1, "target = {:?} is not one", file.target);
        let target = targets[0];
        let mut own = Vec::new();
        for check in file.check {
            let script = catalogue::Script::parse(&check.files, &check.script)
                .with_context(|| format!("the check {}", check.name))?;
            own.push(Check::of_exercise(
                check.name,
                check.grade,
                check.sentence,
                check.hint,
                script,
            ));
        }
        let mut stages = Vec::new();
        for StageFile { title, checks } in file.stage {
            let named = |name: &String| find(name, target, &own);
            let checks = checks.iter().map(named).collect::<Result<Vec<_>>>()?;
            ensure!(!checks.is_empty(), "the stage {title:?} has no check");
            stages.push(Stage { title, checks });
        }
        Ok(Self {
            lab: lab.to_owned(),
            name: (folder.file_name().unwrap_or_default())
                .to_string_lossy()
                .into_owned(),
            folder: folder.to_owned(),
            title: file.title,
            kind: file.kind,
            target,
            minutes: file.minutes,
            builds_on: file.builds_on,
            fails_at: file.fails_at,
            replaces: file.replaces,
            hints: file.hints,
            stages,
            own,
        })
    }

    /// As it is typed: `echo-tcp/01-server`.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.lab, self.name)
    }

    /// The name of its executable: `echo-tcp-01-server`.
    pub(crate) fn executable(&self) -> String {
        format!("{}-{}", self.lab, self.name)
    }

    /// What a student begins with.
    pub(crate) fn skeleton(&self, library: &Library, language: Language) -> Result<String> {
        let handed_out = self.folder.join(file_name("skeleton", language));
        if handed_out.exists() {
            return Ok(fs::read_to_string(handed_out)?);
        }
        if self.kind != Kind::Fault {
            return skeleton::of(&self.marked(language)?)
                .with_context(|| format!("{} in {}", self.id(), language.name()));
        }
        let path = self.folder.join("fault.toml");
        let place = || path.display().to_string();
        let read = || -> Result<FaultFile> { Ok(toml::from_str(&fs::read_to_string(&path)?)?) };
        let file = read().with_context(place)?;
        let patches = match language {
            Language::Rust => file.rust,
            Language::Python => file.python,
        };
        ensure!(!patches.is_empty(), "{}: no patch", place());
        let mut program = self.solution(library, language)?;
        for Patch { old, new } in &patches {
            program = replace_once(&program, old, new)
                .with_context(|| format!("{} in {}", place(), language.name()))?;
        }
        Ok(program)
    }

    /// What a student has who has taken away the comment signs alone; `None` where there are none.
    pub(crate) fn uncommented(&self, language: Language) -> Result<Option<String>> {
        if self.kind != Kind::Write {
            return Ok(None);
        }
        let marked = self.marked(language)?;
        let (uncommented, skeleton) = (skeleton::uncommented(&marked)?, skeleton::of(&marked)?);
        Ok((uncommented != skeleton).then_some(uncommented))
    }

    /// The program that solves it.
    pub(crate) fn solution(&self, library: &Library, language: Language) -> Result<String> {
        let solved = match self.kind {
            Kind::Fault => {
                let first = self.builds_on.first().context("builds_on is empty")?;
                library.one(first)?
            }
            Kind::Write | Kind::Change => self,
        };
        skeleton::solution(&solved.marked(language)?)
            .with_context(|| format!("{} in {}", solved.id(), language.name()))
    }

    /// The solution with the marks that make the skeleton of it.
    fn marked(&self, language: Language) -> Result<String> {
        let path = self.folder.join(file_name("solution", language));
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// The fault that is planted in it, if there is one and it can be told.
    pub(crate) fn fault(&self) -> Result<Fault> {
        let file: FaultFile = toml::from_str(&fs::read_to_string(self.folder.join("fault.toml"))?)?;
        Fault::find(&self.target.name(), &file.fault)
    }

    /// Its story and its task.
    pub(crate) fn readme(&self) -> Result<String> {
        let path = self.folder.join("README.md");
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }
}

/// `solution.rs`, `skeleton.py`.
pub(crate) fn file_name(stem: &str, language: Language) -> String {
    let extension = match language {
        Language::Rust => "rs",
        Language::Python => "py",
    };
    format!("{stem}.{extension}")
}

/// The check that a stage names: one of the exercise's own, of its target's, or another target's.
fn find(name: &str, target: Target, own: &[&'static Check]) -> Result<&'static Check> {
    if name == "starts" {
        return Ok(catalogue::starts());
    }
    let (target, name) = match name.split_once(':') {
        None => (target, name),
        Some((other, name)) => (Target::select(&[other.to_owned()])?[0], name),
    };
    let mut checks = own.iter().copied().chain(checks_of(&target));
    checks
        .find(|check| check.name == name)
        .with_context(|| format!("{} has no check {name:?}", target.name()))
}

/// All exercises, in the order of the labs and of their numbers.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) root: PathBuf,
    pub(crate) exercises: Vec<Exercise>,
    /// What is wrong with the files of those that cannot be read.
    pub(crate) unreadable: Vec<String>,
}

impl Library {
    /// Reads those that lie in `root`, in `LAB/exercises`.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let (mut exercises, mut unreadable) = (Vec::new(), Vec::new());
        for lab in labs() {
            let Ok(entries) = fs::read_dir(root.join(lab).join("exercises")) else {
                continue;
            };
            let mut folders = entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>>>()?;
            folders.retain(|folder| folder.is_dir());
            folders.sort();
            for folder in folders {
                match Exercise::read(lab, &folder) {
                    Ok(exercise) => exercises.push(exercise),
                    Err(error) => unreadable.push(format!("{error:#}")),
                }
            }
        }
        ensure!(
            !exercises.is_empty(),
            "no exercise lies in {}/LAB/exercises",
            root.display()
        );
        Ok(Self {
            root: root.to_owned(),
            exercises,
            unreadable,
        })
    }

    /// The exercise of this name: `echo-tcp/01-server`, `echo-tcp-01-server`, `echo-tcp/01`.
    pub(crate) fn one(&self, word: &str) -> Result<&Exercise, UnknownName> {
        let names = |exercise: &&Exercise| {
            let number = exercise.name.split('-').next().unwrap_or_default();
            vec![
                exercise.id(),
                exercise.executable(),
                format!("{}/{number}", exercise.lab),
            ]
        };
        let words = [word.trim_end_matches('/').to_owned()];
        let found = names::select(
            "exercise",
            "cargo lab exercises",
            &words,
            &self.exercises,
            names,
        )?;
        Ok(found[0])
    }

    /// Those of a lab, or the one of this name.
    pub(crate) fn select(&self, words: &[String]) -> Result<Vec<&Exercise>> {
        let mut selected = Vec::new();
        for word in words {
            let lab = word.trim_end_matches('/');
            if labs().contains(&lab) {
                selected.extend(self.exercises.iter().filter(|other| other.lab == lab));
            } else {
                selected.push(self.one(word)?);
            }
        }
        if words.is_empty() {
            selected.extend(&self.exercises);
        }
        Ok(selected)
    }
}
