//! How long the programs wait for a peer that says nothing: as long as `--timeout` says, not for ever.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::io::Read;
use std::net::TcpStream;

use common::header;
use tempfile::TempDir;
use tests::executables;
use tests::process::{PATIENCE, Process};
use tests::programs::{Language, PROGRAMS, Side};

const UPLOAD: u8 = 14;

#[test]
fn the_upload_server_ends_a_client_that_says_nothing() {
    for language in [Language::Rust, Language::Python] {
        if language == Language::Python && !executables::python_or_skip("the silent client") {
            return;
        }
        let folder = TempDir::with_prefix("upload-").unwrap();
        let program = PROGRAMS.iter().find(|program| program.number == UPLOAD);
        let mut command = executables::command(program.unwrap(), Side::Server, language).unwrap();
        command
            .args(["--port", "0", "--timeout", "0.2", "--dir"])
            .arg(folder.path());
        let server = Process::start(&mut command).unwrap();
        let mut client = TcpStream::connect(server.ready(PATIENCE).unwrap()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let answer = header::read_json(&mut client).unwrap().unwrap();
        let stalled = "the peer stalled: nothing came within the time limit";
        assert_eq!(header::string(&answer, "error").unwrap(), stalled);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        let peer = client.local_addr().unwrap();
        drop(client);
        let warning = format!("warning: {peer}: {stalled}");
        let told = |text: &str| text.lines().any(|line| line == warning).then_some(());
        let told = server.stderr().wait_for(PATIENCE, told);
        assert!(told.is_some(), "{}", server.stderr().text());
    }
}
