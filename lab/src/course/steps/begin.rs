//! `cargo lab start`, `next` and `reset`: hand out exercises, and keep what a student wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use common::console::print_line;

use crate::course::exercise::{Exercise, Kind, file_name};
use crate::course::library::Library;
use crate::course::steps::desk::Desk;
use crate::course::steps::{At, shown};
use crate::course::work::{self, SETTINGS, Work, write_new};
use crate::course::{open_library, tool};
use crate::pairs::Language;

/// In which languages skeletons are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// main.rs
    Rust,
    /// main.py
    Python,
    /// Both
    Both,
}

impl Lang {
    fn languages(self) -> &'static [Language] {
        match self {
            Self::Rust => &[Language::Rust],
            Self::Python => &[Language::Python],
            Self::Both => &Language::BOTH,
        }
    }
}

/// Which exercise to begin, and where
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo lab start                            the next exercise that has not passed
  cargo lab start echo-udp --lang python     the next one of a lab, in Python
  cargo lab start echo-tcp/01-server         this one (cargo lab exercises shows all)")]
pub struct StartArgs {
    /// An exercise, or a lab
    #[arg(value_name = "EXERCISE")]
    exercise: Option<String>,
    /// In which language [default: the folder's own; rust in a new one]
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    #[command(flatten)]
    at: At,
    /// Hand it out although it shows how an exercise is solved that has not passed
    #[arg(long)]
    spoil: bool,
}

/// Which exercise
#[derive(Args, Debug)]
pub struct ResetArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
}

/// `cargo lab start`: makes the folder if there is none, and puts an exercise into it.
pub fn start(args: &StartArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let root = work::place(args.at.dir.as_deref(), &library)?;
    // A name that is none makes no folder.
    let asked: Vec<_> = args.exercise.iter().cloned().collect();
    let selected = library.select(&asked)?;
    let is_new = !work::is_work(&root);
    let lang = args.lang;
    let first = match lang {
        Some(Lang::Python) => "python",
        _ => "rust",
    };
    Work::create(&root, first)?;
    let mut work = Work::open(&root)?;
    let exercise = chosen(&selected, &work)?;
    let languages = match lang {
        Some(lang) => lang.languages().to_vec(),
        None => match work::known(work.language(exercise)) {
            Some(language) => vec![language],
            // A third language has no skeleton: either may be read.
            None => Language::BOTH.to_vec(),
        },
    };
    if is_new {
        print_line(format_args!(
            "made {}: its README.md tells what is there",
            shown(&root)
        ))?;
    }
    hand_out(&library, &mut work, exercise, &languages, args.spoil)?;
    if let (Some(_), [language]) = (lang, &languages[..]) {
        write_in(&mut work, exercise, *language)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sees to it that what was asked for in a language is judged in it.
fn write_in(work: &mut Work, exercise: &Exercise, language: Language) -> Result<()> {
    let name = language.name().to_lowercase();
    let before = work::known(work.language(exercise));
    if before == Some(language) {
        return Ok(());
    }
    // Who writes in a third language may only want to read ours.
    let is_ours = before.is_some();
    let what = if is_ours && work.set_language(exercise, &name)? {
        "now says"
    } else {
        "does not say that it is judged in this language: write below [exercises]"
    };
    print_line(format_args!(
        "{SETTINGS} {what} {:?} = {name:?}",
        exercise.id()
    ))?;
    Ok(())
}

/// The first of these exercises that has not passed.
fn chosen<'a>(selected: &[&'a Exercise], work: &Work) -> Result<&'a Exercise> {
    let open = |exercise: &&&Exercise| !work.progress.is_done(exercise);
    let first = selected.iter().find(open).or(selected.first());
    first.copied().context("there is no exercise")
}

/// Why an exercise is not handed out without being asked: it shows how one is solved that has not passed.
fn why_locked(library: &Library, work: &Work, exercise: &Exercise) -> Option<String> {
    if exercise.kind == Kind::Write {
        return None;
    }
    // A handout may be without it.
    let first = library.one(exercise.builds_on.first()?).ok()?;
    (!work.progress.is_done(first)).then(|| {
        let (id, first, tool) = (exercise.id(), first.id(), tool());
        format!(
            "{id} begins with a finished {first}, which you have not passed: {tool} start {id} --spoil hands it out all \
             the same"
        )
    })
}

/// Puts an exercise into the folder; what is there stays. It becomes the current one.
fn hand_out(
    library: &Library,
    work: &mut Work,
    exercise: &Exercise,
    languages: &[Language],
    spoil: bool,
) -> Result<()> {
    if !spoil && let Some(why) = why_locked(library, work, exercise) {
        bail!(why);
    }
    let folder = work.folder(exercise);
    write_new(&folder.join("README.md"), &exercise.readme()?)?;
    for &language in languages {
        let path = folder.join(file_name("main", language));
        let is_new = write_new(&path, &exercise.skeleton(library, language)?)?;
        let what = if is_new {
            "handed out"
        } else {
            "there already:"
        };
        print_line(format_args!("{what} {}", shown(&path)))?;
        if language == Language::Rust {
            register(work, exercise)?;
        }
    }
    (work.progress).change(|progress| progress.at = Some(exercise.id()))?;
    let is_found = work::place(None, library)? == work.root;
    let dir = if is_found {
        String::new()
    } else {
        format!(" --dir {}", shown(&work.root))
    };
    print_line(format_args!(
        "\n{}: {} ({}, about {} minutes)\nRead {}, then: {} watch{dir}",
        exercise.id(),
        exercise.title,
        exercise.kind.name(),
        exercise.minutes,
        shown(&folder.join("README.md")),
        tool()
    ))?;
    Ok(())
}

/// Adds the executable of an exercise to the folder's `Cargo.toml`.
fn register(work: &Work, exercise: &Exercise) -> Result<()> {
    let path = work.root.join("Cargo.toml");
    let mut text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let name = exercise.executable();
    if !text.contains(&format!("name = {name:?}")) {
        text += &bin(&name, &format!("{}/main.rs", exercise.id()));
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// An executable as `Cargo.toml` has it.
pub(in crate::course) fn bin(name: &str, path: &str) -> String {
    format!("\n[[bin]]\nname = {name:?}\npath = {path:?}\n")
}

/// `cargo lab next`: hands out the exercise after the current one that has not passed.
pub fn next(at: &At) -> Result<ExitCode> {
    next_after(at, None)?;
    Ok(ExitCode::SUCCESS)
}

/// Hands out the exercise after this one, or after the current one, and tells which that was; `None` when there is none
/// that has not passed, but for those that would show a solution.
pub(in crate::course) fn next_after(at: &At, asked: Option<&str>) -> Result<Option<String>> {
    let library = open_library()?;
    let Desk {
        mut work, exercise, ..
    } = Desk::open(&library, at, asked)?;
    let position = library
        .exercises
        .iter()
        .position(|other| other.id() == exercise.id());
    let from = position.map_or(0, |position| position + 1);
    let (before, after) = library.exercises.split_at(from);
    let others = after.iter().chain(before);
    let open: Vec<_> = others
        .filter(|other| !work.progress.is_done(other) && other.id() != exercise.id())
        .map(|other| (other, why_locked(&library, &work, other)))
        .collect();
    let is_done = work.progress.is_done(exercise);
    if !is_done {
        let id = exercise.id();
        print_line(format_args!(
            "{id} has not passed yet; it stays where it is."
        ))?;
    }
    let Some((next, _)) = open.iter().find(|(_, locked)| locked.is_none()) else {
        match open.first() {
            Some((_, Some(why))) => print_line(why)?,
            _ if is_done => print_line("That was the last: all exercises have passed.")?,
            _ => print_line("All others have passed.")?,
        }
        return Ok(None);
    };
    let languages = match work::known(work.language(next)) {
        Some(language) => vec![language],
        None => Language::BOTH.to_vec(),
    };
    hand_out(&library, &mut work, next, &languages, false)?;
    Ok(Some(next.id()))
}

/// `cargo lab reset`: hands out the skeleton again, and keeps what was written.
pub fn reset(args: &ResetArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    put_back(&desk)?;
    Ok(ExitCode::SUCCESS)
}

/// Keeps what was written beside it, and hands out the skeleton again.
pub(in crate::course) fn put_back(desk: &Desk) -> Result<()> {
    let name = desk.language();
    let source = desk.work.source(desk.exercise, &name)?;
    let language = work::known(&name).with_context(|| {
        format!("there are skeletons in Rust and in Python, and none in {name}")
    })?;
    let skeleton = desk.exercise.skeleton(desk.library, language)?;
    if source.exists() {
        let backup = unused_beside(&source)?;
        fs::rename(&source, &backup).with_context(|| source.display().to_string())?;
        let backup = shown(&backup);
        print_line(format_args!("what you wrote is now {backup}"))?;
    }
    write_new(&source, &skeleton)?;
    print_line(format_args!("handed out {}", shown(&source)))?;
    Ok(())
}

/// A name beside a file for a backup of it, which no file has: `main.rs.backup-1700000000`.
fn unused_beside(file: &Path) -> Result<PathBuf> {
    let mut number = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    loop {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".backup-{number}"));
        let backup = PathBuf::from(name);
        if !backup.try_exists()? {
            return Ok(backup);
        }
        number += 1;
    }
}
