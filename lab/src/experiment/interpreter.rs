//! What the installed Python says, for claims about Python itself.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

use crate::host::cannot_be_seen;
use crate::run::executables;
use crate::run::process::{PATIENCE, Process};

/// Runs a script that prints JSON, and returns what it printed.
pub(crate) fn ask<T: DeserializeOwned>(script: &str, arguments: &[&str]) -> Result<T> {
    let Some(python) = executables::python() else {
        return cannot_be_seen("it needs Python 3.8 or later, as python3");
    };
    let mut command = Command::new(python);
    let mut process = Process::start(command.args(["-I", "-c", script]).args(arguments))?;
    let status = process.wait(PATIENCE)?.context("Python did not end")?;
    let error = process.stderr().text();
    ensure!(status.success(), "Python ended with {status}: {error}");
    serde_json::from_slice(&process.stdout().bytes()).context("Python printed no JSON")
}
