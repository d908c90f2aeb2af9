//! When a datagram came: the kernel's word, not the program's.
//!
//! A program notes the time when it gets to run after its receive; that may be milliseconds late on a busy machine.
//! Linux notes it when the packet arrives, and tells it beside the datagram (SO_TIMESTAMPNS, socket(7)).

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::SystemTime;

use super::{BoundSocket, NetError};

impl BoundSocket {
    /// `setsockopt`, SO_TIMESTAMPNS: has the kernel note when each datagram comes. Tells whether it does; elsewhere
    /// [`recv_stamped`](Self::recv_stamped) looks at the clock itself.
    #[must_use]
    pub fn stamp_arrivals(&self) -> bool {
        ask_for_stamps(self)
    }

    /// `recvmsg`: as [`recv_from`](Self::recv_from), and when the datagram came.
    ///
    /// # Errors
    ///
    /// As `recv_from`.
    pub fn recv_stamped(
        &self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SystemTime), NetError> {
        let mut when = SystemTime::UNIX_EPOCH;
        let (size, peer) = self.receive(|socket| {
            let (size, peer, time) = receive_stamped(socket, buffer)?;
            when = time.unwrap_or_else(SystemTime::now);
            Ok((size, peer))
        })?;
        Ok((size, peer, when))
    }
}

#[cfg(target_os = "linux")]
fn ask_for_stamps(socket: &UdpSocket) -> bool {
    use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};

    setsockopt(socket, ReceiveTimestampns, &true).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn ask_for_stamps(_socket: &UdpSocket) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn receive_stamped(
    socket: &UdpSocket,
    buffer: &mut [u8],
) -> io::Result<(usize, SocketAddr, Option<SystemTime>)> {
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
    use nix::sys::time::TimeSpec;
    use std::io::{ErrorKind, IoSliceMut};
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    let mut control = nix::cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::empty(),
    )?;
    let mut stamps = message.cmsgs()?.filter_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => Some(time),
        _ => None,
    });
    let time = stamps.next().and_then(|time| {
        let seconds = u64::try_from(time.tv_sec()).ok()?;
        let nanoseconds = u32::try_from(time.tv_nsec()).ok()?;
        Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds))
    });
    let peer = message.address.and_then(|address| {
        let v4 = address
            .as_sockaddr_in()
            .map(|&address| SocketAddr::V4(address.into()));
        v4.or_else(|| {
            address
                .as_sockaddr_in6()
                .map(|&address| SocketAddr::V6(address.into()))
        })
    });
    let peer =
        peer.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a sender without an address"))?;
    Ok((message.bytes, peer, time))
}

#[cfg(not(target_os = "linux"))]
fn receive_stamped(
    socket: &UdpSocket,
    buffer: &mut [u8],
) -> io::Result<(usize, SocketAddr, Option<SystemTime>)> {
    let (size, peer) = socket.recv_from(buffer)?;
    Ok((size, peer, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use socket2::{Domain, Socket, Type};

    /// How late a datagram was read that came at once, by the kernel's word.
    #[cfg(target_os = "linux")]
    fn read_late(server: &BoundSocket, client: &UdpSocket, pause: Duration) -> Duration {
        let address = server.local_addr().unwrap();
        client.send_to(b"hello", address).unwrap();
        std::thread::sleep(pause);
        let mut buffer = [0; 16];
        let (size, peer, when) = server.recv_stamped(&mut buffer).unwrap();
        assert_eq!(&buffer[..size], b"hello");
        assert_eq!(peer, client.local_addr().unwrap());
        SystemTime::now().duration_since(when).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_tells_when_a_datagram_came_and_not_when_it_is_read() {
        const PAUSE: Duration = Duration::from_millis(100);
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let address: SocketAddr = address.parse().unwrap();
            let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None).unwrap();
            if socket.bind(&address.into()).is_err() {
                continue; // a machine without IPv6
            }
            let server = BoundSocket::ready(socket).unwrap();
            assert!(server.stamp_arrivals());
            let client = UdpSocket::bind((address.ip(), 0)).unwrap();
            // The kernel begins to note times a moment after it was asked to; until then it notes them
            // when a datagram is read.
            let told = (0..50).any(|_| read_late(&server, &client, PAUSE) >= PAUSE * 9 / 10);
            assert!(told, "{address}");
        }
    }
}
