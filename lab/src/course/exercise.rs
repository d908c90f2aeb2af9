//! An exercise: what its folder says.
//!
//! Exercises are data, in `LAB/exercises/NN-name`, read when they are wanted: the tool that is handed out to students
//! has no solution in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Deserialize;

use crate::check::engine::target::Target;
use crate::check::faults::{Fault, replace_once};
use crate::check::{Check, Grade, Words, catalogue, checks_of};
use crate::course::library::Library;
use crate::course::skeleton;
use crate::pairs::Language;

/// What an exercise asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
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
    /// As `exercise.toml` and `--kind` have it.
    pub(crate) fn word(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

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

/// `patch.toml`: what is different from the program that the exercise builds on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchFile {
    /// The catalogue's fault that is planted, if one is.
    fault: Option<String>,
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
    pub(super) fn read(lab: &str, folder: &Path) -> Result<Self> {
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
        skeleton::of(&self.marked(library, language)?).with_context(|| self.place(language))
    }

    /// What a student has who has taken away the comment signs alone; `None` where there are none.
    pub(crate) fn uncommented(
        &self,
        library: &Library,
        language: Language,
    ) -> Result<Option<String>> {
        if self.kind != Kind::Write {
            return Ok(None);
        }
        let marked = self.marked(library, language)?;
        let (uncommented, skeleton) = (skeleton::uncommented(&marked)?, skeleton::of(&marked)?);
        Ok((uncommented != skeleton).then_some(uncommented))
    }

    /// The program that solves it; of one with a fault the program without it.
    pub(crate) fn solution(&self, library: &Library, language: Language) -> Result<String> {
        if self.kind == Kind::Fault {
            return self.base(library)?.solution(library, language);
        }
        skeleton::solution(&self.marked(library, language)?).with_context(|| self.place(language))
    }

    /// Its program with the marks that make skeleton and solution of it: a file, or a patch of the program that it
    /// builds on. One with a fault has none.
    fn marked(&self, library: &Library, language: Language) -> Result<String> {
        if self.kind == Kind::Write {
            let path = self.folder.join(file_name("solution", language));
            return fs::read_to_string(&path).with_context(|| path.display().to_string());
        }
        let file = self.patch()?;
        let patches = match language {
            Language::Rust => file.rust,
            Language::Python => file.python,
        };
        let mut program = self.base(library)?.solution(library, language)?;
        for Patch { old, new } in &patches {
            program = replace_once(&program, old, new).with_context(|| self.place(language))?;
        }
        Ok(program)
    }

    /// The exercise with whose finished program this one begins.
    fn base<'a>(&self, library: &'a Library) -> Result<&'a Self> {
        let first = self.builds_on.first().context("builds_on is empty")?;
        Ok(library.one(first)?)
    }

    fn patch(&self) -> Result<PatchFile> {
        let path = self.folder.join("patch.toml");
        let read = || Ok(toml::from_str(&fs::read_to_string(&path)?)?);
        let file: Result<PatchFile> = read();
        file.with_context(|| path.display().to_string())
    }

    /// The fault that is planted in it, if there is one and it can be told.
    pub(crate) fn fault(&self) -> Result<Fault> {
        let name = self.patch()?.fault.context("patch.toml names no fault")?;
        Fault::find(&self.target.name(), &name)
    }

    /// Of which program an error is.
    fn place(&self, language: Language) -> String {
        format!("{} in {}", self.id(), language.name())
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
