//! The command line of `cargo lab check`.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::iter;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::slice;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use common::console;
use common::flags::Seconds;

use crate::check::engine::judge::{self, Judgement, Outcome, Plan};
use crate::check::engine::ports;
use crate::check::engine::subject::Subject;
use crate::check::engine::target::Target;
use crate::check::engine::trial::Pace;
use crate::check::{Check, Grade, checks_of, report};
use crate::course;
use crate::pairs::dialect::Serves;
use crate::pairs::{Language, Side, Transport};
use crate::run::executables;

/// What to judge, and how
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = "\
Examples:
  cargo lab check ntp/server                our Rust program
  cargo lab check ntp/server --python       our Python program
  cargo lab check ntp/server -- python3 my_server.py --port {port}
  cargo lab check ntp/server --connect 127.0.0.1:8080
  cargo lab check --list --long ntp         what is checked, a sentence each

In a command {host}, {port} and {dir} are filled in; without {port} the lesson's own port is used.
{dir} is a folder for the files of a check: ftp-simple/client stores there, upload-client finds
file.bin there to send, ftp-class/client the folders share and download.
Exit status: 0 all passed, 1 some failed, 2 could not be judged (or every check was skipped).")]
pub struct CheckArgs {
    /// Such as ntp/server; 11, ntp or echo-tcp/phone for both sides; or all. An exercise, such as
    /// echo-tcp/01-server, is looked for in your own folder: the current one if nothing is given
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Judge our Python program
    #[arg(long, conflicts_with_all = ["connect", "command"])]
    python: bool,
    /// Judge a server that runs already
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "command")]
    connect: Option<String>,
    /// Of an exercise: where your folder is
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Of an exercise: go on after the first stage that fails
    #[arg(long)]
    all: bool,
    /// Only the checks of one grade
    #[arg(long, value_enum, value_name = "GRADE")]
    only: Option<Grade>,
    /// Only the checks whose name or sentence contains TEXT
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Show the names of the checks, and do none
    #[arg(long)]
    list: bool,
    /// With --list: tell what each check does
    #[arg(long, requires = "list")]
    long: bool,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = Seconds::whole(5))]
    patience: Seconds,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The command to judge
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// How the report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Table,
    /// For a program
    Json,
    /// For a grading system: JUnit's XML
    Junit,
}

impl CheckArgs {
    /// Whether somebody else's program is judged.
    fn is_foreign(&self) -> bool {
        self.connect.is_some() || !self.command.is_empty()
    }

    /// Whether nothing follows the `--`, because a shell's variable is not set, say. Our program must not
    /// be judged in its place.
    fn lacks_its_command(&self) -> bool {
        match self.command.first() {
            Some(program) => program.is_empty(),
            // Without a word behind it, `--` is the last word of all.
            None => env::args_os().next_back().is_some_and(|last| last == "--"),
        }
    }

    /// What is judged as `target`.
    fn subject(&self, target: &Target) -> Result<Subject> {
        Ok(match &self.connect {
            Some(text) => Subject::Running(server_at(text, target.pair.transport)?),
            None if !self.command.is_empty() => Subject::Command(self.command.clone()),
            None if self.python => Subject::Ours(Language::Python),
            None => Subject::Ours(Language::Rust),
        })
    }

    fn chosen(&self, check: &Check) -> bool {
        self.only.is_none_or(|grade| check.grade == grade)
            && self
                .filter
                .as_ref()
                .is_none_or(|text| check.name.contains(text) || check.sentence.contains(text))
    }
}

/// The first address of `text` where somebody listens: without a server there is nothing to judge.
fn server_at(text: &str, transport: Transport) -> Result<SocketAddr> {
    let mut refused = None;
    for address in addresses(text)? {
        match ports::find_listener(transport, address) {
            Ok(()) => return Ok(address),
            Err(error) => refused = Some((address, error)),
        }
    }
    let (address, error) = refused.with_context(|| format!("--connect {text}: no such host"))?;
    Err(error).with_context(|| format!("no server at {} {address}", transport.name()))
}

/// IPv4 before IPv6: the lessons' servers speak IPv4, and `localhost` is both.
fn addresses(text: &str) -> Result<Vec<SocketAddr>> {
    let mut addresses: Vec<_> = text
        .to_socket_addrs()
        .with_context(|| format!("--connect {text}: give HOST:PORT, such as 127.0.0.1:8080"))?
        .collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}

/// Without any patience every program fails; the most is beyond what anybody waits for.
const MOST_PATIENCE: Duration = Duration::from_hours(1);

/// Runs the command. A mistake in the command line is status 2, as a program that cannot be judged.
pub fn run(args: &CheckArgs) -> Result<ExitCode> {
    if !args.list
        && !args.is_foreign()
        && !args.python
        && !args.lacks_its_command()
        && let Some(exercise) = course::asked_for(&args.targets)
    {
        let how = course::CheckedExercise::new(args.dir.clone(), args.all, args.patience);
        return course::check(exercise.as_deref(), &how);
    }
    let mut text = Vec::new();
    let planned = plan(args).and_then(|plan| {
        let subject = (!args.list).then(|| subject(args, &plan)).transpose()?;
        Ok((plan, subject))
    });
    let (plan, subject) = match planned {
        Ok((plan, Some(subject))) => (plan, subject),
        Ok((plan, None)) => {
            report::list(&mut text, &plan, args.long)?;
            return print(&text).map(|()| ExitCode::SUCCESS);
        }
        Err(error) => {
            console::log(format_args!("error: {error:#}"));
            return Ok(ExitCode::from(2));
        }
    };
    let workers = if subject.takes_a_port() { 4 } else { 1 };
    let pace = Pace::with_patience(args.patience.duration());
    let judgements = judge::run(&plan, &subject, pace, workers, |_| tick());
    if io::stderr().is_terminal() {
        console::log("");
    }
    match args.format {
        Format::Table => report::table(&mut text, &judgements)?,
        Format::Json => report::json(&mut text, &judgements)?,
        Format::Junit => report::junit(&mut text, &judgements)?,
    }
    print(&text)?;
    Ok(ExitCode::from(status(&judgements)))
}

/// Prints a report; colours only where they can be seen. A reader who has gone (`| head`) has seen
/// enough.
fn print(text: &[u8]) -> Result<()> {
    match anstream::stdout().lock().write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// What is judged, by which checks.
fn plan(args: &CheckArgs) -> Result<Plan> {
    ensure!(
        !args.lacks_its_command(),
        "the command is empty: give the program to judge after --"
    );
    ensure!(
        !args.patience.duration().is_zero() && args.patience.duration() <= MOST_PATIENCE,
        "--patience {}: give more than 0 seconds, and {} at most",
        args.patience,
        MOST_PATIENCE.as_secs()
    );
    let targets = Target::select(&args.targets).map_err(|unknown| {
        let forgotten = lacks_separator(&args.targets).filter(|_| !args.is_foreign());
        forgotten.unwrap_or_else(|| unknown.into())
    })?;
    if !args.list && args.is_foreign() {
        ensure!(
            targets.len() == 1,
            "one command is one program: give one target, such as {}",
            targets[0].name()
        );
        ensure!(
            args.connect.is_none() || targets[0].side == Side::Server,
            "--connect judges a server, and {} is a client",
            targets[0].name()
        );
        ensure!(
            args.connect.is_none() || targets[0].pair.dialect.server.serves != Serves::Once,
            "{} ends with its first session, and there are many checks: give its command after --",
            targets[0].name()
        );
    }
    let plan: Plan = targets
        .into_iter()
        .map(|target| {
            let mut checks = checks_of(&target);
            checks.retain(|check| args.chosen(check));
            (target, checks)
        })
        .filter(|(_, checks)| !checks.is_empty())
        .collect();
    ensure!(
        !plan.is_empty(),
        "no check is left: see cargo lab check --list"
    );
    Ok(plan)
}

/// What `plan` judges, ready to be started.
fn subject(args: &CheckArgs, plan: &Plan) -> Result<Subject> {
    let subject = args.subject(&plan[0].0)?;
    match subject {
        Subject::Ours(Language::Rust) => {
            let programs: Vec<_> = plan.iter().map(|(target, _)| target.pair).collect();
            executables::build_all(&programs)?;
        }
        Subject::Ours(Language::Python) | Subject::Faulty(_) => {
            executables::python()
                .context("Python 3.8 or later is missing (set PYTHON to name it)")?;
        }
        Subject::Command(_) | Subject::Running(_) => {}
    }
    Ok(subject)
}

/// What to say if one of `words` is a target and the next the beginning of a command: `--` was forgotten.
#[must_use]
pub fn lacks_separator(words: &[String]) -> Option<anyhow::Error> {
    if words.iter().any(|word| word == "--") {
        return None;
    }
    words.windows(2).find_map(|pair| {
        let (target, command) = (&pair[0], &pair[1]);
        Target::select(slice::from_ref(target)).ok()?;
        let unknown = Target::select(slice::from_ref(command)).err()?;
        let is_command = unknown.nearest.is_none() || is_program(command);
        (is_command && !command.starts_with('-'))
            .then(|| anyhow!("a command stands after --: cargo lab check {target} -- {command} …"))
    })
}

/// Whether it is a file here, or one that a shell would start.
fn is_program(word: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    iter::once(PathBuf::new())
        .chain(env::split_paths(&path))
        .any(|folder| folder.join(word).is_file())
}

/// 2 if anything could not be judged, or nothing was; else 1 if anything failed, else 0.
fn status(judgements: &[Judgement]) -> u8 {
    let outcomes = || judgements.iter().flat_map(|judgement| &judgement.outcomes);
    if outcomes().any(|outcome| outcome.not_judged().is_some()) || outcomes().all(Outcome::skipped)
    {
        2
    } else {
        u8::from(outcomes().any(Outcome::failed))
    }
}

/// A dot on a terminal for each check that is done.
fn tick() {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // Without a screen there is nobody to show progress to.
        let _ = stderr.write_all(b".");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(addresses("127.0.0.1:80").unwrap()[0].port(), 80);
        assert!(addresses("127.0.0.1").is_err());
    }
}
