//! Asks Linux for single TCP sockets (sock_diag(7)). For the table in `/proc/net/tcp` the kernel goes through all places where
//! a connection could be, of which `dmesg` tells the number ("TCP established hash table entries"): with 262,144 of them the
//! table took 1.2 ms of a processor, and one socket 3 µs.

use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags,
};
use netlink_packet_sock_diag::{AF_INET, AF_INET6, IPPROTO_TCP, SockDiagMessage};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use procfs::net::TcpState;

use super::sockets::State;

/// The state of one end of a connection, and how many bytes `recv` has not fetched; none if the system has forgotten it.
pub(super) fn connection(local: SocketAddr, remote: SocketAddr) -> Result<Option<(State, u64)>> {
    let id = SocketId {
        source_port: local.port(),
        destination_port: remote.port(),
        source_address: local.ip(),
        destination_address: remote.ip(),
        interface_id: 0,
        cookie: [0xff; 8],
    };
    let found = ask(request(local, StateFlags::all(), id), 0)?;
    // For a connection that is no more the kernel gives the listener that would have the next one.
    let found = found
        .into_iter()
        .find(|found| found.socket_id.destination_port == remote.port());
    let state = |found: &InetResponseHeader| TcpState::from_u8(found.state);
    Ok(found.and_then(|found| Some((state(&found)?.into(), found.recv_queue.into()))))
}

/// Whether anybody listens on the port.
pub(crate) fn listens(port: u16) -> Result<bool> {
    let any = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    for address in any.map(|any| SocketAddr::new(any, port)) {
        let id = SocketId {
            source_port: port,
            source_address: address.ip(),
            destination_address: address.ip(),
            ..SocketId::new_v4()
        };
        if !ask(request(address, StateFlags::LISTEN, id), NLM_F_DUMP)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn request(address: SocketAddr, states: StateFlags, socket_id: SocketId) -> InetRequest {
    InetRequest {
        family: if address.is_ipv4() { AF_INET } else { AF_INET6 },
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states,
        socket_id,
    }
}

/// One socket, or with `NLM_F_DUMP` all to which the request fits.
fn ask(request: InetRequest, flags: u16) -> Result<Vec<InetResponseHeader>> {
    let socket = Socket::new(NETLINK_SOCK_DIAG)?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let mut found = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        let mut rest = datagram.as_slice();
        while !rest.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest);
            let message = message.map_err(|error| Error::other(error.to_string()))?;
            match message.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                    found.push(response.header);
                    if flags & NLM_F_DUMP == 0 {
                        return Ok(found);
                    }
                }
                NetlinkPayload::Done(_) => return Ok(found),
                NetlinkPayload::Error(error) => {
                    let error = error.to_io();
                    let none = error.kind() == ErrorKind::NotFound;
                    return if none { Ok(found) } else { Err(error) };
                }
                _ => {}
            }
            // Messages begin at multiples of four bytes.
            let length = usize::try_from(message.header.length).unwrap_or(usize::MAX);
            let next = length.max(4).checked_next_multiple_of(4);
            rest = next.and_then(|next| rest.get(next..)).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::host::sockets::{tcp_socket, wait_until};

    #[test]
    fn a_connection_is_told_from_its_listener_and_from_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(listens(address.port()).unwrap());
        let mut client = TcpStream::connect(address).unwrap();
        let (server, peer) = listener.accept().unwrap();
        client.write_all(b"hello").unwrap();
        let seen = connection(address, peer).unwrap();
        assert_eq!(seen, Some((State::Established, 5)));
        let listed = tcp_socket(address, peer).unwrap().unwrap();
        assert_eq!(seen, Some((listed.state, listed.receive_queue)));
        drop((server, client));
        // Nobody has this one, but there is who would accept it.
        let other = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(connection(address, other).unwrap(), None);
        drop(listener);
        // What another test starts has it too, until its `exec`.
        wait_until("nobody listens", || Ok(!listens(address.port())?)).unwrap();
        assert_eq!(connection(address, other).unwrap(), None);
    }

    #[test]
    fn a_listener_for_ipv6_counts() {
        // A system may lack IPv6.
        let Ok(listener) = TcpListener::bind("[::1]:0") else {
            return;
        };
        assert!(listens(listener.local_addr().unwrap().port()).unwrap());
    }
}
