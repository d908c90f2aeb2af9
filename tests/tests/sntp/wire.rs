//! Two network namespaces of a test's own: there a server may listen on port 123, and is not this machine.

use std::process::Command;

use lab::host::CannotBeSeen;
use lab::host::namespace::{End, Wire};
use lab::pairs::{Language, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};

use super::pair;

/// Namespaces of the test's own, whose loopbacks are up. None where this machine does not allow it.
pub(super) fn wire(test: &str) -> Option<Wire> {
    let wire = match Wire::new() {
        Ok(wire) => wire,
        Err(error) => match error.downcast::<CannotBeSeen>() {
            Ok(why) => {
                tests::skip(test, why);
                return None;
            }
            Err(error) => panic!("{error:#}"),
        },
    };
    for end in [End::Client, End::Server] {
        let up = wire.at(end, || {
            Ok(Command::new("ip")
                .args(["link", "set", "lo", "up"])
                .status()?)
        });
        assert!(up.unwrap().success());
    }
    Some(wire)
}

/// A server of ours on a port at the wire's server's end.
pub(super) fn serve_at(wire: &Wire, language: Language, port: &str, args: &[&str]) -> Process {
    let mut command = executables::command(pair(), Side::Server, language).unwrap();
    command
        .args(["--host", "0.0.0.0", "--port", port])
        .args(args);
    let server = wire
        .at(End::Server, || Process::start(&mut command))
        .unwrap();
    server.ready(PATIENCE).unwrap();
    server
}
