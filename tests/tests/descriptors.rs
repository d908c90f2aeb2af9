//! What the file servers do when there are fewer descriptors than clients: those that they accept are
//! served.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use common::header;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use serde_json::json;
use tempfile::TempDir;

const DOWNLOAD: u8 = 13;
const UPLOAD: u8 = 14;
const CLASS: u8 = 15;

/// More than the buffers of both sides hold: who sends it has it open until it is read.
const LARGE: u64 = 20_000_000;

/// Starts a file server that has 20 descriptors.
fn start(number: u8, language: Language, folder: &TempDir) -> Process {
    let share = folder.path().join("share");
    fs::create_dir(&share).unwrap();
    let large = fs::File::create(share.join("large")).unwrap();
    large.set_len(LARGE).unwrap();
    let program = PAIRS.iter().find(|program| program.number == number);
    let server = executables::command(program.unwrap(), Side::Server, language).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 20 && exec \"$0\" \"$@\""])
        .arg(server.get_program())
        .args(server.get_args())
        .args(["--port", "0", "--dir"]);
    if number == DOWNLOAD {
        shell.arg(&share);
    } else {
        shell.arg(folder.path());
    }
    Process::start(&mut shell).unwrap()
}

/// What is before the bytes of an answer, or of an acknowledgement: nothing from a server that has
/// closed the connection.
fn receive_header(client: &mut TcpStream) -> Option<String> {
    let mut length = [0; 4];
    match client.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("no answer"),
        Err(_) => return None,
    }
    let mut bytes = vec![0; usize::try_from(i32::from_le_bytes(length)).unwrap()];
    client.read_exact(&mut bytes).unwrap();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sixty clients at once; tells what the accepted ones are answered.
fn crowd(number: u8, server: &Process) -> Vec<String> {
    let address = server.ready(PATIENCE).unwrap();
    let connect = |_| TcpStream::connect(address).unwrap();
    let mut clients: Vec<TcpStream> = (0..60).map(connect).collect();
    for (name, client) in clients.iter_mut().enumerate() {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let fields = json!({"file_name": format!("{name}.txt"), "file_size": 5});
        let begin = match number {
            UPLOAD => [&header::pack_json(&fields, b"").unwrap()[..], b"hell"].concat(),
            _ => b"get large\n".to_vec(),
        };
        let _ = client.write_all(&begin); // who is refused has been closed
    }
    if number == UPLOAD {
        for client in &mut clients {
            let _ = client.write_all(b"o");
        }
    }
    clients.iter_mut().filter_map(receive_header).collect()
}

#[test]
fn with_few_descriptors_a_client_is_served_or_refused() {
    for number in [DOWNLOAD, UPLOAD, CLASS] {
        for language in [Language::Rust, Language::Python] {
            if language == Language::Python && !tests::python_or_skip("few descriptors") {
                continue;
            }
            let folder = TempDir::with_prefix("descriptors-").unwrap();
            let server = start(number, language, &folder);
            let answers = crowd(number, &server);
            let token = match number {
                DOWNLOAD => r#""filename": "large""#,
                UPLOAD => r#""md5": "5d41402abc4b2a76b9719d911017c592""#,
                _ => "large",
            };
            let refused = |text: &str| {
                let refused = text.lines().filter(|line| line.contains(" is refused: "));
                (refused.count() + answers.len() == 60).then_some(())
            };
            let told = server.stderr().wait_for(PATIENCE, refused);
            let errors = server.stderr().text();
            assert!(
                told.is_some() && answers.len() >= 5 && answers.iter().all(|a| a.contains(token)),
                "{number} {language:?}: {answers:?} {errors}"
            );
        }
    }
}
