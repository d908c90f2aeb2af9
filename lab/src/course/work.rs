//! A student's folder: how its programs are started.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::check::engine::subject::Subject;
use crate::course::exercise::Exercise;
use crate::course::library::Library;
use crate::course::progress::{PROGRESS, Progress};
use crate::pairs::{Language, Side};

/// The file that says how programs are started, and makes a folder a student's.
pub(crate) const SETTINGS: &str = "lab.toml";
/// Where a student's folder is, seen from where they stand, unless they say otherwise.
pub(crate) const FOLDER: &str = "work";

/// What a new folder holds, by the files' paths in it.
pub(crate) const TEMPLATE: &[(&str, &str)] = &[
    ("README.md", include_str!("../../course/template/README.md")),
    (
        "Cargo.toml",
        include_str!("../../course/template/Cargo.toml"),
    ),
    (
        "Cargo.lock",
        include_str!("../../course/template/Cargo.lock"),
    ),
    ("given.rs", include_str!("../../course/template/given.rs")),
    (
        ".gitignore",
        include_str!("../../course/template/gitignore"),
    ),
    (
        ".editorconfig",
        include_str!("../../course/template/editorconfig"),
    ),
    (
        ".vscode/settings.json",
        include_str!("../../course/template/vscode-settings.json"),
    ),
    (SETTINGS, include_str!("../../course/template/lab.toml")),
];

/// How programs in one language are built and started.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    /// The name of the source in an exercise's folder.
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    build: Option<String>,
    run: String,
}

/// `lab.toml`.
#[derive(Debug, Deserialize)]
struct Settings {
    language: String,
    #[serde(default)]
    exercises: BTreeMap<String, String>,
    #[serde(flatten)]
    languages: BTreeMap<String, How>,
}

/// A student's folder.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) root: PathBuf,
    settings: Settings,
    pub(crate) progress: Progress,
}

/// The folder that was asked for, else the one in which the student stands, else `work` where they stand or beside
/// the tool.
pub(crate) fn place(dir: Option<&Path>, library: &Library) -> Result<PathBuf> {
    if let Some(dir) = dir {
        return Ok(std::path::absolute(dir)?);
    }
    let here = env::current_dir()?;
    let around = here.ancestors().find(|folder| is_work(folder));
    let beside = || [here.join(FOLDER), library.root.join(FOLDER)];
    Ok(match around {
        Some(folder) => folder.to_path_buf(),
        None => match beside().into_iter().find(|folder| is_work(folder)) {
            Some(folder) => folder,
            None => here.join(FOLDER),
        },
    })
}

/// Whether a student's programs lie in `folder`.
pub(crate) fn is_work(folder: &Path) -> bool {
    folder.join(SETTINGS).is_file()
}

impl Work {
    /// Makes the folder, or what is missing of it. What is there stays as it is.
    pub(crate) fn create(root: &Path, language: &str) -> Result<()> {
        for (path, content) in TEMPLATE {
            let content = match *path {
                SETTINGS => {
                    &content.replace("language = \"rust\"", &format!("language = {language:?}"))
                }
                _ => *content,
            };
            write_new(&root.join(path), content)?;
        }
        Ok(())
    }

    /// Reads what is in the folder.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        Ok(Self {
            progress: Progress::read(&root.join(PROGRESS))?,
            ..Self::handed_in(root)?
        })
    }

    /// Reads of a stranger's folder what says how the programs are started. How far they have come is theirs.
    pub(crate) fn handed_in(root: &Path) -> Result<Self> {
        const MOST: u64 = 1 << 20;
        let path = root.join(SETTINGS);
        let read = || {
            let mut text = String::new();
            let mut file = File::open(&path)?.take(MOST);
            file.read_to_string(&mut text).map(|_| text)
        };
        let text = match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "{} is no folder of exercises: `cargo lab start` makes one (or give another with --dir)",
                root.display()
            ),
            text => text.with_context(|| path.display().to_string())?,
        };
        let settings: Settings =
            toml::from_str(&text).with_context(|| path.display().to_string())?;
        let work = Self {
            root: root.to_owned(),
            settings,
            progress: Progress::default(),
        };
        for language in work.settings.exercises.values() {
            work.how(language)?;
        }
        work.how(&work.settings.language)?;
        Ok(work)
    }

    /// The language of an exercise, by its name in `lab.toml`.
    pub(crate) fn language(&self, exercise: &Exercise) -> &str {
        let own = self.settings.exercises.get(&exercise.id());
        own.unwrap_or(&self.settings.language)
    }

    /// Notes in `lab.toml` that an exercise is written in this language, and touches nothing else there. Tells whether
    /// it could: the student may have laid out the file otherwise.
    pub(crate) fn set_language(&mut self, exercise: &Exercise, language: &str) -> Result<bool> {
        let path = self.root.join(SETTINGS);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let id = exercise.id();
        let text = with_language(&text, &id, self.settings.exercises.get(&id), language);
        let settings = toml::from_str::<Settings>(&text).ok().filter(|settings| {
            let is_noted = settings
                .exercises
                .get(&id)
                .is_some_and(|own| own == language);
            is_noted && settings.languages.contains_key(language)
        });
        let Some(settings) = settings else {
            return Ok(false);
        };
        put(&path, &text)?;
        self.settings = settings;
        Ok(true)
    }

    fn how(&self, language: &str) -> Result<&How> {
        self.settings.languages.get(language).with_context(|| {
            format!("{SETTINGS} does not say how a program in {language:?} is run: it needs [{language}] and run = \"…\"")
        })
    }

    /// The folder of an exercise.
    pub(crate) fn folder(&self, exercise: &Exercise) -> PathBuf {
        self.root.join(&exercise.lab).join(&exercise.name)
    }

    /// The source of an exercise; its folder, where `lab.toml` names no file.
    pub(crate) fn source(&self, exercise: &Exercise, language: &str) -> Result<PathBuf> {
        let file = self.how(language)?.file.as_deref().unwrap_or_default();
        Ok(self.folder(exercise).join(file))
    }

    /// A command of `lab.toml` with its placeholders filled in, as words.
    fn words(&self, text: &str, exercise: &Exercise, language: &str) -> Result<Vec<String>> {
        let file = self.source(exercise, language)?;
        let words = shell_words::split(text).with_context(|| format!("{SETTINGS}: {text}"))?;
        ensure!(
            !words.is_empty(),
            "{SETTINGS}: the command for {language} is empty"
        );
        let fill_in = |word: String| {
            word.replace("{name}", &exercise.executable())
                .replace("{file}", &file.to_string_lossy())
                .replace("{folder}", &self.folder(exercise).to_string_lossy())
                .replace("{root}", &self.root.to_string_lossy())
        };
        Ok(words.into_iter().map(fill_in).collect())
    }

    /// Whether cargo builds the program of an exercise.
    pub(crate) fn uses_cargo(&self, exercise: &Exercise) -> bool {
        let how = self.how(self.language(exercise)).ok();
        let build = how.and_then(|how| how.build.as_deref());
        build.is_some_and(|build| build.starts_with("cargo "))
    }

    /// Builds the program of an exercise, if its language is one that is built. The compiler speaks for itself; tells
    /// whether it was content.
    pub(crate) fn build(&self, exercise: &Exercise) -> Result<bool> {
        let language = self.language(exercise);
        let Some(build) = &self.how(language)?.build else {
            return Ok(true);
        };
        let words = self.words(build, exercise, language)?;
        let status = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(&self.root)
            .stdin(Stdio::null())
            // What a compiler says is said to a person.
            .stdout(io::stderr())
            .status()
            .with_context(|| format!("cannot run {:?}, with which {SETTINGS} builds", words[0]))?;
        Ok(status.success())
    }

    /// The program of an exercise, as the checker starts it.
    pub(crate) fn subject(&self, exercise: &Exercise) -> Result<Subject> {
        let language = self.language(exercise);
        let mut words = self.words(&self.how(language)?.run, exercise, language)?;
        // The checker runs it in an empty folder, so a path is seen from here.
        for word in &mut words {
            let path = self.root.join(&*word);
            if word.contains(std::path::is_separator) && path.exists() {
                *word = path.to_string_lossy().into_owned();
            }
        }
        words.extend(arguments(exercise));
        Ok(Subject::Command(words))
    }
}

/// The text of `lab.toml` with an exercise's language in it, as the template lays it out.
fn with_language(text: &str, id: &str, before: Option<&String>, language: &str) -> String {
    const TABLE: &str = "\n[exercises]\n";
    let line = format!("\n{id:?} = {language:?}\n");
    match before {
        Some(before) => text.replacen(&format!("\n{id:?} = {before:?}\n"), &line, 1),
        None if text.contains(TABLE) => text.replacen(TABLE, &format!("\n[exercises]{line}"), 1),
        None => format!("{}\n{TABLE}{}", text.trim_end(), &line[1..]),
    }
}

/// The arguments of an exercise's program, as the checker fills them in.
pub(super) fn arguments(exercise: &Exercise) -> Vec<String> {
    let files = &exercise.target.pair.dialect.files;
    let words = [
        ("{host}", exercise.target.side == Side::Client),
        ("{port}", true),
        ("{dir}", files.is_some()),
    ];
    let given = words.into_iter().filter(|(_, is_given)| *is_given);
    given.map(|(word, _)| word.to_owned()).collect()
}

/// The language of this name, if it is one of ours.
pub(crate) fn known(language: &str) -> Option<Language> {
    Language::BOTH
        .into_iter()
        .find(|known| known.name().eq_ignore_ascii_case(language))
}

/// Writes a file, and the folders around it.
pub(super) fn put(path: &Path, content: &str) -> Result<()> {
    let write = || -> Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        Ok(fs::write(path, content)?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file in one step: whoever reads it sees the old one or the new one, and whole.
pub(super) fn put_whole(path: &Path, content: &str) -> Result<()> {
    let write = || -> Result<()> {
        let mut builder = tempfile::Builder::new();
        // As of any new file: less what the umask takes.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(path.parent().unwrap_or(path))?;
        file.write_all(content.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file whose content has changed: cargo builds again what is newer.
pub(super) fn put_changed(path: &Path, content: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    put(path, content)
}

/// Writes a file that is not there yet, and tells whether it did.
pub(crate) fn write_new(path: &Path, content: &str) -> Result<bool> {
    let is_new = !path.exists();
    if is_new {
        put(path, content)?;
    }
    Ok(is_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_noted_where_the_file_is_laid_out_as_ours_or_not_at_all() {
        let noted = |text: &str, before: Option<&str>| {
            with_language(
                text,
                "ntp/01-server",
                before.map(str::to_owned).as_ref(),
                "python",
            )
        };
        let mine = "\"ntp/01-server\" = \"python\"\n";
        assert_eq!(
            noted("# a\n\n[exercises]\n# b\n", None),
            format!("# a\n\n[exercises]\n{mine}# b\n")
        );
        assert_eq!(noted("# a\n", None), format!("# a\n\n[exercises]\n{mine}"));
        let before = mine.replace("python", "rust");
        assert_eq!(
            noted(&format!("[exercises]\n# b\n{before}"), Some("rust")),
            format!("[exercises]\n# b\n{mine}")
        );
        let own = "[exercises]\n'ntp/01-server' = 'rust' # mine\n";
        assert_eq!(noted(own, Some("rust")), own);
    }

    #[test]
    fn the_settings_of_a_new_folder_know_both_languages() {
        for language in ["rust", "python"] {
            let folder = tempfile::tempdir().unwrap();
            Work::create(folder.path(), language).unwrap();
            let work = Work::open(folder.path()).unwrap();
            assert_eq!(work.settings.language, language);
            assert!(work.how("rust").is_ok() && work.how("python").is_ok());
        }
    }
}
