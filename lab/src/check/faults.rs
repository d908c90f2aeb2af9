//! Our Python programs with one mistake each: they prove that the checks can fail.
//!
//! A fault is a patch of our own program, small, and a mistake as people make it. The faults are data, in
//! `lab/faults` of the workspace, and read when they are wanted: an executable that is handed out to students
//! does not carry what is wrong with the programs that they are to mend.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::check::Words;
use crate::check::engine::target::Target;
use crate::run::executables::{self, workspace};
use crate::run::interrupt::Folder;

/// One mistake, and the check that must catch it before any other does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its name. No target has two of the same.
    pub name: String,
    /// The programs that have it.
    pub targets: Vec<String>,
    /// The name of the check that catches it first.
    pub caught_by: String,
    /// What its failure must say, the program's end and screen included. Where it has `…`, anything
    /// may stand.
    pub says: String,
    /// A heading for it.
    pub title: String,
    /// What goes wrong, one sentence.
    pub wrong: String,
    /// Why, one sentence.
    pub why: Words,
    /// What is different from our own programs.
    #[serde(rename = "patch")]
    pub changes: Vec<Change>,
}

/// A place in a file, and what stands there instead.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The file, by its path in the workspace.
    pub file: PathBuf,
    /// What stands there in our program, and nowhere else in the file.
    pub old: String,
    /// What stands there in the faulty one.
    pub new: String,
}

/// A file of the folder with the faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    fault: Vec<Fault>,
}

/// All faults, in the order of the files in `lab/faults` and of the lines in them.
///
/// # Errors
///
/// When the folder is missing, or a file in it is not what it should be.
pub fn all() -> Result<Vec<Fault>> {
    let folder = workspace().join("lab/faults");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    let mut faults = Vec::new();
    for file in files {
        let family = || Ok(toml::from_str::<Family>(&fs::read_to_string(&file)?)?);
        let family: Result<Family> = family();
        faults.extend(family.with_context(|| file.display().to_string())?.fault);
    }
    Ok(faults)
}

impl Fault {
    /// The fault of this name that the target has.
    ///
    /// # Errors
    ///
    /// When there is none, or the faults cannot be read.
    pub fn find(target: &str, name: &str) -> Result<Self> {
        all()?
            .into_iter()
            .find(|fault| fault.name == name && fault.targets.iter().any(|other| other == target))
            .with_context(|| format!("{target} has no fault {name}"))
    }

    /// Whether a failure says what it must.
    #[must_use]
    pub fn is_told_by(&self, failure: &str) -> bool {
        let mut rest = failure;
        self.says
            .split('…')
            .all(|part| match rest.split_once(part) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    }

    /// The files that are changed for this target, by their paths in the workspace, with their new content. Where the
    /// same mistake is made in several programs, the others stay as they are.
    ///
    /// # Errors
    ///
    /// When a file is missing, or what is to be replaced does not stand in it exactly once.
    pub fn changed_files(&self, target: &Target) -> Result<BTreeMap<&Path, String>> {
        let others = Target::select(&self.targets)?.into_iter().map(source);
        let others: Vec<_> = others.filter(|other| *other != source(*target)).collect();
        let mut files: BTreeMap<&Path, String> = BTreeMap::new();
        for Change { file, old, new } in &self.changes {
            if others.contains(file) {
                continue;
            }
            let place = format!("the fault {}: {}", self.name, file.display());
            let content = match files.entry(file) {
                Entry::Occupied(changed) => changed.into_mut(),
                Entry::Vacant(other) => {
                    let content = fs::read_to_string(workspace().join(file));
                    other.insert(content.with_context(|| place.clone())?)
                }
            };
            *content = replace_once(content, old, new).with_context(|| place.clone())?;
        }
        Ok(files)
    }

    /// The Python program that is the target, with this fault and all that it imports, in a folder laid out as the
    /// workspace.
    ///
    /// # Errors
    ///
    /// When the patch does not fit, or the folder cannot be written.
    pub fn plant(&self, target: &Target) -> Result<Folder> {
        let folder = Folder::new("lab-fault-")?;
        for package in [target.pair.package, "common"] {
            let python = Path::new(package).join("python");
            copy(&workspace().join(&python), &folder.path().join(&python))?;
        }
        for (file, content) in self.changed_files(target)? {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(path, content)?;
        }
        Ok(folder)
    }
}

/// `text` with `new` for `old`, which must stand in it exactly once.
pub(crate) fn replace_once(text: &str, old: &str, new: &str) -> Result<String> {
    let count = text.matches(old).count();
    ensure!(count == 1, "it has this {count} times, not once: {old:?}");
    Ok(text.replace(old, new))
}

/// The path of the target's program in the workspace.
fn source(target: Target) -> PathBuf {
    executables::python_source_in(Path::new(""), target.pair, target.side)
}

/// Copies a folder with the folders in it, but without what Python has compiled, which may be written just now.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_name() == "__pycache__" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::Language;

    #[test]
    fn every_patch_fits_and_no_target_has_two_faults_of_one_name() {
        let faults = all().unwrap();
        let mut names = Vec::new();
        for fault in &faults {
            for target in Target::select(&fault.targets).unwrap() {
                fault.changed_files(&target).unwrap();
                names.push((target.name(), &fault.name));
            }
            let why = Language::BOTH.map(|language| fault.why.to(Some(language)));
            for text in [fault.wrong.as_str()].into_iter().chain(why) {
                assert!(text.ends_with('.'), "{}: {text}", fault.name);
            }
        }
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn what_stands_in_a_file_more_than_once_or_not_at_all_is_not_replaced() {
        let fault = |old: &str| Fault {
            name: "none".to_owned(),
            targets: vec!["echo-tcp/server".to_owned()],
            caught_by: String::new(),
            says: String::new(),
            title: String::new(),
            wrong: String::new(),
            why: Words::default(),
            changes: vec![Change {
                file: "echo-tcp/python/server.py".into(),
                old: old.to_owned(),
                new: String::new(),
            }],
        };
        let target = Target::select(&fault("").targets).unwrap()[0];
        assert!(fault("listener.accept()").changed_files(&target).is_ok());
        for old in ["import", "no such line"] {
            let error = format!("{:#}", fault(old).changed_files(&target).unwrap_err());
            assert!(
                error.contains("the fault none: echo-tcp/python/server.py: it has this"),
                "{error}"
            );
        }
    }
}
