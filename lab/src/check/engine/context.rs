//! What a check works with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::launch::Launch;
use crate::check::engine::listener::Listener;
use crate::check::engine::server::Server;
use crate::check::engine::subject::Subject;
use crate::check::engine::target::Target;
use crate::check::engine::trial::{Found, Pace, Passage, Result, Stop, Trial};
use crate::check::engine::vacancy::Vacancy;
use crate::pairs::dialect::Dialect;
use crate::pairs::{Pair, Side};
use crate::run::interrupt::Folder;

/// How long our programs are told to wait for a peer that stalls. Half a minute would be long to wait
/// for; with half a second a busy machine could not be told from a program that waits three times as long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// What a check works with: the program under test, sockets, a folder. All that it gives is
/// bounded in time, and gone when the check ends.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    target: Target,
    subject: &'a Subject,
    trial: Arc<Trial>,
    folder: Folder,
    /// Where a program that is not ours runs.
    own: Folder,
}

impl<'a> Context<'a> {
    pub(super) fn new(target: Target, subject: &'a Subject, pace: Pace) -> Result<Self> {
        let make = || Folder::new("lab-").map_err(|error| Stop::NotJudged(format!("{error:#}")));
        let folder = make()?;
        Ok(Self {
            target,
            subject,
            trial: Arc::new(Trial::new(pace, folder.path().to_path_buf())),
            folder,
            own: make()?,
        })
    }

    /// The row of the table that is judged.
    pub(crate) fn pair(&self) -> &'static Pair {
        self.target.pair
    }

    /// Which end of it.
    pub(crate) fn side(&self) -> Side {
        self.target.side
    }

    /// How its two ends speak.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        &self.target.pair.dialect
    }

    /// Whether the program takes the flags that ours take.
    pub(crate) fn is_ours(&self) -> bool {
        self.subject.is_ours()
    }

    /// How long an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        self.trial.patience()
    }

    /// The moment at which the patience that begins now ends.
    pub(crate) fn limit(&self) -> Instant {
        self.trial.limit()
    }

    /// How long a program may take until it has given up its peer. Ours wait for [`TIMEOUT`], as they were told;
    /// others as long as the lesson's do, `limit`. All take their time to end.
    pub(crate) fn time_limit(&self, limit: Duration) -> Duration {
        let limit = if self.is_ours() { TIMEOUT } else { limit };
        limit + self.patience()
    }

    /// Fails if our program, which has just given up its peer, took less or more than [`TIMEOUT`] for that: the
    /// wait did not begin before `earliest`, and had begun by `latest`.
    pub(crate) fn expect_in_time(&self, earliest: Instant, latest: Instant) -> Result {
        let (most, least) = (earliest.elapsed(), latest.elapsed());
        // The kernel counts in ticks, which may make it a little less; a busy machine makes it more.
        if !self.is_ours() || most >= TIMEOUT * 9 / 10 && least <= TIMEOUT * 5 / 2 {
            return Ok(());
        }
        Err(self.fail(
            format!("it gives up after {} s, its --timeout", TIMEOUT.as_secs()),
            format!("it gives up after {:.1} s", least.as_secs_f64()),
        ))
    }

    /// The failure of a program that did something else than it must.
    pub(crate) fn fail(&self, expected: impl Into<String>, happened: impl Into<String>) -> Stop {
        self.trial.fail(expected, happened)
    }

    /// Tells that the program has not come so far that it could be judged.
    pub(crate) fn cannot_judge(&self, why: String) -> Stop {
        self.trial.cannot_judge(why)
    }

    /// A folder of the check's own, which goes when it ends. It stands for `{dir}` unless
    /// [`Launch::dir`] says otherwise.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a folder in [`folder`](Self::folder).
    pub(crate) fn make_folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder().join(name);
        fs::create_dir_all(&path)
            .map(|()| path)
            .map_err(|error| Stop::NotJudged(format!("cannot make the folder {name}: {error}")))
    }

    /// What has come into `folder`, and the folders in it, since the program first spoke.
    pub(crate) fn new_entries(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        self.trial.new_entries(folder).map_err(|error| {
            Stop::NotJudged(format!("cannot look into {}: {error}", folder.display()))
        })
    }

    /// The program under test, about to be started.
    pub(crate) fn launch(&self) -> Launch<'_> {
        Launch::new(
            &self.trial,
            self.subject,
            self.target,
            self.folder().to_path_buf(),
            self.own.path(),
        )
    }

    /// The server under test, started as it is.
    pub(crate) fn server(&self) -> Result<Server> {
        self.launch().server()
    }

    /// A listening socket for a client under test.
    pub(crate) fn listen(&self) -> Result<Listener> {
        Listener::bind(Arc::clone(&self.trial), self.own_port())
    }

    /// A UDP socket for a client under test.
    pub(crate) fn bind(&self) -> Result<Datagrams> {
        Datagrams::server(Arc::clone(&self.trial), self.own_port())
    }

    /// A UDP socket that no client knows: for lies from a stranger.
    pub(crate) fn stranger(&self) -> Result<Datagrams> {
        Datagrams::server(Arc::clone(&self.trial), 0)
    }

    /// An address where a client under test finds no server.
    pub(crate) fn vacancy(&self) -> Result<Vacancy> {
        Vacancy::hold(self.pair().transport, self.own_port())
    }

    /// The port where a client under test looks for its server; 0 where it can be told.
    fn own_port(&self) -> u16 {
        if self.subject.takes_a_port() {
            0
        } else {
            self.pair().port
        }
    }

    /// What went to and fro, and how the programs were found; asked when all is over.
    pub(super) fn into_notes(self) -> (Vec<Passage>, Vec<Found>) {
        // Whatever the check opened is closed by now, so nobody else has the trial.
        Arc::into_inner(self.trial)
            .map(Trial::into_notes)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::Language;

    #[test]
    fn whoever_waits_for_a_peer_gets_the_patience_besides() {
        let second = Duration::from_secs(1);
        let target = Target::all().next().unwrap();
        for (subject, limit) in [
            (Subject::Ours(Language::Rust), TIMEOUT + second),
            (Subject::Command(vec!["theirs".to_owned()]), 31 * second),
        ] {
            let context = Context::new(target, &subject, Pace::with_patience(second));
            assert_eq!(context.unwrap().time_limit(30 * second), limit);
        }
    }
}
