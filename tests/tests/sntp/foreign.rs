//! Our programs, and those that keep the world's clocks: chronyd (Debian's chrony) and ntpdig (Debian's ntpsec-ntpdate).
//!
//! All run in network namespaces: ntpdig asks port 123 and no other. None of them touches this machine's clock.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::host::namespace::End;
use lab::run::process::{PATIENCE, Process};
use regex_lite::Regex;
use serde_json::Value;
use tempfile::TempDir;

use super::wire::{serve_at, wire};
use super::{assert_right, client, languages};

/// Whether a program of Debian's `package` is here.
fn is_installed(program: &str, package: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output();
    let found = found.unwrap().status.success();
    if !found {
        tests::lacks(program, format_args!("it needs Debian's {package}"));
    }
    found
}

/// chronyd, which stays in the foreground, leaves the clock alone, and has no port for commands.
fn chronyd(folder: &TempDir, flags: &[&str], settings: &str) -> Command {
    let file = folder.path().join("chrony.conf");
    let id = folder.path().join("chrony.pid");
    let common = format!(
        "cmdport 0\nbindcmdaddress /\npidfile {}\nuser root\n",
        id.display()
    );
    fs::write(&file, format!("{settings}\n{common}")).unwrap();
    let mut command = Command::new("chronyd");
    command.args(flags).arg("-f").arg(file);
    command
}

#[test]
fn our_clients_understand_chronyd() {
    if !is_installed("chronyd", "chrony") {
        return;
    }
    let Some(wire) = wire("our clients with chronyd") else {
        return;
    };
    let folder = TempDir::with_prefix("chrony-").unwrap();
    let mut command = chronyd(
        &folder,
        &["-d", "-x"],
        "port 1123\nallow all\nlocal stratum 5",
    );
    let _chronyd = wire
        .at(End::Server, || Process::start(&mut command))
        .unwrap();
    let address: SocketAddr = (End::Server.address(), 1123).into();
    for &language in languages("our client with chronyd") {
        let begun = Instant::now();
        let lines = loop {
            let mut command = client(language, address, &["--json", "--timeout", "1"]);
            let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
            // It may not be there yet.
            if output.status.success() || begun.elapsed() > PATIENCE {
                break String::from_utf8(output.stdout).unwrap();
            }
            thread::sleep(Duration::from_millis(200));
        };
        // The same clock.
        assert_right(&lines, 1, 0.0, "chronyd");
        assert!(
            lines.contains("\"stratum\": 5, \"leap\": 0, \"reference\": \"127.127.1.1\""),
            "{lines}"
        );
    }
}

#[test]
fn chronyd_understands_our_servers() {
    if !is_installed("chronyd", "chrony") {
        return;
    }
    let Some(wire) = wire("chronyd with our servers") else {
        return;
    };
    for (&language, port) in languages("chronyd with our server")
        .iter()
        .zip(["1123", "1124"])
    {
        let server = serve_at(&wire, language, port, &["--shift=2.5"]);
        let folder = TempDir::with_prefix("chrony-").unwrap();
        // Asks four times, tells the offset, and ends.
        let settings = format!(
            "server {} port {port} iburst\nport 0",
            End::Server.address()
        );
        let mut command = chronyd(&folder, &["-Q", "-t", "20"], &settings);
        let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let wrong = Regex::new(r"System clock wrong by (-?\d+\.\d+) seconds \(ignored\)").unwrap();
        let wrong: f64 = wrong.captures(&told).unwrap_or_else(|| panic!("{told}"))[1]
            .parse()
            .unwrap();
        assert!((wrong - 2.5).abs() < 0.1, "{language:?}: {told}");
        assert!(
            !server.stdout().text().contains("too fast"),
            "{}",
            server.stdout().text()
        );
    }
}

#[test]
fn ntpdig_understands_our_servers() {
    if !is_installed("ntpdig", "ntpsec-ntpdate") {
        return;
    }
    let Some(wire) = wire("ntpdig with our servers") else {
        return;
    };
    for &language in languages("ntpdig with our server") {
        // The same port for both: the first has ended when the second begins.
        let _server = serve_at(&wire, language, "123", &["--shift=-2.5"]);
        let mut command = Command::new("ntpdig");
        command.args(["-j", &End::Server.address().to_string()]);
        let output = wire.at(End::Client, || Ok(command.output()?)).unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let offset = told["offset"].as_f64().unwrap();
        assert!((offset + 2.5).abs() < 0.1, "{language:?}: {told}");
        assert_eq!(
            (&told["stratum"], &told["leap"]),
            (&1.into(), &"no-leap".into())
        );
    }
}
