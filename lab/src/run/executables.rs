//! Builds each lab and finds its executables.
//!
//! Every lab has a `server` and a `client`. Built in one go they would overwrite each other in
//! the target folder, so each lab gets a target folder of its own; the compiled crates are shared
//! (`build.build-dir` in `.cargo/config.toml`).

use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, ensure};

use crate::pairs::{Executable, Language, Pair, Side};

/// How the labs are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// As `cargo build` does.
    Debug,
    /// As `cargo build --release` does.
    Release,
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> &'static Path {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The package `lab` stands in the workspace's folder.
    lab.parent().unwrap_or(lab)
}

/// Where the executable of one side of a program is, built first if it is not up to date.
pub fn rust(program: &Pair, side: Side, profile: Profile) -> Result<PathBuf> {
    let binary = program.side(side).binary;
    match profile {
        Profile::Debug => build(program.package, None, profile)?,
        // Optimising all executables of a lab takes minutes, and one is asked for.
        Profile::Release => build(program.package, Some(binary), profile)?,
    }
    Ok(built(program.package, binary, profile))
}

fn built(package: &str, binary: &str, profile: Profile) -> PathBuf {
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    };
    let name = format!("{binary}{}", env::consts::EXE_SUFFIX);
    target(package).join(folder).join(name)
}

/// Where the tool is that students are given: optimised, without symbols.
pub(crate) fn handed_out() -> Result<PathBuf> {
    let folder = target("handout");
    let status = cargo("build", "lab", &folder)
        .args(["--bin", "lab", "--profile", "handout"])
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "lab does not build: cargo says above why");
    let name = format!("lab{}", env::consts::EXE_SUFFIX);
    Ok(folder.join("handout").join(name))
}

/// Where the tool `lab` itself is, built first if it is not up to date.
pub fn lab(profile: Profile) -> Result<PathBuf> {
    build("lab", Some("lab"), profile)?;
    Ok(built("lab", "lab", profile))
}

/// An executable whose stack `strace -k` can follow.
///
/// Its unwinder takes a file's code to be as far from the file's beginning as in memory. That is so
/// when code and constants are in one segment, which the linker that Rust brings does not do by itself;
/// another one may not know the flag, and may not need it.
pub fn for_stacks(package: &'static str, binary: &'static str) -> Result<PathBuf> {
    let folder = workspace().join("target").join("traced").join(package);
    let cargo = |flags: &[&str]| {
        let mut command = cargo("rustc", package, &folder);
        command.args(["--bin", binary, "--"]).args(flags);
        command
    };
    let one_segment = cargo(&["-Clink-arg=-Wl,--no-rosegment"])
        .stderr(Stdio::null())
        .status();
    if !one_segment.is_ok_and(|status| status.success()) {
        let status = cargo(&[]).status().context("cannot run cargo")?;
        ensure!(
            status.success(),
            "{package} does not build: cargo says above why"
        );
    }
    Ok(folder
        .join("debug")
        .join(format!("{binary}{}", env::consts::EXE_SUFFIX)))
}

/// The source of one side of a program, in Rust.
#[must_use]
pub fn rust_source(program: &Pair, side: Side) -> PathBuf {
    let file = format!("{}.rs", program.side(side).binary);
    workspace().join(program.package).join("src/bin").join(file)
}

/// The Python counterpart of one side of a program.
#[must_use]
pub fn python_source(program: &Pair, side: Side) -> PathBuf {
    python_source_in(workspace(), program, side)
}

/// The same, in a copy of the workspace's Python programs.
#[must_use]
pub fn python_source_in(folder: &Path, program: &Pair, side: Side) -> PathBuf {
    let file = format!("{}.py", program.side(side).binary.replace('-', "_"));
    folder.join(program.package).join("python").join(file)
}

/// The command that starts one side of a program, with the flags that make it this program.
pub fn command(program: &Pair, side: Side, language: Language) -> Result<Command> {
    let Executable { flags, .. } = program.side(side);
    let mut command = match language {
        Language::Rust => Command::new(rust(program, side, Profile::Debug)?),
        Language::Python => {
            let mut command = Command::new(python().context("Python is missing")?);
            command.arg(python_source(program, side));
            command
        }
    };
    command.args(*flags);
    Ok(command)
}

/// Builds all labs of `programs` as `cargo build` does, so that no later step waits for a compiler.
pub fn build_all(programs: &[&Pair]) -> Result<()> {
    programs
        .iter()
        .try_for_each(|program| build(program.package, None, Profile::Debug))
}

/// The Python interpreter: that which `$PYTHON` or `python3` starts, which may be a script that looks for
/// it. `None` when there is none, or it is older than 3.8.
#[must_use]
pub fn python() -> Option<&'static str> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    PYTHON
        .get_or_init(|| {
            let names = env::var("PYTHON").map_or_else(
                |_| vec!["python3".into(), "python".into()],
                |name| vec![name],
            );
            names.into_iter().find_map(|name| interpreter(&name))
        })
        .as_deref()
}

/// The flags with which Python starts without the packages that are installed, and the settings for them: a program that needs
/// none starts in half the time.
pub(crate) const WITHOUT_PACKAGES: [&str; 2] = ["-S", "-E"];

/// The interpreter that a name starts, if it is recent enough.
fn interpreter(name: &str) -> Option<String> {
    let script = "import sys; print(sys.executable if sys.version_info >= (3, 8) else '')";
    let output = Command::new(name)
        .args(["-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !path.is_empty()).then_some(path)
}

/// From now on cargo shows its bar while it compiles a lab, if stderr is a terminal. Tests do not
/// ask for it: it would mix with their lines.
pub fn show_progress() {
    PROGRESS.store(io::stderr().is_terminal(), Ordering::Relaxed);
}

static PROGRESS: AtomicBool = AtomicBool::new(false);

fn target(package: &str) -> PathBuf {
    workspace().join("target").join("labs").join(package)
}

/// Runs `cargo build` for one executable of a lab, or for all, once in a process: sources do not change
/// under a running test. What the compiler has to say goes to stderr as it stands, in its colours.
fn build(package: &'static str, binary: Option<&'static str>, profile: Profile) -> Result<()> {
    type Built = BTreeMap<(&'static str, Option<&'static str>, Profile), bool>;
    static BUILT: Mutex<Built> = Mutex::new(BTreeMap::new());
    ensure!(
        workspace().join("Cargo.toml").is_file(),
        "our own programs are not here: this needs the whole repository, not a handout of it"
    );
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let worked = if let Some(worked) = built.get(&(package, binary, profile)) {
        *worked
    } else {
        let worked = run_cargo(package, binary, profile)?;
        built.insert((package, binary, profile), worked);
        worked
    };
    ensure!(worked, "{package} does not build: cargo says above why");
    Ok(())
}

fn run_cargo(package: &str, binary: Option<&str>, profile: Profile) -> Result<bool> {
    let mut command = cargo("build", package, &target(package));
    match binary {
        Some(binary) => command.args(["--bin", binary]),
        None => command.arg("--bins"),
    };
    if profile == Profile::Release {
        command.arg("--release");
    }
    let status = command
        .status()
        .context("cannot run cargo: is Rust installed?")?;
    Ok(status.success())
}

/// The cargo that has started this process, else the one that a shell finds.
pub(crate) fn cargo_program() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// A cargo command for a package, whose results go to `folder`.
fn cargo(command: &str, package: &str, folder: &Path) -> Command {
    let mut cargo = Command::new(cargo_program());
    cargo
        .current_dir(workspace())
        .args([command, "--quiet", "--package", package, "--target-dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if PROGRESS.load(Ordering::Relaxed) {
        // As the alias in `.cargo/config.toml` has it.
        cargo.args(["--config", "term.progress.when='always'"]);
        cargo.args(["--config", "term.progress.width=80"]);
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::PAIRS;

    #[test]
    fn every_program_has_its_sources_in_both_languages() {
        for program in PAIRS {
            for side in [Side::Server, Side::Client] {
                let rust = rust_source(program, side);
                assert!(rust.is_file(), "{}", rust.display());
                let python = python_source(program, side);
                assert!(python.is_file(), "{}", python.display());
            }
        }
    }
}
