//! Who is judged: a program of ours, a command, or a server that runs already.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::check::engine::target::Target;
use crate::pairs::Language;
use crate::run::executables;

/// Who is judged.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Our own program in this language.
    Ours(Language),
    /// A command, its placeholders not yet filled in.
    Command(Vec<String>),
    /// A server that somebody else started.
    Running(SocketAddr),
}

impl Subject {
    /// Whether its port can be chosen. Without a choice its checks run one after another.
    #[must_use]
    pub fn takes_a_port(&self) -> bool {
        match self {
            Self::Ours(_) => true,
            Self::Command(words) => words.iter().any(|word| word.contains("{port}")),
            Self::Running(_) => false,
        }
    }

    /// Whether it understands the flags of our programs.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_))
    }

    /// How a report names it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Ours(language) => format!("ours, in {}", language.name()),
            Self::Command(words) => words.join(" "),
            Self::Running(address) => format!("the server at {address}"),
        }
    }

    /// The command that starts it, with `{host}`, `{port}` and `{dir}` filled in. `flags` are for ours
    /// only.
    pub(super) fn command(
        &self,
        target: Target,
        port: u16,
        flags: &[String],
        dir: &str,
    ) -> Result<Command> {
        match self {
            Self::Ours(language) => {
                let mut command = executables::command(target.program, target.side, *language)?;
                command.args(["--port", &port.to_string()]).args(flags);
                Ok(command)
            }
            Self::Command(words) => {
                let fill_in = |word: &String| {
                    word.replace("{host}", "127.0.0.1")
                        .replace("{port}", &port.to_string())
                        .replace("{dir}", dir)
                };
                let words: Vec<String> = words.iter().map(fill_in).collect();
                ensure!(!words.is_empty(), "give the command to judge after --");
                let mut command = Command::new(&words[0]);
                // Python keeps what it prints to a pipe until its buffer is full; on a terminal
                // it would not.
                command
                    .args(&words[1..])
                    .envs([("PYTHONUNBUFFERED", "1"), ("PYTHONUTF8", "1")]);
                Ok(command)
            }
            Self::Running(address) => anyhow::bail!("the server at {address} is not ours to start"),
        }
    }
}
