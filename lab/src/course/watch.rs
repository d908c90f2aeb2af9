//! `cargo lab watch`: judges the current exercise on every save.
//!
//! A file system may not tell of changes (network mounts, WSL's `/mnt/c`), so the folder is looked at as well, twice a
//! second; `notify` makes the answer quicker where it can.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use clap::Args;
use common::console::print_line;
use notify::{PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use crate::course::steps::{self, CheckedExercise, Desk, HINTS};
use crate::course::work::SETTINGS;
use crate::course::{open_library, tool};
use crate::pairs::labs;

/// What to watch
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// The exercise [default: the current one]
    exercise: Option<String>,
    #[command(flatten)]
    how: CheckedExercise,
    /// Look at the files twice a second, for a file system that does not tell of changes
    #[arg(long)]
    poll: bool,
}

/// What the watcher waits for.
enum Signal {
    /// Something in the folder.
    Saved,
    Key(char),
    /// The keyboard is gone.
    End,
}

/// How often files are looked at where the file system does not tell.
const EACH: Duration = Duration::from_millis(500);
/// An editor writes a file in several steps: they count as one.
const SETTLES: Duration = Duration::from_millis(150);

/// Judges on every save until q.
pub fn watch(args: &WatchArgs) -> Result<ExitCode> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("watch needs a terminal: {} check judges once", tool());
    }
    let library = open_library()?;
    let mut desk = Desk::open(&library, &args.how.at, args.exercise.as_deref())?;
    let (signals, received) = mpsc::channel();
    let mut watched = watcher(&desk.work.root, args.poll, signals.clone())?;
    let _keyboard = Keyboard::take()?;
    let keys = signals.clone();
    thread::spawn(move || tell_keys(&keys));
    clear()?;
    let mut seen = look(&mut desk, &args.how)?;
    let mut waiting = None;
    loop {
        let signal = waiting.take().map_or_else(|| received.recv(), Ok);
        match signal.unwrap_or(Signal::End) {
            Signal::Saved => {
                waiting = settle(&received);
                // What was saved while the last look lasted, that look may have seen already.
                if content(&desk) == seen {
                    continue;
                }
                clear()?;
                // Another language may be in lab.toml now.
                match Desk::open(&library, &args.how.at, Some(&desk.exercise.id())) {
                    Ok(again) => desk = again,
                    Err(error) => print_line(format_args!("error: {error:#}"))?,
                }
                seen = look(&mut desk, &args.how)?;
            }
            Signal::Key('c') => {
                clear()?;
                seen = look(&mut desk, &args.how)?;
            }
            Signal::Key('h') => {
                // Below the line of keys; what cannot be noted is said all the same.
                show("\n")?;
                if let Err(error) = steps::say_hint(&desk, None) {
                    print_line(format_args!("error: {error:#}"))?;
                }
                keys_line()?;
            }
            Signal::Key('r') => {
                clear()?;
                match steps::put_back(&desk) {
                    Ok(()) => seen = look(&mut desk, &args.how)?,
                    // There is no skeleton in a third language.
                    Err(error) => {
                        print_line(format_args!("error: {error:#}"))?;
                        keys_line()?;
                    }
                }
            }
            Signal::Key('l') => {
                show("\n")?;
                steps::overview(&args.how.at)?;
                keys_line()?;
            }
            Signal::Key('n') => {
                clear()?;
                let mut id = desk.exercise.id();
                // What is not possible is said, and the watching goes on.
                match steps::next_after(&args.how.at, Some(&id)) {
                    Ok(next) => id = next.unwrap_or(id),
                    Err(error) => print_line(format_args!("error: {error:#}"))?,
                }
                desk = Desk::open(&library, &args.how.at, Some(&id))?;
                // The folder of its lab may be new.
                drop(watched);
                watched = watcher(&desk.work.root, args.poll, signals.clone())?;
                seen = look(&mut desk, &args.how)?;
            }
            Signal::Key('q') | Signal::End => {
                show("\n")?;
                return Ok(ExitCode::SUCCESS);
            }
            Signal::Key(_) => keys_line()?,
        }
    }
}

/// The exercise's source and the settings, as they are on the disk; where `lab.toml` names no source, the names and times of
/// what is in the folder.
fn content(desk: &Desk) -> Content {
    let settings = fs::read(desk.work.root.join(SETTINGS)).ok();
    let source = desk.work.source(desk.exercise, &desk.language()).ok();
    let source = source.filter(|source| !source.is_dir());
    let files = if source.is_some() {
        Vec::new()
    } else {
        let entries = fs::read_dir(desk.work.folder(desk.exercise)).into_iter();
        let mut files: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                // A hint that was said is no program that was saved.
                let entry = entry.ok().filter(|entry| entry.file_name() != HINTS)?;
                Some((entry.file_name(), entry.metadata().ok()?.modified().ok()?))
            })
            .collect();
        files.sort();
        files
    };
    Content {
        settings,
        source: source.and_then(|source| fs::read(source).ok()),
        files,
    }
}

/// What decides whether there is something new to be judged.
#[derive(PartialEq, Eq)]
struct Content {
    settings: Option<Vec<u8>>,
    source: Option<Vec<u8>>,
    files: Vec<(OsString, SystemTime)>,
}

/// Clears the screen, before anything is said that is to be read with what is judged then.
fn clear() -> Result<()> {
    show("\x1b[2J\x1b[3J\x1b[H")
}

/// Judges. Tells what there was to be judged.
fn look(desk: &mut Desk, how: &CheckedExercise) -> Result<Content> {
    let before = content(desk);
    // A file that is missing for a moment ends nothing.
    if let Err(error) = desk.judge(how) {
        print_line(format_args!("error: {error:#}"))?;
    }
    keys_line()?;
    if before.files.is_empty() {
        return Ok(before);
    }
    // A build has written into the folder, perhaps.
    Ok(content(desk))
}

fn keys_line() -> Result<()> {
    show("\nn next  h hint  l list  c check again  r reset  q quit > ")
}

/// Shows text without an end of line.
fn show(text: &str) -> Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Waits until no more changes come; returns what came instead.
fn settle(received: &Receiver<Signal>) -> Option<Signal> {
    loop {
        match received.recv_timeout(SETTLES) {
            Ok(Signal::Saved) => {}
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
}

/// Tells of every file below `root` that is written.
fn watcher(root: &Path, poll: bool, signals: Sender<Signal>) -> Result<Box<dyn Watcher>> {
    let tell = move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if event.kind.is_access() {
            return;
        }
        // Nobody listens any more when the watch has ended.
        let _ = signals.send(Signal::Saved);
    };
    let config = notify::Config::default()
        .with_poll_interval(EACH)
        .with_compare_contents(true);
    let mut watcher: Box<dyn Watcher> = if poll || is_silent(root) {
        Box::new(PollWatcher::new(tell, config)?)
    } else {
        Box::new(RecommendedWatcher::new(tell, config)?)
    };
    // The folders of the exercises alone: what a build writes is no save.
    for entry in fs::read_dir(root).with_context(|| root.display().to_string())? {
        let path = entry?.path();
        let is_lab = labs().iter().any(|lab| path.ends_with(lab));
        if is_lab {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
    }
    watcher.watch(root, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Whether the file system under `root` is one of those that do not tell of changes: Windows' drives in WSL, network
/// mounts.
#[cfg(target_os = "linux")]
fn is_silent(root: &Path) -> bool {
    const SILENT: [&str; 6] = ["9p", "drvfs", "nfs", "nfs4", "cifs", "fuse.sshfs"];
    let Ok(mounts) = procfs::process::Process::myself().and_then(|me| me.mountinfo()) else {
        return false;
    };
    let around = mounts
        .0
        .iter()
        .filter(|mount| root.starts_with(&mount.mount_point));
    let nearest = around.max_by_key(|mount| mount.mount_point.as_os_str().len());
    nearest.is_some_and(|mount| SILENT.contains(&mount.fs_type.as_str()))
}

#[cfg(not(target_os = "linux"))]
fn is_silent(_root: &Path) -> bool {
    false
}

/// Tells of each key that is pressed, until there are no more.
fn tell_keys(signals: &Sender<Signal>) {
    for byte in io::stdin().lock().bytes() {
        let signal = match byte {
            Ok(CTRL_C) => return interrupt(),
            Err(_) | Ok(CTRL_D) => break,
            Ok(b'\n' | b'\r') => Signal::Key('c'),
            Ok(byte) => Signal::Key(char::from(byte)),
        };
        if signals.send(signal).is_err() {
            return;
        }
    }
    // Nobody listens any more when the watch has ended.
    let _ = signals.send(Signal::End);
}

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;

/// Ends the tool as Ctrl-C does, with the programs that run just now.
fn interrupt() {
    #[cfg(unix)]
    {
        Keyboard::restore();
        // Whoever handles the signal ends what this process has started.
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
    }
}

/// The keyboard, which tells each key at once while this lives, and shows none. Where there are no such terminals
/// Enter follows each key.
struct Keyboard;

#[cfg(unix)]
static BEFORE: std::sync::OnceLock<rustix::termios::Termios> = std::sync::OnceLock::new();

impl Keyboard {
    #[cfg(unix)]
    fn take() -> Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin())?;
        let mut settings = before.clone();
        settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(io::stdin(), OptionalActions::Now, &settings)?;
        let _ = BEFORE.set(before);
        Ok(Self)
    }

    #[cfg(not(unix))]
    fn take() -> Result<Self> {
        Ok(Self)
    }

    fn restore() {
        #[cfg(unix)]
        if let Some(before) = BEFORE.get() {
            // A terminal that has gone needs no settings.
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(io::stdin(), now, before);
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        Self::restore();
    }
}
