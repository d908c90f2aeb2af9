//! Checks that an exercise writes down as a script: a step a line, who does what.
//!
//! `cargo lab exercises --help` and the README of this package have the language.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::str::Chars;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result as Anyhow, bail, ensure};

use crate::check::catalogue::clients::client;
use crate::check::catalogue::service::Service;
use crate::check::catalogue::wire::{frame, write};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::listener::Listener;
use crate::check::engine::program::Program;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Manner, Result, Stop};
use crate::pairs::{Side, Transport};

/// How long nothing must come where a script says so.
const SILENCE: Duration = Duration::from_millis(300);

/// The checker's end, where the program under test is a client.
const SERVER: &str = "server";

/// What is done, and what must follow.
#[derive(Debug)]
pub(crate) struct Script {
    /// What lies in the check's folder before the program starts.
    files: BTreeMap<PathBuf, Vec<u8>>,
    steps: Vec<Step>,
}

/// A line of a script.
#[derive(Debug)]
struct Step {
    line: String,
    deed: Deed,
}

#[derive(Debug, PartialEq, Eq)]
enum Deed {
    /// One of the checker's ends does something, or something happens to it.
    Peer(String, Act),
    Type(String),
    Shows(String),
    Holds(PathBuf, Vec<u8>),
    Missing(PathBuf),
    Ends,
    GoesOn,
    Restart,
}

#[derive(Debug, PartialEq, Eq)]
enum Act {
    Connects,
    Sends(Vec<u8>),
    Receives(Vec<u8>),
    ReceivesNothing,
    IsClosed,
    Closes,
    Resets,
    Finishes,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// When a line is no step; the error tells which.
    pub(crate) fn parse(files: &BTreeMap<PathBuf, String>, text: &str) -> Anyhow<Self> {
        let files = files.iter().map(|(path, content)| {
            let content = value(content).with_context(|| path.display().to_string())?;
            Ok((path.clone(), content))
        });
        let lines = text.lines().map(str::trim);
        let steps = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let deed = deed(line).with_context(|| format!("the step {line:?}"))?;
                let line = line.to_owned();
                Ok(Step { line, deed })
            });
        Ok(Self {
            files: files.collect::<Anyhow<_>>()?,
            steps: steps.collect::<Anyhow<_>>()?,
        })
    }

    /// Does it.
    pub(crate) fn run(&self, context: &Context) -> Result {
        let side = context.side();
        let mut stage = match side {
            Side::Server => Stage::of_a_server(context, self)?,
            Side::Client => Stage::of_a_client(context, self)?,
        };
        for Step { line, deed } in &self.steps {
            stage
                .perform(deed)
                .map_err(|stop| stop.while_(&format!("in the step `{line}`")))?;
        }
        Ok(())
    }

    fn lay_files(&self, context: &Context) -> Result {
        for (path, content) in &self.files {
            if let Some(folder) = path.parent() {
                context.make_folder(&folder.to_string_lossy())?;
            }
            write(&context.folder().join(path), content)?;
        }
        Ok(())
    }
}

/// A script while it is done: the program under test, and the checker's ends.
struct Stage<'a> {
    context: &'a Context<'a>,
    subject: Subject<'a>,
    streams: BTreeMap<String, Stream>,
    datagrams: BTreeMap<String, Datagrams>,
}

enum Subject<'a> {
    Server(Server, Service<'a>),
    Client(Program, Option<Listener>),
}

impl<'a> Stage<'a> {
    fn of_a_server(context: &'a Context<'a>, script: &Script) -> Result<Self> {
        let service = Service::new(context)?;
        script.lay_files(context)?;
        let server = service.start()?;
        Ok(Self::new(context, Subject::Server(server, service)))
    }

    fn of_a_client(context: &'a Context<'a>, script: &Script) -> Result<Self> {
        script.lay_files(context)?;
        if context.pair().transport == Transport::Udp {
            let server = context.bind()?;
            let program = client::launch(context, &[], server.local()?)?;
            let mut stage = Self::new(context, Subject::Client(program, None));
            stage.datagrams.insert(SERVER.to_owned(), server);
            return Ok(stage);
        }
        let listener = context.listen()?;
        let program = client::launch(context, &[], listener.address())?;
        Ok(Self::new(context, Subject::Client(program, Some(listener))))
    }

    fn new(context: &'a Context<'a>, subject: Subject<'a>) -> Self {
        Self {
            context,
            subject,
            streams: BTreeMap::new(),
            datagrams: BTreeMap::new(),
        }
    }

    fn program(&mut self) -> Result<&mut Program> {
        match &mut self.subject {
            Subject::Server(server, _) => server.program(),
            Subject::Client(program, _) => Ok(program),
        }
    }

    fn perform(&mut self, deed: &Deed) -> Result {
        match deed {
            Deed::Peer(name, act) => match self.context.pair().transport {
                Transport::Tcp => self.stream(name, act),
                Transport::Udp => self.datagrams(name, act),
            },
            Deed::Type(line) => self.program()?.type_line(line),
            Deed::Shows(text) => self.program()?.await_screen(text).map(drop),
            Deed::Holds(path, content) => self.expect_file(path, content),
            Deed::Missing(path) => {
                if self.context.folder().join(path).symlink_metadata().is_ok() {
                    let expected = format!("there is no {}", path.display());
                    return Err(self.context.fail(expected, "there is one"));
                }
                Ok(())
            }
            Deed::Ends => self.program()?.expect_end().and_then(|status| {
                let error = || {
                    self.context
                        .fail("the program ends with status 0", status.to_string())
                };
                status.success().then_some(()).ok_or_else(error)
            }),
            Deed::GoesOn => self.program()?.expect_idle(),
            Deed::Restart => self.restart(),
        }
    }

    /// The stream of this name: a client that connects when it is first mentioned, or a client's server, who accepts.
    fn open(&mut self, name: &str) -> Result<&mut Stream> {
        if !self.streams.contains_key(name) {
            let stream = match &self.subject {
                Subject::Server(server, _) => server.connect()?,
                Subject::Client(_, Some(listener)) => listener.accept()?,
                Subject::Client(_, None) => return Err(not_possible("a stream over UDP")),
            };
            self.streams.insert(name.to_owned(), stream);
        }
        self.streams
            .get_mut(name)
            .ok_or_else(|| not_possible("a stream that is gone"))
    }

    fn stream(&mut self, name: &str, act: &Act) -> Result {
        let stream = self.open(name)?;
        match act {
            Act::Connects => Ok(()),
            Act::Sends(bytes) => stream.send(bytes),
            Act::Receives(bytes) => stream.expect(bytes),
            Act::ReceivesNothing => stream.expect_silence(SILENCE),
            Act::IsClosed => match stream.receive_to_close()? {
                rest if rest.is_empty() => Ok(()),
                rest => Err(self
                    .context
                    .fail(
                        "the program closes the connection, and says nothing before",
                        common::notation::bytes(&rest),
                    )
                    .in_manner(Manner::TooMuch)),
            },
            Act::Finishes => {
                stream.finish_sending();
                Ok(())
            }
            Act::Closes | Act::Resets => {
                if let Some(stream) = self.streams.remove(name) {
                    if *act == Act::Closes {
                        stream.close();
                    } else {
                        stream.reset();
                    }
                }
                Ok(())
            }
        }
    }

    fn datagrams(&mut self, name: &str, act: &Act) -> Result {
        if !self.datagrams.contains_key(name) {
            let Subject::Server(server, _) = &self.subject else {
                return Err(not_possible("a second server"));
            };
            self.datagrams.insert(name.to_owned(), server.datagrams()?);
        }
        let Some(socket) = self.datagrams.get_mut(name) else {
            return Err(not_possible("a socket that is gone"));
        };
        match act {
            Act::Connects => Ok(()),
            Act::Sends(bytes) => socket.send(bytes),
            Act::Receives(bytes) => socket.expect(bytes),
            Act::ReceivesNothing => socket.expect_silence(SILENCE),
            Act::Closes => {
                self.datagrams.remove(name);
                Ok(())
            }
            Act::IsClosed | Act::Resets | Act::Finishes => {
                Err(not_possible("the end of a connection over UDP"))
            }
        }
    }

    fn expect_file(&mut self, path: &PathBuf, content: &[u8]) -> Result {
        let full = self.context.folder().join(path);
        let limit = self.context.limit();
        loop {
            let found = fs::read(&full);
            if found.as_ref().is_ok_and(|found| found == content) {
                return Ok(());
            }
            if std::time::Instant::now() > limit {
                let expected = format!("{} holds {} bytes", path.display(), content.len());
                let (happened, manner) = match found {
                    Ok(found) => (
                        format!("it holds {} bytes", found.len()),
                        Manner::differs(content, &found),
                    ),
                    Err(error) => (error.to_string(), Manner::Otherwise),
                };
                return Err(self.context.fail(expected, happened).in_manner(manner));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn restart(&mut self) -> Result {
        let Subject::Server(server, service) = &mut self.subject else {
            return Err(not_possible("starting a client again"));
        };
        let port = server.address().port();
        server.program()?.kill()?;
        self.streams.clear();
        self.datagrams.clear();
        *server = service.start_as(service.launch().port(port).again())?;
        Ok(())
    }
}

/// A mistake in a script, which `exercises verify` finds.
fn not_possible(what: &str) -> Stop {
    Stop::NotJudged(format!("the exercise's script asks for {what}"))
}

fn deed(line: &str) -> Anyhow<Deed> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    Ok(match (first, rest) {
        ("restart", "") => Deed::Restart,
        ("program", "ends") => Deed::Ends,
        ("program", "goes on") => Deed::GoesOn,
        ("type", text) => Deed::Type(text_of(text)?),
        ("screen", rest) => {
            let text = rest
                .strip_prefix("shows ")
                .context("`screen shows 'text'`")?;
            Deed::Shows(text_of(text)?)
        }
        ("file", rest) => {
            let mut chars = rest.chars();
            let path: PathBuf = String::from_utf8(literal(&mut chars)?)?.into();
            match chars.as_str().trim() {
                "is missing" => Deed::Missing(path),
                rest => {
                    let content = rest
                        .strip_prefix("holds ")
                        .context("`file 'path' holds VALUE`, or `is missing`")?;
                    Deed::Holds(path, value(content)?)
                }
            }
        }
        (name, rest) => Deed::Peer(name.to_owned(), act(rest)?),
    })
}

fn act(text: &str) -> Anyhow<Act> {
    Ok(match text {
        "connects" => Act::Connects,
        "closes" => Act::Closes,
        "resets" => Act::Resets,
        "finishes" => Act::Finishes,
        "is closed" => Act::IsClosed,
        "receives nothing" => Act::ReceivesNothing,
        _ => match text.split_once(' ') {
            Some(("sends", rest)) => Act::Sends(value(rest)?),
            Some(("receives", rest)) => Act::Receives(value(rest)?),
            _ => bail!("nobody can do that"),
        },
    })
}

fn text_of(text: &str) -> Anyhow<String> {
    Ok(String::from_utf8(value(text)?)?)
}

/// The bytes that literals and frames after each other are.
fn value(text: &str) -> Anyhow<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str().trim_start();
        if rest.is_empty() {
            return Ok(bytes);
        }
        chars = rest.chars();
        if let Some(rest) = rest.strip_prefix("frame ") {
            chars = rest.trim_start().chars();
            let header = String::from_utf8(literal(&mut chars)?)?;
            chars = chars.as_str().trim_start().chars();
            bytes.extend(frame(&header, &literal(&mut chars)?));
        } else {
            bytes.extend(literal(&mut chars)?);
        }
    }
}

/// The bytes of the literal with which `chars` begin, such as `'a\x00'` or `'x'*10`.
fn literal(chars: &mut Chars) -> Anyhow<Vec<u8>> {
    ensure!(chars.next() == Some('\''), "a literal begins with '");
    let mut bytes = Vec::new();
    loop {
        match chars.next().context("a literal ends with '")? {
            '\'' => break,
            '\\' => bytes.push(match chars.next().context("a literal ends with '")? {
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'x' => {
                    let digits: String = chars.take(2).collect();
                    u8::from_str_radix(&digits, 16).with_context(|| format!("\\x{digits}"))?
                }
                c @ ('\\' | '\'') => c as u8,
                other => bail!("\\{other} is no escape"),
            }),
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if let Some(rest) = chars.as_str().strip_prefix('*') {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        bytes = bytes.repeat(rest[..end].parse().context("a number after *")?);
        *chars = rest[end..].chars();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_frames_become_bytes() {
        for (text, bytes) in [
            (r"'a\x00\n\'' ", &b"a\0\n'"[..]),
            ("'ab'*3 'c'", b"abababc"),
            ("frame '{}' 'x'*2 ''", b"\x02\0\0\0{}xx"),
            ("'é'", "é".as_bytes()),
        ] {
            assert_eq!(value(text).unwrap(), bytes, "{text}");
        }
        for text in ["a", "'a", r"'\q'", "'a'*", r"'\xg0'"] {
            assert!(value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_is_a_step() {
        let hi = || b"hi".to_vec();
        for (line, expected) in [
            ("a sends 'hi'", Deed::Peer("a".into(), Act::Sends(hi()))),
            ("b is closed", Deed::Peer("b".into(), Act::IsClosed)),
            ("type 'hi'", Deed::Type("hi".into())),
            ("screen shows 'hi'", Deed::Shows("hi".into())),
            ("file 'a b' holds 'hi'", Deed::Holds("a b".into(), hi())),
            ("file 'x' is missing", Deed::Missing("x".into())),
            ("program goes on", Deed::GoesOn),
        ] {
            assert_eq!(deed(line).unwrap(), expected, "{line}");
        }
        for line in [
            "a says 'hi'",
            "file 'x' has 'y'",
            "program runs",
            "screen 'x'",
        ] {
            assert!(deed(line).is_err(), "{line}");
        }
    }
}
