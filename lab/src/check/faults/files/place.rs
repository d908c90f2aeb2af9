//! Where an upload is written, and how it gets its name.

use std::fs::{self, File};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use common::files::names;
use common::files::partial_file::PartialFile;

use crate::check::faults::BrokenArgs;
use crate::check::faults::files::PUT;

/// A file that is being written.
pub(super) enum Place {
    /// As it should be.
    Partial(PartialFile, String),
    /// Under a name of its own.
    Named(Named),
}

/// A file that has a name already, perhaps the final one.
pub(super) struct Named {
    file: File,
    path: PathBuf,
    target: PathBuf,
    removed: bool,
}

impl Place {
    /// Fails where the name is refused.
    pub(super) fn open(args: &BrokenArgs, name: &str) -> io::Result<Self> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let checked = match &*args.fault {
            "stores-backslashes" => name.replace('\\', "_"),
            "stores-escapes" => name.replace(char::is_control, "_"),
            "writes-outside" => "unchecked".to_owned(),
            _ => name.to_owned(),
        };
        if names::check(&checked).is_err() || args.has("takes-100-bytes") && name.len() > 100 {
            return Err(ErrorKind::InvalidInput.into());
        }
        let folder = match args.target.as_str() {
            PUT => args.dir.clone(),
            _ => args.dir.join("upload"),
        };
        let target = folder.join(name);
        let number = match &*args.fault {
            // One for each name; the name itself may be too long for a dot and `.part`.
            "shares-a-temporary-file" => {
                BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
            }
            _ => OPENED.fetch_add(1, Ordering::Relaxed),
        };
        let beside = folder.join(format!(".{number}.part"));
        if args.has("removes-the-old-file-first") {
            let _ = fs::remove_file(&target);
        }
        let path = match &*args.fault {
            "appends" | "writes-outside" | "writes-through-links" => target.clone(),
            "writes-new-files-in-place" if !target.exists() => target.clone(),
            "leaves-partial-files" | "shares-a-temporary-file" => beside,
            _ => {
                let file = PartialFile::create(&folder)?;
                return Ok(Self::Partial(file, name.to_owned()));
            }
        };
        let mut options = File::options();
        options.create(true);
        if args.has("appends") {
            options.append(true);
        } else {
            options.write(true).truncate(true);
        }
        Ok(Self::Named(Named {
            file: options.open(&path)?,
            path,
            target,
            removed: !args.has("leaves-partial-files"),
        }))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Partial(file, _) => file.write_all(bytes),
            Self::Named(named) => named.file.write_all(bytes),
        }
    }

    /// Gives the file its final name.
    pub(super) fn keep(self) -> io::Result<()> {
        match self {
            Self::Partial(file, name) => file.persist(&name).map(drop),
            Self::Named(mut named) => {
                fs::rename(&named.path, &named.target)?;
                named.removed = false;
                Ok(())
            }
        }
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if self.removed {
            let _ = fs::remove_file(&self.path);
        }
    }
}
