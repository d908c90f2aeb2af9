//! The program under test: what is typed at it, what its screen shows, how it ends.

use std::io;
use std::net::SocketAddr;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::console;

use crate::check::engine::trial::{Found, Manner, Result, Stop, Trial};
use crate::host::processor::{self, Watched};
use crate::run::process::Process;

/// A program that runs. Dropping it writes down how it was found, and ends it with its children.
#[derive(Debug)]
pub(crate) struct Program {
    trial: Arc<Trial>,
    process: Process,
    /// How many bytes of the screen have been looked at.
    seen: usize,
}

impl Program {
    /// Starts `command`.
    pub(super) fn start(trial: Arc<Trial>, command: &mut Command) -> Result<Self> {
        let process =
            Process::start(command).map_err(|error| Stop::NotJudged(format!("{error:#}")))?;
        Ok(Self {
            trial,
            process,
            seen: 0,
        })
    }

    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Types a line and presses Enter.
    pub(crate) fn type_line(&mut self, line: &str) -> Result {
        self.process
            .type_text_within(self.trial.patience(), &format!("{line}\n"))
            .map_err(|error| {
                let happened = if error.kind() == io::ErrorKind::TimedOut {
                    format!("of {} bytes it leaves a part unread", line.len() + 1)
                } else {
                    format!("its input is closed: {error}")
                };
                self.trial.fail("the program reads what is typed", happened)
            })
    }

    /// Ends the input, as Ctrl-D does.
    pub(crate) fn end_input(&mut self) {
        self.process.end_input();
    }

    /// Waits until the screen goes on, and tells whether it does with `text`.
    pub(crate) fn goes_on_with(&self, text: &str) -> bool {
        self.goes_on_with_one_of(&[text]).is_some()
    }

    /// Waits until the screen goes on, and tells with which of `texts` it does.
    fn goes_on_with_one_of<'a>(&self, texts: &[&'a str]) -> Option<&'a str> {
        let seen = self.seen;
        let goes_on = |screen: &str| {
            let shown = screen.get(seen..).unwrap_or_default();
            let same = texts.iter().find(|text| shown.starts_with(**text));
            // A wrong beginning will not get better by waiting.
            let hopeless = texts.iter().all(|text| !text.starts_with(shown));
            (same.is_some() || hopeless).then_some(same.copied())
        };
        let screen = self.process.stdout();
        screen.wait_for(self.trial.patience(), goes_on).flatten()
    }

    /// Waits until the screen goes on with `text`, exactly.
    pub(crate) fn expect_screen(&mut self, text: &str) -> Result {
        self.expect_one_of(&[text])
    }

    /// Waits until the screen goes on with one of `texts`, of which the first is told where none comes.
    pub(crate) fn expect_one_of(&mut self, texts: &[&str]) -> Result {
        if let Some(text) = self.goes_on_with_one_of(texts) {
            self.trial.speaks();
            self.seen += text.len();
            return Ok(());
        }
        let text = texts.first().copied().unwrap_or_default();
        let shown = Manner::differs(text.as_bytes(), self.rest().as_bytes());
        Err(self.not_shown(&quote(text)).in_manner(shown))
    }

    /// Waits until the screen shows `part` somewhere in what has not been looked at, skips to
    /// behind it, and returns what stands before it.
    pub(crate) fn await_screen(&mut self, part: &str) -> Result<String> {
        let seen = self.seen;
        let find = |screen: &str| Some(screen.get(seen..)?.split_once(part)?.0.to_owned());
        match self.process.stdout().wait_for(self.trial.patience(), find) {
            Some(before) => {
                self.trial.speaks();
                self.seen += before.len() + part.len();
                Ok(before)
            }
            None => Err(self.not_shown(&quote(part))),
        }
    }

    /// Tells that the screen does not show `expected`. A program that ended before it did anything
    /// cannot be judged.
    fn not_shown(&mut self, expected: &str) -> Stop {
        let rest = self.rest();
        let is_silent = rest.is_empty() && !self.trial.has_spoken();
        // The screen may end a moment before the program does.
        match self.process.wait(Duration::from_secs(1)) {
            Ok(Some(status)) if is_silent => self.trial.cannot_judge(format!(
                "the program ended with {status} before it showed {expected}"
            )),
            _ => self.trial.fail(
                format!("the screen shows {expected}"),
                format!("it shows {}", quote(&rest)),
            ),
        }
    }

    /// Waits for the screen's next whole line, and returns it without its end.
    pub(crate) fn next_line(&mut self) -> Result<String> {
        let seen = self.seen;
        let line = |screen: &str| Some(screen.get(seen..)?.split_once('\n')?.0.to_owned());
        match self.process.stdout().wait_for(self.trial.patience(), line) {
            Some(line) => {
                self.seen += line.len() + 1;
                Ok(line)
            }
            None => Err(self.trial.fail(
                "the screen shows a line",
                format!("it shows {}", quote(&self.rest())),
            )),
        }
    }

    /// What the screen shows that has not been looked at.
    pub(crate) fn rest(&self) -> String {
        let screen = self.process.stdout().text();
        screen.get(self.seen..).unwrap_or_default().to_owned()
    }

    /// Fails if the screen shows anything that a terminal would obey: a control character other
    /// than newline and tab, and those in `allowed` (a lesson's own colours). What goes to stderr is
    /// on the screen too.
    pub(crate) fn expect_harmless_screen(&self, allowed: &[&str]) -> Result {
        let screen = self.process.stdout().text() + &self.process.stderr().text();
        let mut plain = screen.clone();
        for own in allowed {
            plain = plain.replace(own, "");
        }
        match plain
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            None => Ok(()),
            Some(control) => Err(self.trial.fail(
                "control characters are shown escaped, as \\x1b",
                format!(
                    "the terminal was sent {control:?} raw, in {}",
                    quote(&screen)
                ),
            )),
        }
    }

    /// Waits until it ends, and tells its status.
    pub(crate) fn expect_end(&mut self) -> Result<ExitStatus> {
        match self.process.wait(self.trial.patience()) {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(self.trial.fail("the program ends", "it still runs")),
            Err(error) => Err(Stop::NotJudged(format!("cannot wait for it: {error}"))),
        }
    }

    /// Waits until it ends, with status 0 and nothing more on its screen.
    pub(crate) fn expect_success(&mut self) -> Result {
        match self.rest_at_success()? {
            rest if rest.is_empty() => Ok(()),
            rest => Err(self.trial.fail(
                "the screen shows no more",
                format!("it shows {}", quote(&rest)),
            )),
        }
    }

    /// Waits until it ends, with status 0, and tells what else it has on its screen.
    pub(crate) fn rest_at_success(&mut self) -> Result<String> {
        let status = self.expect_end()?;
        if !status.success() {
            let errors = quote(&self.process.stderr().text());
            return Err(self.trial.fail(
                "the program ends with status 0",
                format!("{status}; stderr: {errors}"),
            ));
        }
        Ok(self.rest())
    }

    /// The failure of a program that did something else than it must.
    pub(crate) fn fail(&self, expected: impl Into<String>, happened: impl Into<String>) -> Stop {
        self.trial.fail(expected, happened)
    }

    /// Fails if anything stands on stderr.
    pub(crate) fn expect_no_errors(&self) -> Result {
        match self.process.stderr().text() {
            errors if errors.is_empty() => Ok(()),
            errors => Err(self.trial.fail(
                "stderr shows nothing",
                format!("it shows {}", quote(&errors)),
            )),
        }
    }

    /// Fails if stderr shows that the program crashed.
    pub(crate) fn expect_no_stack_trace(&self) -> Result {
        let errors = self.process.stderr().text();
        let traces = ["Traceback", "panicked at", "stack backtrace"];
        match traces.iter().find(|trace| errors.contains(**trace)) {
            None => Ok(()),
            Some(trace) => Err(self
                .trial
                .fail("no stack trace", format!("stderr shows one: {trace}"))),
        }
    }

    /// Waits for its end, for `span` at most, and tells whether it came.
    pub(crate) fn ends_within(&mut self, span: Duration) -> Result<bool> {
        match self.process.wait(span) {
            Ok(status) => Ok(status.is_some()),
            Err(error) => Err(Stop::NotJudged(format!("cannot wait for it: {error}"))),
        }
    }

    /// Waits until it ends in the way of a program that cannot go on: status 1, and on stderr one line
    /// that names the port of `server`.
    pub(crate) fn expect_error(&mut self, server: SocketAddr) -> Result {
        self.expect_error_within(self.trial.patience(), server)
    }

    /// As [`expect_error`](Self::expect_error), for a program that may wait for `limit` before.
    pub(crate) fn expect_error_within(&mut self, limit: Duration, server: SocketAddr) -> Result {
        const EXPECTED: &str = "the program ends with status 1, and with one line on stderr";
        let ended = self
            .process
            .wait(limit)
            .map_err(|error| Stop::NotJudged(format!("cannot wait for the program: {error}")))?;
        let Some(status) = ended else {
            let seconds = limit.as_secs_f64();
            return Err(self
                .trial
                .fail(EXPECTED, format!("after {seconds:.1} s it still runs")));
        };
        let errors = self.process.stderr().text();
        if status.code() != Some(1) || errors.lines().count() != 1 {
            return Err(self
                .trial
                .fail(EXPECTED, format!("{status}; stderr: {}", quote(&errors))));
        }
        if !errors.contains(&server.port().to_string()) {
            return Err(self.trial.fail(
                format!("the line names the server's address, {server}"),
                format!("it says {}", quote(&errors)),
            ));
        }
        Ok(())
    }

    /// Fails if it has ended.
    pub(crate) fn expect_running(&mut self) -> Result {
        match self.process.wait(Duration::ZERO) {
            Ok(Some(status)) => Err(self
                .trial
                .fail("the program still runs", format!("it ended with {status}"))),
            _ => Ok(()),
        }
    }

    /// Fails if it, or a child of it, keeps a processor busy although nobody asks for anything, or if
    /// it has ended. Passes where processor time cannot be seen.
    ///
    /// Watched until it is idle for once: it may be finishing its work, which takes its time on a
    /// busy machine. One that spins never is.
    pub(crate) fn expect_idle(&mut self) -> Result {
        self.expect_running()?;
        let limit = self.trial.limit();
        let watched = loop {
            match self.spinning() {
                None => return Ok(()),
                Some(watched) if Instant::now() > limit => break watched,
                Some(_) => {}
            }
        };
        Err(self.spun(&watched))
    }

    /// Looks once whether it spins, and returns the failure if it seems so. On a busy machine one that sleeps may seem so
    /// too.
    pub(crate) fn seems_to_spin(&self) -> Option<Stop> {
        self.spinning().map(|watched| self.spun(&watched))
    }

    fn spun(&self, watched: &Watched) -> Stop {
        self.trial.fail(
            "the program sleeps while nobody asks for anything",
            format!(
                "it spins: in {:.2} s it ran for {:.2} s; its busiest thread was ready to run at {} of {} looks, and slept {} times",
                watched.elapsed.as_secs_f64(),
                watched.ran.as_secs_f64(),
                watched.busiest.ready,
                processor::LOOKS,
                watched.busiest.sleeps
            ),
        )
    }

    /// Watches it for a while, and tells what it did if it spun.
    fn spinning(&self) -> Option<Watched> {
        let span = self.trial.watch();
        let watched = processor::watch_group(self.process.id(), span);
        if watched.is_none() {
            // The answer that is awaited comes late all the same.
            thread::sleep(span);
        }
        watched.filter(Watched::spins)
    }

    /// Ends it as `kill -9` does, with its children.
    pub(crate) fn kill(&mut self) -> Result {
        self.process.kill();
        self.expect_end().map(|_| ())
    }

    fn state(&mut self) -> String {
        // A program that is about to die of what was sent gets the time to do so.
        match self.process.wait(self.trial.watch()) {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => {
                let watched = processor::watch_group(self.process.id(), Duration::from_millis(200));
                match watched.filter(Watched::spins) {
                    Some(watched) => format!(
                        "still running, at {:.0} % of a processor",
                        100.0 * watched.ran.as_secs_f64() / watched.elapsed.as_secs_f64()
                    ),
                    None => "still running".to_owned(),
                }
            }
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that passed is not worth the time that a look at it takes.
        if self.trial.is_told() {
            let state = self.state();
            self.trial.note_found(Found {
                state,
                screen: tail(&self.process.stdout().text()),
                errors: tail(&self.process.stderr().text()),
            });
        }
    }
}

/// The last lines of `text`, the beginning of each, harmless for a terminal.
fn tail(text: &str) -> String {
    const LINES: usize = 12;
    const LENGTH: usize = 72;
    let text = console::escape_controls(text);
    let lines: Vec<_> = text.lines().collect();
    let left_out = lines.len().saturating_sub(LINES);
    let mut shown = Vec::new();
    if left_out > 0 {
        shown.push(format!("({left_out} lines before)"));
    }
    for line in &lines[left_out..] {
        let beginning: String = line.chars().take(LENGTH).collect();
        let dots = if beginning.len() < line.len() {
            "..."
        } else {
            ""
        };
        shown.push(beginning + dots);
    }
    shown.join("\n")
}

/// `text` in quotes, shortened, harmless for a terminal.
fn quote(text: &str) -> String {
    const MOST: usize = 400;
    if text.is_empty() {
        return "nothing more".to_owned();
    }
    let shown: String = text.chars().take(MOST).collect();
    let quoted = format!("\"{}\"", console::escape_to_one_line(&shown));
    if shown.len() == text.len() {
        return quoted;
    }
    format!("{quoted}... ({} characters in all)", text.chars().count())
}
