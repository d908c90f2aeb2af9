//! A server and a client that talk, and what both printed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use regex_lite::Regex;

use crate::pairs::{Language, Program, Side};
use crate::run::executables;
use crate::run::interrupt::Folder;
use crate::run::process::{PATIENCE, Process};

/// What both sides printed, masked by [`mask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The server's stdout.
    pub server: String,
    /// The client's stdout.
    pub client: String,
    /// What is wrong besides: exit status, files, traces of a crash.
    pub complaints: Vec<String>,
}

/// Runs a program's session with the given languages.
///
/// # Errors
///
/// When a side cannot be started or the server does not become ready.
pub fn run(program: &Program, server: Language, client: Language) -> Result<Outcome> {
    let session = (program.session)();
    let folder = prepare(&session.files)?;

    let mut command = executables::command(program, Side::Server, server)?;
    command.args(["--port", "0"]).env("TZ", "UTC");
    command.args(
        session
            .server
            .args
            .iter()
            .map(|arg| fill_in(arg, 0, folder.path())),
    );
    let mut server = Process::start(&mut command)?;
    let port = server
        .ready(PATIENCE)
        .context("the server is not ready")?
        .port();

    let mut command = executables::command(program, Side::Client, client)?;
    command.args(["--port", &port.to_string()]).env("TZ", "UTC");
    command.args(
        session
            .client
            .args
            .iter()
            .map(|arg| fill_in(arg, port, folder.path())),
    );
    let mut client = Process::start(&mut command)?;

    // Typed ahead: a program reads its next line when it is ready for it.
    server
        .type_text(&session.server.input)
        .context("the server does not read its input")?;
    client
        .type_text(&session.client.input)
        .context("the client does not read its input")?;
    client.end_input();

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
    server.stdout().wait_for(PATIENCE, |text| {
        (mask(text, port) == expected).then_some(())
    });
    server.interrupt();
    if server.wait(PATIENCE)?.is_none() {
        complaints.push("the server did not end at Ctrl-C".to_owned());
    }
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
    Ok(Outcome {
        server: mask(&server.stdout().text(), port),
        client: mask(&client.stdout().text(), port),
        complaints,
    })
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
/// `port` is the server's and becomes `{port}`; any other port in an address becomes `{peer}`.
#[must_use]
pub fn mask(text: &str, port: u16) -> String {
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
                let name = if found[1] == port.to_string() {
                    "{port}"
                } else {
                    "{peer}"
                };
                format!("{before}{name}{after}")
            })
            .into_owned();
    }
    for (pattern, with) in [
        (r"fd=\d+", "fd={fd}"),
        (r"共计用时:\d+\.\d{3}s", "共计用时:{seconds}s"),
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
    fn only_ports_descriptors_and_durations_are_masked() {
        let shown =
            "msg=b'8080' addr=('127.0.0.1', 53814) 来自[127.0.0.1:8080]的 fd=7 共计用时:0.012s";
        assert_eq!(
            mask(shown, 8080),
            "msg=b'8080' addr=('127.0.0.1', {peer}) 来自[127.0.0.1:{port}]的 fd={fd} 共计用时:{seconds}s"
        );
    }
}
