//! One check while it runs: its limits, all bytes that went to and fro, and how it may stop.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use common::notation;
use serde::Serialize;

use crate::check::engine::hexdump;
use crate::check::engine::ports::{self, Reserved};
use crate::pairs::Transport;

/// A check as a whole may take this long; a program that keeps it busy for longer has failed.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// How long a check waits and watches.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long one answer may take.
    pub patience: Duration,
    /// How long an idle program is watched for the processor time that it takes.
    pub watch: Duration,
}

impl Pace {
    /// Each answer may take `patience`; a program is watched for a second.
    pub(crate) fn with_patience(patience: Duration) -> Self {
        Self {
            patience,
            watch: Duration::from_secs(1),
        }
    }
}

/// How what happened differs from what was expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Nothing came.
    Silence,
    /// The connection was closed before.
    Closed,
    /// The connection was reset.
    Reset,
    /// Something else came.
    Differs {
        /// What was to come.
        expected: Vec<u8>,
        /// What came.
        received: Vec<u8>,
    },
    /// The beginning of a message came on a stream, and then no more.
    Cut {
        /// What was to come.
        expected: Vec<u8>,
        /// What came.
        received: Vec<u8>,
    },
    /// Something came where nothing was to come.
    TooMuch,
    /// As the failure says.
    #[default]
    Otherwise,
}

impl Manner {
    /// Other bytes came. Of long ones the beginning is kept, up to some way behind the first difference.
    pub(crate) fn differs(expected: &[u8], received: &[u8]) -> Self {
        let [expected, received] = as_far_as_they_differ(expected, received);
        Self::Differs { expected, received }
    }

    /// Only the beginning came.
    pub(crate) fn cut(expected: &[u8], received: &[u8]) -> Self {
        let [expected, received] = as_far_as_they_differ(expected, received);
        Self::Cut { expected, received }
    }
}

fn as_far_as_they_differ(expected: &[u8], received: &[u8]) -> [Vec<u8>; 2] {
    const BEHIND: usize = 64;
    let same = expected.iter().zip(received).take_while(|(a, b)| a == b);
    let end = same.count() + BEHIND;
    [expected, received].map(|bytes| bytes[..bytes.len().min(end)].to_vec())
}

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The program did not do what it must.
    Failed {
        /// What must follow.
        expected: String,
        /// What followed.
        happened: String,
        /// How it differs, as far as the checker knows.
        manner: Manner,
    },
    /// The check cannot be done here; the text says why.
    Skipped(String),
    /// The program could not be judged at all; the text says why.
    NotJudged(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed {
                expected, happened, ..
            } => write!(f, "expected: {expected}; happened: {happened}"),
            Self::Skipped(why) | Self::NotJudged(why) => f.write_str(why),
        }
    }
}

impl Stop {
    /// Says in a failure at which point it happened: `what` was to follow.
    pub(crate) fn while_(self, what: &str) -> Self {
        match self {
            Self::Failed {
                expected,
                happened,
                manner,
            } => Self::Failed {
                expected: format!("{what}: {expected}"),
                happened,
                manner,
            },
            other => other,
        }
    }

    /// Says in which manner it failed.
    pub(crate) fn in_manner(mut self, new: Manner) -> Self {
        if let Self::Failed { manner, .. } = &mut self {
            *manner = new;
        }
        self
    }
}

/// What a step of a check comes to, and the check as a whole.
pub type Result<T = (), E = Stop> = std::result::Result<T, E>;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the checker to the program under test.
    Sent,
    /// From the program under test to the checker.
    Received,
}

/// Bytes that went one way without any the other way between them.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Which socket of the checker, such as `client 1`.
    pub who: String,
    /// Which way.
    pub direction: Direction,
    /// The first `MOST_KEPT` bytes.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub total: u64,
}

/// How many bytes of a passage are kept for the report.
pub(crate) const MOST_KEPT: usize = 4096;

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, way) = match self.direction {
            Direction::Sent => ("sent", "to"),
            Direction::Received => ("received", "from"),
        };
        writeln!(
            f,
            "{} bytes {verb} {way} the program ({}):",
            self.total, self.who
        )?;
        f.write_str(&hexdump::dump(&self.bytes, self.total))
    }
}

/// How a program under test was found when its check had ended.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// `exit status: 1`, `still running`, `still running, at 98 % of a processor`.
    pub state: String,
    /// What it printed on stdout, control characters escaped.
    pub screen: String,
    /// What it printed on stderr, control characters escaped.
    pub errors: String,
}

/// One check while it runs. Everything that waits asks it for how long.
#[derive(Debug)]
pub(crate) struct Trial {
    begun: Instant,
    pace: Pace,
    folder: PathBuf,
    /// What was in the folder when the program first spoke.
    there: OnceLock<BTreeSet<PathBuf>>,
    /// Whether the report will show how the programs were found at the end.
    is_told: AtomicBool,
    notes: Mutex<Notes>,
    /// The ports of its programs: theirs until the check is over, also while none of them listens.
    ports: Mutex<Vec<Reserved>>,
}

#[derive(Debug, Default)]
struct Notes {
    /// Time that was not the program's.
    pardoned: Duration,
    sockets: usize,
    passages: Vec<Passage>,
    found: Vec<Found>,
}

impl Trial {
    /// A check that begins now, with this folder.
    pub(crate) fn new(pace: Pace, folder: PathBuf) -> Self {
        Self {
            begun: Instant::now(),
            pace,
            folder,
            there: OnceLock::new(),
            is_told: AtomicBool::new(false),
            notes: Mutex::default(),
            ports: Mutex::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait for the program's next step.
    pub(crate) fn patience(&self) -> Duration {
        // A socket does not take a time limit of zero.
        self.pace
            .patience
            .min(self.left())
            .max(Duration::from_millis(1))
    }

    /// What is left of the check's time.
    fn left(&self) -> Duration {
        self.deadline().saturating_sub(self.begun.elapsed())
    }

    /// How long the check as a whole may take.
    fn deadline(&self) -> Duration {
        DEADLINE.max(self.pace.patience * 12) + self.notes().pardoned
    }

    /// Does not count `span`, which went by before the program was started.
    pub(crate) fn pardon(&self, span: Duration) {
        self.notes().pardoned += span;
    }

    /// Whether the check has taken all the time that it may.
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// How long to watch an idle program.
    pub(crate) fn watch(&self) -> Duration {
        self.pace.watch
    }

    /// The moment at which the patience that begins now ends.
    pub(crate) fn limit(&self) -> Instant {
        Instant::now() + self.patience()
    }

    /// The failure of a program that did something else than it must. When the check's time is over,
    /// that is what happened: nothing was waited for any more.
    pub(crate) fn fail(&self, expected: impl Into<String>, happened: impl Into<String>) -> Stop {
        self.is_told.store(true, Ordering::Relaxed);
        let happened = if self.is_over() {
            let seconds = self.deadline().as_secs();
            format!("the {seconds} s that the whole check may take are over")
        } else {
            happened.into()
        };
        Stop::Failed {
            expected: expected.into(),
            happened,
            manner: Manner::default(),
        }
    }

    /// Tells that the program has not come so far that it could be judged.
    pub(crate) fn cannot_judge(&self, why: String) -> Stop {
        self.is_told.store(true, Ordering::Relaxed);
        Stop::NotJudged(why)
    }

    /// Whether the report will show how the programs were found at the end.
    pub(crate) fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Relaxed)
    }

    /// Writes down that the program has spoken: a server listens, a client has connected, has sent a
    /// datagram or shown what it should. What its command has put into the folder until then is not
    /// the program's work.
    pub(crate) fn speaks(&self) {
        // What cannot be seen now will be told when it is looked for.
        self.there
            .get_or_init(|| entries(&self.folder).unwrap_or_default());
    }

    /// Whether the program, or another that this check has started, has spoken.
    pub(crate) fn has_spoken(&self) -> bool {
        self.there.get().is_some()
    }

    /// What has come into `folder`, and the folders in it, since the program first spoke.
    pub(crate) fn new_entries(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let there = self.there.get();
        let is_new = |path: &PathBuf| !there.is_some_and(|there| there.contains(path));
        Ok(entries(folder)?.into_iter().filter(is_new).collect())
    }

    /// A free port, this check's until it is over.
    pub(crate) fn port(&self, transport: Transport) -> Result<u16> {
        let reserved = ports::reserve(transport)?;
        let number = reserved.number;
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        ports.push(reserved);
        Ok(number)
    }

    /// A name for one more socket of the checker: `client 1`.
    pub(crate) fn name_socket(&self, role: &str) -> String {
        let mut notes = self.notes();
        notes.sockets += 1;
        format!("{role} {}", notes.sockets)
    }

    /// Writes down that bytes went by. `whole` says that they are a message (a datagram), not part of
    /// a stream.
    pub(crate) fn note(&self, who: &str, direction: Direction, bytes: &[u8], whole: bool) {
        let passages = &mut self.notes().passages;
        let goes_on = passages
            .last()
            .is_some_and(|last| !whole && last.who == who && last.direction == direction);
        if !goes_on {
            passages.push(Passage {
                who: who.to_owned(),
                direction,
                bytes: Vec::new(),
                total: 0,
            });
        }
        if let Some(passage) = passages.last_mut() {
            let room = MOST_KEPT.saturating_sub(passage.bytes.len());
            passage
                .bytes
                .extend_from_slice(&bytes[..bytes.len().min(room)]);
            passage.total += bytes.len() as u64;
        }
    }

    /// Writes down how a program was found at the end.
    pub(crate) fn note_found(&self, found: Found) {
        self.notes().found.push(found);
    }

    /// All that was written down.
    pub(crate) fn into_notes(self) -> (Vec<Passage>, Vec<Found>) {
        let notes = self
            .notes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        (notes.passages, notes.found)
    }
}

/// The first bytes as Python shows them, for a message of one line.
pub(in crate::check) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 100;
    if bytes.len() <= MOST {
        return notation::bytes(bytes);
    }
    notation::bytes(&[&bytes[..MOST], b"..."].concat())
}

/// All that is in `folder` and in the folders in it. Links are not followed.
fn entries(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial() -> Trial {
        Trial::new(Pace::with_patience(Duration::from_secs(1)), PathBuf::new())
    }

    #[test]
    fn a_failure_at_the_deadline_says_so() {
        let mut trial = trial();
        let happened = |trial: &Trial| match trial.fail("a datagram", "silence") {
            Stop::Failed { happened, .. } => happened,
            other => panic!("{other:?}"),
        };
        assert_eq!(happened(&trial), "silence");
        trial.begun -= DEADLINE;
        assert_eq!(
            happened(&trial),
            "the 120 s that the whole check may take are over"
        );
    }

    #[test]
    fn a_stream_is_one_passage_and_each_datagram_is_its_own() {
        let trial = trial();
        trial.note("client 1", Direction::Sent, b"ab", false);
        trial.note("client 1", Direction::Sent, b"cd", false);
        trial.note("client 1", Direction::Received, b"AB", false);
        trial.note("client 2", Direction::Sent, b"x", true);
        trial.note("client 2", Direction::Sent, &[7; 5000], true);
        let (passages, _) = trial.into_notes();
        let seen: Vec<_> = passages.iter().map(|p| (p.bytes.len(), p.total)).collect();
        assert_eq!(seen, [(4, 4), (2, 2), (1, 1), (MOST_KEPT, 5000)]);
    }
}
