//! The functions of a socket, Python beside Rust.
//!
//! Python has one type, `socket`, for everything, and a method for each system call. Rust's
//! standard library has a type for each role (`TcpListener`, `TcpStream`, `UdpSocket`) and takes
//! several calls in one; the crate `socket2` has the single calls, under their own names.
//!
//! | Python | Rust | what differs |
//! |---|---|---|
//! | [`bind`](#bind) | `socket.bind(&address.into())?;` | `TcpListener::bind` is `socket`, `setsockopt(SO_REUSEADDR)` (not on Windows), `bind` and `listen` in one; `UdpSocket::bind` is `socket` and `bind` |
//! | [`listen`](#listen) | `socket.listen(5)?;` | `TcpListener::bind` listens with a backlog of its own choice |
//! | [`accept`](#accept) | `let (connection, peer) = listener.accept()?;` | |
//! | [`connect`](#connect) | `let stream = TcpStream::connect(address)?;` | `socket` and `connect` in one; tries all addresses of a name |
//! | [`connect_ex`](#connect_ex) | `let result = socket.connect(&address.into());` | every call returns a `Result`: nothing is raised, so there is no second function |
//! | [`recv`](#recv) | `let received = stream.read(&mut buffer)?;` | the bytes go into a buffer of the caller's; 0 is Python's `b''` |
//! | [`send`](#send) | `let sent = stream.write(b"hello")?;` | clippy refuses code that does not look at how much was sent |
//! | [`sendall`](#sendall) | `stream.write_all(b"hello")?;` | with a timeout Python limits the whole, Rust each `send` of the loop |
//! | [`recvfrom`](#recvfrom) | `let (length, peer) = socket.recv_from(&mut buffer)?;` | |
//! | [`sendto`](#sendto) | `socket.send_to(b"hello", address)?;` | data first, address second, as in Python |
//! | [`getpeername`](#getpeername) | `let peer = stream.peer_addr()?;` | |
//! | [`getsockname`](#getsockname) | `let own = stream.local_addr()?;` | |
//! | [`getsockopt`](#getsockopt) | `let reuse = socket.reuse_address()?;` | a method for each option, of the option's own type |
//! | [`setsockopt`](#setsockopt) | `socket.set_reuse_address(true)?;` | the same |
//! | [`setblocking`](#setblocking) | `stream.set_nonblocking(true)?;` | the other way round |
//! | [`settimeout`](#settimeout) | `stream.set_read_timeout(Some(timeout))?;` | one for receiving, one for sending, none for `accept`; `connect` has `TcpStream::connect_timeout`. Zero is an error, `None` waits for ever |
//! | [`gettimeout`](#gettimeout) | `let timeout = stream.read_timeout()?;` | asks the system; Python remembers |
//! | [`fileno`](#fileno) | `let descriptor = stream.as_raw_fd();` | Unix; on Windows `as_raw_socket` |
//! | [`makefile`](#makefile) | `let mut file = BufReader::new(stream.try_clone()?);` | |
//! | [`close`](#close) | `drop(stream);` | happens by itself at the end of the scope |
//!
//! What these functions really do is tried by `cargo lab experiment`.
//!
//! # bind
//!
//! ```
//! # use std::net::{Ipv4Addr, SocketAddr};
//! # use socket2::{Domain, Socket, Type};
//! let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
//! let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
//! socket.bind(&address.into())?;
//! # assert_ne!(socket.local_addr()?.as_socket().map(|own| own.port()), Some(0));
//! # std::io::Result::Ok(())
//! ```
//!
//! # listen
//!
//! ```
//! # use std::net::{Ipv4Addr, SocketAddr, TcpStream};
//! # use socket2::{Domain, Socket, Type};
//! # let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
//! # socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
//! socket.listen(5)?;
//! # let address = socket.local_addr()?.as_socket().expect("an IP address");
//! # assert!(TcpStream::connect(address).is_ok());
//! # std::io::Result::Ok(())
//! ```
//!
//! # accept
//!
//! ```
//! # use std::net::{TcpListener, TcpStream};
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let client = TcpStream::connect(listener.local_addr()?)?;
//! let (connection, peer) = listener.accept()?;
//! assert_eq!(peer, client.local_addr()?);
//! # assert_eq!(connection.peer_addr()?, peer);
//! # std::io::Result::Ok(())
//! ```
//!
//! # connect
//!
//! ```
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! let stream = TcpStream::connect(address)?;
//! assert_eq!(stream.peer_addr()?, address);
//! # std::io::Result::Ok(())
//! ```
//!
//! # `connect_ex`
//!
//! ```
//! # use std::net::TcpListener;
//! # use std::io::ErrorKind;
//! # use socket2::{Domain, Socket, Type};
//! # let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
//! # let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
//! let result = socket.connect(&address.into());
//! // Nobody listens there any more; `connect_ex` would return this number.
//! let error = result.expect_err("refused");
//! assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
//! assert!(error.raw_os_error().is_some());
//! # std::io::Result::Ok(())
//! ```
//!
//! # recv
//!
//! ```
//! # use std::io::{Read, Write};
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut client = TcpStream::connect(listener.local_addr()?)?;
//! # let (mut stream, _) = listener.accept()?;
//! # client.write_all(b"hello")?;
//! let mut buffer = [0; 1024];
//! let received = stream.read(&mut buffer)?;
//! assert_eq!(&buffer[..received], b"hello");
//! # std::io::Result::Ok(())
//! ```
//!
//! # send
//!
//! ```
//! # use std::io::Write;
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut stream = TcpStream::connect(listener.local_addr()?)?;
//! let sent = stream.write(b"hello")?;
//! assert!(sent <= 5);
//! # std::io::Result::Ok(())
//! ```
//!
//! # sendall
//!
//! ```
//! # use std::io::{Read, Write};
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut stream = TcpStream::connect(listener.local_addr()?)?;
//! # let (mut server, _) = listener.accept()?;
//! stream.write_all(b"hello")?;
//! # drop(stream);
//! # let mut arrived = Vec::new();
//! # server.read_to_end(&mut arrived)?;
//! # assert_eq!(arrived, b"hello");
//! # std::io::Result::Ok(())
//! ```
//!
//! # recvfrom
//!
//! ```
//! # use std::net::UdpSocket;
//! # let socket = UdpSocket::bind("127.0.0.1:0")?;
//! # let client = UdpSocket::bind("127.0.0.1:0")?;
//! # client.send_to(b"hello", socket.local_addr()?)?;
//! let mut buffer = [0; 1024];
//! let (length, peer) = socket.recv_from(&mut buffer)?;
//! assert_eq!(&buffer[..length], b"hello");
//! assert_eq!(peer, client.local_addr()?);
//! # std::io::Result::Ok(())
//! ```
//!
//! # sendto
//!
//! ```
//! # use std::net::UdpSocket;
//! # let server = UdpSocket::bind("127.0.0.1:0")?;
//! # let socket = UdpSocket::bind("127.0.0.1:0")?;
//! # let address = server.local_addr()?;
//! socket.send_to(b"hello", address)?;
//! # assert_eq!(server.recv(&mut [0; 16])?, 5);
//! # std::io::Result::Ok(())
//! ```
//!
//! # getpeername
//!
//! ```
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//! let peer = stream.peer_addr()?;
//! assert_eq!(peer, listener.local_addr()?);
//! # std::io::Result::Ok(())
//! ```
//!
//! # getsockname
//!
//! ```
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//! let own = stream.local_addr()?;
//! assert_eq!(own, listener.accept()?.1);
//! # std::io::Result::Ok(())
//! ```
//!
//! # getsockopt
//!
//! ```
//! # use socket2::{Domain, Socket, Type};
//! # let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
//! let reuse = socket.reuse_address()?;
//! assert!(!reuse);
//! # std::io::Result::Ok(())
//! ```
//!
//! # setsockopt
//!
//! ```
//! # use socket2::{Domain, Socket, Type};
//! # let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
//! socket.set_reuse_address(true)?;
//! # assert!(socket.reuse_address()?);
//! # std::io::Result::Ok(())
//! ```
//!
//! # setblocking
//!
//! ```
//! # use std::io::{ErrorKind, Read};
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut stream = TcpStream::connect(listener.local_addr()?)?;
//! stream.set_nonblocking(true)?;
//! let error = stream.read(&mut [0; 16]).expect_err("nothing to receive");
//! assert_eq!(error.kind(), ErrorKind::WouldBlock);
//! # std::io::Result::Ok(())
//! ```
//!
//! # settimeout
//!
//! ```
//! # use std::io::Read;
//! # use std::net::{TcpListener, TcpStream};
//! # use std::time::Duration;
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let mut stream = TcpStream::connect(listener.local_addr()?)?;
//! let timeout = Duration::from_millis(10);
//! stream.set_read_timeout(Some(timeout))?;
//! assert!(stream.read(&mut [0; 16]).is_err());
//! # std::io::Result::Ok(())
//! ```
//!
//! # gettimeout
//!
//! ```
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//! let timeout = stream.read_timeout()?;
//! assert_eq!(timeout, None);
//! # std::io::Result::Ok(())
//! ```
//!
//! # fileno
//!
//! ```
//! # #[cfg(unix)] {
//! # use std::net::{TcpListener, TcpStream};
//! use std::os::fd::AsRawFd;
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//!
//! let descriptor = stream.as_raw_fd();
//! assert!(descriptor >= 0);
//! # }
//! # std::io::Result::Ok(())
//! ```
//!
//! # makefile
//!
//! ```
//! # use std::io::Write;
//! # use std::net::{TcpListener, TcpStream};
//! use std::io::{BufRead, BufReader};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//! # listener.accept()?.0.write_all(b"first\nsecond\n")?;
//!
//! let mut file = BufReader::new(stream.try_clone()?);
//! let mut line = String::new();
//! file.read_line(&mut line)?;
//! assert_eq!(line, "first\n");
//! # std::io::Result::Ok(())
//! ```
//!
//! # close
//!
//! ```
//! # use std::io::Read;
//! # use std::net::{TcpListener, TcpStream};
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let stream = TcpStream::connect(listener.local_addr()?)?;
//! # let (mut server, _) = listener.accept()?;
//! drop(stream);
//! assert_eq!(server.read(&mut [0; 16])?, 0);
//! # std::io::Result::Ok(())
//! ```

#[cfg(test)]
mod tests {
    /// `(Python's name, the line of Rust)` of each row.
    fn rows() -> Vec<(&'static str, &'static str)> {
        let rows = include_str!("socket_functions.rs").lines();
        let rows = rows.filter_map(|line| line.strip_prefix("//! | [`"));
        rows.map(|row| {
            let (name, rest) = row.split_once('`').unwrap();
            (name, rest.split('`').nth(1).unwrap())
        })
        .collect()
    }

    #[test]
    fn the_table_has_every_function_of_the_lessons() {
        let names: Vec<&str> = rows().iter().map(|(name, _)| *name).collect();
        let lessons = "bind listen accept connect connect_ex recv send sendall recvfrom sendto \
                       getpeername getsockname getsockopt setsockopt setblocking settimeout \
                       gettimeout fileno makefile close";
        assert_eq!(names, lessons.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn every_line_of_the_table_is_run_by_an_example() {
        let source = include_str!("socket_functions.rs");
        for (name, line) in rows() {
            let example = source.lines().any(|each| each == format!("//! {line}"));
            assert!(example, "no example runs {name}: {line}");
        }
    }
}
