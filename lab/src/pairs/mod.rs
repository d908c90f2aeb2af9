//! The table of the programs, the single source for everything that walks over them.

use crate::names::{self, UnknownName};

pub(crate) mod dialect;
mod dialects;
mod sessions;
mod table;

use dialect::Dialect;
pub use table::PAIRS;

/// One client/server pair.
#[derive(Debug)]
pub struct Pair {
    /// Its number in the lessons' order.
    pub number: u8,
    /// The cargo package.
    pub package: &'static str,
    /// The pair's name inside its package; empty for the main pair.
    pub pair: &'static str,
    /// TCP or UDP.
    pub transport: Transport,
    /// The port that the lesson uses, or the program where there is none.
    pub port: u16,
    /// What it does, in a few words.
    pub about: &'static str,
    /// The server's executable, and the flags that make it this program.
    pub server: Executable,
    /// The client's executable, and the flags that make it this program.
    pub client: Executable,
    /// How its two ends speak.
    pub(crate) dialect: Dialect,
    /// A conversation that shows all that the pair can do, and what both sides print.
    pub session: fn() -> Session,
}

impl Pair {
    /// The name under which `cargo lab` knows it: `ntp`, `echo-tcp/phone`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.pair {
            "" => self.package.to_owned(),
            pair => format!("{}/{pair}", self.package),
        }
    }

    /// Whether no lesson has it.
    #[must_use]
    pub fn is_beyond_the_lessons(&self) -> bool {
        self.number > table::LESSONS
    }

    /// The executable of one side.
    #[must_use]
    pub fn side(&self, side: Side) -> &Executable {
        match side {
            Side::Server => &self.server,
            Side::Client => &self.client,
        }
    }

    /// What asks for it: its number, its package, its name.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        vec![
            self.number.to_string(),
            self.package.to_owned(),
            self.name(),
        ]
    }
}

/// The labs, by their packages, each once and in the order of their first programs.
#[must_use]
pub fn labs() -> Vec<&'static str> {
    let mut labs = Vec::new();
    for pair in PAIRS {
        if !labs.contains(&pair.package) {
            labs.push(pair.package);
        }
    }
    labs
}

/// The programs that `words` ask for; all when there are none.
pub fn select(words: &[String]) -> Result<Vec<&'static Pair>, UnknownName> {
    names::select("program", "cargo lab list", words, PAIRS, |program| {
        program.names()
    })
}

/// The one program that a word asks for: a package's name is also that of its first program.
pub fn one(word: &str) -> Result<&'static Pair, UnknownName> {
    let selected = select(&[word.to_owned()])?;
    let named = selected.iter().find(|program| program.name() == word);
    // A word that selects none is an error already.
    Ok(named.or(selected.first()).unwrap_or(&&PAIRS[0]))
}

/// One executable of a program.
#[derive(Debug)]
pub struct Executable {
    /// Its name in the cargo package; the Python file has `_` for `-`.
    pub binary: &'static str,
    /// The flags that make it this program rather than another with the same executable.
    pub flags: &'static [&'static str],
}

/// One conversation: what is typed on both sides, and what both must print.
///
/// In arguments, input and transcripts `{port}` stands for the server's port and `{dir}` for a
/// fresh folder; in transcripts `{peer}` for the client's own port. A client whose port the server
/// prints has one socket when its input ends.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Files that exist before, by their path in `{dir}`. A path that ends in `/` is a folder.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// The server's part.
    pub server: Part,
    /// The client's part.
    pub client: Part,
    /// Whether the client takes what is typed at any time, and shows no prompt for it.
    pub at_any_time: bool,
    /// Whether the server ends by itself, with status 0. The others run until Ctrl-C.
    pub server_ends: bool,
    /// Files that must be equal afterwards, by their paths in `{dir}`.
    pub equal_files: Vec<(&'static str, &'static str)>,
}

/// One side's part of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Arguments, besides `--port` and those of the table.
    pub args: Vec<String>,
    /// What is typed.
    pub input: String,
    /// What stdout must be, masked as `run::session::mask` does.
    pub transcript: String,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A stream.
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// As the ready line writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The one that this is not.
    #[must_use]
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Tcp => Self::Udp,
            Self::Udp => Self::Tcp,
        }
    }
}

/// One of the two ends of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The one that listens.
    Server,
    /// The one that begins.
    Client,
}

impl Side {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// The one that it talks with.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }
}

/// The language of an implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Language {
    /// The programs of this workspace.
    Rust,
    /// Their counterparts in `LAB/python`.
    Python,
}

impl Language {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Rust, Self::Python];

    /// As a person writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_numbered_from_1_on_and_each_has_a_name_of_its_own() {
        assert!(
            PAIRS
                .iter()
                .map(|pair| pair.number)
                .eq((1..).take(PAIRS.len()))
        );
        let mut names: Vec<_> = PAIRS.iter().map(Pair::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), PAIRS.len());
    }

    #[test]
    fn a_lab_is_one_although_a_program_of_its_own_comes_last() {
        let labs = labs();
        assert_eq!(labs.len(), 7);
        assert_eq!(
            (labs[0], labs[2], labs[6]),
            ("echo-tcp", "ntp", "socketserver-demo")
        );
    }

    #[test]
    fn a_package_a_number_and_a_name_select_programs() {
        let names = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            select(&words).map(|found| found.iter().map(|p| p.number).collect::<Vec<_>>())
        };
        assert_eq!(names(&["qq-chat", "ftp-simple"]).unwrap(), [12, 13, 14, 22]);
        assert_eq!(names(&["echo-udp/talk", "11"]).unwrap(), [6, 11]);
        assert_eq!(names(&[]).unwrap().len(), PAIRS.len());
        assert!(
            names(&["ftp"])
                .unwrap_err()
                .to_string()
                .contains("cargo lab list")
        );
    }
}
