//! The benchmark's references and load: that they do what they are taken for. Nothing is timed here.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use lab::bench::{load, reference};
use lab::run::process::{PATIENCE, Process};
use tests::lab;

fn bare(args: &[&str]) -> (Process, SocketAddr) {
    let mut command = Command::new(lab());
    let process = Process::start(command.arg("bare").args(args)).unwrap();
    let address = process.ready(PATIENCE).unwrap();
    (process, address)
}

#[test]
fn each_reference_prints_and_answers_once_an_exchange() {
    type Load = fn(SocketAddr, &[u8], usize) -> anyhow::Result<()>;
    let references: [(&str, Load); 7] = [
        ("udp", load::datagrams),
        ("udp-stamped", load::questions),
        ("udp-threads", load::datagrams),
        ("tcp", load::messages),
        ("tcp-threads", load::messages),
        ("framed", load::frames),
        ("framed-in-three", load::frames_in_three),
    ];
    for (name, load) in references {
        let (process, address) = bare(&[name, "--line", "b'hello'", "--answer", "HELLO"]);
        load(address, b"hello", 5).unwrap();
        let lines = "b'hello'\n".repeat(5);
        assert!(process.stdout().shows(&lines, PATIENCE), "{name}");
        assert_eq!(process.stdout().text(), lines, "{name}");
    }
}

#[test]
fn the_bare_transfers_carry_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let [file, stored] = ["file", "stored"].map(|name| folder.path().join(name));
    let bytes: Vec<u8> = (0..3_000_001_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&file, &bytes).unwrap();
    let (_process, address) = bare(&["send-file", file.to_str().unwrap()]);
    assert_eq!(load::bare_download(address).unwrap(), bytes.len() as u64);
    reference::receive_into(&TcpStream::connect(address).unwrap(), &stored).unwrap();
    assert!(fs::read(&stored).unwrap() == bytes);

    fs::remove_file(&stored).unwrap();
    let (_process, address) = bare(&["store-file", stored.to_str().unwrap()]);
    load::bare_upload(address, &file).unwrap();
    assert!(fs::read(&stored).unwrap() == bytes);
}

#[test]
fn a_crowd_stays_and_a_storm_is_answered() {
    let (process, address) = bare(&["tcp-threads", "--line", "b'hello'", "--answer", "HELLO"]);
    let crowd = load::crowd(address, b"hello", 100);
    assert_eq!((crowd.connections.len(), crowd.failure), (100, None));
    let storm = load::storm(address, b"hello", 100).unwrap();
    assert_eq!((storm.answered.len(), storm.lost), (100, 0));
    let lines = "b'hello'\n".repeat(200);
    assert!(process.stdout().shows(&lines, PATIENCE));
}

#[test]
fn a_server_that_does_not_answer_fails_the_load() {
    let (mut process, address) = bare(&["tcp-threads", "--line", "", "--answer", "HELLO"]);
    process.interrupt();
    process.wait(PATIENCE).unwrap().unwrap();
    assert!(load::messages(address, b"hello", 1).is_err());
    let crowd = load::crowd(address, b"hello", 2);
    assert!(crowd.connections.is_empty() && crowd.failure.is_some());
    assert_eq!(load::storm(address, b"hello", 3).unwrap().lost, 3);
}
