//! What must not outlive this process when it is interrupted: the programs that run, and folders.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::run::descendants::{self, kill_group};

/// The processes that run now. Hold the lock while you start one, so that none is missed, and while you have what none
/// may inherit between its `fork` and its `exec`.
pub(crate) fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folders that exist now.
fn folders() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    static FOLDERS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary folder. It goes with all that is in it when it is dropped, and on Ctrl-C too.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new one, where this system has its temporary files; its name begins with `prefix`.
    pub(crate) fn new(prefix: &str) -> Result<Self> {
        Self::new_in(&env::temp_dir(), prefix)
    }

    /// A new one in `place`.
    pub(crate) fn new_in(place: &Path, prefix: &str) -> Result<Self> {
        handle()?;
        let mut folders = folders();
        let path = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(place)
            .with_context(|| format!("cannot make a folder in {}", place.display()))?
            .keep();
        folders.insert(path.clone());
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let mut folders = folders();
        // What cannot be removed now stays behind: there is nobody to tell.
        let _ = fs::remove_dir_all(&self.path);
        folders.remove(&self.path);
    }
}

/// Makes Ctrl-C and SIGTERM end the programs that run, which are in process groups of their own, so
/// that the terminal does not tell them, and remove the folders.
///
/// Where Ctrl-C is ignored, as in the background of a shell script, the programs feel it all the same:
/// they inherit that a signal is ignored, and not that it is handled.
pub(crate) fn handle() -> Result<()> {
    static HANDLED: OnceLock<Result<(), ctrlc::Error>> = OnceLock::new();
    match HANDLED.get_or_init(|| ctrlc::set_handler(end)) {
        Ok(()) => Ok(()),
        Err(error) => Err(anyhow!("cannot handle Ctrl-C: {error}")),
    }
}

fn end() {
    // Both locks are kept to the end, so that nothing new begins.
    let running = running();
    for id in &*running {
        kill_group(*id);
    }
    descendants::kill_all();
    let folders = folders();
    for folder in &*folders {
        remove(folder);
    }
    process::exit(130);
}

/// Removes a folder into which a program that was killed just now may still be writing.
fn remove(folder: &Path) {
    const TRIES: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..TRIES {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => thread::sleep(PAUSE),
            _ => return,
        }
    }
}
