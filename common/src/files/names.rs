//! File names that a peer may use, and the files of a shared folder that they stand for.
//!
//! A name that comes over the network is text chosen by a stranger: `../secret` would read, or
//! write, outside the shared folder. So a name is one plain component, checked by [`check`] before
//! it touches the file system, and a shared file is opened by [`open_shared`] alone.
//!
//! Python: `common/python/common/files/names.py`

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::notation::string;

/// The longest name that the usual file systems take, in bytes of UTF-8.
pub const MAX_BYTES: usize = 255;

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the file name is empty")]
    Empty,
    /// More than [`MAX_BYTES`]; holds the length in bytes of UTF-8.
    #[error("the file name has {0} bytes, at most {MAX_BYTES} are allowed")]
    TooLong(usize),
    /// `.` or `..`, which are folders.
    #[error("the file name is {}: it leads out of the shared folder", string(.0))]
    Dots(String),
    /// `/` or `\`, which would name another folder. Both are refused on every system, so that a
    /// name means the same on both sides.
    #[error("the file name {} has a {} in it: only names in the shared folder are allowed", string(.0), .1)]
    Separator(String, char),
    /// NUL, a line break, an escape …
    #[error("the file name {} has a control character in it", string(.0))]
    Control(String),
    /// A name that Windows gives another meaning (`CON`, `a:b`).
    #[error("the file name {} cannot be used on Windows", string(.0))]
    Windows(String),
}

/// Refuses every name that is not one plain component of a path.
///
/// Spaces and characters beyond ASCII are fine.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_BYTES {
        return Err(NameError::TooLong(name.len()));
    }
    if name == "." || name == ".." {
        return Err(NameError::Dots(name.to_owned()));
    }
    if let Some(separator) = name.chars().find(|c| matches!(c, '/' | '\\')) {
        return Err(NameError::Separator(name.to_owned(), separator));
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::Control(name.to_owned()));
    }
    if cfg!(windows) && has_other_meaning_on_windows(name) {
        return Err(NameError::Windows(name.to_owned()));
    }
    Ok(())
}

/// Windows names drives and streams with `:`, drops trailing dots and blanks, and opens a device
/// for the reserved names whatever their extension.
fn has_other_meaning_on_windows(name: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|number| number.chars().count() == 1 && number != "0")
    };
    name.contains([':', '<', '>', '"', '|', '?', '*'])
        || name.ends_with(['.', ' '])
        || DEVICES.contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

/// A regular file that is open for reading.
#[derive(Debug)]
pub struct OpenFile {
    /// What it was called when it was opened.
    pub name: String,
    /// The file, at its beginning.
    pub file: File,
    /// Its size in bytes when it was opened, from the open file and not from its name, which
    /// could be another file by now.
    pub size: u64,
}

/// Why a file cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The name is refused, the file system was not asked.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No file has this name.
    #[error("no such file: {0}")]
    Missing(String),
    /// The name is a link to something outside the shared folder.
    #[error("{0} is a link that leads out of the shared folder")]
    LeadsOut(String),
    /// A folder, a pipe, a device.
    #[error("{0} is not a regular file")]
    NotAFile(String),
    /// The shared folder itself cannot be read.
    #[error("the shared folder cannot be read: {0}")]
    Folder(io::Error),
    /// A server without a folder to serve.
    #[error("no folder {0}: make it, or choose another with --dir")]
    NoFolder(String),
    /// Anything else that the system refuses.
    #[error("{name} cannot be opened: {error}")]
    System {
        /// The name that was asked for.
        name: String,
        /// What the system said.
        error: io::Error,
    },
}

/// Fails with [`OpenError::NoFolder`] unless `folder` is one, so that a server says so when it starts
/// and not to its first client.
pub fn check_folder(folder: &Path) -> Result<(), OpenError> {
    if folder.is_dir() {
        Ok(())
    } else {
        Err(OpenError::NoFolder(folder.display().to_string()))
    }
}

/// Opens the file `name` of the shared folder `folder` for reading.
///
/// Links are followed as long as they stay in the folder. Only regular files are opened: reading a
/// FIFO would block until somebody writes.
pub fn open_shared(folder: &Path, name: &str) -> Result<OpenFile, OpenError> {
    open(&resolve(folder, name)?, name)
}

/// Opens a file that the person at the keyboard chose, wherever it is, for reading.
pub fn open_local(path: &Path) -> Result<OpenFile, OpenError> {
    let name = path.display().to_string();
    let path = fs::canonicalize(path).map_err(|error| system_error(&name, error))?;
    open(&path, &name)
}

/// The names of the files that [`open_shared`] would open, sorted by code point.
pub fn list_shared(folder: &Path) -> Result<Vec<String>, OpenError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(OpenError::Folder)? {
        let entry = entry.map_err(OpenError::Folder)?;
        // A name that is not UTF-8 cannot be asked for.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_shared = resolve(folder, &name)
            .is_ok_and(|path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file()));
        if is_shared {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The path of `name` in `folder` without links, if it lies in the folder.
fn resolve(folder: &Path, name: &str) -> Result<PathBuf, OpenError> {
    check(name)?;
    let folder = fs::canonicalize(folder).map_err(OpenError::Folder)?;
    let path = fs::canonicalize(folder.join(name)).map_err(|error| system_error(name, error))?;
    if path.starts_with(&folder) {
        Ok(path)
    } else {
        Err(OpenError::LeadsOut(name.to_owned()))
    }
}

/// Opens a path that has no links left. `name` is for the error.
fn open(path: &Path, name: &str) -> Result<OpenFile, OpenError> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // NONBLOCK: opening a FIFO that nobody writes to returns at once. NOFOLLOW: a link that
        // took the place of the file since the path was resolved is an error.
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let opened = options.open(path).and_then(|file| {
        let metadata = file.metadata()?;
        Ok((file, metadata))
    });
    let (file, metadata) = opened.map_err(|error| system_error(name, error))?;
    if !metadata.is_file() {
        return Err(OpenError::NotAFile(name.to_owned()));
    }
    Ok(OpenFile {
        name: name.to_owned(),
        size: metadata.len(),
        file,
    })
}

fn system_error(name: &str, error: io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenError::Missing(name.to_owned()),
        _ => OpenError::System {
            name: name.to_owned(),
            error,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Component;

    fn share() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("share")).unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        folder
    }

    #[test]
    fn plain_names_pass() {
        let longest = "ä".repeat(127) + "b";
        for name in [
            "a.txt",
            "my file.txt",
            "文件.txt",
            "...",
            ".hidden",
            "a..b",
            "-",
            &longest,
        ] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["..", "."] {
            assert!(matches!(check(name), Err(NameError::Dots(_))), "{name:?}");
        }
        for name in [
            "../secret",
            "/etc/passwd",
            "a/b",
            "..\\x",
            "C:\\x",
            "\\\\host\\x",
            "a/",
        ] {
            assert!(
                matches!(check(name), Err(NameError::Separator(..))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn names_that_no_file_can_have_are_refused() {
        assert_eq!(check(""), Err(NameError::Empty));
        assert_eq!(check(&"a".repeat(256)), Err(NameError::TooLong(256)));
        assert_eq!(check(&"文".repeat(86)), Err(NameError::TooLong(258)));
        for name in ["a\0b", "a\nb", "\x1b[2J", "\x7f", "\u{9b}2J"] {
            assert!(
                matches!(check(name), Err(NameError::Control(_))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn an_error_shows_control_characters_escaped() {
        let error = check("\x1b[2J").unwrap_err().to_string();
        assert!(!error.contains('\x1b'), "{error}");
    }

    #[test]
    fn names_with_another_meaning_on_windows() {
        for name in [
            "a:b", "NUL", "nul.txt", "Com1", "lpt9.a.b", "CON .txt", "a.", "a ", "a?",
        ] {
            assert!(has_other_meaning_on_windows(name), "{name:?}");
        }
        for name in ["a.txt", "null", "COM", "COM0", "COM10", "console.txt", " a"] {
            assert!(!has_other_meaning_on_windows(name), "{name:?}");
        }
    }

    #[test]
    fn a_shared_file_is_opened_with_its_size() {
        let folder = share();
        let share = folder.path().join("share");
        fs::write(share.join("my 文件.txt"), "hello").unwrap();
        assert_eq!(open_shared(&share, "my 文件.txt").unwrap().size, 5);
        assert_eq!(open_local(&share.join("my 文件.txt")).unwrap().size, 5);
    }

    #[test]
    fn what_is_missing_or_no_file_is_an_error() {
        let folder = share();
        let share = folder.path().join("share");
        fs::create_dir(share.join("sub")).unwrap();
        let open = |name| open_shared(&share, name).unwrap_err();
        assert!(matches!(open("a.txt"), OpenError::Missing(_)));
        assert!(matches!(open(".."), OpenError::Name(_)));
        #[cfg(unix)]
        assert!(matches!(open("sub"), OpenError::NotAFile(_)));
        fs::remove_dir_all(&share).unwrap();
        assert!(matches!(open("a.txt"), OpenError::Folder(_)));
        assert!(matches!(list_shared(&share), Err(OpenError::Folder(_))));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_folder_only() {
        use std::os::unix::fs::symlink;
        let folder = share();
        let share = folder.path().join("share");
        fs::write(share.join("a.txt"), "hello").unwrap();
        symlink("a.txt", share.join("inside")).unwrap();
        symlink("../secret", share.join("outside")).unwrap();
        symlink(folder.path().join("secret"), share.join("absolute")).unwrap();
        symlink("nowhere", share.join("dangling")).unwrap();
        symlink("loop", share.join("loop")).unwrap();
        assert_eq!(open_shared(&share, "inside").unwrap().size, 5);
        for name in ["outside", "absolute"] {
            let error = open_shared(&share, name).unwrap_err();
            assert!(matches!(error, OpenError::LeadsOut(_)), "{name}: {error}");
        }
        for name in ["dangling", "loop"] {
            open_shared(&share, name).unwrap_err();
        }
        assert_eq!(list_shared(&share).unwrap(), ["a.txt", "inside"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_fifo_is_refused_without_waiting_for_its_writer() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = share();
        let share = folder.path().join("share");
        mknodat(CWD, share.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        let error = open_shared(&share, "fifo").unwrap_err();
        assert!(matches!(error, OpenError::NotAFile(_)), "{error}");
        assert!(list_shared(&share).unwrap().is_empty());
    }

    #[test]
    fn files_are_listed_in_order() {
        let folder = share();
        let share = folder.path().join("share");
        fs::create_dir(share.join("sub")).unwrap();
        for name in ["b", "文", "a b", "a", "Z"] {
            fs::write(share.join(name), "").unwrap();
        }
        assert_eq!(list_shared(&share).unwrap(), ["Z", "a", "a b", "b", "文"]);
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_one_component(name in r"[./\\:a\x00-\x1f ä文\x7f-\x9f]{0,6}|\PC*") {
            if check(&name).is_ok() {
                let components: Vec<_> = Path::new(&name).components().collect();
                prop_assert_eq!(components, [Component::Normal(name.as_ref())]);
            }
        }
    }
}
