//! A server and a client that talk, and what both printed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use regex_lite::Regex;

use crate::host::{CannotBeSeen, sockets};
use crate::pairs::{Language, Pair, Session, Side};
use crate::run::executables;
use crate::run::interrupt::Folder;
use crate::run::process::{PATIENCE, Process};

/// What both sides printed, masked by [`mask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcripts {
    /// The server's stdout.
    pub server: String,
    /// The client's stdout.
    pub client: String,
    /// What is wrong besides: exit status, files, traces of a crash.
    pub complaints: Vec<String>,
    /// What came on both screens, in its order; what was typed, if it was typed at prompts.
    pub screens: Vec<Moment>,
}

/// Runs a program's session with the given languages.
pub fn run(
    program: &Pair,
    server: Language,
    client: Language,
    typing: Typing,
) -> Result<Transcripts> {
    let server = executables::command(program, Side::Server, server)?;
    let client = executables::command(program, Side::Client, client)?;
    hold_as(&(program.session)(), server, client, typing, Ok)
}

/// Holds a session between any two programs that take our flags.
pub fn hold(session: &Session, server: Command, client: Command) -> Result<Transcripts> {
    hold_as(session, server, client, Typing::Ahead, Ok)
}

/// When what is typed is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// At once: a program reads its next line when it is ready for it.
    Ahead,
    /// A line at a time, as a person does: when the program has asked for it.
    AtPrompts,
}

/// Something on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub when: Instant,
    /// On whose.
    pub side: Side,
    /// What.
    pub text: String,
    /// Whether it was typed there, or printed.
    pub typed: bool,
}

/// As [`hold`], where the client is told another port than the server's: that which `relay` answers.
pub fn hold_as(
    session: &Session,
    mut server: Command,
    mut client: Command,
    typing: Typing,
    relay: impl FnOnce(u16) -> Result<u16>,
) -> Result<Transcripts> {
    let folder = prepare(&session.files)?;
    server.args(["--port", "0"]).env("TZ", "UTC");
    server.args(
        session
            .server
            .args
            .iter()
            .map(|arg| fill_in(arg, 0, folder.path())),
    );
    let mut server = Process::start(&mut server)?;
    let port = server
        .ready(PATIENCE)
        .context("the server is not ready")?
        .port();
    let port = relay(port)?;

    client.args(["--port", &port.to_string()]).env("TZ", "UTC");
    client.args(
        session
            .client
            .args
            .iter()
            .map(|arg| fill_in(arg, port, folder.path())),
    );
    let mut client = Process::start(&mut client)?;

    let mut typed = Vec::new();
    let peer = match typing {
        Typing::Ahead => {
            type_ahead(&mut server, &session.server.input).context("the server reads no input")?;
            type_ahead(&mut client, &session.client.input).context("the client reads no input")?;
            let shown = session.server.transcript.contains("{peer}");
            let peer = shown.then(|| own_port(&mut client)).transpose()?;
            client.end_input();
            peer.flatten()
        }
        Typing::AtPrompts if session.at_any_time => {
            type_ahead(&mut client, &session.client.input).context("the client reads no input")?;
            typed.push(typed_now(Side::Client, &session.client.input));
            client.end_input();
            None
        }
        Typing::AtPrompts => {
            let inputs = (&session.server.input, &session.client.input);
            typed = thread::scope(|scope| {
                let beside = scope.spawn(|| type_at_prompts(&mut server, Side::Server, inputs.0));
                let mut typed = type_at_prompts(&mut client, Side::Client, inputs.1);
                client.end_input();
                typed.extend(beside.join().unwrap_or_default());
                typed
            });
            None
        }
    };

    let mut complaints = Vec::new();
    match client.wait(PATIENCE)? {
        None => complaints.push("the client did not end".to_owned()),
        Some(status) if !status.success() => {
            let stderr = client.stderr().text();
            complaints.push(format!(
                "the client ended with {status}: {}",
                stderr.trim_end()
            ));
        }
        Some(_) => {}
    }
    // The client's end says nothing about the server's last line.
    let expected = session.server.transcript.as_str();
    let lines = |text: &str| text.matches('\n').count();
    if !expected.is_empty() {
        server.stdout().wait_for(PATIENCE, |text| {
            let all = expected.ends_with('\n') && lines(text) >= lines(expected);
            (all || mask(text, port, peer) == expected).then_some(())
        });
    }
    complaints.extend(end(&mut server, session.server_ends, typing)?);
    for (side, process) in [("server", &server), ("client", &client)] {
        let stderr = process.stderr().text();
        if ["Traceback", "panicked", "RUST_BACKTRACE"]
            .iter()
            .any(|trace| stderr.contains(trace))
        {
            complaints.push(format!("the {side} crashed:\n{stderr}"));
        }
    }
    for (sent, stored) in &session.equal_files {
        let read = |path: &str| fs::read(folder.path().join(path));
        match (read(sent), read(stored)) {
            (Ok(sent), Ok(stored)) if sent == stored => {}
            (Ok(_), Ok(_)) => complaints.push(format!("{stored} differs from {sent}")),
            _ => complaints.push(format!("{stored} did not arrive")),
        }
    }
    Ok(Transcripts {
        server: mask(&server.stdout().text(), port, peer),
        client: mask(&client.stdout().text(), port, peer),
        complaints,
        screens: screens(typed, &server, &client),
    })
}

fn type_ahead(process: &mut Process, input: &str) -> io::Result<()> {
    match input {
        "" => Ok(()), // a program that does not read may have ended
        input => process.type_text(input),
    }
}

/// Types each line when the program's screen has an unfinished line that was not there before, and waits
/// for the client's next such line at the end, where its input ends. Tells what was typed.
fn type_at_prompts(process: &mut Process, side: Side, input: &str) -> Vec<Moment> {
    let mut typed = Vec::new();
    let mut seen = 0;
    // A server does not ask again before somebody else has spoken.
    let end = (side == Side::Client && !input.is_empty()).then_some("");
    for line in input.split_inclusive('\n').chain(end) {
        let asks = |text: &str| (text.len() > seen && !text.ends_with('\n')).then_some(text.len());
        // One that does not ask gets its line all the same.
        seen = process.stdout().wait_for(PATIENCE, asks).unwrap_or(seen);
        typed.push(typed_now(side, line));
        // It may have ended: its transcript shows that.
        let _ = type_ahead(process, line);
    }
    typed
}

fn typed_now(side: Side, text: &str) -> Moment {
    Moment {
        when: Instant::now(),
        side,
        text: text.to_owned(),
        typed: true,
    }
}

/// What was typed and what was printed, in its order.
fn screens(typed: Vec<Moment>, server: &Process, client: &Process) -> Vec<Moment> {
    let mut screens = typed;
    for (side, process) in [(Side::Server, server), (Side::Client, client)] {
        let moment = |(when, text)| Moment {
            when,
            side,
            text,
            typed: false,
        };
        screens.extend(process.stdout().pieces().into_iter().map(moment));
    }
    screens.sort_by_key(|moment| moment.when);
    screens
}

/// The port of a client's socket, as soon as it has one. None where the system does not tell, and
/// of a client that has ended before it could be asked.
fn own_port(client: &mut Process) -> Result<Option<u16>> {
    let mut port = None;
    let asked = sockets::wait_until("the client's socket has a port", || {
        port = sockets::port_of(client.id())?;
        Ok(port.is_some() || client.wait(Duration::ZERO)?.is_some())
    });
    match asked {
        Err(error) if !error.is::<CannotBeSeen>() => Err(error),
        _ => Ok(port),
    }
}

/// Ends a server, or sees it end by itself, and tells what is wrong with that.
///
/// A person whose Ctrl-C does nothing presses it again. It may do nothing under strace: while that has
/// stopped Python's main thread the signal goes to another one, which leaves it to the main thread.
fn end(server: &mut Process, by_itself: bool, typing: Typing) -> Result<Option<String>> {
    let (way, right): (_, fn(ExitStatus) -> bool) = if by_itself {
        ("by itself, with status 0", |status| status.success())
    } else {
        server.interrupt();
        if typing == Typing::AtPrompts && server.wait(PATIENCE / 4)?.is_none() {
            server.interrupt();
        }
        ("at Ctrl-C, by the signal SIGINT", died_by_interrupt)
    };
    Ok(match server.wait(PATIENCE)? {
        Some(status) if right(status) => None,
        Some(status) => Some(format!("the server did not end {way}, but with {status}")),
        None => Some(format!("the server did not end {way}")),
    })
}

/// Whether a program has died as a shell expects of one that Ctrl-C ended: it may catch the signal,
/// and then sends it to itself.
#[cfg(unix)]
fn died_by_interrupt(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::INT.as_raw())
}

/// Where there are no signals it was ended otherwise, and the status is the system's.
#[cfg(not(unix))]
fn died_by_interrupt(_status: ExitStatus) -> bool {
    true
}

fn prepare(files: &[(&str, Vec<u8>)]) -> Result<Folder> {
    let folder = Folder::new("lab-")?;
    for (path, content) in files {
        let path: PathBuf = folder.path().join(path);
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            fs::create_dir_all(&path)?;
        } else if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
            fs::write(&path, content)?;
        } else {
            bail!("{} is no path", path.display());
        }
    }
    Ok(folder)
}

fn fill_in(text: &str, port: u16, folder: &Path) -> String {
    text.replace("{port}", &port.to_string())
        .replace("{dir}", &folder.display().to_string())
}

/// Masks what differs from run to run: ephemeral ports, descriptors, durations.
///
/// `port` is the server's and becomes `{port}`; `peer` is the client's own and becomes `{peer}`. Any
/// other port in an address stays as it is. Where `peer` is not known it is the first of those: the
/// client must at least be shown with the same one everywhere.
#[must_use]
pub fn mask(text: &str, port: u16, peer: Option<u16>) -> String {
    let (port, mut peer) = (port.to_string(), peer.map(|peer| peer.to_string()));
    let masks = [
        (r"\('127\.0\.0\.1', (\d+)\)", "('127.0.0.1', ", ")"),
        (r"\[127\.0\.0\.1:(\d+)\]", "[127.0.0.1:", "]"),
    ];
    let mut text = text.to_owned();
    for (pattern, before, after) in masks {
        // The patterns are constants, and a test runs each.
        let Ok(pattern) = Regex::new(pattern) else {
            continue;
        };
        text = pattern
            .replace_all(&text, |found: &regex_lite::Captures| {
                let shown = &found[1];
                let name = if shown == port {
                    "{port}"
                } else if shown == peer.get_or_insert_with(|| shown.to_owned()) {
                    "{peer}"
                } else {
                    shown
                };
                format!("{before}{name}{after}")
            })
            .into_owned();
    }
    for (pattern, with) in [
        (r"fd=\d+", "fd={fd}"),
        // Up to 3.10 Python shows a socket's family and type by name.
        (
            r"AddressFamily\.AF_INET, type=SocketKind\.SOCK_DGRAM",
            "2, type=2",
        ),
        (r"共计用时:\d+\.\d{3}s", "共计用时:{seconds}s"),
        (
            r"offset [+-]\d+\.\d{6} s, delay \d+\.\d{6} s, error \d+\.\d{6} s",
            "offset {seconds} s, delay {seconds} s, error {seconds} s",
        ),
    ] {
        let Ok(pattern) = Regex::new(pattern) else {
            continue;
        };
        text = pattern
            .replace_all(&text, regex_lite::NoExpand(with))
            .into_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_ports_descriptors_and_durations_are_masked() {
        let shown =
            "msg=b'8080' addr=('127.0.0.1', 53814) 来自[127.0.0.1:8080]的 fd=7 共计用时:0.012s";
        assert_eq!(
            mask(shown, 8080, Some(53814)),
            "msg=b'8080' addr=('127.0.0.1', {peer}) 来自[127.0.0.1:{port}]的 fd={fd} 共计用时:{seconds}s"
        );
    }

    #[test]
    fn a_port_that_is_nobodys_is_shown() {
        let shown = "('127.0.0.1', 53814) ('127.0.0.1', 13778) [127.0.0.1:8080]";
        let of_another = "('127.0.0.1', 53814) ('127.0.0.1', {peer}) [127.0.0.1:{port}]";
        assert_eq!(mask(shown, 8080, Some(13778)), of_another);
        // Not known: it can only be the same everywhere.
        let another = "('127.0.0.1', {peer}) ('127.0.0.1', 13778) [127.0.0.1:{port}]";
        assert_eq!(mask(shown, 8080, None), another);
    }

    #[test]
    fn a_socket_is_the_same_in_all_versions_of_python() {
        let until_3_10 = "<socket.socket fd=3, family=AddressFamily.AF_INET, type=SocketKind.SOCK_DGRAM, proto=0>";
        let since_3_11 = "<socket.socket fd=3, family=2, type=2, proto=0>";
        assert_eq!(mask(until_3_10, 8080, None), mask(since_3_11, 8080, None));
    }
}
