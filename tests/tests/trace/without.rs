//! What is shown where something is missing: another user's rights, strace, network namespaces.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use lab::trace::event::{Trace, What};
use tempfile::TempDir;

use crate::{packets, printed, recorded, trace};

/// A trace of a UDP pair, made by `lab trace` behind other words, without a compiler and with these programs.
fn traced(before: &[&str], programs: &[&str]) -> Trace {
    let folder = TempDir::with_prefix("programs-").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for name in programs {
        symlink(found(name), folder.path().join(name)).unwrap();
    }
    // What it would compile is there: the first run of each test saw to that.
    let compiler = folder.path().join("cargo");
    fs::write(&compiler, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).unwrap();
    let mut words = before.iter().copied().chain([
        tests::lab(),
        "trace",
        "10",
        "--client",
        "rust",
        "--format",
        "json",
    ]);
    let mut command = Command::new(found(words.next().unwrap()));
    command.args(words);
    command.env("PATH", folder.path()).env("CARGO", &compiler);
    serde_json::from_str(&printed(&mut command)).unwrap()
}

fn found(name: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let all = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = all.into_iter().find(|path| path.is_file());
    found.map_or(name.to_owned(), |path| path.display().to_string())
}

/// Whether all of it can be seen here, by whoever runs the tests. It compiles what the others use.
fn all_is_seen() -> bool {
    let test = "traces without something";
    if !tests::strace_or_skip(test) {
        return false;
    }
    let folder = TempDir::new().unwrap();
    let Some(trace) = recorded(
        &mut trace(&["10", "--client", "rust"]),
        &folder.path().join("packets"),
    ) else {
        return false;
    };
    assert_all_is_seen(&trace);
    true
}

fn assert_all_is_seen(trace: &Trace) {
    assert_eq!(trace.notes, [""; 0]);
    assert_eq!(trace.packets_by, "AF_PACKET");
    assert_eq!(packets(trace).count(), 2);
    assert!(calls(trace) > 8);
}

fn calls(trace: &Trace) -> usize {
    let call = |what: &What| matches!(what, What::Call(_));
    trace
        .events
        .iter()
        .filter(|event| call(&event.what))
        .count()
}

const ALL: &[&str] = &["sh", "strace", "true", "ip"];

#[test]
fn a_user_without_rights_sees_it_all() {
    if !all_is_seen() {
        return;
    }
    assert_all_is_seen(&traced(&["setpriv", "--no-new-privs"], ALL));
    if !rustix::process::geteuid().is_root() {
        return; // it was another user
    }
    let nobody = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ];
    let mut may = Command::new("setpriv");
    may.args(&nobody[1..]).args(["test", "-x", tests::lab()]);
    if !may.status().is_ok_and(|status| status.success()) {
        tests::skip("a trace as another user", "it may not read this folder");
        return;
    }
    let trace = traced(&nobody, ALL);
    if trace.packets_by == "relay" {
        tests::skip("a namespace as another user", &trace.notes[0]);
    } else {
        assert_all_is_seen(&trace);
    }
}

#[test]
fn without_strace_it_shows_the_packets() {
    if !all_is_seen() {
        return;
    }
    let trace = traced(&["env"], &["sh", "ip"]);
    assert_eq!(
        trace.notes,
        ["not seen: socket calls and steps; install strace (Linux)"]
    );
    assert_eq!((packets(&trace).count(), calls(&trace)), (2, 0));
}

#[test]
fn without_a_namespace_a_relay_shows_what_is_sent() {
    if !all_is_seen() {
        return;
    }
    let without = "not seen: packets; a network namespace cannot be had here (";
    let trace = traced(&["env"], &["sh", "strace", "true"]);
    assert!(
        trace.notes[0].starts_with(&format!("{without}install iproute2")),
        "{:?}",
        trace.notes
    );
    assert_relayed(&trace);
    assert!(calls(&trace) > 8);

    // A system that makes a namespace in which nothing may be done.
    let folder = TempDir::new().unwrap();
    let ip = folder.path().join("ip");
    fs::write(
        &ip,
        "#!/bin/sh\necho 'RTNETLINK answers: Operation not permitted' >&2\nexit 2\n",
    )
    .unwrap();
    fs::set_permissions(&ip, fs::Permissions::from_mode(0o755)).unwrap();
    let trace = traced_with_ip(&ip);
    assert!(
        trace.notes[0].contains("Operation not permitted"),
        "{:?}",
        trace.notes
    );
    assert_relayed(&trace);

    // Nothing at all.
    let trace = traced(&["env"], &["sh"]);
    assert_eq!(trace.notes.len(), 2, "{:?}", trace.notes);
    assert_relayed(&trace);
    assert_eq!(calls(&trace), 0);
}

fn traced_with_ip(ip: &Path) -> Trace {
    let folder = ip.parent().unwrap().display();
    let script = format!("PATH={folder}:$PATH; exec \"$@\"");
    traced(&["sh", "-c", &script, "sh"], &["sh", "strace", "true"])
}

fn assert_relayed(trace: &Trace) {
    assert_eq!(trace.packets_by, "relay");
    let texts: Vec<_> = packets(trace)
        .map(|(_, packet)| packet.payload.as_slice())
        .collect();
    assert_eq!(texts, [b"hello world!", b"HELLO WORLD!"]);
}

/// In a user namespace that may have no other inside.
#[test]
fn where_namespaces_are_denied_a_relay_shows_what_is_sent() {
    if !all_is_seen() {
        return;
    }
    let deny = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all -- \"$@\"";
    let before = [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        deny,
        "sh",
    ];
    let mut possible = Command::new("unshare");
    possible.args(&before[1..]).arg("true");
    if !possible
        .output()
        .is_ok_and(|output| output.status.success())
    {
        tests::skip("denied namespaces", "they cannot be denied here");
        return;
    }
    let trace = traced(
        &before,
        &["sh", "strace", "true", "ip", "setpriv", "unshare"],
    );
    assert_relayed(&trace);
    assert!(
        trace
            .notes
            .iter()
            .any(|note| note.contains("namespace cannot be had")),
        "{:?}",
        trace.notes
    );
}
