//! What becomes of a file server's folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Service;
use crate::check::engine::trial::Result;
use crate::run::pause::Pause;

impl Service<'_> {
    /// Waits until a file of the upload folder has these bytes.
    pub(in crate::check::catalogue) fn await_file(&self, name: &str, bytes: &[u8]) -> Result {
        let path = self.upload.join(name);
        let described = format!(
            "{} with {} bytes",
            common::console::escape_to_one_line(name),
            bytes.len()
        );
        let patience = self.patience_with(bytes);
        let expected = format!("the upload folder has {described}");
        self.wait_for(patience, &expected, || {
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            if size == bytes.len() as u64 && fs::read(&path).is_ok_and(|read| read == bytes) {
                return Ok(());
            }
            Err(if path.exists() {
                format!("the file has {size} bytes, or others than were sent")
            } else {
                format!("the folder has {}", shown(&self.names()))
            })
        })
    }

    /// Waits until these files, and no others, have come into the upload folder; temporary ones
    /// count too.
    pub(in crate::check::catalogue) fn await_names(&self, names: &[&str]) -> Result {
        self.wait_until(&format!("in the upload folder is stored {names:?}"), || {
            let found = self.names();
            if found == names {
                Ok(())
            } else {
                Err(format!("there is {}", shown(&found)))
            }
        })
    }

    /// The names in the upload folder that have come since the server was ready, sorted.
    fn names(&self) -> Vec<String> {
        let entries = self.context.new_entries(&self.upload).unwrap_or_default();
        entries
            .iter()
            .filter(|path| path.parent() == Some(&self.upload))
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect()
    }

    /// How long a server may take that reads or writes these bytes first.
    pub(super) fn patience_with(&self, bytes: &[u8]) -> Duration {
        let times = u32::try_from(bytes.len() >> 24).unwrap_or(u32::MAX);
        self.context.patience().saturating_mul(1 + times)
    }

    /// Waits until `done` says so; otherwise it tells what happened instead.
    pub(in crate::check::catalogue) fn wait_until(
        &self,
        expected: &str,
        done: impl FnMut() -> Result<(), String>,
    ) -> Result {
        self.wait_for(self.context.patience(), expected, done)
    }

    /// The same, for `patience` at most.
    pub(in crate::check::catalogue) fn wait_for(
        &self,
        patience: Duration,
        expected: &str,
        mut done: impl FnMut() -> Result<(), String>,
    ) -> Result {
        let limit = Instant::now() + patience;
        let mut pause = Pause::new();
        loop {
            match done() {
                Ok(()) => return Ok(()),
                Err(happened) if Instant::now() > limit => {
                    return Err(self.context.fail(expected, happened));
                }
                Err(_) => pause.wait(),
            }
        }
    }

    /// All files but those in the upload folder, and what is in them.
    pub(in crate::check::catalogue) fn outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.context.folder().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && path != self.upload => folders.push(path),
                    Ok(kind) if kind.is_file() => {
                        files.insert(path.clone(), fs::read(&path).unwrap_or_default());
                    }
                    _ => {}
                }
            }
        }
        files
    }

    /// Fails if a file outside the upload folder is another than it was.
    pub(in crate::check::catalogue) fn expect_outside(
        &self,
        before: &BTreeMap<PathBuf, Vec<u8>>,
    ) -> Result {
        let after = self.outside();
        let differs = |path: &&PathBuf| before.get(*path) != after.get(*path);
        match after.keys().chain(before.keys()).find(differs) {
            None => Ok(()),
            Some(path) => Err(self.context.fail(
                "nothing changes outside the upload folder",
                format!(
                    "{} was written or removed",
                    path.strip_prefix(self.context.folder())
                        .unwrap_or(path)
                        .display()
                ),
            )),
        }
    }
}

/// The first of `names`.
fn shown(names: &[String]) -> String {
    const MOST: usize = 5;
    match names.len() {
        0..=MOST => format!("{names:?}"),
        all => format!("{:?} and {} more", &names[..MOST], all - MOST),
    }
}
