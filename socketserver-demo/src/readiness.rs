//! Waits until a socket has something to receive: Python's `selectors`.

use std::io;
use std::time::Duration;

use crate::shutdown::Bell;
use crate::socket::Descriptor;

/// Waits until `socket` is ready, the bell rings, or `limit` is over (`None` waits for ever).
/// `true` when the socket is ready.
#[cfg(unix)]
pub(crate) fn wait(
    socket: &impl Descriptor,
    bell: Option<&Bell>,
    limit: Option<Duration>,
) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    // More than the system can count is for ever, too.
    let limit = limit.and_then(|limit| limit.try_into().ok());
    let mut sources = vec![PollFd::new(socket, PollFlags::IN)];
    if let Some(bell) = bell {
        sources.push(PollFd::new(bell.receiver(), PollFlags::IN));
    }
    match poll(&mut sources, limit.as_ref()) {
        Ok(_) => Ok(!sources[0].revents().is_empty()),
        // A signal came: that is no readiness, and no failure.
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Where there is no `poll` that safe Rust could call, the server tries, and [`rest`]s when there
/// was nothing.
#[cfg(not(unix))]
pub(crate) fn wait(
    _socket: &impl Descriptor,
    _bell: Option<&Bell>,
    _limit: Option<Duration>,
) -> io::Result<bool> {
    Ok(true)
}

/// What a server does when it was told of a request and there was none. On Unix: nothing, `wait`
/// will tell again.
#[cfg(unix)]
pub(crate) fn rest() {}

/// What a server does when it has tried for a request and there was none.
#[cfg(not(unix))]
pub(crate) fn rest() {
    std::thread::sleep(Duration::from_millis(10));
}
