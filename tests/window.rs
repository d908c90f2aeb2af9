//! A program in a terminal window: a pseudo-terminal, with keys pressed and the screen read.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

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

#[derive(Default)]
struct Screen {
    text: Mutex<(Vec<u8>, bool)>,
    changed: Condvar,
}

#[expect(
    clippy::missing_panics_doc,
    reason = "a test may end at the first surprise"
)]
impl Window {
    /// One side of a program, in a window of this width.
    #[must_use]
    pub fn open(
        program: &Pair,
        side: Side,
        language: Language,
        args: &[&str],
        columns: u16,
    ) -> Self {
        Self::open_with(program, side, language, args, columns, None)
    }

    /// The same, with `NO_COLOR` set.
    #[must_use]
    pub fn open_with(
        program: &Pair,
        side: Side,
        language: Language,
        args: &[&str],
        columns: u16,
        no_color: Option<&str>,
    ) -> Self {
        let mut std = executables::command(program, side, language).unwrap();
        std.args(args);
        if let Some(value) = no_color {
            std.env("NO_COLOR", value);
        }
        Self::run(&std, columns)
    }

    /// Opens a window of 24 lines in which `std` runs. Of what `std` asks for only the program, the
    /// arguments, the folder and the variables that it sets count.
    #[must_use]
    pub fn run(std: &Command, columns: u16) -> Self {
        let window = PtySize {
            rows: 24,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(window).unwrap();
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
        let child = pair.slave.spawn_command(command).unwrap();
        let keys = pair.master.take_writer().unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Screen::default());
        let writer = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // A closed terminal is an error on Linux and an end elsewhere.
                let got = reader.read(&mut buffer).unwrap_or(0);
                let mut text = writer.text.lock().unwrap();
                text.0.extend_from_slice(&buffer[..got]);
                text.1 = got == 0;
                writer.changed.notify_all();
                if got == 0 {
                    return;
                }
            }
        });
        Self {
            child,
            keys,
            screen,
            _master: pair.master,
        }
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// All that was shown until now.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.screen.text.lock().unwrap().0).into_owned()
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
        let deadline = Instant::now() + limit;
        let mut text = self.screen.text.lock().unwrap();
        loop {
            if found(&String::from_utf8_lossy(&text.0)) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if text.1 || left.is_zero() {
                return false;
            }
            text = self.screen.changed.wait_timeout(text, left).unwrap().0;
        }
    }

    /// Waits until the program has ended and all that it printed has been read. Its status.
    pub fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.screen.text.lock().unwrap();
        while !text.1 {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "it still runs: {:?}",
                String::from_utf8_lossy(&text.0)
            );
            text = self.screen.changed.wait_timeout(text, left).unwrap().0;
        }
        drop(text);
        self.child.wait().unwrap().exit_code()
    }

    /// Presses Ctrl-C, and demands that the program ends of it without a stack trace.
    pub fn assert_ends_at_ctrl_c(&mut self, program: &Pair) {
        self.press("\x03");
        let status = self.end();
        let text = self.text();
        assert_ne!(status, 0, "{}: {text:?}", program.name());
        for trace in ["Traceback", "KeyboardInterrupt", "panicked"] {
            assert!(!text.contains(trace), "{}: {text:?}", program.name());
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
