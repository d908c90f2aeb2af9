//! The address family `AF_UNIX`: the sockets of `UnixStreamServer` and `UnixDatagramServer`.
//!
//! As in Python the family is all that differs from TCP and UDP. The address is a path; the file is
//! made by `bind` and stays until somebody removes it.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};

use anyhow::{Context, Result};

use crate::datagram::DatagramSocket;
use crate::options::ServerOptions;
use crate::stream::ListeningSocket;

impl ListeningSocket for UnixListener {
    fn bind(address: &SocketAddr, _options: &ServerOptions) -> Result<Self> {
        // This listens too, with a queue of the standard library's choice; `server_activate` sets
        // ours.
        Self::bind_addr(address).with_context(|| format!("cannot listen on {address:?}"))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

impl DatagramSocket for UnixDatagram {
    type Address = SocketAddr;

    fn bind(address: &SocketAddr, _options: &ServerOptions) -> Result<Self> {
        Self::bind_addr(address).with_context(|| format!("cannot listen on {address:?}"))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn send_to(&self, data: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.send_to_addr(data, address)
    }

    fn is_own(_peer: &SocketAddr, _own: &SocketAddr) -> bool {
        false // the system itself tells who sent it
    }
}
