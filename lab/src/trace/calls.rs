//! The system calls of a program, as `strace` tells them.
//!
//! Which numbered step made a call: of a Rust program strace prints the stack at each call, and the
//! debug information tells the source lines; Python runs under `mark_lines.py`, which marks each line
//! that calls something by a write to the descriptor -1, which fails and is seen.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use addr2line::Loader;
use anyhow::{Context, Result};
use common::notation;
use regex_lite::Regex;

use super::cause;
use super::event::{Call, What};
use crate::pairs::Language;
use crate::steps::Source;

/// Runs a Python program and marks its lines.
const MARK_LINES: &str = include_str!("mark_lines.py");

/// The calls that strace is to tell. `read` and `write` are the screen and the keyboard too.
const CALLS: &str = "trace=%network,read,readv,write,writev,close,sendfile";

/// What strace can do here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strace {
    /// Whether it prints the stack at each call.
    stacks: bool,
}

/// A program under strace, before it starts.
#[derive(Debug)]
pub(super) struct Watched {
    /// The command that starts it.
    pub command: Command,
    log: PathBuf,
    executable: PathBuf,
    sources: Vec<Source>,
}

/// Something that strace saw, with its time in nanoseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// When it counts as happened: a call that receives when it returned, any other when it began.
    pub time: u64,
    /// The step that did it.
    pub step: Option<u32>,
    /// What happened.
    pub what: What,
}

impl Strace {
    /// Looks whether there is a strace and whether it may look into programs here. The error says what
    /// is missing.
    pub(super) fn find() -> Result<Self, String> {
        let version = Command::new("strace").arg("-V").output();
        let Ok(version) = version else {
            return Err("not seen: socket calls and steps; install strace (Linux)".to_owned());
        };
        let mut probe = Command::new("strace");
        probe.args(["-qq", "-o", "/dev/null", "true"]);
        let probed = probe.stdin(Stdio::null()).stdout(Stdio::null()).output();
        if !probed.is_ok_and(|probed| probed.status.success()) {
            let why = "not seen: socket calls and steps; strace may not look into programs here (ptrace is not allowed)";
            return Err(why.to_owned());
        }
        let stacks = String::from_utf8_lossy(&version.stdout).contains("stack-trace=");
        Ok(Self { stacks })
    }

    /// What it cannot tell here.
    #[must_use]
    pub(super) fn lacks(self) -> Option<&'static str> {
        let lack =
            "not seen: the steps of Rust programs; this strace is built without stack traces";
        (!self.stacks).then_some(lack)
    }

    /// Has `command` run under strace. `folder` keeps the log.
    pub(super) fn watch(
        self,
        command: &Command,
        language: Language,
        sources: Vec<Source>,
        folder: &Path,
        name: &str,
    ) -> Result<Watched> {
        let log = folder.join(format!("{name}.strace"));
        let mut traced = Command::new("strace");
        traced.args(["-f", "--seccomp-bpf", "-q", "-yy", "-xx", "-s", "65536"]);
        traced.args([
            "--absolute-timestamps=format:unix,precision:ns",
            "--syscall-times=ns",
        ]);
        traced.args(["-e", CALLS]);
        let mut words: Vec<OsString> = vec![command.get_program().into()];
        words.extend(command.get_args().map(Into::into));
        match language {
            Language::Rust if self.stacks && !sources.is_empty() => {
                traced.arg("-k");
            }
            Language::Rust => {}
            Language::Python => {
                let runner = folder.join("mark_lines.py");
                fs::write(&runner, MARK_LINES)?;
                words.insert(1, runner.into());
            }
        }
        traced.arg("-o").arg(&log).args(&words);
        let executable = PathBuf::from(&words[0]);
        Ok(Watched {
            command: traced,
            log,
            executable,
            sources,
        })
    }
}

impl Watched {
    /// What was seen, when the program has ended.
    pub(super) fn seen(&self) -> Result<Vec<Seen>> {
        let log = fs::read(&self.log).context("strace wrote nothing")?;
        let stacks = Loader::new(&self.executable).ok();
        let mut reader = Reader {
            watched: self,
            stacks,
            begun: BTreeMap::new(),
            at: BTreeMap::new(),
            has_stack: false,
            first: None,
            seen: Vec::new(),
        };
        for line in String::from_utf8_lossy(&log).lines() {
            reader.read(line);
        }
        for (thread, (time, begin)) in std::mem::take(&mut reader.begun) {
            reader.call(thread, time, &(begin + ") = ?"));
        }
        Ok(reader.seen)
    }

    /// The step in which a Python program's `with` closes a socket: the line that does it is that of the `with`.
    fn end_of_with(&self) -> Option<u32> {
        let mut pieces = self.sources.iter().flat_map(|source| &source.pieces);
        pieces
            .find(|piece| piece.title.starts_with("close: `with "))?
            .step
    }

    /// The step of a line of one of the program's sources, which a path may name from anywhere.
    fn step(&self, path: &str, line: usize) -> Option<u32> {
        let path = Path::new(path);
        let source = self
            .sources
            .iter()
            .find(|source| path.ends_with(&source.path))?;
        source.step_at(line)
    }
}

/// Reads strace's lines in their order.
struct Reader<'a> {
    watched: &'a Watched,
    stacks: Option<Loader>,
    /// The calls that have begun and not returned, by thread: when, and what the line said.
    begun: BTreeMap<u32, (u64, String)>,
    /// The step in which a thread of a Python program is.
    at: BTreeMap<u32, Option<u32>>,
    /// Whether the lines of a stack that come are of what was seen last.
    has_stack: bool,
    /// The program's first thread: its own.
    first: Option<u32>,
    seen: Vec<Seen>,
}

impl Reader<'_> {
    fn read(&mut self, line: &str) {
        if let Some(frame) = line.strip_prefix(" > ") {
            self.frame(frame);
            return;
        }
        self.has_stack = false;
        let words = || {
            let (thread, rest) = line.split_once(' ')?;
            let (time, rest) = rest.trim_start().split_once(' ')?;
            Some((thread.parse().ok()?, nanoseconds(time)?, rest))
        };
        let Some((thread, time, rest)) = words() else {
            return;
        };
        self.first.get_or_insert(thread);
        if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
            self.begun.insert(thread, (time, begin.to_owned()));
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let (Some((begin, text)), Some((_, end))) =
                (self.begun.remove(&thread), resumed.split_once(" resumed>"))
            else {
                return;
            };
            self.call(thread, begin, &(text + end));
        } else if let Some(how) = rest.strip_prefix("+++ ") {
            // A thread's end, or a child's, is not the program's.
            if *self.first.get_or_insert(thread) == thread {
                let how = how.trim_end_matches(" +++").to_owned();
                let what = What::Ended { how };
                self.seen.push(Seen {
                    time,
                    step: None,
                    what,
                });
            }
        } else {
            self.call(thread, time, rest);
        }
    }

    /// One frame of the stack of the call before: `path(function+0x1) [0xaddress]`.
    fn frame(&mut self, frame: &str) {
        let last = self.seen.last_mut().filter(|seen| seen.step.is_none());
        let Some(last) = last.filter(|_| self.has_stack) else {
            return;
        };
        let Some((path, rest)) = frame.split_once('(') else {
            return;
        };
        let address = rest
            .rsplit_once("[0x")
            .and_then(|(_, address)| u64::from_str_radix(address.trim_end_matches(']'), 16).ok());
        let (Some(stacks), Some(address)) = (&self.stacks, address) else {
            return;
        };
        if Path::new(path) != self.watched.executable {
            return;
        }
        // A frame's address is that after the call.
        let Ok(mut frames) = stacks.find_frames(address.saturating_sub(1)) else {
            return;
        };
        while let Ok(Some(frame)) = frames.next() {
            let Some(addr2line::Location {
                file: Some(file),
                line: Some(line),
                ..
            }) = frame.location
            else {
                continue;
            };
            last.step = self.watched.step(file, line as usize);
            if last.step.is_some() {
                return;
            }
        }
    }

    /// A whole call: `recvfrom(5<TCP:[…]>, "\x68", 65536, 0, NULL, NULL) = 1 <0.000013>`.
    fn call(&mut self, thread: u32, begun: u64, text: &str) {
        let parsed = || {
            let (name, rest) = text.split_once('(')?;
            let (arguments, result) = rest.rsplit_once(") = ")?;
            // A call in which the program was killed takes no time and returns nothing.
            let (result, took) = result.rsplit_once(" <").unwrap_or((result, "0.0>"));
            Some((
                name,
                arguments,
                result,
                nanoseconds(took.trim_end_matches('>'))?,
            ))
        };
        let Some((name, arguments, result, took)) = parsed() else {
            return;
        };
        let bytes = strings(arguments).next().unwrap_or_default();
        let descriptor = arguments.split(['<', ',']).next().unwrap_or_default();
        if name == "write" && descriptor == "-1" {
            let mark = String::from_utf8_lossy(&bytes).into_owned();
            // The innermost line that belongs to a step: a step may call a function of the program's own.
            let step = mark.rsplit_once(':').and_then(|(path, lines)| {
                let mut lines = lines.split(',').filter_map(|line| line.parse().ok());
                lines.find_map(|line| self.watched.step(path, line))
            });
            self.at.insert(thread, step);
            return;
        }
        let is_socket = arguments.strip_prefix(descriptor).is_some_and(|rest| {
            ["<TCP", "<UDP", "<socket:", "<RAW"]
                .iter()
                .any(|kind| rest.starts_with(kind))
        });
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        let what = match (name, descriptor) {
            ("read" | "readv", "0") => What::Typed { text: text() },
            ("write" | "writev", "1") => What::Printed {
                text: text(),
                stderr: false,
            },
            ("write" | "writev", "2") => What::Printed {
                text: text(),
                stderr: true,
            },
            ("read" | "readv" | "write" | "writev" | "close" | "sendfile", _) if !is_socket => {
                return;
            }
            ("socketpair", _) => return,
            _ => What::Call(Call {
                name: name.to_owned(),
                arguments: match time_limit(arguments, &bytes) {
                    Some(limit) => limit,
                    None => readable(arguments),
                },
                result: outcome(result),
                took,
            }),
        };
        let time = if cause::receives(name) {
            begun + took
        } else {
            begun
        };
        let mut step = self.at.get(&thread).copied().flatten();
        if name == "close" {
            step = self.watched.end_of_with().or(step);
        }
        self.seen.push(Seen { time, step, what });
        self.has_stack = true;
    }
}

/// `1795287100.671893021` as nanoseconds.
fn nanoseconds(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.')?;
    let part = format!("{part:0<9}");
    Some(whole.parse::<u64>().ok()? * 1_000_000_000 + part.get(..9)?.parse::<u64>().ok()?)
}

/// The strings among a call's arguments: `"\x68\x69"`.
fn strings(arguments: &str) -> impl Iterator<Item = Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(|digits| {
        let bytes = digits.split("\\x").skip(1);
        bytes
            .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
            .collect()
    })
}

/// What a call returned, for people: `5`, `-1 EPIPE (Broken pipe)`.
fn outcome(result: &str) -> String {
    match result.trim() {
        "?" => "the program was killed in it".to_owned(),
        result if result.starts_with("? ERESTART") => "interrupted by a signal".to_owned(),
        result => readable(result),
    }
}

/// The arguments of a call about a time limit, whose bytes are seconds and microseconds.
fn time_limit(arguments: &str, bytes: &[u8]) -> Option<String> {
    let (before, _) = arguments.split_once("TIMEO_OLD, ")?;
    let number = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let (seconds, microseconds) = (number(0)?, number(8)?);
    Some(format!(
        "{}TIMEO, {seconds}.{microseconds:06} s",
        readable(before)
    ))
}

/// What strace wrote, for people: descriptors as numbers, addresses as they are typed, bytes as
/// Python writes them, and without what is not used.
fn readable(arguments: &str) -> String {
    // What a peer sent is not to be taken for what strace wrote: while that is tidied, a mark
    // stands for each string.
    let mut text = String::new();
    let mut told = Vec::new();
    for (at, part) in arguments.split('"').enumerate() {
        if at % 2 == 0 {
            text.push_str(part);
            continue;
        }
        let bytes = strings(&format!("\"{part}\"")).next().unwrap_or_default();
        let is_address = ["inet_addr(", "inet_pton(AF_INET6, "]
            .iter()
            .any(|before| text.ends_with(before));
        if is_address {
            text.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            text.push(MARK);
            told.push(notation::bytes(&bytes));
        }
    }
    for (pattern, with) in tidying() {
        text = pattern.replace(&text, *with).into_owned();
    }
    let mut told = told.into_iter();
    let letters = text.chars().map(|letter| match letter {
        MARK => told.next().unwrap_or_default(),
        letter => letter.to_string(),
    });
    letters.collect()
}

/// What stands for a string in strace's text, which never has it itself.
const MARK: char = '\0';

/// What is changed in strace's text, in this order.
fn tidying() -> &'static [(Regex, &'static str)] {
    static TIDYING: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    TIDYING.get_or_init(|| {
        let rules = [
            // What a descriptor is.
            (r"(\d)<(TCP|UDP|RAW)[^\]]*\]>", "$1"),
            (r"(\d)<[^>]*>", "$1"),
            (
                r"\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\(([^)]*)\)\}",
                "$2:$1",
            ),
            (
                r"\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), (?:sin6_flowinfo=htonl\(\d+\), )?inet_pton\(AF_INET6, ([^,]*), &sin6_addr\)(?:, sin6_scope_id=\d+)?\}",
                "[$2]:$1",
            ),
            (r", 0x[0-9a-f]+, \[\d+\]", ""),
            // The lengths of addresses and options, flags that the libraries always set, and nothing.
            (r"\|(SOCK_CLOEXEC|MSG_NOSIGNAL)", ""),
            (r"SOCK_CLOEXEC|MSG_NOSIGNAL", "0"),
            (r", NULL, (NULL|0)$", ""),
            (r", 0$", ""),
            (r"(:\d+|\]|\}), \[?\d+( => \d+)?\]?$", "$1"),
        ];
        let compiled = rules.map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with)));
        compiled.into_iter().flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strace_writes_is_made_readable_and_what_was_sent_stays() {
        for (wrote, shown) in [
            (
                r#"5<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\x36\x3c\x37\x3e", 4, MSG_NOSIGNAL, NULL, 0"#,
                "5, b'6<7>', 4",
            ),
            (
                r#"3<UDP:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("\x31\x2e\x32")}, 16"#,
                "3, 1.2:80",
            ),
            (
                "3<TCP:[1]>, SOL_SOCKET, SO_REUSEADDR, [1], 4",
                "3, SOL_SOCKET, SO_REUSEADDR, [1]",
            ),
            ("3<TCP:[1]>, 5", "3, 5"),
            (
                "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP",
                "AF_INET, SOCK_STREAM, IPPROTO_IP",
            ),
        ] {
            assert_eq!(readable(wrote), shown);
        }
    }
}
