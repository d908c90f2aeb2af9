//! A program in a terminal window: a pseudo-terminal, with keys pressed and the screen read.

use std::io::{self, Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use lab::host::processor;
use lab::pairs::{Language, Pair, Side};
use lab::run::executables;
use lab::run::process::PATIENCE;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A terminal window with a program in it.
pub struct Window {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Screen>,
    // The window lives as long as its master.
    _master: Box<dyn MasterPty + Send>,
}

/// What was shown; one thread reads it from the terminal, the test looks at it.
#[derive(Default)]
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Default)]
struct Shown {
    bytes: Vec<u8>,
    /// Nothing more will come.
    is_whole: bool,
}

impl Screen {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, bytes: &[u8]) {
        let mut shown = self.shown();
        shown.bytes.extend_from_slice(bytes);
        shown.is_whole = bytes.is_empty();
        self.changed.notify_all();
    }

    /// Waits until what is shown is as asked for, or whole, or `limit` is over. What is shown then.
    fn wait(&self, limit: Duration, is_so: impl Fn(&str) -> bool) -> MutexGuard<'_, Shown> {
        let goes_on = |shown: &mut Shown| !shown.is_whole && !is_so(&shown.text());
        self.changed
            .wait_timeout_while(self.shown(), limit, goes_on)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl Shown {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Window {
    /// One side of a program, in a window of this width.
    ///
    /// # Errors
    ///
    /// When the program does not build, or the system gives no terminal.
    pub fn open(
        program: &Pair,
        side: Side,
        language: Language,
        args: &[&str],
        columns: u16,
    ) -> Result<Self> {
        Self::open_with(program, side, language, args, columns, None)
    }

    /// The same, with `NO_COLOR` set.
    ///
    /// # Errors
    ///
    /// As of [`open`](Self::open).
    pub fn open_with(
        program: &Pair,
        side: Side,
        language: Language,
        args: &[&str],
        columns: u16,
        no_color: Option<&str>,
    ) -> Result<Self> {
        let mut std = executables::command(program, side, language)?;
        std.args(args);
        if let Some(value) = no_color {
            std.env("NO_COLOR", value);
        }
        Self::run(&std, columns)
    }

    /// Opens a window of 24 lines in which `std` runs. Of what `std` asks for only the program, the
    /// arguments, the folder and the variables that it sets count.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or the system gives no terminal.
    pub fn run(std: &Command, columns: u16) -> Result<Self> {
        let window = PtySize {
            rows: 24,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(window)?;
        let mut command = CommandBuilder::new(std.get_program());
        command.args(std.get_args());
        command.env("TERM", "xterm");
        command.env_remove("NO_COLOR");
        command.env_remove("RUST_BACKTRACE");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        for (name, value) in std.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = std.get_current_dir() {
            command.cwd(folder);
        }
        let child = pair.slave.spawn_command(command)?;
        let keys = pair.master.take_writer()?;
        let mut reader = pair.master.try_clone_reader()?;
        let screen = Arc::new(Screen::default());
        let writer = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // A closed terminal is an error on Linux and an end elsewhere.
                let got = reader.read(&mut buffer).unwrap_or(0);
                writer.add(&buffer[..got]);
                if got == 0 {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            keys,
            screen,
            _master: pair.master,
        })
    }

    /// Types keys.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn press(&mut self, keys: &str) -> io::Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()
    }

    /// Types Ctrl-C, when the program waits for something.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn interrupt(&mut self) -> io::Result<()> {
        if let Some(process) = self.child.process_id() {
            processor::wait_until_asleep(process);
        }
        self.press("\x03")
    }

    /// All that was shown until now.
    #[must_use]
    pub fn text(&self) -> String {
        self.screen.shown().text()
    }

    /// Waits until `part` is on the screen.
    #[must_use]
    pub fn shows(&self, part: &str) -> bool {
        self.shows_times(part, 1, PATIENCE)
    }

    /// Waits until `part` is on the screen a second time.
    #[must_use]
    pub fn shows_again(&self, part: &str) -> bool {
        self.shows_times(part, 2, PATIENCE)
    }

    /// Waits until `part` has been on the screen so many times, for `limit` at most.
    #[must_use]
    pub fn shows_times(&self, part: &str, times: usize, limit: Duration) -> bool {
        let found = |text: &str| text.matches(part).count() >= times;
        found(&self.screen.wait(limit, found).text())
    }

    /// Waits until `part` stands behind the last `mark`.
    #[must_use]
    pub fn shows_after(&self, mark: &str, part: &str, limit: Duration) -> bool {
        let found = |text: &str| {
            let behind = text.rsplit_once(mark);
            behind.is_some_and(|(_, behind)| behind.contains(part))
        };
        found(&self.screen.wait(limit, found).text())
    }

    /// Waits until the program has ended and all that it printed has been read. Its status.
    ///
    /// # Errors
    ///
    /// When it still runs after a while.
    pub fn end(&mut self) -> Result<u32> {
        let shown = self.screen.wait(PATIENCE, |_| false);
        ensure!(shown.is_whole, "it still runs: {:?}", shown.text());
        drop(shown);
        Ok(self.child.wait()?.exit_code())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
