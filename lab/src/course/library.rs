//! All exercises, and what a person types to choose among them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::course::exercise::Exercise;
use crate::names::{self, UnknownName};
use crate::pairs::labs;

/// The exercises, in the order of the labs and of their numbers.
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
