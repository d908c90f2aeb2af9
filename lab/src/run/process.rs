//! One running program: what is typed at it, what it prints, and its end, whatever happens.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use wait_timeout::ChildExt;

#[cfg(unix)]
use crate::host::processor;
#[cfg(unix)]
use crate::run::descendants::signal_group;
use crate::run::descendants::{Mark, kill_group};
use crate::run::interrupt::{self, running};
use crate::run::output::Output;

/// How long anything that should happen at once may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A program that runs, in a process group of its own. Dropping it ends the group, and on Linux
/// what it has started outside of it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    mark: Mark,
    group_ended: bool,
    stdin: Option<ChildStdin>,
    stdout: Arc<Output>,
    stderr: Arc<Output>,
}

impl Process {
    /// Starts `command` with a pipe at each of its standard streams.
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_with_stdout(command, Stdio::piped())
    }

    /// As [`start`](Self::start), but what the program prints on stdout is thrown away: reading it
    /// would take processor time from what is measured.
    pub(crate) fn start_without_stdout(command: &mut Command) -> Result<Self> {
        Self::start_with_stdout(command, Stdio::null())
    }

    fn start_with_stdout(command: &mut Command, stdout: Stdio) -> Result<Self> {
        // The transcript must not depend on where the harness runs.
        command
            .env_remove("NO_COLOR")
            .env_remove("RUST_BACKTRACE")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mark = Mark::new();
        mark.put_on(command);
        interrupt::handle()?;
        let mut running = running();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        running.insert(child.id());
        drop(running);
        let stdin = child.stdin.take();
        let stdout = Output::capture(child.stdout.take());
        let stderr = Output::capture(child.stderr.take());
        Ok(Self {
            child,
            mark,
            group_ended: false,
            stdin,
            stdout,
            stderr,
        })
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed on stdout.
    #[must_use]
    pub fn stdout(&self) -> &Output {
        &self.stdout
    }

    /// What it printed on stderr.
    #[must_use]
    pub fn stderr(&self) -> &Output {
        &self.stderr
    }

    /// Waits for the ready line `listening on tcp 127.0.0.1:8080` and tells its address.
    ///
    /// # Errors
    ///
    /// When it does not come; the error tells what came instead.
    pub fn ready(&self, limit: Duration) -> Result<SocketAddr> {
        self.stderr
            .wait_for(limit, ready_line)
            .ok_or_else(|| anyhow!("no ready line; stderr: {:?}", self.stderr.text()))
    }

    /// Types `text`, as it stands.
    ///
    /// # Errors
    ///
    /// When the program does not read any more, or not within [`PATIENCE`].
    pub fn type_text(&mut self, text: &str) -> io::Result<()> {
        self.type_text_within(PATIENCE, text)
    }

    /// As [`type_text`](Self::type_text), for a program that may let its input wait for `limit`.
    ///
    /// # Errors
    ///
    /// When the program does not read any more. After a `TimedOut` its input is gone.
    pub(crate) fn type_text_within(&mut self, limit: Duration, text: &str) -> io::Result<()> {
        let Some(mut stdin) = self.stdin.take() else {
            let ended = "the input has been ended";
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, ended));
        };
        // A pipe holds 64 KiB at most, and writing to a full one waits for as long as the program
        // lives: this thread may.
        let (done, typed) = mpsc::channel();
        let text = text.to_owned();
        thread::spawn(move || {
            let result = stdin
                .write_all(text.as_bytes())
                .and_then(|()| stdin.flush());
            // Nobody waits for it after the limit.
            let _ = done.send((stdin, result));
        });
        let (stdin, result) = typed
            .recv_timeout(limit)
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        self.stdin = Some(stdin);
        result
    }

    /// Ends the input, as Ctrl-D does.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Waits until the program ends. `None` when the time is up and it still runs.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let status = self.child.wait_timeout(limit)?;
        if status.is_some() {
            self.end_children();
            // What it printed last is on its way; only a child of its own may keep the pipes open.
            let limit = limit.max(Duration::from_secs(1));
            self.stdout.wait_for_end(limit);
            self.stderr.wait_for_end(limit);
        }
        Ok(status)
    }

    /// Sends what Ctrl-C sends, SIGINT, when the program waits for something.
    #[cfg(unix)]
    pub fn interrupt(&mut self) {
        processor::wait_until_asleep(self.child.id());
        self.signal(rustix::process::Signal::INT);
    }

    /// Ends it, where there are no signals.
    #[cfg(not(unix))]
    pub fn interrupt(&mut self) {
        let _ = self.child.kill();
    }

    /// Ends it and its children, as `kill -9` does.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
        let _ = self.child.kill();
    }

    /// Sends a signal to the program and its children.
    #[cfg(unix)]
    pub fn signal(&mut self, signal: rustix::process::Signal) {
        // Once its end has been seen the id may belong to somebody else.
        if matches!(self.child.try_wait(), Ok(None)) {
            signal_group(self.child.id(), signal);
        }
    }
}

impl Process {
    /// Ends what is left of the group, and who has left it. Once only, as soon as the program's own end is seen: the
    /// group's id is the program's, and later it may belong to somebody else.
    fn end_children(&mut self) {
        if !self.group_ended {
            self.group_ended = true;
            kill_group(self.child.id());
            self.mark.kill();
            running().remove(&self.child.id());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end_children();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first complete ready line of `text`.
fn ready_line(text: &str) -> Option<SocketAddr> {
    text.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n')?.strip_prefix("listening on "))
        .find_map(|rest| rest.split_once(' ')?.1.trim_end().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    use std::time::Instant;

    #[test]
    fn the_ready_line_is_read_once_it_is_complete() {
        assert_eq!(ready_line("listening on tcp 127.0.0.1:80"), None);
        assert_eq!(
            ready_line("warning: x\nlistening on udp [::1]:8080\n"),
            Some("[::1]:8080".parse().unwrap())
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_a_program_never_reads_is_typed_no_longer_than_the_limit() {
        let mut process = Process::start(Command::new("sleep").arg("60")).unwrap();
        let more_than_a_pipe_holds = "x".repeat(4 << 20);
        let error = process
            .type_text_within(Duration::from_millis(50), &more_than_a_pipe_holds)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(process.type_text("more").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn dropping_a_process_ends_its_children_too() {
        assert_dropping_ends("sleep 60 & echo $!; wait");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn dropping_a_process_ends_a_child_that_left_its_group_and_lost_its_parent() {
        assert_dropping_ends("setsid sh -c 'echo $$; while :; do sleep 1; done' & wait");
    }

    /// As a judge does that has started a student's program, and is ended.
    #[cfg(target_os = "linux")]
    #[test]
    fn dropping_a_process_ends_what_it_has_marked_itself() {
        let program = "sh -c 'echo $$; while :; do sleep 1; done'";
        assert_dropping_ends(&format!(
            "LAB_PROGRAM=$LAB_PROGRAM/1.0 setsid {program} & wait"
        ));
        assert_dropping_ends(
            "(setsid sh -c 'echo $$; while :; do sleep 1; done' &); wait; sleep 60",
        );
    }

    /// Starts a shell, drops it, and waits until the process has ended whose id it printed.
    #[cfg(unix)]
    fn assert_dropping_ends(script: &str) {
        let mut shell = Command::new("sh");
        let process = Process::start(shell.args(["-c", script])).unwrap();
        let id = process
            .stdout()
            .wait_for(PATIENCE, |text| {
                text.split_once('\n')?.0.parse::<i32>().ok()
            })
            .unwrap();
        drop(process);
        let child = rustix::process::Pid::from_raw(id).unwrap();
        let deadline = Instant::now() + PATIENCE;
        // The child is nobody's after its parent's end; the system reaps it soon.
        while rustix::process::test_kill_process(child).is_ok() && !is_zombie(id) {
            assert!(Instant::now() < deadline, "the child {id} still runs");
            thread::yield_now();
        }
    }

    #[cfg(unix)]
    fn is_zombie(id: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
            stat.rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(" Z"))
        })
    }
}
