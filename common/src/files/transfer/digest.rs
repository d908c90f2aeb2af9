//! The md5 of a file, and a memory of those that were computed.
//!
//! A header that carries the md5 must be complete before the first byte of the file: a pass over
//! the whole file, for each download. A file that has not changed has the same md5, so a server
//! remembers it. A memory that is wrong would be worse than none; these are the rules:
//!
//! - A file is known by its device and inode, whatever its names, and the md5 counts only while the
//!   size, the time of modification and the time of change (all with nanoseconds) are what they
//!   were. `touch -d` can set the first of the two times back, nothing sets back the second.
//! - Two writes within one tick of the kernel's clock leave the same times, and a long write shows
//!   its time at its beginning. So an md5 is remembered only if both times lay [`REST`] back when the
//!   computing began, and were the same when it ended: git's rule for its index. A file that changed
//!   a moment ago is read again each time.
//! - Where the system tells no time of change (Windows), nothing is remembered.
//!
//! What this cannot see is a program that changes a file through a shared memory mapping: the
//! kernel dates such a change only when it gets to it. The receiver sees it, because it computes the
//! md5 of what arrives.
//!
//! Python: `common/python/common/files/digest.py`

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use md5::{Digest, Md5};

use super::BUFFER;
use super::hashing::hexadecimal;
use crate::files::names::OpenFile;

/// How long a file must have been left alone for its md5 to be remembered.
pub const REST: Duration = Duration::from_secs(10);

/// How many files are remembered: more than a shared folder usually has, and less than a MiB.
const MOST_FILES: usize = 4096;

/// The md5 of the file's `size` bytes, as 32 hexadecimal digits; see the module's documentation for
/// when it is computed and when remembered. The file is at its beginning before and after.
///
/// Fails with [`ErrorKind::UnexpectedEof`] if the file is shorter by now.
pub fn md5_of(file: &OpenFile) -> io::Result<String> {
    static REMEMBERED: LazyLock<Memory> = LazyLock::new(|| Memory::new(REST));
    REMEMBERED.md5_of(file)
}

/// What was computed, by file.
struct Memory {
    rest: Duration,
    files: Mutex<HashMap<Id, Arc<Mutex<Option<Known>>>>>,
}

struct Known {
    state: State,
    md5: String,
}

impl Memory {
    fn new(rest: Duration) -> Self {
        Self {
            rest,
            files: Mutex::default(),
        }
    }

    fn md5_of(&self, file: &OpenFile) -> io::Result<String> {
        let Some((id, state)) = identify(&file.file)? else {
            return compute(file);
        };
        if state.size != file.size || !state.has_rested(self.rest, SystemTime::now()) {
            return compute(file);
        }
        let place = self.place(id);
        // Whoever asks for the same file meanwhile waits here, instead of reading it too.
        let mut known = lock(&place);
        if let Some(known) = &*known
            && known.state == state
        {
            return Ok(known.md5.clone());
        }
        let md5 = compute(file)?;
        let unchanged = identify(&file.file)? == Some((id, state));
        *known = unchanged.then(|| Known {
            state,
            md5: md5.clone(),
        });
        Ok(md5)
    }

    fn place(&self, id: Id) -> Arc<Mutex<Option<Known>>> {
        let mut files = lock(&self.files);
        if files.len() >= MOST_FILES && !files.contains_key(&id) {
            files.clear();
        }
        Arc::clone(files.entry(id).or_default())
    }
}

/// Nothing is left half done under these locks, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which file it is, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Id {
    device: u64,
    inode: u64,
}

/// What differs when a file has changed. The times are seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl State {
    /// Whether both times are at least `rest` before `now`.
    fn has_rested(&self, rest: Duration, now: SystemTime) -> bool {
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let before = since_1970.saturating_sub(rest);
        let before = (
            before.as_secs().cast_signed(),
            i64::from(before.subsec_nanos()),
        );
        self.modified.max(self.changed) <= before
    }
}

#[cfg(unix)]
fn identify(file: &File) -> io::Result<Option<(Id, State)>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    let id = Id {
        device: metadata.dev(),
        inode: metadata.ino(),
    };
    let state = State {
        size: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    };
    Ok(Some((id, state)))
}

#[cfg(not(unix))]
fn identify(_: &File) -> io::Result<Option<(Id, State)>> {
    Ok(None)
}

/// Reads the whole file.
fn compute(file: &OpenFile) -> io::Result<String> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; BUFFER];
    let mut source = (&file.file).take(file.size);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => md5.update(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if source.limit() > 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    (&file.file).rewind()?;
    Ok(hexadecimal(md5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::names::open_local;
    use std::fs;
    use std::path::Path;
    use std::thread;

    const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";
    const WORLD: &str = "7d793037a0760186574b0282f2f435e7";

    /// Short, so that a test need not wait; longer than the kernel's tick of 10 ms at most.
    const SHORT_REST: Duration = Duration::from_millis(40);

    fn file_of(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn ask(memory: &Memory, path: &Path) -> String {
        memory.md5_of(&open_local(path).unwrap()).unwrap()
    }

    /// Whether the md5 of the file, as it is now, is remembered.
    fn remembers(memory: &Memory, path: &Path) -> bool {
        let Some((id, state)) = identify(&open_local(path).unwrap().file).unwrap() else {
            return false;
        };
        let place = memory.place(id);
        let known = lock(&place);
        known.as_ref().is_some_and(|known| known.state == state)
    }

    fn wait_until_rested(path: &Path) {
        let (_, state) = identify(&open_local(path).unwrap().file).unwrap().unwrap();
        while !state.has_rested(SHORT_REST, SystemTime::now()) {
            thread::yield_now();
        }
    }

    #[test]
    fn it_is_the_md5_of_the_announced_size() {
        let (_folder, path) = file_of("");
        let memory = Memory::new(REST);
        assert_eq!(ask(&memory, &path), "d41d8cd98f00b204e9800998ecf8427e");
        fs::write(&path, "hello").unwrap();
        let file = open_local(&path).unwrap();
        fs::write(&path, "hello, longer").unwrap();
        assert_eq!(memory.md5_of(&file).unwrap(), HELLO);
        fs::write(&path, "hell").unwrap();
        assert!(memory.md5_of(&file).is_err());
    }

    #[test]
    fn a_file_that_changed_a_moment_ago_is_not_remembered() {
        let (_folder, path) = file_of("hello");
        let memory = Memory::new(REST);
        assert_eq!(ask(&memory, &path), HELLO);
        assert!(!remembers(&memory, &path));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_at_rest_is_remembered_under_all_its_names() {
        let (folder, path) = file_of("hello");
        let memory = Memory::new(SHORT_REST);
        let other = folder.path().join("b.txt");
        fs::hard_link(&path, &other).unwrap();
        wait_until_rested(&path);
        assert_eq!(ask(&memory, &path), HELLO);
        assert!(remembers(&memory, &path));
        assert!(remembers(&memory, &other));
    }

    /// Ways to change a file's content and leave its size. The last sets its time back as well.
    #[cfg(unix)]
    #[test]
    fn whatever_changes_the_content_ends_the_memory() {
        let ways: [fn(&Path); 4] = [
            |path| fs::write(path, "world").unwrap(),
            |path| {
                let file = File::options().write(true).open(path).unwrap();
                std::os::unix::fs::FileExt::write_all_at(&file, b"world", 0).unwrap();
            },
            |path| {
                let new = path.with_extension("new");
                fs::write(&new, "world").unwrap();
                fs::rename(&new, path).unwrap();
            },
            |path| {
                let modified = fs::metadata(path).unwrap().modified().unwrap();
                fs::write(path, "world").unwrap();
                let file = File::options().write(true).open(path).unwrap();
                file.set_modified(modified).unwrap();
            },
        ];
        for change in ways {
            let (_folder, path) = file_of("hello");
            let memory = Memory::new(SHORT_REST);
            wait_until_rested(&path);
            assert_eq!(ask(&memory, &path), HELLO);
            assert!(remembers(&memory, &path));
            change(&path);
            assert_eq!(ask(&memory, &path), WORLD);
            wait_until_rested(&path);
            assert_eq!(ask(&memory, &path), WORLD);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_memory_is_bounded() {
        let (_folder, path) = file_of("hello");
        let memory = Memory::new(SHORT_REST);
        for inode in 0..2 * MOST_FILES as u64 {
            memory.place(Id { device: 0, inode });
        }
        assert!(lock(&memory.files).len() <= MOST_FILES);
        wait_until_rested(&path);
        assert_eq!(ask(&memory, &path), HELLO);
    }
}
