//! Judges one exercise of a submission: the process in the sandbox.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;
use common::console;
use common::flags::Seconds;

use crate::check::engine::trial::Pace;
use crate::course::exercise::Exercise;
use crate::course::grade::sandbox::{Limits, Sandbox};
use crate::course::grade::verdict::{StageVerdict, Verdict, seal};
use crate::course::work::{self, Work};
use crate::course::{judge, open_library};
use crate::run::interrupt::Folder;

/// What the process in the sandbox is to judge
#[derive(Args, Debug)]
pub struct JudgeArgs {
    exercise: String,
    submission: PathBuf,
    #[arg(long)]
    crates: Option<PathBuf>,
    #[arg(long)]
    limits: String,
    /// Whether this is a sandbox of its own
    #[arg(long)]
    inside: bool,
    #[arg(long)]
    patience: Seconds,
}

/// Judges one exercise of a submission, inside the sandbox, and says as JSON what came of it.
pub fn judge_one(args: &JudgeArgs) -> Result<ExitCode> {
    let limits: Limits = serde_json::from_str(&args.limits)?;
    let mut token = String::new();
    io::stdin().read_to_string(&mut token)?;
    Sandbox::enter(&limits, args.inside)?;
    let library = open_library()?;
    let exercise = library.one(&args.exercise)?;
    let folder = Folder::new("lab-work-")?;
    let root = folder.path().join("work");
    let verdict = judge_copy(args, exercise, &root).unwrap_or_else(|error| {
        // Where the copy lies is nobody's business.
        let place = root.display().to_string();
        let error = format!("{error:#}").replace(&format!("{place}/"), "");
        Verdict::without(error.replace(&place, "the submission"))
    });
    console::print_line(seal(&token, &serde_json::to_string(&verdict)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Judges a copy, in `root`: nobody writes into what was handed in, and nothing is left of what its programs write.
fn judge_copy(args: &JudgeArgs, exercise: &Exercise, root: &Path) -> Result<Verdict> {
    const TARGET: &str = "target";
    fs::create_dir(root)?;
    let handed_in = fs::read_dir(&args.submission)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    // What cargo has made on another machine is of no use on this one.
    copy(
        handed_in.iter().filter(|path| !path.ends_with(TARGET)),
        root,
    )
    .context("the submission cannot be copied: is it larger than `files` in points.toml?")?;
    if let Some(crates) = &args.crates {
        copy([&crates.join(TARGET)], root).context("the compiled crates cannot be copied")?;
    }
    let work = Work::handed_in(root)?;
    let language = work.language(exercise).to_owned();
    if !work.build(exercise)? {
        return Ok(Verdict {
            language,
            ..Verdict::without("it does not build".to_owned())
        });
    }
    let subject = work.subject(exercise)?;
    let mut feedback = Vec::new();
    let pace = Pace::with_patience(args.patience.duration());
    let known = work::known(&language);
    let mut is_hopeless = false;
    let judged = judge::stages(
        exercise,
        &subject,
        pace,
        |last| {
            // A later stage may pass where this one failed, but not without a program.
            is_hopeless |= last
                .failure()
                .is_some_and(|outcome| outcome.not_judged().is_some());
            !is_hopeless
        },
        |judged| {
            // Into memory, which does not fail.
            let _ = judge::line(&mut feedback, judged);
        },
    );
    for failure in judged.iter().filter_map(|judged| judged.failure()) {
        judge::failure(&mut feedback, failure, known)?;
    }
    let stages = judged.iter().map(|judged| StageVerdict {
        title: judged.stage.title.clone(),
        passed: judged.passed(),
        failure: judged.failure().map(ToString::to_string),
    });
    Ok(Verdict {
        language,
        stages: stages.collect(),
        why: None,
        feedback: anstream::adapter::strip_str(&String::from_utf8_lossy(&feedback)).to_string(),
    })
}

/// Copies files and folders into a folder with their times: cargo takes what is older than its source for stale.
fn copy<'a>(from: impl IntoIterator<Item = &'a PathBuf>, to: &Path) -> Result<()> {
    let status = Command::new("cp")
        .args(["-pR", "--"])
        .args(from)
        .arg(to)
        .status()
        .context("cannot run cp")?;
    ensure!(status.success(), "cp: {status}");
    Ok(())
}
