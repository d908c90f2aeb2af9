//! What the exercises need and are not about: the command line, the keyboard, Python's way to write bytes.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

/// The argument at `index` (the first is 0), or `default` where there is none.
fn argument<T: FromStr>(index: usize, default: T) -> T {
    match std::env::args().nth(index + 1) {
        None => default,
        Some(text) => text.parse().unwrap_or_else(|_| {
            eprintln!("error: {text:?} is no {}", std::any::type_name::<T>());
            std::process::exit(2)
        }),
    }
}

/// Where a server listens: on the loopback, at the port that is its first argument, or `default`.
pub fn listen_address(default: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], argument(0, default)))
}

/// Where a client finds its server: the host and the port are its first two arguments.
pub fn server_address(default: u16) -> SocketAddr {
    let host = argument(0, IpAddr::from([127, 0, 0, 1]));
    SocketAddr::from((host, argument(1, default)))
}

/// The folder of a file server: its second argument, or `default`.
pub fn server_folder(default: &str) -> PathBuf {
    argument(1, default.into())
}

/// The folder of a file client: its third argument, or `default`.
pub fn client_folder(default: &str) -> PathBuf {
    argument(2, default.into())
}

/// Shows `text` and reads a line, without its end. `None` when the input has ended (Ctrl-D).
pub fn prompt(text: &str) -> io::Result<Option<String>> {
    print!("{text}");
    io::stdout().flush()?;
    let mut line = String::new();
    let size = io::stdin().read_line(&mut line)?;
    Ok((size > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The bytes as Python shows them: `b'hi\n'`.
pub fn repr(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string().replace("\\\"", "\"");
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        format!("b\"{}\"", text.replace("\\'", "'"))
    } else {
        format!("b'{text}'")
    }
}

/// An address as Python shows it: `('127.0.0.1', 8080)`.
pub fn repr_address(address: SocketAddr) -> String {
    format!("('{}', {})", address.ip(), address.port())
}

/// The text with its control characters escaped, newline and tab excepted: a terminal obeys the others.
pub fn harmless(text: &str) -> String {
    let escape = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Says in one line on stderr why the program cannot go on: `return given::fail("no server at …", error)`.
pub fn fail(what: impl Display, error: impl Display) -> ExitCode {
    eprintln!("error: {what}: {error}");
    ExitCode::FAILURE
}
