//! Framed exchange: how many frames a second go back and forth between the real programs.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::load;
use crate::bench::measure::{Contender, Figure, OneProcessor, interleave_one};
use crate::bench::report::{BARE, PYTHON, RUST, Row, Target, number};
use crate::bench::setting::{Server, Setting, bare, command, sides, start_bare, start_server};
use crate::pairs::Side;

const FRAMED_ECHO: u8 = 20;
const BODY: &str = "hello world!";

const LESSON: &str = "three writes";
const RUST_TO_PYTHON: &str = "Rust client, Python server";
const PYTHON_TO_RUST: &str = "Python client, Rust server";

/// How often the lesson's way is tried: 10 take most of a second.
const FEW: usize = 10;

/// A stall of 40 ms in each exchange would leave 25 a second at most; this is far from it.
const NO_STALL: f64 = 500.0;

/// How long a client may take. With that stall all its exchanges take 400 s, and the row tells of it.
const PATIENCE: Duration = Duration::from_mins(10);

/// Measures it.
///
/// # Errors
///
/// When the system does not let it choose a processor. What else fails is a figure's failure.
pub(crate) fn measure(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    let _one = OneProcessor::share()?;
    let exchanges = setting.either(10_000, 2_000);
    let pairing = |name, client_side: &'static str, server_side: &'static str| {
        let mut running = None;
        Contender::new(name, move || {
            let server = match &mut running {
                Some(server) => server,
                none => none.insert(server(server_side)?),
            };
            Ok([between(
                client(client_side)?,
                server.address,
                exchanges,
                PATIENCE,
            )?])
        })
    };
    let mut in_three = None;
    let mut contenders = vec![
        pairing(BARE, BARE, BARE),
        pairing(RUST, RUST, RUST),
        Contender::new(LESSON, || {
            let server = match &mut in_three {
                Some(server) => server,
                none => none.insert(reference("framed-in-three")?),
            };
            let started = Instant::now();
            load::frames_in_three(server.address, BODY.as_bytes(), FEW)?;
            Ok([per_second(FEW, started)])
        }),
    ];
    if sides().contains(&PYTHON) {
        contenders.push(pairing(PYTHON, PYTHON, PYTHON));
        contenders.push(pairing(RUST_TO_PYTHON, RUST, PYTHON));
        contenders.push(pairing(PYTHON_TO_RUST, PYTHON, RUST));
    }
    let figures = interleave_one(setting.either(7, 3), contenders);
    Ok(vec![Row {
        name: name.to_owned(),
        what: "frames back and forth in a second, our client with our server".to_owned(),
        unit: "1/s",
        notes: stalls(&figures),
        figures,
        target: Target::AtLeastTimes(0.85, BARE),
    }])
}

/// Which pairings show the 40 ms stall.
fn stalls(figures: &[Figure]) -> Vec<String> {
    let pairings = figures.iter().filter(|figure| figure.side != LESSON);
    let slow: Vec<String> = pairings
        .filter_map(|figure| Some((figure.side, figure.median()?)))
        .filter(|(_, rate)| *rate < NO_STALL)
        .map(|(side, rate)| format!("{side} STALLS: {} a second", number(rate)))
        .collect();
    if slow.is_empty() {
        vec!["no pairing stalls for 40 ms".to_owned()]
    } else {
        slow
    }
}

/// Starts the server of a side.
fn server(side: &str) -> Result<Server> {
    if side == BARE {
        reference("framed")
    } else {
        start_server(FRAMED_ECHO, side, &[])
    }
}

/// Starts a server that does the same system calls.
fn reference(name: &str) -> Result<Server> {
    let line = format!("收到客户端消息 {BODY}");
    start_bare(&[name, "--line", &line, "--answer", &BODY.to_uppercase()])
}

/// The client of a side, which still needs its port and its count.
fn client(side: &str) -> Result<Command> {
    if side == BARE {
        let line = BODY.to_uppercase();
        return bare(&["framed-client", "--message", BODY, "--line", &line]);
    }
    let mut client = command(FRAMED_ECHO, Side::Client, side)?;
    client.args(["--interval", "0"]);
    Ok(client)
}

/// Lets a client exchange frames with a server, and returns how many a second, from the first
/// printed answer to the last, so that its start does not count. After `limit` the client is ended.
fn between(mut client: Command, server: SocketAddr, count: usize, limit: Duration) -> Result<f64> {
    client
        .args(["--port", &server.port().to_string()])
        .args(["--count", &(count + 1).to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut client = client.spawn().context("the client does not start")?;
    let stdout = client.stdout.take().context("the client has no stdout")?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).split(b'\n').map_while(Result::ok);
        let first = lines.next();
        let started = Instant::now();
        let received = first.map_or(0, |_| 1 + lines.count());
        // Nobody waits for it after the limit.
        let _ = tell.send((received, per_second(count, started)));
    });
    let told = told.recv_timeout(limit);
    // What has closed its stdout has ended, or hangs.
    client.kill()?;
    let output = client.wait_with_output()?;
    let complaint = load::last_words(&output);
    let all = count + 1;
    match told {
        Ok((received, rate)) if received == all => Ok(rate),
        Ok((received, _)) => bail!("{received} of {all} answers came: {complaint}"),
        Err(_) => {
            let seconds = limit.as_secs();
            bail!("not all of {all} answers came within {seconds} s: {complaint}")
        }
    }
}

fn per_second(count: usize, started: Instant) -> f64 {
    #[allow(clippy::cast_precision_loss)] // thousands
    let count = count as f64;
    count / started.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a client that is this shell script, which sees two answers.
    fn error_of(script: &str, limit: Duration) -> String {
        let mut client = Command::new("sh");
        client.args(["-c", script]);
        let server = ([127, 0, 0, 1], 1).into();
        format!("{:#}", between(client, server, 2, limit).unwrap_err())
    }

    #[test]
    fn a_client_that_fails_or_hangs_is_told_with_its_last_words() {
        assert_eq!(
            error_of("echo HELLO; echo HELLO; echo Error: it left >&2", PATIENCE),
            "2 of 3 answers came: Error: it left"
        );
        // As long as a shell may need on a busy machine to say what it says.
        let limit = Duration::from_secs(5);
        assert_eq!(
            error_of(
                "echo HELLO; echo Error: it stalls >&2; exec sleep 600",
                limit
            ),
            "not all of 3 answers came within 5 s: Error: it stalls"
        );
        assert_eq!(
            error_of("true", PATIENCE),
            "0 of 3 answers came: no error was shown"
        );
    }
}
