//! Datagrams whose sender is a lie.
//!
//! UDP checks no sender. Whoever may open a raw socket (root) writes the header himself, and with it
//! any source port: the receiver cannot tell.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};

use super::cannot_be_seen;

/// Sends a datagram that claims to come from `source`: an address of this machine, and any port.
pub fn send_as(source: SocketAddr, target: SocketAddr, data: &[u8]) -> Result<()> {
    let datagram = udp(source, target, data)?;
    let socket = match Socket::new(Domain::for_address(target), Type::RAW, Some(Protocol::UDP)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return cannot_be_seen("it needs root, to write a false port into a datagram");
        }
        socket => socket?,
    };
    // The kernel writes the IP header. A raw socket has addresses, but no port.
    let [source, target] = [source, target].map(|mut address| {
        address.set_port(0);
        address.into()
    });
    socket.bind(&source)?;
    socket.send_to(&datagram, &target)?;
    Ok(())
}

/// UDP's header and the data (RFC 768).
fn udp(source: SocketAddr, target: SocketAddr, data: &[u8]) -> Result<Vec<u8>> {
    let length = u16::try_from(8 + data.len()).context("the data does not fit a datagram")?;
    let mut datagram = Vec::new();
    datagram.extend(source.port().to_be_bytes());
    datagram.extend(target.port().to_be_bytes());
    datagram.extend(length.to_be_bytes());
    datagram.extend([0; 2]); // checksum
    datagram.extend(data);

    // The addresses, the protocol (17) and the length are summed as well.
    let mut summed = [octets(source.ip()), octets(target.ip()), vec![0, 17]].concat();
    summed.extend(length.to_be_bytes());
    summed.extend(&datagram);
    datagram[6..8].copy_from_slice(&checksum(&summed).to_be_bytes());
    Ok(datagram)
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071): the words' sum in one's complement, inverted.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes
        .chunks(2)
        .map(|word| u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
    let sum = words.fold(0_u16, |sum, word| {
        let (sum, carry) = sum.overflowing_add(word);
        sum + u16::from(carry)
    });
    !sum
}
