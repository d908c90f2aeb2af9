//! A student's steps: where they are, the next exercise, a look at what they wrote, a hint.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use common::console::print_line;
use common::flags::Seconds;

use crate::check::engine::trial::Pace;
use crate::check::paragraph;
use crate::course::exercise::{Exercise, Kind, file_name};
use crate::course::judge::{self, Judged};
use crate::course::library::Library;
use crate::course::work::{self, Work, write_new};
use crate::course::{open_library, tool};
use crate::pairs::{Language, labs};

const BOLD: Style = Style::new().bold();
const GREEN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));

/// Where a student's folder is
#[derive(Args, Clone, Debug, Default)]
pub struct At {
    /// The folder of your exercises [default: the one around you, else work]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

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

/// How much is judged
#[derive(Args, Clone, Debug)]
pub struct CheckedExercise {
    #[command(flatten)]
    pub(crate) at: At,
    /// Go on after the first stage that fails
    #[arg(long)]
    pub(crate) all: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(5))]
    pub(crate) patience: Seconds,
}

/// Of which exercise
#[derive(Args, Debug)]
pub struct HintArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
    /// How much to say: 1 what to look at, 2 which call, 3 the lines in words [default: one more than the last time]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: Option<u8>,
}

impl CheckedExercise {
    /// As the flags of `cargo lab check` have it.
    #[must_use]
    pub fn new(dir: Option<PathBuf>, all: bool, patience: Seconds) -> Self {
        let at = At { dir };
        Self { at, all, patience }
    }
}

/// Which exercise
#[derive(Args, Debug)]
pub struct ResetArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
}

/// Of which exercise
#[derive(Args, Debug)]
pub struct SolutionArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    at: At,
    /// Show it although yours has not passed
    #[arg(long)]
    spoil: bool,
}

/// A student's folder, opened, and the exercise that is meant.
pub(super) struct Desk<'a> {
    pub(super) library: &'a Library,
    pub(super) work: Work,
    pub(super) exercise: &'a Exercise,
}

impl<'a> Desk<'a> {
    /// The exercise that was asked for, else the current one.
    pub(super) fn open(library: &'a Library, at: &At, asked: Option<&str>) -> Result<Self> {
        let work = Work::open(&work::place(at.dir.as_deref(), library)?)?;
        let exercise = match asked.or(work.progress.at.as_deref()) {
            Some(id) => library.one(id)?,
            None => bail!("no exercise is begun: {} start", tool()),
        };
        Ok(Self {
            library,
            work,
            exercise,
        })
    }

    /// The language in which the exercise is written here, by its name in `lab.toml`.
    pub(super) fn language(&self) -> String {
        self.work.language(self.exercise).to_owned()
    }

    /// Builds, judges and notes what passed. Tells whether all did.
    pub(super) fn judge(&mut self, how: &CheckedExercise) -> Result<bool> {
        let language = self.language();
        // Where lab.toml names no file, it is the exercise's folder.
        let source = self.work.source(self.exercise, &language)?;
        ensure!(
            source.exists(),
            "{} is missing: {} start {} hands it out",
            source.display(),
            tool(),
            self.exercise.id()
        );
        if !self.work.build(self.exercise)? {
            self.note(&language, 0)?;
            return Ok(false);
        }
        let subject = self.work.subject(self.exercise)?;
        let mut out = anstream::stdout().lock();
        let Exercise { title, .. } = self.exercise;
        writeln!(out, "{BOLD}{}{BOLD:#}  {title}\n", self.exercise.id())?;
        let pace = Pace::with_patience(how.patience.duration());
        let go_on = |last: &Judged| how.all || last.passed();
        let judged = judge::stages(self.exercise, &subject, pace, go_on, |judged| {
            // A reader who has gone has seen enough.
            let _ = judge::line(&mut out, judged).and_then(|()| out.flush());
        });
        let failures = judged.iter().filter_map(Judged::failure);
        let known = work::known(&language);
        for failure in failures.take(if how.all { usize::MAX } else { 1 }) {
            judge::failure(&mut out, failure, known)?;
        }
        let passed = judged.iter().take_while(|judged| judged.passed()).count();
        self.note(&language, passed)?;
        let all = passed == judged.len();
        if all {
            writeln!(out, "\n{GREEN}All stages passed.{GREEN:#}")?;
            if let Ok(fault) = self.exercise.fault() {
                paragraph(
                    &mut out,
                    "",
                    &format!("{}: {} {}", fault.title, fault.wrong, fault.why.to(known)),
                    0,
                )?;
            }
            let ours = known.unwrap_or(Language::Python);
            let is_here = self.exercise.solution(self.library, ours).is_ok();
            let solution = if is_here {
                "; `solution` shows ours"
            } else {
                ""
            };
            writeln!(out, "{} next goes on{solution}.", tool())?;
        }
        Ok(all)
    }

    fn note(&mut self, language: &str, passed: usize) -> Result<()> {
        self.work.progress.note(self.exercise, language, passed);
        self.work.progress.write()
    }
}

/// `cargo lab start`: makes the folder if there is none, and puts an exercise into it.
pub fn start(args: &StartArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let root = work::place(args.at.dir.as_deref(), &library)?;
    let is_new = !work::is_work(&root);
    let lang = args.lang;
    let first = match lang {
        Some(Lang::Python) => "python",
        _ => "rust",
    };
    Work::create(&root, first)?;
    let mut work = Work::open(&root)?;
    let exercise = chosen(&library, &work, args.exercise.as_deref())?;
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
    Ok(ExitCode::SUCCESS)
}

/// The exercise of this name; of a lab, or of all, the first that has not passed.
fn chosen<'a>(library: &'a Library, work: &Work, asked: Option<&str>) -> Result<&'a Exercise> {
    let words: Vec<String> = asked.iter().map(ToString::to_string).collect();
    let selected = library.select(&words)?;
    let open = |exercise: &&&Exercise| !work.progress.is_done(exercise);
    let first = selected.iter().find(open).or(selected.first());
    first.copied().context("there is no exercise")
}

/// Puts an exercise into the folder; what is there stays. It becomes the current one.
fn hand_out(
    library: &Library,
    work: &mut Work,
    exercise: &Exercise,
    languages: &[Language],
    spoil: bool,
) -> Result<()> {
    if exercise.kind != Kind::Write && !spoil {
        // A handout may be without it.
        let first = exercise.builds_on.first();
        let first = first.and_then(|id| library.one(id).ok());
        if let Some(first) = first.filter(|first| !work.progress.is_done(first)) {
            bail!(
                "{} begins with a finished {}, which you have not passed: --spoil hands it out all the same",
                exercise.id(),
                first.id()
            );
        }
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
    work.progress.at = Some(exercise.id());
    work.progress.write()?;
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
pub(super) fn bin(name: &str, path: &str) -> String {
    format!("\n[[bin]]\nname = {name:?}\npath = {path:?}\n")
}

/// A path, from where the student stands if it lies below.
fn shown(path: &std::path::Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match path
        .strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
    {
        here if here.is_empty() => ".".to_owned(),
        path => path,
    }
}

/// The exercise that `cargo lab check WORDS` means, if it means one: one of this name, or without a word the current one.
#[must_use]
pub fn asked_for(words: &[String]) -> Option<Option<String>> {
    match words {
        [] => Some(None),
        [word] => {
            let library = open_library().ok()?;
            let exercise = library.one(word).ok()?;
            Some(Some(exercise.id()))
        }
        _ => None,
    }
}

/// `cargo lab check` of an exercise.
pub fn check(exercise: Option<&str>, how: &CheckedExercise) -> Result<ExitCode> {
    let library = open_library()?;
    let mut desk = Desk::open(&library, &how.at, exercise)?;
    let passed = desk.judge(how)?;
    Ok(ExitCode::from(u8::from(!passed)))
}

/// `cargo lab next`: hands out the exercise after the current one that has not passed.
pub fn next(at: &At) -> Result<ExitCode> {
    let library = open_library()?;
    let Desk {
        mut work, exercise, ..
    } = Desk::open(&library, at, None)?;
    let position = library
        .exercises
        .iter()
        .position(|other| other.id() == exercise.id());
    let from = position.map_or(0, |position| position + 1);
    let (before, after) = library.exercises.split_at(from);
    let mut others = after.iter().chain(before);
    let open = |other: &&Exercise| !work.progress.is_done(other) && other.id() != exercise.id();
    if !work.progress.is_done(exercise) {
        let id = exercise.id();
        print_line(format_args!(
            "{id} has not passed yet; it stays where it is."
        ))?;
    }
    match others.find(open) {
        None => print_line("That was the last: all exercises have passed.")?,
        Some(next) => {
            let languages = match work::known(work.language(next)) {
                Some(language) => vec![language],
                None => Language::BOTH.to_vec(),
            };
            hand_out(&library, &mut work, next, &languages, false)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of the three levels of hints.
const LEVELS: [&str; 3] = ["what to look at", "which call", "the lines in words"];

/// `cargo lab hint`: says a little more each time.
pub fn hint(args: &HintArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    let told = desk.work.folder(desk.exercise).join(".hints");
    let before: u8 = fs::read_to_string(&told)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    let level = args.level.unwrap_or_else(|| (before + 1).min(3));
    say_hint(&desk, level)?;
    if level > before {
        fs::write(&told, format!("{level}\n")).with_context(|| told.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says the hint of this level, from 1 to 3.
pub(super) fn say_hint(desk: &Desk, level: u8) -> Result<()> {
    let index = usize::from(level.clamp(1, 3)) - 1;
    let text = desk.exercise.hints[index].to(work::known(&desk.language()));
    let mut out = anstream::stdout().lock();
    writeln!(out, "{BOLD}Hint {level} of 3, {}{BOLD:#}", LEVELS[index])?;
    paragraph(&mut out, "", text, 2)?;
    Ok(())
}

/// `cargo lab reset`: hands out the skeleton again, and keeps what was written.
pub fn reset(args: &ResetArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    put_back(&desk)?;
    Ok(ExitCode::SUCCESS)
}

/// Keeps what was written beside it, and hands out the skeleton again.
pub(super) fn put_back(desk: &Desk) -> Result<()> {
    let name = desk.language();
    let source = desk.work.source(desk.exercise, &name)?;
    let language = work::known(&name).with_context(|| {
        format!("there are skeletons in Rust and in Python, and none in {name}")
    })?;
    let skeleton = desk.exercise.skeleton(desk.library, language)?;
    if source.exists() {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut backup = source.clone().into_os_string();
        backup.push(format!(".backup-{seconds}"));
        fs::rename(&source, &backup).with_context(|| source.display().to_string())?;
        let backup = shown(backup.as_ref());
        print_line(format_args!("what you wrote is now {backup}"))?;
    }
    write_new(&source, &skeleton)?;
    print_line(format_args!("handed out {}", shown(&source)))?;
    Ok(())
}

/// `cargo lab solution`: shows ours, when theirs has passed.
pub fn solution(args: &SolutionArgs) -> Result<ExitCode> {
    let library = open_library()?;
    let desk = Desk::open(&library, &args.at, args.exercise.as_deref())?;
    let exercise = desk.exercise;
    ensure!(
        desk.work.progress.is_done(exercise) || args.spoil,
        "{} has not passed yet: {} hint says more each time, and --spoil shows the solution all the same",
        exercise.id(),
        tool()
    );
    let name = desk.language();
    let languages = work::known(&name).map_or(Language::BOTH.to_vec(), |one| vec![one]);
    let is_terminal = io::stdout().is_terminal();
    for language in languages {
        let text = exercise.solution(&library, language).context(
            "the solutions are not here: they are not handed out with the tool, ask your teacher",
        )?;
        if is_terminal {
            print_line(format_args!("{}\n", file_name("main", language)))?;
        }
        print_line(text.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `cargo lab`: shows where the student is.
pub fn overview(at: &At) -> Result<ExitCode> {
    let library = open_library()?;
    let root = work::place(at.dir.as_deref(), &library)?;
    let tool = tool();
    let mut out = anstream::stdout().lock();
    if !work::is_work(&root) {
        writeln!(
            out,
            "{BOLD}Socket programs, in Rust and in Python{BOLD:#}\n\n\
             {tool} start      makes a folder with your first exercise ({} in all)\n\
             {tool} list       the programs\n\
             {tool} --help     all commands",
            library.exercises.len()
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let work = Work::open(&root)?;
    writeln!(out, "{BOLD}{}{BOLD:#}\n", shown(&root))?;
    for lab in labs() {
        let all: Vec<_> = library
            .exercises
            .iter()
            .filter(|one| one.lab == lab)
            .collect();
        if all.is_empty() {
            continue;
        }
        let done = all.iter().filter(|one| work.progress.is_done(one)).count();
        let dots: String = all
            .iter()
            .map(|one| {
                if work.progress.is_done(one) {
                    '✓'
                } else {
                    '·'
                }
            })
            .collect();
        let style = if done == all.len() {
            GREEN
        } else {
            Style::new()
        };
        writeln!(
            out,
            "  {style}{lab:<18} {done:>2} of {:>2}  {dots}{style:#}",
            all.len()
        )?;
    }
    writeln!(out)?;
    match work
        .progress
        .at
        .as_deref()
        .map(|id| library.one(id))
        .transpose()?
    {
        None => writeln!(out, "Next: {tool} start")?,
        Some(exercise) => {
            let language = work.language(exercise);
            let all = exercise.stages.len();
            let passed = work.progress.stages(exercise, language).unwrap_or(0);
            writeln!(
                out,
                "You are at {BOLD}{}{BOLD:#}, {} ({language}): {passed} of {all} stages.",
                exercise.id(),
                exercise.title
            )?;
            let next = if passed == all { "next" } else { "watch" };
            writeln!(out, "Next: {tool} {next}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
