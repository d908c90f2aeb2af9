//! From a name and a port to addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use super::NetError;
use crate::flags;

/// All addresses of `host`, in the order in which the system prefers them: `getaddrinfo`.
///
/// # Errors
///
/// [`NetError::Resolve`] when the name is unknown.
pub(super) fn resolve_all(host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
    // `[::1]` is how an address with a port is written; take it for `::1`.
    let name = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let failed = |error| NetError::Resolve {
        host: host.to_owned(),
        error,
    };
    let addresses: Vec<_> = (name, port).to_socket_addrs().map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::new(
            io::ErrorKind::NotFound,
            "it has no address",
        )));
    }
    Ok(addresses)
}

/// The address that the system prefers for `host`.
///
/// # Errors
///
/// [`NetError::Resolve`] when the name is unknown.
pub fn resolve(host: &str, port: u16) -> Result<SocketAddr, NetError> {
    // resolve_all never gives an empty list.
    Ok(resolve_all(host, port)?[0])
}

impl<const PORT: u16> flags::Address<PORT> {
    /// The address that the system prefers for `--host`, with `--port`: `getaddrinfo`.
    ///
    /// # Errors
    ///
    /// [`NetError::Resolve`] when the name is unknown.
    pub fn resolve(&self) -> Result<SocketAddr, NetError> {
        resolve(&self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_works_with_and_without_brackets() {
        let expected: SocketAddr = "[::1]:8080".parse().unwrap();
        assert_eq!(resolve("::1", 8080).unwrap(), expected);
        assert_eq!(resolve("[::1]", 8080).unwrap(), expected);
    }

    #[test]
    fn an_unknown_name_is_named_in_the_error() {
        let error = resolve("no such host", 1).unwrap_err().to_string();
        assert!(
            error.contains("\"no such host\"") && error.contains("--host"),
            "{error}"
        );
    }
}
