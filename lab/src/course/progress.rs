//! How far a student has come: `progress.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::course::exercise::Exercise;
use crate::course::work;

/// The file that says what has passed.
pub(crate) const PROGRESS: &str = "progress.txt";

/// What has passed, and which exercise is the current one.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    path: PathBuf,
    pub(crate) at: Option<String>,
    /// How many stages of how many, by exercise and language.
    passed: BTreeMap<(String, String), (usize, usize)>,
}

impl Progress {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let mut progress = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        for (number, line) in text.lines().enumerate() {
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["at", id] => progress.at = Some(id.to_owned()),
                [id, language, passed, "of", all] => {
                    let count = (passed.parse(), all.parse());
                    let (Ok(passed), Ok(all)) = count else {
                        bail!(
                            "{}, line {}: no numbers: {line}",
                            path.display(),
                            number + 1
                        );
                    };
                    let key = (id.to_owned(), language.to_owned());
                    progress.passed.insert(key, (passed, all));
                }
                _ => bail!(
                    "{}, line {}: {line:?} is no line of it; take the line away, or the file",
                    path.display(),
                    number + 1
                ),
            }
        }
        Ok(progress)
    }

    /// Changes what is written down, which another terminal may have changed as well.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Self)) -> Result<()> {
        *self = Self::read(&self.path)?;
        change(self);
        self.write()
    }

    fn write(&self) -> Result<()> {
        let mut text = String::from(
            "# Written by cargo lab: where you are, and how many stages of each exercise have passed.\n",
        );
        if let Some(at) = &self.at {
            let _ = writeln!(text, "at {at}");
        }
        for ((id, language), (passed, all)) in &self.passed {
            let _ = writeln!(text, "{id} {language} {passed} of {all}");
        }
        work::put_whole(&self.path, &text)
    }

    /// Notes how many stages have passed.
    pub(crate) fn note(&mut self, exercise: &Exercise, language: &str, passed: usize) {
        let key = (exercise.id(), language.to_owned());
        self.passed.insert(key, (passed, exercise.stages.len()));
    }

    /// How many stages have passed in this language; `None` before the first look.
    pub(crate) fn stages(&self, exercise: &Exercise, language: &str) -> Option<usize> {
        let key = (exercise.id(), language.to_owned());
        self.passed.get(&key).map(|(passed, _)| *passed)
    }

    /// Whether it has passed, in whichever language.
    pub(crate) fn is_done(&self, exercise: &Exercise) -> bool {
        let id = exercise.id();
        let all = exercise.stages.len();
        let mut mine = self.passed.iter().filter(|((other, _), _)| *other == id);
        mine.any(|(_, (passed, _))| *passed >= all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_as_it_was_written_and_a_line_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PROGRESS);
        let text = "at ntp/01-server\nntp/01-server rust 2 of 5\nntp/02-client python 3 of 3\n";
        fs::write(&path, text).unwrap();
        let mut progress = Progress::read(&path).unwrap();
        assert_eq!(progress.at.as_deref(), Some("ntp/01-server"));
        // What another terminal writes meanwhile stays.
        fs::write(&path, format!("{text}ntp/03-midnight rust 1 of 4\n")).unwrap();
        progress
            .change(|progress| progress.at = Some("ntp/02-client".to_owned()))
            .unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let expected = text.replacen("01-server", "02-client", 1) + "ntp/03-midnight rust 1 of 4\n";
        let mut lines: Vec<_> = written.lines().skip(1).collect();
        lines.sort_unstable();
        let mut expected: Vec<_> = expected.lines().collect();
        expected.sort_unstable();
        assert_eq!(lines, expected);
        fs::write(&path, "ntp/01-server rust 2 von 5\n").unwrap();
        assert!(
            Progress::read(&path)
                .unwrap_err()
                .to_string()
                .contains("line 1")
        );
    }
}
