//! An address where no server is.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::check::engine::trial::{Result, Stop};
use crate::pairs::Transport;

/// A port of this machine where nobody answers. While it lives, nobody else gets the port.
#[derive(Debug)]
pub(crate) struct Vacancy {
    address: SocketAddr,
    /// Holds the port. A TCP socket that does not listen refuses every connection; a UDP socket
    /// that is connected, to itself, takes nobody else's datagrams.
    _socket: Socket,
}

impl Vacancy {
    /// On `port`; 0 lets the system choose.
    pub(super) fn hold(transport: Transport, port: u16) -> Result<Self> {
        let hold = || {
            let kind = match transport {
                Transport::Tcp => Type::STREAM,
                Transport::Udp => Type::DGRAM,
            };
            let socket = Socket::new(Domain::IPV4, kind, None)?;
            // A port of the lesson may be in TIME_WAIT since the check before. One that the
            // system chooses must stay this socket's own.
            if cfg!(unix) && transport == Transport::Tcp && port != 0 {
                socket.set_reuse_address(true)?;
            }
            socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
            let own = socket.local_addr()?;
            if transport == Transport::Udp {
                socket.connect(&own)?;
            }
            Ok((own, socket))
        };
        let (own, socket) = hold().map_err(|error: std::io::Error| {
            Stop::NotJudged(format!(
                "cannot hold {} port {port}: {error}",
                transport.name()
            ))
        })?;
        let address = own
            .as_socket()
            .ok_or_else(|| Stop::NotJudged("a socket without an address".to_owned()))?;
        Ok(Self {
            address,
            _socket: socket,
        })
    }

    /// Where nobody answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;
    use crate::host::sockets::wait_until;

    #[test]
    fn a_connection_is_refused() {
        let nobody = Vacancy::hold(Transport::Tcp, 0).unwrap();
        let error = TcpStream::connect(nobody.address()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    #[cfg(unix)]
    #[test]
    fn a_port_in_time_wait_can_be_held() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        let (server, _) = listener.accept().unwrap();
        // The side that closes first is left with TIME_WAIT.
        drop((server, listener));
        assert_eq!(std::io::Read::read(&mut client, &mut [0; 1]).unwrap(), 0);
        drop(client);
        // What another test starts has the listener too, until its `exec`.
        wait_until("the port can be held", || {
            let nobody = Vacancy::hold(Transport::Tcp, address.port());
            Ok(nobody.is_ok_and(|nobody| nobody.address() == address))
        })
        .unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_datagram_is_refused() {
        let nobody = Vacancy::hold(Transport::Udp, 0).unwrap();
        let client = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        client.connect(nobody.address()).unwrap();
        client.send(b"hello").unwrap();
        let error = client.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}
