//! The programs of the exercises, written and built as a student has them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::check::engine::subject::Subject;
use crate::course::exercise::{Exercise, file_name};
use crate::course::library::Library;
use crate::course::steps::bin;
use crate::course::verify::What;
use crate::course::work::{TEMPLATE, arguments, put_changed};
use crate::pairs::Language;
use crate::run::executables::{self, workspace};

/// All programs of the exercises, in a folder as a student's.
pub(super) struct Programs {
    folder: PathBuf,
    target: PathBuf,
    /// What was not written, or not built, and why.
    pub(super) unbuilt: Vec<String>,
    _lock: File,
}

impl Programs {
    /// Writes them, and builds those in Rust in one go.
    pub(super) fn build(library: &Library, exercises: &[&Exercise]) -> Result<Self> {
        let folder = workspace().join("target").join("exercises");
        fs::create_dir_all(&folder)?;
        // Two that verify at once would take each other's programs.
        let lock = File::create(folder.join(".lock"))?;
        lock.lock()?;
        for (path, content) in TEMPLATE {
            put_changed(&folder.join(path), content)?;
        }
        let mut unbuilt = Vec::new();
        let mut manifest = String::new();
        if executables::python().is_none() {
            unbuilt.push("Python is missing: its programs were not judged".to_owned());
        }
        for exercise in exercises {
            for language in Language::BOTH {
                for what in What::ALL {
                    let path = Self::source(&folder, exercise, language, what);
                    match what.source(library, exercise, language) {
                        Ok(Some(source)) => put_changed(&path, &source)?,
                        Ok(None) => {
                            // One that was there before would be judged.
                            let _ = fs::remove_file(&path);
                            continue;
                        }
                        Err(error) => {
                            unbuilt.push(format!("{}: {error:#}", exercise.id()));
                            continue;
                        }
                    }
                    if language == Language::Rust {
                        let name = Self::name(exercise, what);
                        manifest += &bin(&name, &path.to_string_lossy());
                    }
                }
            }
        }
        let template = include_str!("../../../course/template/Cargo.toml");
        put_changed(&folder.join("Cargo.toml"), &format!("{template}{manifest}"))?;
        let target = folder.join("target");
        let status = Command::new(executables::cargo_program())
            .args(["build", "--bins", "--keep-going", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&folder)
            // Two hundred executables are linked in half the time.
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .stdin(Stdio::null())
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            ensure!(!manifest.is_empty(), "the exercises do not build");
            unbuilt.push("some programs do not build: the compiler says above which".to_owned());
        }
        Ok(Self {
            folder,
            target,
            unbuilt,
            _lock: lock,
        })
    }

    fn name(exercise: &Exercise, what: What) -> String {
        format!("{}-{}", exercise.executable(), what.name())
    }

    fn source(folder: &Path, exercise: &Exercise, language: Language, what: What) -> PathBuf {
        (folder.join(&exercise.lab).join(&exercise.name)).join(file_name(what.name(), language))
    }

    /// How a program is started; `None` for one that could not be built.
    pub(super) fn subject(
        &self,
        exercise: &Exercise,
        language: Language,
        what: What,
    ) -> Option<Subject> {
        let program = match language {
            Language::Rust => self.target.join("debug").join(Self::name(exercise, what)),
            Language::Python => Self::source(&self.folder, exercise, language, what),
        };
        if !program.exists() {
            return None;
        }
        let mut words = match language {
            Language::Rust => Vec::new(),
            Language::Python => {
                let flags = executables::WITHOUT_PACKAGES.into_iter();
                let words = [executables::python()?].into_iter().chain(flags);
                words.map(str::to_owned).collect()
            }
        };
        words.push(program.to_string_lossy().into_owned());
        words.extend(arguments(exercise));
        Some(Subject::Command(words))
    }
}
