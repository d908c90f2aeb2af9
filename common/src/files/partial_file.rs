//! A file that appears under its name only when it is complete.
//!
//! A transfer can end in the middle, and whoever finds half a file under its name takes it for the
//! whole. So the bytes go to a file without that name first, and [`PartialFile::persist`] gives it
//! the name in one step, replacing an older file whole. Dropped before that, it leaves nothing.
//!
//! On Linux the unfinished file has no name at all (`O_TMPFILE`), so nothing is left even by a
//! program that is killed. Where the system or the file system has no such files (macOS, NFS, FAT),
//! it has a name of its own (`.xxxxxx.part`) in the same folder until it is dropped; a program that
//! a signal ends, Ctrl-C too, drops nothing and leaves it there.
//!
//! Python: `common/python/common/files/partial_file.py`

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// A file that is being written, see the module's documentation.
#[derive(Debug)]
pub struct PartialFile {
    file: File,
    folder: PathBuf,
    /// `None` for a file that has no name yet.
    path: Option<TempPath>,
}

impl PartialFile {
    /// Begins a file in `folder`, which is made if it is missing.
    ///
    /// The permissions are those of any new file (0666 without the umask). Fails where a new file
    /// fails.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        #[cfg(target_os = "linux")]
        if let Some(file) = nameless::create(folder) {
            return Ok(Self {
                file,
                folder: folder.to_owned(),
                path: None,
            });
        }
        Self::create_with_name(folder)
    }

    /// The portable path: a name that is random, and so independent of the final one, which may
    /// be as long as a name can be.
    fn create_with_name(folder: &Path) -> io::Result<Self> {
        // Not `tempfile_in`, whose errors tell the whole path: this one may be told to a peer.
        let made = builder().make_in(folder, |path| File::create_new(path))?;
        let (file, path) = made.into_parts();
        Ok(Self {
            file,
            folder: folder.to_owned(),
            path: Some(path),
        })
    }

    /// Gives the file its `name` in the folder, in place of a file that has it already. The name
    /// must have passed [`check`](super::names::check).
    ///
    /// Returns the path. On an error (the name is that of a folder, say) nothing is left behind.
    pub fn persist(self, name: &str) -> io::Result<PathBuf> {
        let target = self.folder.join(name);
        let path = match self.path {
            Some(path) => Some(path),
            #[cfg(target_os = "linux")]
            None => nameless::link(&self.file, &self.folder, &target)?,
            #[cfg(not(target_os = "linux"))]
            None => None,
        };
        if let Some(path) = path {
            path.persist(&target)?;
        }
        Ok(target)
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".part");
    builder
}

/// Files without a name: `O_TMPFILE`.
#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use tempfile::TempPath;

    /// `None` where there are no such files, or no /proc to name them afterwards.
    pub(super) fn create(folder: &Path) -> Option<File> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = File::from(open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
        path_in_proc(&file).exists().then_some(file)
    }

    /// Links the file to its target. If the target exists, which linkat never replaces, links it
    /// to a name beside it and returns that, to be renamed.
    pub(super) fn link(file: &File, folder: &Path, target: &Path) -> io::Result<Option<TempPath>> {
        let link_to = |path: &Path| -> io::Result<()> {
            linkat(CWD, path_in_proc(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
            Ok(())
        };
        match link_to(target) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let linked = super::builder().make_in(folder, link_to)?;
                Ok(Some(linked.into_temp_path()))
            }
            Err(error) => Err(error),
        }
    }

    fn path_in_proc(file: &File) -> PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::names::MAX_BYTES;

    type Create = fn(&Path) -> PartialFile;

    /// The same must hold for both kinds of file.
    const KINDS: [Create; 2] = [
        |folder| PartialFile::create(folder).unwrap(),
        |folder| PartialFile::create_with_name(folder).unwrap(),
    ];

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn the_name_appears_with_the_last_step() {
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let mut file = create(folder.path());
            file.write_all(b"hello").unwrap();
            assert!(!folder.path().join("a.txt").exists());
            let path = file.persist("a.txt").unwrap();
            assert_eq!(fs::read(path).unwrap(), b"hello");
            assert_eq!(names_in(folder.path()), ["a.txt"]);
        }
    }

    #[test]
    fn nothing_is_left_of_a_dropped_file() {
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let mut file = create(folder.path());
            file.write_all(b"hello").unwrap();
            drop(file);
            assert_eq!(names_in(folder.path()), [""; 0]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_unfinished_file_has_no_name_on_linux() {
        // In the source tree, because the folder for temporary files may be on a file system
        // without O_TMPFILE.
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = PartialFile::create(folder.path()).unwrap();
        if file.path.is_some() {
            eprintln!("skipped: no O_TMPFILE on this file system");
            return;
        }
        assert_eq!(names_in(folder.path()), [""; 0]);
    }

    #[test]
    fn an_older_file_is_replaced_whole() {
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            fs::write(
                folder.path().join("a.txt"),
                "the older file, which is longer",
            )
            .unwrap();
            let mut file = create(folder.path());
            file.write_all(b"new").unwrap();
            let path = file.persist("a.txt").unwrap();
            assert_eq!(fs::read(path).unwrap(), b"new");
            assert_eq!(names_in(folder.path()), ["a.txt"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_written_through() {
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("precious"), "precious").unwrap();
            std::os::unix::fs::symlink("precious", folder.path().join("a.txt")).unwrap();
            create(folder.path()).persist("a.txt").unwrap();
            assert_eq!(
                fs::read(folder.path().join("precious")).unwrap(),
                b"precious"
            );
            assert_eq!(fs::read(folder.path().join("a.txt")).unwrap(), b"");
        }
    }

    #[test]
    fn the_name_of_a_folder_is_refused_and_nothing_is_left() {
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("sub")).unwrap();
            create(folder.path()).persist("sub").unwrap_err();
            assert_eq!(names_in(folder.path()), ["sub"]);
        }
    }

    #[test]
    fn the_longest_name_works_twice() {
        let name = "n".repeat(MAX_BYTES);
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            for _ in 0..2 {
                create(folder.path()).persist(&name).unwrap();
            }
            assert_eq!(names_in(folder.path()), [name.as_str()]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_permissions_are_those_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        for create in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let ordinary = File::create(folder.path().join("ordinary")).unwrap();
            let path = create(folder.path()).persist("a.txt").unwrap();
            assert_eq!(
                fs::metadata(path).unwrap().permissions().mode(),
                ordinary.metadata().unwrap().permissions().mode()
            );
        }
    }

    #[test]
    fn an_error_does_not_tell_where_the_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = PartialFile::create_with_name(&missing).unwrap_err();
        let bare = fs::metadata(&missing).unwrap_err();
        assert_eq!(error.to_string(), bare.to_string());
        fs::write(&missing, "").unwrap();
        let error = PartialFile::create(&missing).unwrap_err().to_string();
        assert!(!error.contains("missing"), "{error}");
    }

    #[test]
    fn a_missing_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let download = folder.path().join("ftp/download");
        let file = PartialFile::create(&download).unwrap();
        file.persist("a.txt").unwrap();
        assert_eq!(names_in(&download), ["a.txt"]);
    }
}
