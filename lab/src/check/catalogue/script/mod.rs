//! Checks that an exercise writes down as a script: a step a line, who does what.
//!
//! The README of this package has their language.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result as Anyhow};

use crate::check::catalogue::wire::write;
use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;
use crate::pairs::Side;

mod language;
mod performance;

use language::{action, value};
use performance::Performance;

/// What is done, and what must follow.
#[derive(Debug)]
pub(crate) struct Script {
    /// What lies in the check's folder before the program starts.
    files: BTreeMap<PathBuf, Vec<u8>>,
    steps: Vec<Step>,
}

/// A line of a script.
#[derive(Debug)]
struct Step {
    line: String,
    action: Action,
}

#[derive(Debug, PartialEq, Eq)]
enum Action {
    /// One of the checker's ends does something, or something happens to it.
    Peer(String, Act),
    Type(String),
    Shows(String),
    Holds(PathBuf, Vec<u8>),
    Missing(PathBuf),
    Ends,
    GoesOn,
    Restart,
}

#[derive(Debug, PartialEq, Eq)]
enum Act {
    Connects,
    Sends(Vec<u8>),
    Receives(Vec<u8>),
    ReceivesNothing,
    IsClosed,
    Closes,
    Resets,
    Finishes,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// When a line is no step; the error tells which.
    pub(crate) fn parse(files: &BTreeMap<PathBuf, String>, text: &str) -> Anyhow<Self> {
        let files = files.iter().map(|(path, content)| {
            let content = value(content).with_context(|| path.display().to_string())?;
            Ok((path.clone(), content))
        });
        let lines = text.lines().map(str::trim);
        let steps = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let action = action(line).with_context(|| format!("the step {line:?}"))?;
                let line = line.to_owned();
                Ok(Step { line, action })
            });
        Ok(Self {
            files: files.collect::<Anyhow<_>>()?,
            steps: steps.collect::<Anyhow<_>>()?,
        })
    }

    /// Does it.
    pub(crate) fn run(&self, context: &Context) -> Result {
        let side = context.side();
        let mut performance = match side {
            Side::Server => Performance::of_a_server(context, self)?,
            Side::Client => Performance::of_a_client(context, self)?,
        };
        for Step { line, action } in &self.steps {
            performance
                .perform(action)
                .map_err(|stop| stop.while_(&format!("in the step `{line}`")))?;
        }
        Ok(())
    }

    fn lay_files(&self, context: &Context) -> Result {
        for (path, content) in &self.files {
            if let Some(folder) = path.parent() {
                context.make_folder(&folder.to_string_lossy())?;
            }
            write(&context.folder().join(path), content)?;
        }
        Ok(())
    }
}
