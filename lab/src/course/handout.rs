//! `cargo lab handout`: what students are given. No solution is in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use common::console::print_line;
use regex_lite::{Captures, Regex};

use crate::course::exercise::{Exercise, Kind, file_name};
use crate::course::library::Library;
use crate::course::work::put;
use crate::course::{open_library, root};
use crate::names;
use crate::pairs::{Language, labs};
use crate::run::executables;

/// What to hand out, and where to
#[derive(Args, Debug)]
pub struct HandoutArgs {
    /// A new or empty folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Only these labs
    #[arg(long, value_name = "LAB", value_delimiter = ',')]
    labs: Vec<String>,
    /// Only exercises of these kinds. Those of the other two begin with a finished program
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<Kind>,
    /// Hand out the tool as it is, instead of compiling a small and fast one: that takes minutes
    #[arg(long)]
    quick: bool,
}

/// Writes the handout.
pub fn handout(args: &HandoutArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let labs = names::select("lab", "cargo lab exercises", &args.labs, labs(), |lab| {
        vec![(*lab).to_owned()]
    })?;
    let is_empty = fs::read_dir(&args.dir).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(
        !args.dir.exists() || is_empty,
        "{} is not empty: give a new folder",
        args.dir.display()
    );
    let chosen = |exercise: &Exercise| {
        let is_chosen = args.kind.is_empty() || args.kind.contains(&exercise.kind);
        is_chosen && labs.contains(&exercise.lab.as_str())
    };
    let count = write(&library, &args.dir, chosen)?;
    let tool = if args.quick || root() != executables::workspace() {
        std::env::current_exe()?
    } else {
        executables::handed_out()?
    };
    put_tool(&tool, &args.dir)?;
    print_line(format_args!(
        "{count} exercises and the tool are in {}",
        args.dir.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the chosen exercises without their solutions into `dir`, laid out as the workspace; tells how many they are.
pub(super) fn write(
    library: &Library,
    dir: &Path,
    chosen: impl Fn(&Exercise) -> bool,
) -> Result<usize> {
    let mut count = 0;
    for exercise in &library.exercises {
        if !chosen(exercise) {
            continue;
        }
        let folder = dir
            .join(&exercise.lab)
            .join("exercises")
            .join(&exercise.name);
        for file in ["exercise.toml", "README.md"] {
            let from = exercise.folder.join(file);
            let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
            put(&folder.join(file), &text)?;
        }
        for language in Language::BOTH {
            let skeleton = exercise.skeleton(library, language)?;
            put(&folder.join(file_name("skeleton", language)), &skeleton)?;
        }
        count += 1;
    }
    // When all exercises are there, it is known which links lead somewhere.
    for lab in labs() {
        let readme = Path::new(lab).join("README.md");
        let text = fs::read_to_string(library.root.join(&readme));
        if let (Ok(text), true) = (text, dir.join(lab).is_dir()) {
            put(&dir.join(&readme), &given(&text, &dir.join(lab)))?;
        }
    }
    ensure!(count > 0, "no exercise is left to be handed out");
    put(
        &dir.join("README.md"),
        include_str!("../../course/handout.md"),
    )?;
    Ok(count)
}

/// A lab's README without what shows its programs, and without links that lead out of the handout.
fn given(readme: &str, folder: &Path) -> String {
    const LEFT_OUT: [&str; 2] = ["Step by step", "What happens"];
    let is_given = |part: &&str| !LEFT_OUT.iter().any(|title| part.starts_with(title));
    // A section ends with its chapter: what comes after it is given.
    let sections = |chapter: &str| {
        let given = chapter.split("\n### ").filter(is_given);
        given.collect::<Vec<_>>().join("\n### ")
    };
    let chapters = readme.split("\n## ").filter(is_given).map(sections);
    let chapters: Vec<_> = chapters.collect();
    let text = chapters.join("\n## ");
    // Static patterns that are known to be right.
    let Ok(link) = Regex::new(r"(!?)\[([^\]]*)\]\(([^)]*)\)") else {
        return text;
    };
    let kept = |found: &Captures| {
        let (is_picture, words, to) = (&found[1] == "!", &found[2], &found[3]);
        let path = to.split('#').next().unwrap_or_default();
        if to.starts_with("http") || path.is_empty() || folder.join(path).exists() {
            found[0].to_owned()
        } else if is_picture {
            String::new()
        } else {
            words.to_owned()
        }
    };
    link.replace_all(&text, kept).into_owned()
}

/// Copies the tool into `dir`.
pub(super) fn put_tool(tool: &Path, dir: &Path) -> Result<PathBuf> {
    let to = dir.join(format!("lab{}", std::env::consts::EXE_SUFFIX));
    fs::copy(tool, &to).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(to)
}
