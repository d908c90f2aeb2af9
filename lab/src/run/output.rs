//! What a program prints, while it prints it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much of a program's output is kept, in bytes. A program that floods its screen is judged by
/// what it printed first.
const MOST_OUTPUT: usize = 16 << 20;

/// What a program prints on one of its streams, while it prints it.
#[derive(Debug, Default)]
pub struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// When the stream was read, and how many bytes there were then.
    arrivals: Vec<(Instant, usize)>,
    ended: bool,
}

impl State {
    /// What has come without the first bytes of a character whose last ones are still to come.
    fn whole_characters(&self) -> &[u8] {
        let end = self.bytes.len();
        let cut = (1..=end.min(3)).find(|cut| {
            let rest = str::from_utf8(&self.bytes[end - cut..]);
            rest.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        });
        match cut {
            Some(cut) if !self.ended => &self.bytes[..end - cut],
            _ => &self.bytes,
        }
    }
}

impl Output {
    pub(super) fn capture(stream: Option<impl Read + Send + 'static>) -> Arc<Self> {
        let output = Arc::new(Self::default());
        let Some(mut stream) = stream else {
            return output;
        };
        let writer = Arc::clone(&output);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                let got = stream.read(&mut buffer).unwrap_or(0);
                let mut state = writer.lock();
                let room = MOST_OUTPUT.saturating_sub(state.bytes.len());
                // Of a flood the times are not kept either: they would fill the memory.
                if room > 0 {
                    state.bytes.extend_from_slice(&buffer[..got.min(room)]);
                    let length = state.bytes.len();
                    state.arrivals.push((Instant::now(), length));
                }
                state.ended = got == 0;
                writer.changed.notify_all();
                if state.ended {
                    break;
                }
            }
        });
        output
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was printed until now.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// What was printed, in the pieces in which it came, and when.
    #[must_use]
    pub fn pieces(&self) -> Vec<(Instant, String)> {
        let state = self.lock();
        let mut from = 0;
        let mut pieces = Vec::new();
        for &(when, to) in &state.arrivals {
            // A character may come in two pieces: it belongs to the second.
            let text = str::from_utf8(&state.bytes[from..to]);
            let end = text.map_or_else(|error| from + error.valid_up_to(), |_| to);
            let end = if to == state.bytes.len() { to } else { end };
            if end > from {
                let text = String::from_utf8_lossy(&state.bytes[from..end]);
                pieces.push((when, text.into_owned()));
            }
            from = end;
        }
        pieces
    }

    /// All that was printed until now, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// Waits until `found` finds what it looks for in the text. `None` when the time is up or
    /// the stream ended without it.
    pub fn wait_for<T>(
        &self,
        limit: Duration,
        mut found: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(found) = found(&String::from_utf8_lossy(state.whole_characters())) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until the text contains `part`, and tells whether it came.
    #[must_use]
    pub fn shows(&self, part: &str, limit: Duration) -> bool {
        self.wait_for(limit, |text| text.contains(part).then_some(()))
            .is_some()
    }

    pub(super) fn wait_for_end(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        while !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_shown_once_all_its_bytes_have_come() {
        let shown = |bytes: &[u8], ended| {
            let state = State {
                bytes: bytes.to_vec(),
                ended,
                arrivals: Vec::new(),
            };
            state.whole_characters().len()
        };
        let text = "a你".as_bytes();
        assert_eq!(shown(text, false), 4);
        assert_eq!((shown(&text[..3], false), shown(&text[..2], false)), (1, 1));
        assert_eq!(shown(&text[..3], true), 3);
        assert_eq!(shown(b"a\xff", false), 2);
        assert_eq!(shown(b"", false), 0);
    }
}
