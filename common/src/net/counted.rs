//! How many threads a server runs, so that it can refuse one more and wait for those that run.

use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The number of threads that run now.
#[derive(Debug, Default)]
pub struct Running {
    count: Mutex<usize>,
    ended: Condvar,
}

impl Running {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: Mutex::new(0),
            ended: Condvar::new(),
        }
    }

    /// How many run now.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.lock()
    }

    /// Waits until all have ended.
    pub fn join(&self) {
        let mut count = self.lock();
        while *count > 0 {
            let waiting = self.ended.wait(count);
            count = waiting.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // No code that could panic runs while it is locked.
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads that run, until it is dropped: at the thread's end, after a panic, or because
/// the thread cannot be started. `R` is a reference to the number, `&'static` or `Arc`.
#[derive(Debug)]
pub struct Counted<R: Deref<Target = Running>>(R);

impl<R: Deref<Target = Running>> Counted<R> {
    /// `None` if `most` are running already.
    pub fn among(running: R, most: usize) -> Option<Self> {
        let mut count = running.lock();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(count);
        Some(Self(running))
    }
}

impl<R: Deref<Target = Running>> Drop for Counted<R> {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_more_than_the_most_is_refused_until_another_ends() {
        static RUNNING: Running = Running::new();
        let first = Counted::among(&RUNNING, 2).unwrap();
        let second = Counted::among(&RUNNING, 2).unwrap();
        assert!(Counted::among(&RUNNING, 2).is_none());
        drop(first);
        let third = Counted::among(&RUNNING, 2).unwrap();
        assert!(Counted::among(&RUNNING, 2).is_none());
        drop((second, third));
        assert_eq!(RUNNING.count(), 0);
    }
}
