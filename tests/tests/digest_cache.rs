//! The file servers remember the md5 of files. A memory that lies would be worse than none: files are
//! changed, cut, replaced and touched here while they are downloaded. No download passes whose bytes
//! do not match its md5, and none is given the md5 of an older content.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::collections::HashMap;
use std::fs::{self, File, FileTimes};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::files::transfer::REST;
use common::header;
use ftp_class::FileHeader;
use lab::pairs::{Language, PAIRS, Side};
use lab::run::executables;
use lab::run::process::{PATIENCE, Process};
use md5::{Digest, Md5};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tempfile::TempDir;

const FTP_SIMPLE: u8 = 13;
const FTP_CLASS: u8 = 15;

/// Enough for several blocks, and little enough to be read often.
const SIZE: usize = 300_000;

/// A file server, and the folder that it shares.
struct Server {
    process: Process,
    address: SocketAddr,
    language: Language,
    number: u8,
    folder: TempDir,
}

/// Both languages, as far as they are installed.
fn languages() -> Vec<Language> {
    let mut languages = vec![Language::Rust];
    if tests::python_or_skip("the memory of digests") {
        languages.push(Language::Python);
    }
    languages
}

impl Server {
    /// Both file servers, in all languages.
    fn start_all() -> Vec<Self> {
        languages()
            .into_iter()
            .flat_map(|language| [FTP_SIMPLE, FTP_CLASS].map(|number| (language, number)))
            .map(|(language, number)| Self::start(language, number))
            .collect()
    }

    fn start(language: Language, number: u8) -> Self {
        let folder = TempDir::with_prefix("digests-").unwrap();
        fs::create_dir(folder.path().join("share")).unwrap();
        let program = PAIRS.iter().find(|program| program.number == number);
        let mut command = executables::command(program.unwrap(), Side::Server, language).unwrap();
        let dir = match number {
            FTP_SIMPLE => folder.path().join("share"),
            _ => folder.path().to_owned(),
        };
        command.args(["--port", "0", "--dir"]).arg(dir);
        let process = Process::start(&mut command).unwrap();
        let address = process.ready(PATIENCE).unwrap();
        Self {
            process,
            address,
            language,
            number,
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("share").join(name)
    }

    /// One download, as a client sees it. `None` where the connection ended before the last byte,
    /// as it does for a file that was cut.
    fn download(&self, name: &str) -> Option<Download> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
            .write_all(format!("get {name}\n").as_bytes())
            .unwrap();
        let (md5, size) = if self.number == FTP_SIMPLE {
            let fields = header::read_json(&mut stream).unwrap()?;
            if fields.contains_key("error") {
                return None;
            }
            let md5 = header::string(&fields, "filemd5").unwrap().to_owned();
            (md5, header::size(&fields, "filesize").unwrap())
        } else {
            let header = FileHeader::receive(&mut stream).ok()??;
            (header.md5, header.file_size)
        };
        let mut bytes = Vec::new();
        let received = (&stream).take(size).read_to_end(&mut bytes);
        // When the server has closed its side too, it has accounted all that it read.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
        (received.is_ok() && bytes.len() as u64 == size).then_some(Download { md5, bytes })
    }

    /// Downloads a file that does not change, and tells how often the server has read it for that.
    fn reads(&self, name: &str) -> u64 {
        let before = self.bytes_read();
        assert!(self.download(name).unwrap().passes());
        // What else a download reads is small.
        (self.bytes_read() - before) / (SIZE as u64 * 9 / 10)
    }

    /// Waits until the md5 of a file is remembered: it is when the file has been left alone for
    /// [`REST`]. Until then each download reads the file for its md5 and for its bytes.
    fn wait_until_remembered(&self, name: &str) {
        let limit = Instant::now() + REST + PATIENCE;
        loop {
            match self.reads(name) {
                1 => return,
                reads => assert_eq!(reads, 2),
            }
            assert!(Instant::now() < limit, "{name} is never remembered");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Bytes that the server has read from files, in all.
    fn bytes_read(&self) -> u64 {
        let accounts = fs::read_to_string(format!("/proc/{}/io", self.process.id())).unwrap();
        let read = accounts
            .lines()
            .find_map(|line| line.strip_prefix("rchar: "));
        read.unwrap().parse().unwrap()
    }
}

struct Download {
    md5: String,
    bytes: Vec<u8>,
}

impl Download {
    /// Whether a client stores it.
    fn passes(&self) -> bool {
        md5_of(&self.bytes) == self.md5
    }
}

fn md5_of(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(bytes).into()))
}

/// Different for each number, and always of the same size.
fn content(number: usize) -> Vec<u8> {
    let mut bytes = vec![b'.'; SIZE];
    for block in bytes.chunks_mut(1000) {
        block[..8].copy_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// What can happen to a shared file.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// Written over, byte by byte, in the same place.
    InPlace,
    /// The same, and the time of modification is set back.
    InPlaceSetBack,
    /// Another file gets its name.
    Replaced,
    /// Another file gets its name and its times.
    ReplacedSetBack,
    /// Cut to the half.
    Cut,
    /// Made longer.
    Extended,
    /// Only its times change.
    Touched,
}

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            Just(Self::InPlace),
            Just(Self::InPlaceSetBack),
            Just(Self::Replaced),
            Just(Self::ReplacedSetBack),
            Just(Self::Cut),
            Just(Self::Extended),
            Just(Self::Touched),
        ]
    }

    /// What the file holds afterwards.
    fn of(self, before: &[u8], number: usize) -> Vec<u8> {
        match self {
            Self::Touched => before.to_owned(),
            Self::Cut => before[..before.len() / 2].to_owned(),
            Self::Extended => [before, &content(number)[..1000]].concat(),
            _ => content(number),
        }
    }

    fn apply(self, path: &Path, after: &[u8]) {
        let metadata = path.metadata().unwrap();
        let times = FileTimes::new()
            .set_modified(metadata.modified().unwrap())
            .set_accessed(metadata.accessed().unwrap());
        let open = || File::options().write(true).open(path).unwrap();
        match self {
            Self::InPlace | Self::InPlaceSetBack | Self::Cut | Self::Extended => {
                let file = open();
                // Cut first, what was extended would be the version before it again, for a moment.
                file.write_all_at(after, 0).unwrap();
                file.set_len(after.len() as u64).unwrap();
            }
            Self::Replaced | Self::ReplacedSetBack => {
                let new = path.with_extension("new");
                fs::write(&new, after).unwrap();
                fs::rename(&new, path).unwrap();
            }
            Self::Touched => open().set_modified(SystemTime::now()).unwrap(),
        }
        if matches!(self, Self::InPlaceSetBack | Self::ReplacedSetBack) {
            open().set_times(times).unwrap();
        }
    }
}

#[test]
fn a_file_is_read_twice_for_a_download_and_once_when_it_is_at_rest_and_known() {
    let servers = Server::start_all();
    for server in &servers {
        fs::write(server.path("a.bin"), content(1)).unwrap();
    }
    for server in servers {
        server.wait_until_remembered("a.bin");
        let reads = [server.reads("a.bin"), server.reads("a.bin")];
        assert_eq!(reads, [1, 1], "{:?} {}", server.language, server.number);
    }
}

#[test]
fn whatever_happens_to_a_remembered_file_its_md5_is_never_an_older_one() {
    const FILES: usize = 48;
    let name = |file: usize| format!("{file}.bin");
    let servers = Server::start_all();
    for server in &servers {
        for file in 0..FILES {
            fs::write(server.path(&name(file)), content(0)).unwrap();
        }
    }
    for server in servers {
        for file in 0..FILES {
            server.wait_until_remembered(&name(file));
        }
        let next = AtomicUsize::new(0);
        // Each case takes a file of its own that is remembered; after a change it is no more.
        let mut runner = TestRunner::new(Config {
            cases: u32::try_from(FILES).unwrap(),
            max_shrink_iters: 0,
            failure_persistence: None,
            ..Config::default()
        });
        let changes = proptest::collection::vec(Change::any(), 1..4);
        let outcome = runner.run(&changes, |changes| {
            let name = name(next.fetch_add(1, Ordering::Relaxed));
            let mut current = content(0);
            let check = |current: &[u8]| {
                let Some(download) = server.download(&name) else {
                    return Err(TestCaseError::fail("a file that does not change is cut"));
                };
                prop_assert!(download.bytes == current, "older bytes");
                prop_assert_eq!(download.md5, md5_of(current));
                Ok(())
            };
            check(&current)?;
            for (number, change) in changes.into_iter().enumerate() {
                let after = change.of(&current, number + 1);
                change.apply(&server.path(&name), &after);
                current = after;
                check(&current)?;
            }
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{:?} {}: {error}", server.language, server.number));
    }
}

/// A file that changes all the time, and what it has held.
struct Changing {
    name: String,
    /// Each md5 that it has, or is about to have, and the last change that brought it.
    versions: Mutex<HashMap<String, usize>>,
    /// How many changes are complete.
    complete: AtomicUsize,
    /// How many downloads were tried, and how many of them passed.
    tried: AtomicUsize,
    passed: AtomicUsize,
}

impl Changing {
    /// Lets another download end before the next change, so that some pass, and others are hit.
    fn wait_for_a_download(&self) {
        let tried = self.tried.load(Ordering::Acquire);
        let started = Instant::now();
        while self.tried.load(Ordering::Acquire) == tried && started.elapsed() < PATIENCE {
            thread::yield_now();
        }
    }
}

#[test]
fn no_download_passes_with_other_bytes_or_with_an_older_md5_while_files_change() {
    for language in languages() {
        download_while_files_change(&Server::start(language, FTP_SIMPLE));
    }
}

fn download_while_files_change(server: &Server) {
    const CHANGES: usize = 150;
    let mut runner = TestRunner::deterministic();
    let files: Vec<Changing> = (0..3)
        .map(|file| {
            let name = format!("{file}.bin");
            fs::write(server.path(&name), content(0)).unwrap();
            Changing {
                name,
                versions: Mutex::new(HashMap::from([(md5_of(&content(0)), 0)])),
                complete: AtomicUsize::new(0),
                tried: AtomicUsize::new(0),
                passed: AtomicUsize::new(0),
            }
        })
        .collect();
    // The first changes hit files that are at rest and known.
    for file in &files {
        server.wait_until_remembered(&file.name);
    }
    let plan = proptest::collection::vec(Change::any(), CHANGES);
    let plans: Vec<Vec<Change>> = (0..files.len())
        .map(|_| plan.new_tree(&mut runner).unwrap().current())
        .collect();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            for file in &files {
                let over = &over;
                scope.spawn(move || {
                    while !over.load(Ordering::Acquire) {
                        download_while_it_changes(server, file);
                    }
                });
            }
        }
        let changers: Vec<_> = files
            .iter()
            .zip(plans)
            .map(|(file, plan)| {
                let path = server.path(&file.name);
                scope.spawn(move || {
                    let mut current = content(0);
                    for (number, change) in (1..).zip(plan) {
                        let after = change.of(&current, number);
                        file.versions.lock().unwrap().insert(md5_of(&after), number);
                        change.apply(&path, &after);
                        file.complete.store(number, Ordering::Release);
                        if number % 2 == 0 {
                            file.wait_for_a_download();
                        }
                        current = after;
                    }
                })
            })
            .collect();
        let ends: Vec<_> = changers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        over.store(true, Ordering::Release);
        assert!(ends.iter().all(Result::is_ok));
    });
    // Left alone again, each is served as it is.
    for file in &files {
        let download = server.download(&file.name).unwrap();
        assert!(download.passes());
        assert!(download.bytes == fs::read(server.path(&file.name)).unwrap());
        assert!(
            file.passed.load(Ordering::Acquire) > 0,
            "no download was whole"
        );
    }
}

/// Downloads once. A file that changes on the way does not pass, or is cut.
fn download_while_it_changes(server: &Server, file: &Changing) {
    let complete = file.complete.load(Ordering::Acquire);
    if let Some(download) = server.download(&file.name) {
        // An md5 that no version has is that of a file in the middle of a change.
        if let Some(&version) = file.versions.lock().unwrap().get(&download.md5) {
            assert!(
                version >= complete,
                "{}: the md5 of version {version} when version {complete} was complete",
                file.name
            );
        }
        file.passed
            .fetch_add(usize::from(download.passes()), Ordering::AcqRel);
    }
    file.tried.fetch_add(1, Ordering::AcqRel);
}
