//! No descriptor left. The limit holds for a whole process, so this test has one to itself.

use std::env;
use std::io::{Read, Write};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use super::scaffold::{ANY_PORT, EchoLine, LIMIT, connect, examine_stream, serve, watched};
use crate::{BaseServer, TcpServer, ThreadingMixIn};

const CHILD: &str = "SOCKETSERVER_DEMO_EXHAUSTION";

#[test]
fn clients_are_refused_without_descriptors_and_served_when_there_are_some_again() {
    if env::var_os(CHILD).is_some() {
        return run_out();
    }
    let name = "tests::exhaustion::clients_are_refused_without_descriptors_and_served_when_there_are_some_again";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr.matches("is refused: Too many open files").count(), 3);
}

fn run_out() {
    let (server, events) = watched(TcpServer::new(ANY_PORT, || EchoLine).unwrap());
    let running = serve(ThreadingMixIn::mixed_into(server));
    let address = *running.server.server_address();
    // Both ends of the connections are in this process, which may have six more descriptors.
    let free = std::fs::File::open("/dev/null").unwrap();
    let next = u64::try_from(std::os::fd::AsRawFd::as_raw_fd(&free)).unwrap();
    drop(free);
    let limit = getrlimit(Resource::Nofile);
    let six_more = Rlimit {
        current: Some(next + 6),
        ..limit
    };
    let clients = [(); 6].map(|()| {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.set_read_timeout(Some(LIMIT)).unwrap();
        client
    });
    let mut clients = clients.into_iter();
    setrlimit(Resource::Nofile, six_more).unwrap();
    for _ in 0..3 {
        let mut refused = clients.next().unwrap();
        refused.connect(&address.into()).unwrap();
        assert_eq!(refused.read(&mut [0]).unwrap(), 0);
        // It stays open: nothing is free again.
        std::mem::forget(refused);
    }
    let mut lucky = clients.next().unwrap();
    drop(clients);
    lucky.connect(&address.into()).unwrap();
    lucky.write_all(b"hello world\n").unwrap();
    let mut answer = Vec::new();
    lucky.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"hello world\n");
    setrlimit(Resource::Nofile, limit).unwrap();
    examine_stream(connect(&address));
    // Waiting without descriptors was no busy loop: each client costs one attempt, and one more
    // when the queue is empty.
    let attempts = events
        .all()
        .iter()
        .filter(|event| *event == "get_request")
        .count();
    assert!(attempts < 50, "{attempts} attempts for 5 clients");
    running.close();
}
