//! A conversation with one client, in a thread of its own, so that a slow one keeps nobody waiting.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::counted::{Counted, Running};
use crate::console;

/// How long [`hang_up`] waits for the peer to close.
const FAREWELL: Duration = Duration::from_secs(1);

/// How many conversations a server holds at a time, if it has descriptors for them.
///
/// On Linux a process may have 65,530 mappings of memory. A thread needs four, two stacks and their
/// guards, and an upload has two threads and four buffers. Where the mappings run out while a thread
/// starts, nobody can refuse the client any more: the process ends. 4,000 uploads that stall were
/// seen to need 37,000.
const MAX_CONVERSATIONS: usize = 4000;

/// How many descriptors a conversation needs: its socket, and the file that it sends or stores.
const DESCRIPTORS: u64 = 2;

/// How many conversations run now.
static RUNNING: Running = Running::new();

/// How many conversations there can be, beginning with that on `first`: whoever is accepted must get
/// a descriptor for the file too.
#[cfg(unix)]
fn most_conversations(first: &TcpStream) -> usize {
    use rustix::process::{Resource, getrlimit};
    use std::os::fd::AsRawFd;
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return MAX_CONVERSATIONS;
    };
    // A new descriptor has the lowest number that is free: so many are in use. Two stay free: one that
    // `accept` holds while it waits, and one for glibc, which opens a list of the processors when the
    // first thread asks for memory.
    let in_use = u64::try_from(first.as_raw_fd()).unwrap_or(0);
    let most = limit.saturating_sub(in_use + 2) / DESCRIPTORS;
    usize::try_from(most).map_or(MAX_CONVERSATIONS, |most| most.clamp(1, MAX_CONVERSATIONS))
}

/// How many conversations there can be.
#[cfg(not(unix))]
fn most_conversations(_first: &TcpStream) -> usize {
    MAX_CONVERSATIONS
}

/// Holds `conversation`, which may open one file at a time, in a thread of its own and closes the
/// connection afterwards.
///
/// A conversation that ends badly is one warning that names the peer. A peer for whom no thread can
/// be started is closed at once, with a warning too, and so is one that comes while 4,000 others
/// are served, or so many that the descriptors would not do for one more. The server goes on in all
/// cases.
pub fn converse_in_thread<F, E>(stream: TcpStream, peer: SocketAddr, conversation: F)
where
    F: FnOnce(&TcpStream) -> Result<(), E> + Send + 'static,
    E: Into<anyhow::Error>,
{
    static MOST: OnceLock<usize> = OnceLock::new();
    let most = *MOST.get_or_init(|| most_conversations(&stream));
    let Some(counted) = Counted::among(&RUNNING, most) else {
        console::warn(format_args!(
            "{peer} is refused: {most} conversations are running"
        ));
        return;
    };
    let thread = thread::Builder::new().name(peer.to_string());
    let started = thread.spawn(move || {
        let _counted = counted;
        let stream = stream; // closed before the next one is let in
        if let Err(error) = conversation(&stream) {
            console::warn(format_args!("{peer}: {:#}", error.into()));
        }
    });
    if let Err(error) = started {
        console::warn(format_args!("{peer} is refused: {error}"));
    }
}

/// Waits until the peer sends something, however long that takes: at a prompt, a person thinks.
/// Receives nothing yet (`MSG_PEEK`). `false` when the peer has closed.
///
/// # Errors
///
/// When the connection is lost.
pub fn wait_for_message(stream: &TcpStream) -> io::Result<bool> {
    let limit = stream.read_timeout()?;
    stream.set_read_timeout(None)?;
    let count = loop {
        match stream.peek(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => break result?,
        }
    };
    stream.set_read_timeout(limit)?;
    Ok(count > 0)
}

/// Ends a conversation whose rest is not understood, so that the last answer still arrives.
///
/// To close with received bytes unread is a reset, which takes from the peer what it has not read
/// yet. So this sends the end of the stream, and reads for a second at most.
pub fn hang_up(mut stream: &TcpStream) {
    let started = Instant::now();
    let mut rest = [0; 4096];
    // Whatever fails here, the connection is at its end anyway.
    let _ = stream.shutdown(Shutdown::Write);
    loop {
        let left = FAREWELL.saturating_sub(started.elapsed());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            break;
        }
        match stream.read(&mut rest) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::loopback::connection;
    use std::io::Write;
    use std::sync::mpsc;

    #[test]
    fn a_conversation_has_a_thread_and_the_connection_is_closed_after_it() {
        let (near, mut far) = connection().unwrap();
        let (sender, receiver) = mpsc::channel();
        let peer = near.peer_addr().unwrap();
        converse_in_thread(near, peer, move |mut stream| {
            sender.send(thread::current().id()).unwrap();
            stream.write_all(b"hello")
        });
        assert_ne!(receiver.recv().unwrap(), thread::current().id());
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"hello");
    }

    #[test]
    fn waiting_for_a_message_takes_longer_than_the_limit_and_receives_nothing() {
        let (near, mut far) = connection().unwrap();
        let limit = Some(Duration::from_millis(20));
        near.set_read_timeout(limit).unwrap();
        let waiter = thread::spawn(move || {
            assert!(wait_for_message(&near).unwrap());
            // The kernel rounds it up to its own ticks.
            assert!(near.read_timeout().unwrap() >= limit);
            let mut message = [0; 5];
            (&near).read_exact(&mut message).unwrap();
            assert_eq!(&message, b"hello");
            assert!(!wait_for_message(&near).unwrap());
        });
        // Not a condition to wait for: it shows that the limit of 20 ms is not applied.
        thread::sleep(Duration::from_millis(50));
        far.write_all(b"hello").unwrap();
        drop(far);
        waiter.join().unwrap();
    }

    #[test]
    fn the_last_answer_arrives_although_the_peer_sent_more_than_was_read() {
        let (mut near, mut far) = connection().unwrap();
        far.write_all(&[0; 10_000]).unwrap();
        near.write_all(b"no").unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        hang_up(&near);
        drop(near);
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"no");
    }
}
