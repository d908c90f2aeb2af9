//! A server under test: the folders that it needs, and how a client speaks with it.
//!
//! A file server gets as `{dir}` what its dialect says, in the check's folder: `lesson`, or in it `share`, the files
//! to serve, or `upload`, what was uploaded. Beside these two lies a file that nobody may read or write. The
//! README of this package tells how a program is judged that finds its folders beside itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use common::{header, json, notation};
use serde_json::Value;

use crate::check::catalogue::wire::{self, Peer, announce, expect_body, md5, write};
use crate::check::engine::context::Context;
use crate::check::engine::launch::Launch;
use crate::check::engine::server::Server;
use crate::check::engine::stream::{Stream, shortened};
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::Files;

/// A file that is always there to be downloaded.
pub(super) const KNOWN: &str = "known.txt";
const KNOWN_BYTES: &[u8] = b"This file is known.\n";

/// A file beside the shared folders, and what is in it.
pub(super) const SECRET: &str = "secret.txt";
const SECRET_BYTES: &[u8] = b"nobody's business\n";

/// What a server under test serves: a conversation, or the files in its folders.
pub(super) struct Service<'a> {
    context: &'a Context<'a>,
    files: Option<&'static Files>,
    folder: PathBuf,
    share: PathBuf,
    upload: PathBuf,
}

impl<'a> Service<'a> {
    /// Makes the folders of a file server.
    pub(super) fn new(context: &'a Context<'a>) -> Result<Self> {
        let folder = context.folder().join("lesson");
        let service = Self {
            context,
            files: context.dialect().files.as_ref(),
            share: folder.join("share"),
            upload: folder.join("upload"),
            folder,
        };
        if service.files.is_some() {
            context.make_folder("lesson/share")?;
            context.make_folder("lesson/upload")?;
            write(&service.folder.join(SECRET), SECRET_BYTES)?;
            service.share(KNOWN, KNOWN_BYTES)?;
        }
        Ok(service)
    }

    /// The same, and the server.
    pub(super) fn started(context: &'a Context<'a>) -> Result<(Self, Server)> {
        let service = Self::new(context)?;
        let server = service.start()?;
        Ok((service, server))
    }

    /// The server, about to be started with its folder.
    pub(super) fn launch(&self) -> Launch<'a> {
        match self.files {
            Some(files) => {
                (self.context.launch()).dir(&self.context.folder().join(files.server_dir))
            }
            None => self.context.launch(),
        }
    }

    pub(super) fn start(&self) -> Result<Server> {
        self.start_as(self.launch())
    }

    /// The server, started in a way of its own. One that somebody else started cannot be judged by folders
    /// of the check's.
    pub(super) fn start_as(&self, launch: Launch) -> Result<Server> {
        let mut server = launch.server()?;
        if self.files.is_some() {
            server.program()?;
        }
        Ok(server)
    }

    /// Puts a file into the shared folder.
    pub(super) fn share(&self, name: &str, bytes: &[u8]) -> Result {
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
        self.files.is_some_and(Files::gets)
    }

    /// Whether it stores files.
    pub(super) fn uploads(&self) -> bool {
        self.files.is_some_and(|files| files.puts)
    }

    /// Whether the lesson's server tells what became of a command.
    pub(super) fn confirms(&self) -> bool {
        self.files.is_some_and(|files| files.confirms)
    }

    /// A command as it goes over the wire.
    pub(super) fn command(&self, words: &str) -> Vec<u8> {
        let end = self.files.and_then(|files| files.command_end);
        [words, end.unwrap_or_default()].concat().into_bytes()
    }

    /// The command that comes before an upload, where there are commands.
    pub(super) fn put(&self, name: &str) -> Vec<u8> {
        if self.downloads() && self.uploads() {
            let in_line = name.replace(['\n', '\0'], "?");
            return self.command(&format!("put {in_line}"));
        }
        Vec::new()
    }

    /// The header with which it announces a file, or confirms an upload.
    pub(super) fn header(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let size = bytes.len() as u64;
        let header = &self.context.dialect().answers_in;
        announce(header, &escaped(header.is_json(), name), &md5(bytes), size)
    }

    /// What goes over the wire before an upload's bytes.
    pub(super) fn announcement(&self, name: &str, md5: &str, size: u64) -> Vec<u8> {
        let header = &self.context.dialect().asks_in;
        let announced = announce(header, &escaped(header.is_json(), name), md5, size);
        [self.put(name), announced].concat()
    }

    /// A whole upload.
    pub(super) fn upload_of(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let announcement = self.announcement(name, &md5(bytes), bytes.len() as u64);
        [&announcement, bytes].concat()
    }

    /// Asks for a file.
    pub(super) fn ask(&self, client: &mut Stream, name: &str) -> Result {
        client.send(&self.command(&format!("get {name}")))
    }

    /// Receives a file that was asked for: its header exactly, and its bytes.
    pub(super) fn expect_file(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Result {
        // The server reads all of it before it can tell the md5.
        client.await_answer(self.patience_with(bytes));
        client
            .expect(&self.header(name, bytes))
            .map_err(|stop| stop.while_("the header"))?;
        expect_body(client, bytes)
    }

    /// Receives the file that is always there.
    pub(super) fn expect_known(&self, client: &mut Stream) -> Result {
        self.expect_file(client, KNOWN, KNOWN_BYTES)
    }

    /// Asks for a file and receives it.
    pub(super) fn download(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Result {
        self.ask(client, name)?;
        self.expect_file(client, name, bytes)
    }

    /// Receives the answer that there is no such file. Tells whether the conversation goes on.
    pub(super) fn expect_no_file(&self, client: &mut Stream) -> Result<bool> {
        let Some(length) = client.receive_unless_closed(4)? else {
            return Ok(false);
        };
        if self.confirms() {
            return self.expect_zero(&length, "there is no such file");
        }
        self.expect_error(client, &length)
    }

    fn expect_zero(&self, length: &[u8], meaning: &str) -> Result<bool> {
        if length == [0; 4] {
            return Ok(true);
        }
        Err(self.context.fail(
            format!("a header of length 0: {meaning}"),
            format!("a length of {}", notation::bytes(length)),
        ))
    }

    /// Receives the rest of the header `{"error": "…"}`.
    fn expect_error(&self, client: &mut Stream, length: &[u8]) -> Result<bool> {
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
    pub(super) fn json_header(&self, client: &mut Stream, length: &[u8]) -> Result<Value> {
        let size = <[u8; 4]>::try_from(length).map_or(-1, i32::from_le_bytes);
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= header::MAX_HEADER)
            .ok_or_else(|| {
                self.context.fail(
                    "the length of a header, 4 bytes, little-endian",
                    format!("{} ({size})", notation::bytes(length)),
                )
            })?;
        let header = client.receive(size)?;
        serde_json::from_slice(&header).map_err(|error| {
            self.context.fail(
                "a JSON header",
                format!("{} ({error})", notation::bytes(&header)),
            )
        })
    }

    /// Waits until an upload is stored and, where the protocol says so, acknowledged.
    pub(super) fn expect_stored(&self, client: &mut Stream, name: &str, bytes: &[u8]) -> Result {
        if self.confirms() {
            client.await_answer(self.patience_with(bytes));
            client
                .expect(&self.header(name, bytes))
                .map_err(|stop| stop.while_("the acknowledgement"))?;
        }
        self.await_file(name, bytes)
    }

    /// Receives the answer that an upload is not stored. Tells whether the conversation goes on;
    /// where the protocol has no such answer the client leaves.
    pub(super) fn expect_not_stored(&self, client: &mut Stream) -> Result<bool> {
        if !self.confirms() && !self.context.is_ours() {
            client.finish_sending();
            client.expect_closed()?;
            return Ok(false);
        }
        match client.receive_unless_closed(4)? {
            None => Ok(false),
            Some(length) if self.confirms() => self.expect_zero(&length, "nothing was stored"),
            Some(length) => self.expect_error(client, &length),
        }
    }

    /// Waits until a file of the upload folder has these bytes.
    pub(super) fn await_file(&self, name: &str, bytes: &[u8]) -> Result {
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
    pub(super) fn await_names(&self, names: &[&str]) -> Result {
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
    ) -> Result {
        self.wait_for(self.context.patience(), expected, done)
    }

    fn wait_for(
        &self,
        patience: Duration,
        expected: &str,
        mut done: impl FnMut() -> Result<(), String>,
    ) -> Result {
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

    /// One exchange with a client that is connected: a question and its answer, or a file, to the client
    /// or else from it.
    pub(super) fn exchange(&self, client: &mut Stream) -> Result {
        if self.downloads() {
            return self.download(client, KNOWN, KNOWN_BYTES);
        }
        if !self.uploads() {
            return exchange(
                self.context,
                client,
                self.context.dialect().question.as_bytes(),
            );
        }
        let (name, bytes) = ("exchange.txt", b"one more\n");
        client.send(&self.upload_of(name, bytes))?;
        self.expect_stored(client, name, bytes)?;
        fs::remove_file(self.upload.join(name))
            .map_err(|error| Stop::NotJudged(format!("cannot remove {name}: {error}")))
    }

    /// The next client comes, is served, and says goodbye.
    pub(super) fn serves_the_next(&self, server: &Server) -> Result {
        let visit = || {
            let mut client = server.connect()?;
            self.exchange(&mut client)?;
            client.close();
            Ok(())
        };
        visit().map_err(|stop: Stop| stop.while_("the next client is served"))
    }

    /// After whatever went before: the next client is served, and the server does not spin.
    pub(super) fn goes_on(&self, server: &mut Server) -> Result {
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
    pub(super) fn expect_outside(&self, before: &BTreeMap<PathBuf, Vec<u8>>) -> Result {
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

/// `name` as it stands in a header: with escapes between the quotes of JSON.
fn escaped(in_json: bool, name: &str) -> String {
    match json::dumps(&name) {
        Ok(quoted) if in_json => quoted[1..quoted.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}

/// One message and its answer.
pub(super) fn exchange<P: Peer>(context: &Context, client: &mut P, said: &[u8]) -> Result {
    client.send(&question(context, said))?;
    client.expect(&answer(context, said))
}

/// A message as it goes over the wire; where the server speaks first, nothing does.
pub(super) fn question(context: &Context, said: &[u8]) -> Vec<u8> {
    wire::message(&context.dialect().asks_in, said)
}

/// What answers it, as it goes over the wire.
pub(super) fn answer(context: &Context, said: &[u8]) -> Vec<u8> {
    let dialect = context.dialect();
    wire::message(&dialect.answers_in, &dialect.answer.to(said))
}

/// Says in a failure what the program was sent before.
pub(super) fn after(sent: &[u8]) -> impl Fn(Stop) -> Stop {
    move |stop| {
        let sent = notation::bytes(&shortened(sent));
        stop.while_(&format!("after {sent}"))
    }
}

/// All of a crowd say goodbye; the server has its descriptors back when it has closed its side of
/// each.
pub(super) fn expect_all_closed(crowd: &mut [Stream]) -> Result {
    for client in &mut *crowd {
        client.finish_sending();
    }
    crowd.iter_mut().try_for_each(Stream::expect_closed)
}

/// 200 clients at once, each in a thread of its own; those that were served stay connected.
pub(super) fn crowd(client: impl Fn(usize) -> Result<Stream> + Sync) -> Result<Vec<Stream>> {
    let client = &client;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|number| {
                scope.spawn(move || {
                    client(number).map_err(|stop| {
                        stop.while_(&format!(
                            "client {} of 200, all at once, is served",
                            number + 1
                        ))
                    })
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| {
                client
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}
