//! `cargo lab grade`: judges the folders of many students, each program in a sandbox, within limits.
//!
//! For each exercise of a submission a process of its own builds and judges, inside the sandbox; whatever becomes of it,
//! the next begins anew. What came of a student is written down before the next one's turn, so that `--resume` goes
//! on after a power cut.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use common::console;
use common::flags::Seconds;
use serde::{Deserialize, Serialize};

use crate::check::engine::trial::{Pace, Stop};
use crate::course::exercise::{Exercise, Library};
use crate::course::work::{self, Work};
use crate::course::{handout, judge, library};
use crate::run::executables;
use crate::run::interrupt::Folder;
use crate::run::workers;

mod report;
mod sandbox;

use sandbox::{INSIDE, Limits, Sandbox};

/// Whom to grade, and how
#[derive(Args, Debug)]
#[command(after_help = "\
points.toml, all of it optional:
  [points]                        # which exercises count, and how much
  \"echo-tcp/01-server\" = 10
  [limits]                        # for each exercise of each student
  seconds = 180
  processes = 400
  memory = 4096                   # MiB for a process
  files = 1024                    # MiB written

An exercise's points are given by the stages that pass. The exit status is 0, whatever came of the students.")]
pub struct GradeArgs {
    /// A folder with a folder for each student; or one submission
    #[arg(value_name = "SUBMISSIONS")]
    submissions: PathBuf,
    /// Which exercises count, and how much [default: those that anybody has handed in, 10 points each]
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// How many are judged at the same time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// What to write besides the table
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<Format>,
    /// Where to: results, a file of feedback for each student, and what --format asks for
    #[arg(long, value_name = "DIR", default_value = "grades")]
    out: PathBuf,
    /// Go on where a run before was stopped: who has been judged is not judged again
    #[arg(long)]
    resume: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(10))]
    patience: Seconds,
}

/// What a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// grades.csv: a line for each exercise of each student
    Csv,
    /// grades.json
    Json,
    /// grades.xml: `JUnit`, a suite for each student, a case for each stage
    Junit,
    /// gradescope/NAME.json; results.json of one submission
    Gradescope,
}

/// `points.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Plan {
    points: BTreeMap<String, f64>,
    limits: Limits,
}

/// What came of a student.
#[derive(Debug, Serialize, Deserialize)]
struct Student {
    name: String,
    exercises: Vec<Graded>,
}

impl Student {
    fn points(&self) -> f64 {
        self.exercises.iter().map(|graded| graded.points).sum()
    }

    fn most(&self) -> f64 {
        self.exercises.iter().map(|graded| graded.most).sum()
    }
}

/// What came of an exercise.
#[derive(Debug, Serialize, Deserialize)]
struct Graded {
    exercise: String,
    title: String,
    points: f64,
    most: f64,
    #[serde(flatten)]
    verdict: Verdict,
}

/// What the judge inside the sandbox says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Verdict {
    language: String,
    stages: Vec<StageVerdict>,
    /// Why there is no more to say: it does not build, it took too long, it was not handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// For the student: what failed and how, the compiler's words.
    #[serde(default)]
    feedback: String,
}

/// Why an exercise without a folder has no points.
const NOT_HANDED_IN: &str = "not handed in";

/// What came of a stage.
#[derive(Debug, Serialize, Deserialize)]
struct StageVerdict {
    title: String,
    passed: bool,
    /// What failed, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// Grades.
pub fn grade(args: &GradeArgs) -> Result<ExitCode> {
    let library = library()?;
    let plan = plan(args.points.as_deref())?;
    let submissions = submissions(&args.submissions)?;
    let exercises = exercises(&library, &plan, &submissions)?;
    let results = args.out.join("results");
    if !args.resume && results.exists() {
        fs::remove_dir_all(&results).with_context(|| results.display().to_string())?;
    }
    fs::create_dir_all(&results).with_context(|| results.display().to_string())?;
    let out = fs::canonicalize(&args.out)?;
    if let Some((name, _)) = submissions
        .iter()
        .find(|(_, folder)| out.starts_with(folder))
    {
        // What is written would be handed in the next time.
        fs::remove_dir_all(&out)?;
        bail!(
            "{} lies in the submission {name}: give another folder with --out",
            args.out.display()
        );
    }
    let bench = Bench::new(&library, args, plan.limits, &exercises, &submissions)?;
    if !bench.sandbox.isolates() {
        console::log(
            "warning: bubblewrap (bwrap) is missing, or may not make namespaces here: the programs run with your \
             rights, on your network and in your files. Judge strangers' programs in a container.",
        );
    }
    let jobs = args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let students = workers::in_parallel(jobs, &submissions, |(name, folder)| {
        let path = results.join(format!("{name}.json"));
        if let Some(student) = resumed(&path, &exercises) {
            return Ok(student);
        }
        let student = Student {
            name: name.clone(),
            exercises: exercises
                .iter()
                .map(|&(exercise, most)| bench.grade(exercise, most, folder))
                .collect(),
        };
        tick(&student);
        write_json(&path, &student).map(|()| student)
    });
    let students = students.into_iter().collect::<Result<Vec<_>>>()?;
    report::feedback(&args.out.join("feedback"), &students)?;
    let is_one = work::is_work(&args.submissions);
    for format in &args.format {
        report::write(*format, &args.out, &students, is_one)?;
    }
    report::table(&students)?;
    Ok(ExitCode::SUCCESS)
}

fn plan(path: Option<&Path>) -> Result<Plan> {
    let Some(path) = path else {
        return Ok(Plan::default());
    };
    let read = || -> Result<Plan> { Ok(toml::from_str(&fs::read_to_string(path)?)?) };
    let plan = read().with_context(|| path.display().to_string())?;
    for (id, points) in &plan.points {
        ensure!(
            points.is_finite() && *points >= 0.0,
            "{}: {id} = {points} are no points",
            path.display()
        );
    }
    Ok(plan)
}

/// The students' names and folders, by name; a folder that is itself a submission is the only one.
fn submissions(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let folder = &fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let named = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        (name.into_owned(), folder.to_path_buf())
    };
    if work::is_work(folder) {
        return Ok(vec![named(folder)]);
    }
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    // Some hand in a folder with their folder in it.
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
        .filter(|path| path.is_dir())
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
fn exercises<'a>(
    library: &'a Library,
    plan: &Plan,
    submissions: &[(String, PathBuf)],
) -> Result<Vec<(&'a Exercise, f64)>> {
    const POINTS: f64 = 10.0;
    let mut exercises = Vec::new();
    for id in plan.points.keys() {
        library.one(id)?;
    }
    for exercise in &library.exercises {
        let id = exercise.id();
        let handed_in = || {
            let mut folders = submissions.iter().map(|(_, folder)| folder);
            folders.any(|folder| folder.join(&id).is_dir())
        };
        match plan.points.get(&id) {
            Some(points) => exercises.push((exercise, *points)),
            None if plan.points.is_empty() && handed_in() => exercises.push((exercise, POINTS)),
            None => {}
        }
    }
    ensure!(
        !exercises.is_empty(),
        "nobody has handed in an exercise: a submission has folders such as echo-tcp/01-server"
    );
    Ok(exercises)
}

/// What a run before came to, if it judged the same exercises.
fn resumed(path: &Path, exercises: &[(&Exercise, f64)]) -> Option<Student> {
    let student: Student = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let same = student
        .exercises
        .iter()
        .map(|graded| (graded.exercise.clone(), graded.most))
        .eq(exercises
            .iter()
            .map(|(exercise, most)| (exercise.id(), *most)));
    same.then_some(student)
}

/// Writes a file in one step: it is whole, or it is not there.
fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let write = || -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, value)?;
        writeln!(file)?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn tick(student: &Student) {
    if io::stderr().is_terminal() {
        console::log(format_args!(
            "{}: {} of {}",
            student.name,
            student.points(),
            student.most()
        ));
    }
}

/// What judging needs: the exercises without their solutions, the tool, what was compiled before.
struct Bench {
    sandbox: Sandbox,
    /// A handout: the sandbox sees no other exercises.
    handout: Handout,
    /// The crates that skeletons use, compiled: a sandbox has no network to fetch them, and no time.
    crates: Option<PathBuf>,
    patience: Seconds,
}

/// The exercises without their solutions, and the tool, beside the results for as long as they are needed. What a run
/// that was killed left is written anew.
struct Handout(PathBuf);

impl Handout {
    fn new(library: &Library, exercises: &[(&Exercise, f64)], out: &Path) -> Result<Self> {
        let handout = Self(fs::canonicalize(out)?.join(".handout"));
        if handout.0.exists() {
            fs::remove_dir_all(&handout.0).with_context(|| handout.0.display().to_string())?;
        }
        let counts = |one: &Exercise| exercises.iter().any(|(other, _)| other.id() == one.id());
        handout::write(library, &handout.0, counts)?;
        handout::put_tool(&std::env::current_exe()?, &handout.0)?;
        Ok(handout)
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        // The next run removes what cannot be removed now.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the sandbox sees, by its name there.
const HANDOUT: &str = "handout";
const SUBMISSION: &str = "submission";
const CRATES: &str = "crates";

impl Bench {
    fn new(
        library: &Library,
        args: &GradeArgs,
        limits: Limits,
        exercises: &[(&Exercise, f64)],
        submissions: &[(String, PathBuf)],
    ) -> Result<Self> {
        let handout = Handout::new(library, exercises, &args.out)?;
        let is_rust = |folder: &PathBuf| {
            Work::open(folder).is_ok_and(|work| {
                let mut counted = exercises.iter().map(|(exercise, _)| exercise);
                counted.any(|one| work.folder(one).is_dir() && work.uses_cargo(one))
            })
        };
        let crates = submissions.iter().any(|(_, folder)| is_rust(folder));
        let crates = crates.then(|| compile_crates(&args.out)).transpose()?;
        let out = fs::canonicalize(&args.out)?;
        let workspace = executables::workspace().to_owned();
        let mut hidden = vec![library.root.clone(), workspace, out];
        hidden.extend(submissions.iter().map(|(_, folder)| folder.clone()));
        hidden.retain(|folder| folder.is_dir());
        hidden.sort();
        hidden.dedup();
        // What lies in the folder in memory is hidden by it, and the file system as a whole is needed.
        hidden.retain(|folder| !folder.starts_with(INSIDE) && folder != Path::new("/"));
        Ok(Self {
            sandbox: Sandbox::new(limits, hidden),
            handout,
            crates,
            patience: args.patience,
        })
    }

    /// Judges one exercise of a student.
    fn grade(&self, exercise: &Exercise, most: f64, submission: &Path) -> Graded {
        let verdict = if submission.join(exercise.id()).is_dir() {
            self.judge(exercise, submission)
                .unwrap_or_else(|error| Verdict::without(format!("{error:#}")))
        } else {
            Verdict::without(NOT_HANDED_IN.to_owned())
        };
        let passed = verdict.stages.iter().filter(|stage| stage.passed).count();
        let all = exercise.stages.len().max(1);
        // As few digits as a table shows.
        #[expect(clippy::cast_precision_loss, reason = "there are a few stages")]
        let points = (most * passed as f64 / all as f64 * 100.0).round() / 100.0;
        Graded {
            exercise: exercise.id(),
            title: exercise.title.clone(),
            points,
            most,
            verdict,
        }
    }

    fn judge(&self, exercise: &Exercise, submission: &Path) -> Result<Verdict> {
        let inside = |name: &str, outside: &Path| {
            if self.sandbox.isolates() {
                Path::new(INSIDE).join(name)
            } else {
                outside.to_path_buf()
            }
        };
        let mut folders = vec![
            (self.handout.0.as_path(), HANDOUT),
            (submission, SUBMISSION),
        ];
        if let Some(crates) = &self.crates {
            folders.push((crates, CRATES));
        }
        let tool = inside(HANDOUT, &self.handout.0).join("lab");
        let mut command = self.sandbox.command(&tool, &folders);
        command
            .args([
                "judge",
                &exercise.id(),
                "--patience",
                &self.patience.to_string(),
            ])
            .arg(inside(SUBMISSION, submission));
        if let Some(crates) = &self.crates {
            command.arg("--crates").arg(inside(CRATES, crates));
        }
        if self.sandbox.isolates() {
            command.arg("--inside");
        }
        command.args(["--limits", &serde_json::to_string(self.sandbox.limits())?]);
        let limit = Duration::from_secs(self.sandbox.limits().seconds);
        let token = token()?;
        let limits = self.sandbox.limits();
        let (said, errors, why) = Contained::run(&mut command, &token, limit, limits)?;
        if let Some(why) = why {
            return Ok(Verdict {
                feedback: errors,
                ..Verdict::without(why)
            });
        }
        // What does not begin with the judge's secret is not the judge's.
        let verdict = said
            .strip_prefix(&token)
            .and_then(|said| serde_json::from_str(said).ok());
        let mut verdict: Verdict = verdict.with_context(|| {
            let last = errors.lines().last().unwrap_or_default();
            format!("the judge was stopped: {last}")
        })?;
        if verdict.why.is_some() {
            verdict.feedback += &errors;
        }
        Ok(verdict)
    }
}

impl Verdict {
    /// The verdict where nothing was judged.
    fn without(why: String) -> Self {
        Self {
            why: Some(why),
            ..Self::default()
        }
    }
}

/// Compiles the crates that a student's folder names, once, for all.
fn compile_crates(out: &Path) -> Result<PathBuf> {
    let folder = out.join(".crates");
    for (path, content) in work::TEMPLATE {
        work::write_new(&folder.join(path), content)?;
    }
    let folder = fs::canonicalize(folder)?;
    let status = Command::new(executables::cargo_program())
        .args(["build", "--quiet", "--target-dir"])
        .arg(folder.join("target"))
        .current_dir(&folder)
        .stdin(Stdio::null())
        .status()
        .context("cannot run cargo, and somebody writes in Rust")?;
    ensure!(
        status.success(),
        "the crates of the exercises do not compile: cargo says above why"
    );
    Ok(folder)
}

/// A sandbox's process, which ends with all that it started when this is dropped.
struct Contained(Child);

impl Drop for Contained {
    fn drop(&mut self) {
        crate::run::descendants::kill_group(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Contained {
    /// Runs it within its limits: what it said, its errors, and why it was ended, if it was.
    fn run(
        command: &mut Command,
        token: &str,
        limit: Duration,
        limits: &Limits,
    ) -> Result<(String, String, Option<String>)> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn().context("cannot start the sandbox")?;
        let mut contained = Self(child);
        if let Some(mut stdin) = contained.0.stdin.take() {
            // One that has ended says so below.
            let _ = stdin.write_all(token.as_bytes());
        }
        let said = read(contained.0.stdout.take())?;
        let errors = read(contained.0.stderr.take())?;
        let begun = Instant::now();
        let mut why = None;
        while contained.0.try_wait()?.is_none() {
            if begun.elapsed() > limit {
                why = Some(format!("it took more than {} s", limit.as_secs()));
                break;
            }
            let count = crate::run::descendants::count(contained.0.id());
            if count > usize::try_from(limits.processes)? {
                why = Some(format!("it made more than {} processes", limits.processes));
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        drop(contained);
        let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
        Ok((text(said), text(errors), why))
    }
}

/// Reads what comes, to its end, and keeps the beginning.
fn read(stream: Option<impl Read + Send + 'static>) -> Result<thread::JoinHandle<String>> {
    const MOST: usize = 1 << 20;
    let reader = thread::Builder::new().spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 8192];
        let Some(mut stream) = stream else {
            return String::new();
        };
        while let Ok(size @ 1..) = stream.read(&mut buffer) {
            let room = MOST.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..size.min(room)]);
        }
        String::from_utf8_lossy(&kept).into_owned()
    });
    reader.context("cannot start a thread")
}

/// A secret between this process and a judge, which no submission can guess.
fn token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("no random bytes")?;
    Ok(bytes.map(|byte| format!("{byte:02x}")).concat())
}

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
    let library = library()?;
    let exercise = library.one(&args.exercise)?;
    let folder = Folder::new("lab-work-")?;
    let root = folder.path().join("work");
    let verdict = judge_copy(args, exercise, &root).unwrap_or_else(|error| {
        // Where the copy lies is nobody's business.
        let place = root.display().to_string();
        let error = format!("{error:#}").replace(&format!("{place}/"), "");
        Verdict::without(error.replace(&place, "the submission"))
    });
    console::print_line(token + &serde_json::to_string(&verdict)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Judges a copy, in `root`: nobody writes into what was handed in, and nothing is left of what its programs write.
fn judge_copy(args: &JudgeArgs, exercise: &Exercise, root: &Path) -> Result<Verdict> {
    copy(&args.submission, root)?;
    if let Some(crates) = &args.crates
        && !root.join("target").exists()
    {
        copy(&crates.join("target"), &root.join("target"))?;
    }
    let work = Work::open(root)?;
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
        failure: judged.failure().map(|outcome| {
            let said = match &outcome.verdict {
                Err(Stop::Failed {
                    expected, happened, ..
                }) => {
                    format!("expected {expected}; happened: {happened}")
                }
                Err(Stop::NotJudged(why) | Stop::Skipped(why)) => why.clone(),
                Ok(()) => String::new(),
            };
            format!("{}: {said}", outcome.check.name)
        }),
    });
    Ok(Verdict {
        language,
        stages: stages.collect(),
        why: None,
        feedback: anstream::adapter::strip_str(&String::from_utf8_lossy(&feedback)).to_string(),
    })
}

/// Copies a folder with its times: cargo takes what is older than its source for stale.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp")
        .args(["-pR", "--"])
        .args([from, to])
        .status()
        .context("cannot run cp")?;
    if !status.success() {
        bail!("{} could not be copied", from.display());
    }
    Ok(())
}
