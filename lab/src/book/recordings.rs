//! What the book shows of programs that ran: recorded by the command, and kept until something changes.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::compare::{Pairing, pairings};
use crate::pairs::{Language, PAIRS, Pair};
use crate::run::executables;
use crate::run::workers;
use crate::trace::event::Trace;

/// A pairing's trace.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) program: &'static Pair,
    pub(super) trace: Trace,
}

/// All that was recorded.
#[derive(Debug)]
pub(super) struct Recordings {
    pub(super) traces: Vec<Recording>,
    /// The reports of the experiments, as `experiment --format json` prints them.
    pub(super) experiments: Vec<Value>,
}

/// Makes what is missing or older than the sources; everything if `again`.
pub(super) fn make(again: bool) -> Result<Recordings> {
    let folder = executables::workspace().join("target").join("recordings");
    fs::create_dir_all(&folder)?;
    let languages: Vec<Language> = match executables::python() {
        Some(_) => Language::BOTH.to_vec(),
        None => vec![Language::Rust],
    };
    let tool = newest(&executables::workspace().join("lab/src/trace"))?;
    let common = newest(&executables::workspace().join("common"))?.max(tool);
    let programs: Vec<_> = PAIRS.iter().collect();
    let jobs = pairings(&programs, &languages);
    let recorded = workers::in_parallel(workers::usual(), &jobs, |job| {
        record(&folder, *job, common, again)
    });
    let traces = recorded.into_iter().collect::<Result<Vec<_>>>()?;
    let experiments = folder.join("experiments.json");
    let sources = newest(&executables::workspace().join("lab/src/experiment"))?;
    let text = kept(
        &experiments,
        sources,
        again,
        &["experiment", "--all", "--format", "json"],
    )?;
    let experiments = serde_json::from_str(&text).context("an experiment's report is no JSON")?;
    Ok(Recordings {
        traces,
        experiments,
    })
}

fn record(
    folder: &Path,
    (program, (server, client)): (&'static Pair, Pairing),
    common: SystemTime,
    again: bool,
) -> Result<Recording> {
    let name = |language: Language| language.name().to_lowercase();
    let (server_name, client_name) = (name(server), name(client));
    let file = folder.join(format!(
        "{:02}-{server_name}-{client_name}.json",
        program.number
    ));
    let changed = newest(&executables::workspace().join(program.package))?.max(common);
    let number = program.number.to_string();
    let words = [
        "trace",
        &number,
        "--server",
        &server_name,
        "--client",
        &client_name,
        "--format",
        "json",
    ];
    let text = kept(&file, changed, again, &words)?;
    let trace =
        serde_json::from_str(&text).with_context(|| format!("{} is no trace", file.display()))?;
    Ok(Recording { program, trace })
}

/// What a file keeps, if it is newer than what it tells of; otherwise what a command of ours prints now.
fn kept(file: &Path, changed: SystemTime, again: bool, words: &[&str]) -> Result<String> {
    let kept = fs::metadata(file).and_then(|found| found.modified());
    if !again && kept.is_ok_and(|kept| kept > changed) {
        return Ok(fs::read_to_string(file)?);
    }
    common::console::log(format_args!("recording: lab {}", words.join(" ")));
    let mut command = Command::new(env::current_exe()?);
    let output = command.args(words).stdin(Stdio::null()).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "lab {} fails: {}",
        words.join(" "),
        told.trim()
    );
    let text = String::from_utf8(output.stdout)?;
    if text.is_empty() {
        bail!("lab {} prints nothing", words.join(" "));
    }
    fs::write(file, &text)?;
    Ok(text)
}

/// When the newest source below a folder was changed.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            let entry = entry?;
            let path = entry.path();
            let is_source = path
                .extension()
                .is_some_and(|ending| ["rs", "py"].map(OsStr::new).contains(&ending));
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if is_source {
                newest = newest.max(entry.metadata()?.modified()?);
            }
        }
    }
    Ok(newest)
}
