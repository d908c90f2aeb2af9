//! The terminal: a line that is typed while others arrive.
//!
//! Two threads write to one terminal. On one that can be steered, `rustyline` has the line that is typed at the bottom and prints
//! above it what the other thread hands over. Its `readline` is called once: a line that is finished is taken from a handler of
//! the Enter key. Between two calls, lines that were handed over before could come behind later ones.
//!
//! Where stdin or stdout is no terminal, lines are read and written as they are.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context, Result};
use common::console;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};

/// What stands before the line that is typed.
const PROMPT: &str = "> ";

/// Where lines are typed.
pub enum Keyboard {
    /// With a line that can be edited, and stays whole.
    Editor(Box<Editor<(), MemHistory>>),
    /// Line by line.
    Plain,
}

/// Where lines are shown.
pub enum Screen {
    /// Above the line that is typed.
    AboveTheLine {
        /// What hands a line over.
        printer: Box<dyn ExternalPrinter + Send>,
        /// How the terminal was before.
        terminal: Terminal,
    },
    /// One behind the other.
    Plain,
}

/// How typing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With Ctrl-D, the end of a file, or because a line said so.
    Input,
    /// With Ctrl-C.
    Interrupt,
}

/// Takes the terminal, if there is one.
///
/// # Errors
///
/// When the terminal cannot be asked.
pub fn open() -> Result<(Keyboard, Screen)> {
    let plain = (Keyboard::Plain, Screen::Plain);
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(plain);
    }
    let terminal = Terminal::here().context("cannot ask the terminal how it is set")?;
    // What is pasted is typed, line by line.
    let config = Config::builder().bracketed_paste(false).build();
    let history = MemHistory::with_config(&config);
    let Ok(mut editor) = Editor::with_history(config, history) else {
        return Ok(plain);
    };
    match editor.create_external_printer() {
        Ok(printer) => {
            let printer = Box::new(printer);
            let screen = Screen::AboveTheLine { printer, terminal };
            Ok((Keyboard::Editor(Box::new(editor)), screen))
        }
        // A terminal that cannot be steered.
        Err(_) => Ok(plain),
    }
}

impl Keyboard {
    /// Calls `typed` with each line, until it breaks, the input ends, or Ctrl-C is pressed.
    ///
    /// # Errors
    ///
    /// When the keyboard cannot be read.
    pub fn read(
        self,
        typed: impl Fn(&str) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Result<End> {
        let Self::Editor(mut editor) = self else {
            while let Some(line) = console::prompt("")? {
                if typed(&line).is_break() {
                    break;
                }
            }
            return Ok(End::Input);
        };
        let typed = Arc::new(typed);
        // What was typed before the terminal was taken ends with a newline, as Ctrl-J does.
        for enter in [
            KeyEvent(KeyCode::Enter, Modifiers::NONE),
            KeyEvent::ctrl('J'),
        ] {
            let handler = EventHandler::Conditional(Box::new(OnEnter(Arc::clone(&typed))));
            editor.bind_sequence(enter, handler);
        }
        match editor.readline(PROMPT) {
            Ok(_) | Err(ReadlineError::Eof) => Ok(End::Input),
            Err(ReadlineError::Interrupted) => Ok(End::Interrupt),
            Err(error) => Err(error).context("cannot read from the terminal"),
        }
    }
}

/// Ends the program as Ctrl-C does: a shell expects that it has died of the signal.
///
/// # Errors
///
/// Where there are no signals it ends with status 130.
pub fn die_by_interrupt() -> common::Result {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        kill_process(getpid(), Signal::INT)?;
    }
    std::process::exit(130)
}

/// Takes the line when Enter is pressed, and empties it.
struct OnEnter<F>(Arc<F>);

impl<F: Fn(&str) -> ControlFlow<()> + Send + Sync> ConditionalEventHandler for OnEnter<F> {
    fn handle(
        &self,
        _event: &Event,
        _times: RepeatCount,
        _positive: bool,
        context: &EventContext,
    ) -> Option<Cmd> {
        Some(match (self.0)(context.line()) {
            ControlFlow::Continue(()) => Cmd::Kill(Movement::WholeBuffer),
            ControlFlow::Break(()) => Cmd::AcceptLine,
        })
    }
}

impl Screen {
    /// Shows a line.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn show(&mut self, line: &str) -> Result<()> {
        match self {
            Self::AboveTheLine { printer, .. } => {
                (printer.print(format!("{line}\n"))).context("cannot write to the terminal")
            }
            Self::Plain => Ok(console::print_line(line)?),
        }
    }

    /// Leaves the terminal as it was, when the program ends while a line is typed.
    pub fn restore(&self) {
        if let Self::AboveTheLine { terminal, .. } = self {
            terminal.restore();
        }
    }
}

/// How a terminal is set.
pub struct Terminal {
    #[cfg(unix)]
    attributes: rustix::termios::Termios,
}

#[cfg(unix)]
impl Terminal {
    fn here() -> Result<Self> {
        let attributes = rustix::termios::tcgetattr(io::stdin())?;
        Ok(Self { attributes })
    }

    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.attributes);
        // Behind the line that was typed.
        let _ = console::print_line("");
    }
}

#[cfg(not(unix))]
impl Terminal {
    #[expect(clippy::unnecessary_wraps, reason = "Unix can fail here")]
    fn here() -> Result<Self> {
        Ok(Self {})
    }

    #[expect(clippy::unused_self, reason = "Unix has something to restore")]
    fn restore(&self) {}
}
