//! Judges the exercises of submissions, each in a sandbox, from outside of it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use common::flags::Seconds;

use crate::course::exercise::Exercise;
use crate::course::grade::contained;
use crate::course::grade::sandbox::{INSIDE, Limits, Sandbox};
use crate::course::grade::verdict::{
    Graded, NO_SETTINGS, NOT_HANDED_IN, Verdict, to_cents, unseal,
};
use crate::course::handout;
use crate::course::library::Library;
use crate::course::work::{self, Work};
use crate::run::executables;

/// What judging needs: the exercises without their solutions, the tool, what was compiled before.
pub(super) struct Grader {
    sandbox: Sandbox,
    /// A handout: the sandbox sees no other exercises.
    handout: Handout,
    /// The crates that skeletons use, compiled: a sandbox has no network to fetch them, and no time.
    crates: Option<PathBuf>,
    patience: Seconds,
}

/// The exercises without their solutions, and the tool, beside the results for as long as they are needed. What a run
/// that was killed left is written anew.
struct Handout(PathBuf);

impl Handout {
    fn new(library: &Library, exercises: &[(&Exercise, f64)], out: &Path) -> Result<Self> {
        let handout = Self(fs::canonicalize(out)?.join(".handout"));
        if handout.0.exists() {
            fs::remove_dir_all(&handout.0).with_context(|| handout.0.display().to_string())?;
        }
        let counts = |one: &Exercise| exercises.iter().any(|(other, _)| other.id() == one.id());
        handout::write(library, &handout.0, counts)?;
        handout::put_tool(&std::env::current_exe()?, &handout.0)?;
        Ok(handout)
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        // The next run removes what cannot be removed now.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the sandbox sees, by its name there.
const HANDOUT: &str = "handout";
const SUBMISSION: &str = "submission";
const CRATES: &str = "crates";

impl Grader {
    pub(super) fn new(
        library: &Library,
        out: &Path,
        patience: Seconds,
        limits: Limits,
        exercises: &[(&Exercise, f64)],
        handed_in: &Path,
        submissions: &[(String, PathBuf)],
    ) -> Result<Self> {
        let handout = Handout::new(library, exercises, out)?;
        let is_rust = |folder: &PathBuf| {
            Work::handed_in(folder).is_ok_and(|work| {
                let mut counted = exercises.iter().map(|(exercise, _)| exercise);
                counted.any(|one| work.folder(one).is_dir() && work.uses_cargo(one))
            })
        };
        let crates = submissions.iter().any(|(_, folder)| is_rust(folder));
        let crates = crates.then(|| compile_crates(out)).transpose()?;
        let out = fs::canonicalize(out)?;
        let workspace = executables::workspace().to_owned();
        let handed_in = fs::canonicalize(handed_in)?;
        let mut hidden = vec![library.root.clone(), workspace, out, handed_in];
        // A submission may be a link to elsewhere.
        hidden.extend(submissions.iter().map(|(_, folder)| folder.clone()));
        hidden.retain(|folder| folder.is_dir());
        // What lies in the folder in memory is hidden by it, and the file system as a whole is needed.
        hidden.retain(|folder| !folder.starts_with(INSIDE) && folder != Path::new("/"));
        hidden.sort();
        hidden.dedup_by(|folder, before| folder.starts_with(before));
        Ok(Self {
            sandbox: Sandbox::new(limits, hidden),
            handout,
            crates,
            patience,
        })
    }

    /// Whether programs are kept apart from the machine.
    pub(super) fn isolates(&self) -> bool {
        self.sandbox.isolates()
    }

    /// Judges one exercise of a student.
    pub(super) fn grade(&self, exercise: &Exercise, most: f64, submission: &Path) -> Graded {
        let verdict = match is_handed_in(exercise, submission) {
            Ok(true) if !work::is_work(submission) => Ok(Verdict::without(NO_SETTINGS.to_owned())),
            Ok(true) => self.judge(exercise, submission),
            Ok(false) => Ok(Verdict::without(NOT_HANDED_IN.to_owned())),
            Err(error) => Err(error),
        };
        let verdict = verdict.unwrap_or_else(|error| Verdict::without(format!("{error:#}")));
        let passed = verdict.stages.iter().filter(|stage| stage.passed).count();
        let all = exercise.stages.len().max(1);
        #[expect(clippy::cast_precision_loss, reason = "there are a few stages")]
        let points = to_cents(most * passed as f64 / all as f64);
        Graded {
            exercise: exercise.id(),
            title: exercise.title.clone(),
            points,
            most,
            verdict,
        }
    }

    fn judge(&self, exercise: &Exercise, submission: &Path) -> Result<Verdict> {
        let inside = |name: &str, outside: &Path| {
            if self.sandbox.isolates() {
                Path::new(INSIDE).join(name)
            } else {
                outside.to_path_buf()
            }
        };
        let mut folders = vec![
            (self.handout.0.as_path(), HANDOUT),
            (submission, SUBMISSION),
        ];
        if let Some(crates) = &self.crates {
            folders.push((crates, CRATES));
        }
        let tool = inside(HANDOUT, &self.handout.0).join("lab");
        let mut command = self.sandbox.command(&tool, &folders);
        command
            .args([
                "judge",
                &exercise.id(),
                "--patience",
                &self.patience.to_string(),
            ])
            .arg(inside(SUBMISSION, submission));
        if let Some(crates) = &self.crates {
            command.arg("--crates").arg(inside(CRATES, crates));
        }
        if self.sandbox.isolates() {
            command.arg("--inside");
        }
        command.args(["--limits", &serde_json::to_string(self.sandbox.limits())?]);
        let token = token()?;
        let said = contained::run(&mut command, &token, self.sandbox.limits())?;
        if let Some(why) = said.why_ended {
            return Ok(Verdict {
                feedback: said.errors,
                ..Verdict::without(why)
            });
        }
        let verdict = unseal(&token, &said.output).and_then(|json| serde_json::from_str(json).ok());
        let mut verdict: Verdict = verdict.with_context(|| {
            let last = said.errors.lines().last().unwrap_or_default();
            format!("the judge was stopped: {last}")
        })?;
        if verdict.why.is_some() {
            verdict.feedback += &said.errors;
        }
        Ok(verdict)
    }
}

/// Whether there is something to be judged.
///
/// # Errors
///
/// When that cannot be seen, as in a folder that may not be read: nobody is to lose points by that unnoticed.
fn is_handed_in(exercise: &Exercise, submission: &Path) -> Result<bool> {
    match fs::metadata(submission.join(exercise.id())) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(false),
            _ => Err(error).context("the submission cannot be read"),
        },
    }
}

/// Writes what a new folder holds, for cargo. A run before may have left that of an older tool.
fn put_crates(out: &Path) -> Result<PathBuf> {
    let folder = out.join(".crates");
    for (path, content) in work::TEMPLATE {
        work::put_changed(&folder.join(path), content)?;
    }
    Ok(fs::canonicalize(folder)?)
}

/// Compiles the crates that a student's folder names, once, for all.
fn compile_crates(out: &Path) -> Result<PathBuf> {
    let folder = put_crates(out)?;
    let status = Command::new(executables::cargo_program())
        .args(["build", "--quiet", "--target-dir"])
        .arg(folder.join("target"))
        .current_dir(&folder)
        .stdin(Stdio::null())
        .status()
        .context("cannot run cargo, and somebody writes in Rust")?;
    ensure!(
        status.success(),
        "the crates of the exercises do not compile: cargo says above why"
    );
    Ok(folder)
}

/// A secret between this process and a judge, which no submission can guess.
fn token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("no random bytes")?;
    Ok(bytes.map(|byte| format!("{byte:02x}")).concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_of_an_older_tool_are_written_anew() {
        let out = tempfile::tempdir().unwrap();
        let folder = put_crates(out.path()).unwrap();
        let given = folder.join("given.rs");
        let written = fs::read_to_string(&given).unwrap();
        fs::write(&given, "// of an older tool\n").unwrap();
        put_crates(out.path()).unwrap();
        assert_eq!(fs::read_to_string(&given).unwrap(), written);
    }
}
