//! Reads the lines that strace wrote.

use std::collections::BTreeMap;
use std::path::Path;

use addr2line::Loader;

use super::readable::{outcome, readable, strings, time_limit};
use super::{Seen, Watched};
use crate::trace::cause;
use crate::trace::event::{Call, What};

/// Reads strace's lines in their order.
pub(super) struct Reader<'a> {
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

impl<'a> Reader<'a> {
    pub(super) fn new(watched: &'a Watched) -> Self {
        Self {
            watched,
            stacks: Loader::new(&watched.executable).ok(),
            begun: BTreeMap::new(),
            at: BTreeMap::new(),
            has_stack: false,
            first: None,
            seen: Vec::new(),
        }
    }

    /// What was seen in all of the lines, when the last is read.
    pub(super) fn end(mut self) -> Vec<Seen> {
        for (thread, (time, begin)) in std::mem::take(&mut self.begun) {
            self.call(thread, time, &(begin + ") = ?"));
        }
        self.seen
    }

    /// The next line.
    pub(super) fn read(&mut self, line: &str) {
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
            // Python's `input` with an empty prompt.
            ("write" | "writev", "1" | "2") if result == "0" => return,
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
