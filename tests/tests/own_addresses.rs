//! A UDP server does not answer itself: a datagram whose false sender is one of the machine's own
//! addresses, with the server's own port, is passed over; the answer would be the next question.
//!
//! A network namespace is the machine: there the test gives itself addresses, and forges as root.
//! Where that is not allowed the test is skipped.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use lab::host::forgery::send_as;
use lab::host::namespace::{End, Wire};
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use rustix::net::{AddressFamily, SocketType, netdevice};

/// The machine's second address in the same network: Linux sends from the first.
const SECOND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);
/// Its IPv6 address; the client's ends in 1.
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
const CLIENT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
/// Valid on one network card alone, whose number belongs to the address.
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 7);

fn ip(wire: &Wire, end: End, command: &str) -> Result<()> {
    let arguments = command.split(' ');
    let output = wire.at(end, || Ok(Command::new("ip").args(arguments).output()?))?;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "ip {command}: {error}");
    Ok(())
}

fn has_ipv6() -> bool {
    Path::new("/proc/net/if_inet6").exists()
}

/// A wire whose server's end has all the addresses above, and can talk to itself.
fn wire() -> Result<Wire> {
    let wire = Wire::new()?;
    ip(&wire, End::Server, "link set lo up")?;
    ip(
        &wire,
        End::Server,
        &format!("address add {SECOND}/24 dev wire"),
    )?;
    if has_ipv6() {
        for (end, address) in [
            (End::Client, CLIENT),
            (End::Server, GLOBAL),
            (End::Server, LINK_LOCAL),
        ] {
            // `nodad`: the address is there at once, without asking around whether it is free.
            ip(
                &wire,
                end,
                &format!("address add {address}/64 dev wire nodad"),
            )?;
        }
    }
    Ok(wire)
}

/// The server's own addresses that reach a server on `host`.
fn own_addresses(wire: &Wire, host: IpAddr) -> Result<Vec<SocketAddr>> {
    let v4 = [
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::new(127, 0, 0, 2),
        Ipv4Addr::new(192, 0, 2, 2),
        SECOND,
    ];
    // A server on `::` receives these as ::ffff:192.0.2.2.
    let mut addresses: Vec<SocketAddr> = v4.map(|ip| (ip, 0).into()).to_vec();
    if host.is_ipv6() {
        let card = wire.at(End::Server, || {
            let socket = rustix::net::socket(AddressFamily::INET6, SocketType::DGRAM, None)?;
            Ok(netdevice::name_to_index(&socket, "wire")?)
        })?;
        addresses.extend([Ipv6Addr::LOCALHOST, GLOBAL].map(|ip| SocketAddr::from((ip, 0))));
        addresses.push(SocketAddrV6::new(LINK_LOCAL, 0, 0, card).into());
    }
    Ok(addresses)
}

/// Asks as an honest client, whose port happens to be the server's.
fn ask(wire: &Wire, client: IpAddr, server: SocketAddr) {
    let client = wire.at(End::Client, || {
        Ok(UdpSocket::bind((client, server.port()))?)
    });
    let client = client.unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.send_to(b"hello", server).unwrap();
    let mut answer = [0; 16];
    let size = client.recv(&mut answer).unwrap();
    assert_eq!(&answer[..size], b"HELLO");
}

fn judge(wire: &Wire, number: u8, language: Language, host: IpAddr) -> Result<()> {
    let program = PAIRS.iter().find(|program| program.number == number);
    let mut command = executables::command(program.unwrap(), Side::Server, language)?;
    command.args(["--port", "0", "--host", &host.to_string()]);
    let server = wire.at(End::Server, || Process::start(&mut command))?;
    let port = server.ready(PATIENCE)?.port();

    for mut address in own_addresses(wire, host)? {
        address.set_port(port);
        wire.at(End::Server, || send_as(address, address, b"forged"))?;
    }
    ask(
        wire,
        End::Client.address(),
        (End::Server.address(), port).into(),
    );
    let mut asked = 1;
    if host.is_ipv6() {
        ask(wire, CLIENT.into(), (GLOBAL, port).into());
        asked += 1;
    }
    // Datagrams are received in the order in which they came: the forged ones are through.
    let case = format!("{number} {language:?} on {host}");
    let expected = "b'hello'\n".repeat(asked);
    let enough = |text: &str| (text.len() >= expected.len()).then(|| text.to_owned());
    let shown = server.stdout().wait_for(PATIENCE, enough);
    assert_eq!(shown, Some(expected), "{case}");
    Ok(())
}

#[test]
fn a_server_on_all_addresses_answers_none_of_its_own() {
    let wire = match wire() {
        Ok(wire) => wire,
        Err(error) => match error.downcast::<lab::host::CannotBeSeen>() {
            Ok(why) => return tests::skip("the forged senders", why),
            Err(error) => panic!("{error:#}"),
        },
    };
    for language in Language::BOTH {
        if language == Language::Python && !tests::python_or_skip("the forged senders") {
            return;
        }
        for number in [5, 17] {
            judge(&wire, number, language, Ipv4Addr::UNSPECIFIED.into()).unwrap();
            if has_ipv6() {
                judge(&wire, number, language, Ipv6Addr::UNSPECIFIED.into()).unwrap();
            }
        }
    }
}
