//! A file server under test: its folders, and how a client talks with it.
//!
//! | program | `{dir}` | what is in it |
//! |---|---|---|
//! | 13 | `lesson/share` | the files to serve |
//! | 14 | `lesson/upload` | what was uploaded |
//! | 15 | `lesson` | `share` and `upload` |
//!
//! Beside `share` and `upload` lies a file that nobody may read or write. The README of this package
//! tells how a program is judged that finds its folders beside itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use common::header;
use serde_json::{Value, json};

use crate::check::catalogue::wire::{bincode, expect_body, frame, json_frame, md5};
use crate::check::engine::context::Context;
use crate::check::engine::launch::Launch;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

/// The servers that send files.
pub(super) const DOWNLOADS: &[&str] = &["ftp-simple/server", "ftp-class/server"];
/// The servers that store files.
pub(super) const UPLOADS: &[&str] = &["ftp-simple/upload-server", "ftp-class/server"];
/// All of them.
pub(super) const ALL: &[&str] = &[
    "ftp-simple/server",
    "ftp-simple/upload-server",
    "ftp-class/server",
];

/// A file that is always there to be downloaded.
pub(super) const KNOWN: &str = "known.txt";
const KNOWN_BYTES: &[u8] = b"This file is known.\n";

/// A file beside the shared folders, and what is in it.
pub(super) const SECRET: &str = "secret.txt";
const SECRET_BYTES: &[u8] = b"nobody's business\n";

/// The folders of a file server, and the words of its protocol.
pub(super) struct Lesson<'a> {
    context: &'a Context<'a>,
    folder: PathBuf,
    share: PathBuf,
    upload: PathBuf,
}

impl<'a> Lesson<'a> {
    /// Makes the folders.
    pub(super) fn new(context: &'a Context<'a>) -> Verdict<Self> {
        let lesson = Self {
            context,
            folder: context.make_folder("lesson")?,
            share: context.make_folder("lesson/share")?,
            upload: context.make_folder("lesson/upload")?,
        };
        write(&lesson.folder.join(SECRET), SECRET_BYTES)?;
        lesson.share(KNOWN, KNOWN_BYTES)?;
        Ok(lesson)
    }

    /// Puts a file into the shared folder.
    pub(super) fn share(&self, name: &str, bytes: &[u8]) -> Verdict {
        write(&self.share.join(name), bytes)
    }

    /// The shared folder.
    pub(super) fn shared(&self) -> &Path {
        &self.share
    }

    /// Where uploads land.
    pub(super) fn uploaded(&self) -> &Path {
        &self.upload
    }

    /// The folder around both.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it sends files.
    pub(super) fn downloads(&self) -> bool {
        self.context.number() != 14
    }

    /// Whether it stores files.
    pub(super) fn uploads(&self) -> bool {
        self.context.number() != 13
    }

    /// The server, about to be started with its folder.
    pub(super) fn launch(&self) -> Launch<'a> {
        self.context.launch().dir(match self.context.number() {
            13 => &self.share,
            14 => &self.upload,
            _ => &self.folder,
        })
    }

    /// The server, started. A server that somebody else started has other folders.
    pub(super) fn start(&self) -> Verdict<Server> {
        started(self.launch())
    }

    /// A command as it goes over the wire: the simple lesson's has no end, the other's a newline.
    pub(super) fn command(&self, words: &str) -> Vec<u8> {
        let end = if self.context.number() == 15 {
            "\n"
        } else {
            ""
        };
        [words, end].concat().into_bytes()
    }

    /// A header with its length before it, as it announces a file.
    pub(super) fn header(&self, name: &str, md5: &str, size: u64) -> Verdict<Vec<u8>> {
        let fields = match self.context.number() {
            13 => json!({"filename": name, "filemd5": md5, "filesize": size}),
            14 => json!({"file_name": name, "file_size": size}),
            _ => return Ok(frame(bincode(name.as_bytes(), md5, size), b"")),
        };
        json_frame(&fields, b"")
    }

    /// What goes over the wire before an upload's bytes.
    pub(super) fn announcement(&self, name: &str, md5: &str, size: u64) -> Verdict<Vec<u8>> {
        let header = self.header(name, md5, size)?;
        if self.context.number() == 14 {
            return Ok(header);
        }
        let in_line = name.replace(['\n', '\0'], "?");
        Ok([format!("put {in_line}\n").into_bytes(), header].concat())
    }

    /// A whole upload.
    pub(super) fn upload_of(&self, name: &str, bytes: &[u8]) -> Verdict<Vec<u8>> {
        let mut upload = self.announcement(name, &md5(bytes), bytes.len() as u64)?;
        upload.extend_from_slice(bytes);
        Ok(upload)
    }

    /// Asks for a file.
    pub(super) fn ask(&self, client: &mut Stream, name: &str) -> Verdict {
        client.send(&self.command(&format!("get {name}")))
    }

    /// Receives a file that was asked for: its header exactly, and its bytes.
    pub(super) fn expect_file(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Verdict {
        // The server reads all of it before it can tell the md5.
        client.await_answer(self.patience_with(bytes));
        client
            .expect(&self.header(name, &md5(bytes), bytes.len() as u64)?)
            .map_err(|stop| stop.while_("the header"))?;
        expect_body(client, bytes)
    }

    /// Receives the file that is always there.
    pub(super) fn expect_known(&self, client: &mut Stream) -> Verdict {
        self.expect_file(client, KNOWN, KNOWN_BYTES)
    }

    /// Asks for a file and receives it.
    pub(super) fn download(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Verdict {
        self.ask(client, name)?;
        self.expect_file(client, name, bytes)
    }

    /// Receives the answer that there is no such file. Tells whether the conversation goes on:
    /// the simple lesson's server closes, ours answers with an error.
    pub(super) fn expect_no_file(&self, client: &mut Stream) -> Verdict<bool> {
        let Some(length) = client.receive_unless_closed(4)? else {
            return Ok(false);
        };
        if self.context.number() == 15 {
            return self.expect_zero(&length, "there is no such file");
        }
        self.expect_error(client, &length)
    }

    fn expect_zero(&self, length: &[u8], meaning: &str) -> Verdict<bool> {
        if length == [0; 4] {
            return Ok(true);
        }
        Err(self.context.fail(
            format!("a header of length 0: {meaning}"),
            format!("a length of {}", common::notation::bytes(length)),
        ))
    }

    /// Receives the rest of the header `{"error": "…"}`.
    fn expect_error(&self, client: &mut Stream, length: &[u8]) -> Verdict<bool> {
        let fields = self.json_header(client, length)?;
        if fields.get("error").is_some_and(Value::is_string) {
            return Ok(true);
        }
        Err(self.context.fail(
            "the end of the connection, or the header {\"error\": \"...\"}",
            format!("the header {fields}"),
        ))
    }

    /// Receives a header whose length came already.
    pub(super) fn json_header(&self, client: &mut Stream, length: &[u8]) -> Verdict<Value> {
        let size = <[u8; 4]>::try_from(length).map_or(-1, i32::from_le_bytes);
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= header::MAX_HEADER)
            .ok_or_else(|| {
                self.context.fail(
                    "the length of a header, 4 bytes, little-endian",
                    format!("{} ({size})", common::notation::bytes(length)),
                )
            })?;
        let header = client.receive(size)?;
        serde_json::from_slice(&header).map_err(|error| {
            self.context.fail(
                "a JSON header",
                format!("{} ({error})", common::notation::bytes(&header)),
            )
        })
    }

    /// Waits until an upload is stored and, where the protocol says so, acknowledged.
    pub(super) fn expect_stored(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Verdict {
        if self.context.number() == 15 {
            client.await_answer(self.patience_with(bytes));
            client
                .expect(&self.header(name, &md5(bytes), bytes.len() as u64)?)
                .map_err(|stop| stop.while_("the acknowledgement"))?;
        }
        self.await_file(name, bytes)
    }

    /// Receives the answer that an upload is not stored. Tells whether the conversation goes on;
    /// where the protocol has no such answer the client leaves.
    pub(super) fn expect_not_stored(&self, client: &mut Stream) -> Verdict<bool> {
        if self.context.number() == 14 && !self.context.is_ours() {
            client.finish_sending();
            client.expect_closed()?;
            return Ok(false);
        }
        match client.receive_unless_closed(4)? {
            None => Ok(false),
            Some(length) if self.context.number() == 14 => self.expect_error(client, &length),
            Some(length) => self.expect_zero(&length, "nothing was stored"),
        }
    }

    /// Waits until a file of the upload folder has these bytes.
    pub(super) fn await_file(&self, name: &str, bytes: &[u8]) -> Verdict {
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
    pub(super) fn await_names(&self, names: &[&str]) -> Verdict {
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
    fn patience_with(&self, bytes: &[u8]) -> Duration {
        let times = u32::try_from(bytes.len() >> 24).unwrap_or(u32::MAX);
        self.context.patience().saturating_mul(1 + times)
    }

    /// Waits until `done` says so; otherwise it tells what happened instead.
    pub(super) fn wait_until(
        &self,
        expected: &str,
        done: impl FnMut() -> Result<(), String>,
    ) -> Verdict {
        self.wait_for(self.context.patience(), expected, done)
    }

    fn wait_for(
        &self,
        patience: Duration,
        expected: &str,
        mut done: impl FnMut() -> Result<(), String>,
    ) -> Verdict {
        let limit = Instant::now() + patience;
        loop {
            match done() {
                Ok(()) => return Ok(()),
                Err(happened) if Instant::now() > limit => {
                    return Err(self.context.fail(expected, happened));
                }
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// One file for a client that is connected: to it, or else from it.
    pub(super) fn exchange(&self, client: &mut Stream) -> Verdict {
        if self.downloads() {
            return self.download(client, KNOWN, KNOWN_BYTES);
        }
        let (name, bytes) = ("exchange.txt", b"one more\n");
        client.send(&self.upload_of(name, bytes)?)?;
        self.expect_stored(client, name, bytes)?;
        fs::remove_file(self.upload.join(name))
            .map_err(|error| Stop::NotJudged(format!("cannot remove {name}: {error}")))
    }

    /// The next client comes, is served, and says goodbye.
    pub(super) fn serves_the_next(&self, server: &Server) -> Verdict {
        let visit = || {
            let mut client = server.connect()?;
            self.exchange(&mut client)?;
            client.close();
            Ok(())
        };
        visit().map_err(|stop: Stop| stop.while_("the next client is served"))
    }

    /// After whatever went before: the next client is served, and the server does not spin.
    pub(super) fn goes_on(&self, server: &mut Server) -> Verdict {
        self.serves_the_next(server)?;
        server.expect_idle()
    }

    /// All files but those in the upload folder, and what is in them.
    pub(super) fn outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
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
    pub(super) fn expect_outside(&self, before: &BTreeMap<PathBuf, Vec<u8>>) -> Verdict {
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

/// Starts a server that is judged by its folders.
pub(super) fn started(launch: Launch) -> Verdict<Server> {
    let mut server = launch.server()?;
    server.program()?;
    Ok(server)
}

fn write(path: &Path, bytes: &[u8]) -> Verdict {
    fs::write(path, bytes)
        .map_err(|error| Stop::NotJudged(format!("cannot write {}: {error}", path.display())))
}
