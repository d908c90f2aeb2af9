//! A server under test: the folders that it needs, and how a client speaks with it.
//!
//! A file server gets as `{dir}` what its dialect says, in the check's folder: `lesson`, or in it `share`, the files
//! to serve, or `upload`, what was uploaded. Beside these two lies a file that nobody may read or write. The
//! README of this package tells how a program is judged that finds its folders beside itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check::catalogue::wire::write;
use crate::check::engine::context::Context;
use crate::check::engine::launch::Launch;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};
use crate::pairs::dialect::Files;

mod conversation;
mod folders;
mod transfers;

pub(super) use conversation::{after, answer, crowd, exchange, expect_all_closed, question};

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
}
