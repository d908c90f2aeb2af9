//! What is judged: a program of ours, a command, or a server that runs already.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::check::engine::target::Target;
use crate::pairs::Language;
use crate::run::executables;

/// What is judged.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Our own program in this language.
    Ours(Language),
    /// Our Python program with a mistake in it: the Python programs in this folder, which is laid out as the workspace.
    Faulty(PathBuf),
    /// A command, its placeholders not yet filled in.
    Command(Vec<String>),
    /// A server that somebody else started.
    Running(SocketAddr),
}

impl Subject {
    /// Whether its port can be chosen. Without a choice its checks run one after another.
    pub(crate) fn takes_a_port(&self) -> bool {
        match self {
            Self::Ours(_) | Self::Faulty(_) => true,
            Self::Command(words) => words.iter().any(|word| word.contains("{port}")),
            Self::Running(_) => false,
        }
    }

    /// Whether it understands the flags of our programs.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_) | Self::Faulty(_))
    }

    /// In which language it is, as far as its command tells.
    pub(crate) fn language(&self) -> Option<Language> {
        match self {
            Self::Ours(language) => Some(*language),
            Self::Faulty(_) => Some(Language::Python),
            Self::Command(words) => {
                let extends = |word: &str, extension: &str| {
                    Path::new(word)
                        .extension()
                        .is_some_and(|other| other == extension)
                };
                let is_python = |word: &str| word.contains("python") || extends(word, "py");
                let is_rust = |word: &str| {
                    word.contains("cargo") || word.contains("target/") || extends(word, "rs")
                };
                let mut words = words.iter().map(String::as_str);
                let first = words.find(|word| is_python(word) || is_rust(word))?;
                Some(if is_python(first) {
                    Language::Python
                } else {
                    Language::Rust
                })
            }
            Self::Running(_) => None,
        }
    }

    /// How a report names it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Ours(language) => format!("ours, in {}", language.name()),
            Self::Faulty(_) => "ours, in Python, with a fault".to_owned(),
            Self::Command(words) => words.join(" "),
            Self::Running(address) => format!("the server at {address}"),
        }
    }

    /// The command that starts it, with `{host}`, `{port}` and `{dir}` filled in. `flags` are for ours
    /// only. Any other program runs in the folder `own`, so that it does not find ours.
    pub(super) fn command(
        &self,
        target: Target,
        port: u16,
        flags: &[String],
        dir: &str,
        own: &Path,
    ) -> Result<Command> {
        match self {
            Self::Ours(language) => {
                let mut command = executables::command(target.pair, target.side, *language)?;
                command.args(["--port", &port.to_string()]).args(flags);
                Ok(command)
            }
            Self::Faulty(folder) => {
                let python = executables::python().context("Python is missing")?;
                let (program, side) = (target.pair, target.side);
                let mut command = Command::new(python);
                // What it compiles stays in its folder for the next check.
                command
                    .args(executables::WITHOUT_PACKAGES)
                    .arg(executables::python_source_in(folder, program, side))
                    .args(program.side(side).flags)
                    .args(["--port", &port.to_string()])
                    .args(flags);
                Ok(command)
            }
            Self::Command(words) => {
                let (program, rest) = words
                    .split_first()
                    .context("give the command to judge after --")?;
                let fill_in = |word: &String| {
                    OsString::from(
                        word.replace("{host}", "127.0.0.1")
                            .replace("{port}", &port.to_string())
                            .replace("{dir}", dir),
                    )
                };
                let program = if is_installed(program) {
                    program.into()
                } else {
                    resolved(program).unwrap_or_else(|| fill_in(program))
                };
                let mut command = Command::new(program);
                command
                    .args(
                        rest.iter()
                            .map(|word| resolved(word).unwrap_or_else(|| fill_in(word))),
                    )
                    .current_dir(own)
                    .env("PWD", own)
                    // Python keeps what it prints to a pipe until its buffer is full; on a terminal
                    // it would not.
                    .envs([("PYTHONUNBUFFERED", "1"), ("PYTHONUTF8", "1")]);
                for name in TELL_WHERE_WE_ARE {
                    command.env_remove(name);
                }
                Ok(command)
            }
            Self::Running(address) => anyhow::bail!("the server at {address} is not ours to start"),
        }
    }
}

/// Variables that shells and `cargo run` set: folders that are not the program's affair.
const TELL_WHERE_WE_ARE: [&str; 3] = ["OLDPWD", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"];

/// Whether `word` is the name of a program, as a shell finds it.
fn is_installed(word: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    !word.contains(path::is_separator)
        && env::split_paths(&folders)
            .any(|folder| folder.is_absolute() && folder.join(word).is_file())
}

/// The absolute path of what `word` names, seen from where the person stands. A folder must look like
/// a path: a bare word is more often a name of something else.
fn resolved(word: &str) -> Option<OsString> {
    let path = Path::new(word);
    let is_bare = !word.contains(path::is_separator) && !matches!(word, "." | "..");
    if word.starts_with('-') || !path.exists() || path.is_dir() && is_bare {
        return None;
    }
    path::absolute(path).ok().map(PathBuf::into_os_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_names_what_is_there_becomes_absolute() {
        // Tests run in the package's folder.
        let here = env::current_dir().unwrap();
        for (word, path) in [
            ("Cargo.toml", "Cargo.toml"),
            ("./Cargo.toml", "Cargo.toml"),
            ("src/lib.rs", "src/lib.rs"),
            ("src/", "src/"),
            (".", ""),
        ] {
            let resolved = resolved(word).map(PathBuf::from);
            assert_eq!(resolved, Some(here.join(path)), "{word}");
        }
        // A folder's bare name, a flag, a placeholder, words that are more than a path.
        for word in [
            "src",
            "-c",
            "{dir}/Cargo.toml",
            "--config=Cargo.toml",
            "cp Cargo.toml x",
        ] {
            assert_eq!(resolved(word), None, "{word}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_looked_for_where_a_shell_does() {
        assert!(is_installed("sh"));
        assert!(!is_installed("Cargo.toml"));
        assert!(!is_installed("./sh"));
    }
}
