//! Who has handed in, and what counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::course::exercise::Exercise;
use crate::course::grade::Plan;
use crate::course::library::Library;
use crate::course::work;

/// The students' names and folders, by name; a folder that is itself a submission is the only one. What is written to
/// `out` is none, and must not be written into one.
pub(super) fn find(folder: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>> {
    let out = resolved(out)?;
    let all = all(folder, &out)?;
    // It would be handed in the next time.
    if let Some((name, _)) = all.iter().find(|(_, folder)| out.starts_with(folder)) {
        bail!(
            "{} lies in the submission {name}: give another folder with --out",
            out.display()
        );
    }
    Ok(all)
}

/// The whole path, without links, of what may not be there yet.
fn resolved(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for there in path.ancestors() {
        if let (Ok(resolved), Ok(rest)) = (fs::canonicalize(there), path.strip_prefix(there)) {
            return Ok(resolved.join(rest));
        }
    }
    Ok(path)
}

fn all(folder: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>> {
    let folder = &fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let named = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        (name.into_owned(), folder.to_path_buf())
    };
    if work::is_work(folder) {
        return Ok(vec![named(folder)]);
    }
    ensure!(
        folder != out,
        "{} is the folder of the submissions: give another one with --out",
        out.display()
    );
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let folders = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    // Some hand in a folder with their folder in it. Of one that cannot be read grading tells.
    let inner = |path: &Path| {
        let inside = fs::read_dir(path).into_iter().flatten().flatten();
        let mut works = inside
            .map(|entry| entry.path())
            .filter(|inner| work::is_work(inner));
        match (work::is_work(path), works.next(), works.next()) {
            (false, Some(only), None) => only,
            _ => path.to_path_buf(),
        }
    };
    let mut students: Vec<_> = folders
        .into_iter()
        .filter(|path| path.is_dir() && path != out)
        .map(|path| (named(&path).0, inner(&path)))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    students.sort();
    ensure!(
        !students.is_empty(),
        "{} has no folders: give one with a folder for each student",
        folder.display()
    );
    Ok(students)
}

/// Which exercises count, with their points.
pub(super) fn counted<'a>(
    library: &'a Library,
    plan: &Plan,
    submissions: &[(String, PathBuf)],
) -> Result<Vec<(&'a Exercise, f64)>> {
    const POINTS: f64 = 10.0;
    let mut exercises = Vec::new();
    let mut of_plan = BTreeMap::new();
    for (name, points) in &plan.points {
        let id = library.one(name)?.id();
        ensure!(
            of_plan.insert(id.clone(), *points).is_none(),
            "the points name {id} twice: as {name}, too"
        );
    }
    for exercise in &library.exercises {
        let id = exercise.id();
        let handed_in = || {
            let mut folders = submissions.iter().map(|(_, folder)| folder);
            folders.any(|folder| folder.join(&id).is_dir())
        };
        match of_plan.get(&id) {
            Some(points) => exercises.push((exercise, *points)),
            None if of_plan.is_empty() && handed_in() => exercises.push((exercise, POINTS)),
            None => {}
        }
    }
    ensure!(
        !exercises.is_empty(),
        "nobody has handed in an exercise: a submission has folders such as echo-tcp/01-server"
    );
    Ok(exercises)
}
