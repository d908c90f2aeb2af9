//! How `shutdown` reaches a `serve_forever` that waits in another thread.

use std::io;
#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Stops `serve_forever`: a request to stop, and a bell for the loop that sleeps.
///
/// Python only sets a flag, which the loop finds after `poll_interval`, half a second. ("XXX:
/// Consider using another file descriptor […] to wake this up instead of polling", says its
/// source.) The [`Bell`] is that other descriptor.
pub(crate) struct Shutdown {
    state: Mutex<State>,
    stopped: Condvar,
    bell: Bell,
}

#[derive(Default)]
struct State {
    requested: bool,
    serving: Option<ThreadId>,
}

impl Shutdown {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            state: Mutex::default(),
            stopped: Condvar::new(),
            bell: Bell::new()?,
        })
    }

    /// `serve_forever` begins; it ends when what this returns is dropped.
    pub(crate) fn begin(&self) -> io::Result<Serving<'_>> {
        let mut state = self.state();
        if state.serving.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::ResourceBusy,
                "the server serves already, in another thread",
            ));
        }
        state.serving = Some(thread::current().id());
        Ok(Serving(self))
    }

    /// Asks the loop to end and waits until it has. Where no loop runs, the next one ends at once.
    /// A loop that asks itself (from a handler or a hook) must not wait for itself.
    pub(crate) fn request(&self) {
        let mut state = self.state();
        state.requested = true;
        self.bell.ring();
        let me = Some(thread::current().id());
        while state.requested && state.serving.is_some() && state.serving != me {
            state = self
                .stopped
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running `serve_forever`.
pub(crate) struct Serving<'a>(&'a Shutdown);

impl Serving<'_> {
    pub(crate) fn is_shutdown_requested(&self) -> bool {
        self.0.state().requested
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.0.bell
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        *state = State::default();
        self.0.bell.silence();
        self.0.stopped.notify_all();
    }
}

/// Two connected sockets: a byte in one makes the other ready, and ends the wait for it
/// ("self-pipe").
#[cfg(unix)]
pub(crate) struct Bell {
    sender: UnixStream,
    receiver: UnixStream,
}

#[cfg(unix)]
impl Bell {
    fn new() -> io::Result<Self> {
        let (sender, receiver) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { sender, receiver })
    }

    fn ring(&self) {
        // It fails when the buffer is full: then the bell has long been ringing.
        let _ = (&self.sender).write(&[0]);
    }

    fn silence(&self) {
        while matches!((&self.receiver).read(&mut [0; 64]), Ok(1..)) {}
    }

    pub(crate) fn receiver(&self) -> &UnixStream {
        &self.receiver
    }
}

/// Where the loop never sleeps long, no bell is needed.
#[cfg(not(unix))]
pub(crate) struct Bell;

#[cfg(not(unix))]
impl Bell {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    fn ring(&self) {}

    fn silence(&self) {}
}
