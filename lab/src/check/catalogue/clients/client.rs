//! A client under test, and the checker as its server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use regex_lite::Regex;

use crate::check::catalogue::clients::live::receive_join;
use crate::check::catalogue::clients::sntp::receive_question;
use crate::check::catalogue::wire::{Peer, announce, message, noise, write};
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::program::Program;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::{Answer, Asks, Dialect, fill};

/// What is downloaded and uploaded where nothing else is said.
pub(crate) const CONTENT: &[u8] = b"abc";
pub(crate) const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
/// How many bytes a large file has: 64 MiB.
pub(crate) const LARGE: usize = 64 << 20;
/// The md5 of [`large`].
pub(crate) const LARGE_MD5: &str = "e02ce882194b067362d15d41485ea465";
/// The name of the file in `{dir}` that a client uploads which is not told a name.
pub(crate) const UPLOAD: &str = "file.bin";

/// A client that was started, and its server.
pub(crate) struct Client<P> {
    pub(crate) program: Program,
    /// The checker's side: over TCP the connection, over UDP the server's socket.
    pub(crate) server: P,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: &'static Dialect,
    /// Some programs end each command with a newline, others none.
    newline_due: bool,
}

pub(crate) type TcpClient = Client<Stream>;
pub(crate) type UdpClient = Client<Datagrams>;

impl<P: Listen> Client<P> {
    /// Starts the client; over TCP it connects.
    pub(crate) fn start(context: &Context) -> Result<Self> {
        Self::start_with(context, &[])
    }

    /// Starts the client with `flags`, which a program that is not ours does not get.
    pub(crate) fn start_with(context: &Context, flags: &[&str]) -> Result<Self> {
        let (server, program, address) =
            P::serve(context, |address| launch(context, flags, address))?;
        Ok(Self {
            program,
            server,
            address,
            dialect: context.dialect(),
            newline_due: false,
        })
    }

    /// The same, up to where it awaits the server's answer.
    pub(crate) fn asking(context: &Context) -> Result<Self> {
        let mut client = Self::start(context)?;
        client.ask()?;
        Ok(client)
    }

    /// Brings the client to where it awaits the server's answer.
    pub(crate) fn ask(&mut self) -> Result {
        self.ask_line(self.dialect.question)
    }

    /// Waits for the prompt, if there is one, types `line` and receives it. A client without a prompt
    /// asks its own question.
    pub(crate) fn ask_line(&mut self, line: &str) -> Result {
        self.type_line(line)?;
        P::expect_question(self, line)
    }

    /// Waits for the prompt, if there is one, and types `line`.
    pub(crate) fn type_line(&mut self, line: &str) -> Result {
        type_line(&mut self.program, self.dialect, line)
    }

    /// Types `line`, for which the program sends nothing and shows its prompt again.
    pub(crate) fn type_in_vain(&mut self, line: &str) -> Result {
        self.type_line(line)?;
        let prompt = self.dialect.client.asks.prompt().unwrap_or_default();
        if self.program.goes_on_with(prompt) {
            return Ok(());
        }
        // It may await the answer to what it should not have sent.
        self.server
            .expect_silence(Duration::from_millis(1))
            .map_err(|stop| stop.while_(&format!("nothing is sent for the line {line:?}")))?;
        self.program.expect_screen(prompt)
    }

    /// Sends `bytes` as they are, the last of the answer; where that ends with the connection, ends it.
    pub(crate) fn send_last(&mut self, bytes: &[u8]) -> Result {
        self.server.send(bytes)?;
        if self.dialect.client.asks == Asks::Once && self.dialect.files.is_none() {
            self.server.finish_sending();
        }
        Ok(())
    }

    /// Answers `said`, which is not a file.
    pub(crate) fn send_answer(&mut self, said: &[u8]) -> Result {
        self.send_last(&message(&self.dialect.answers_in, said))
    }

    /// The same, and waits until the screen shows it.
    pub(crate) fn answer(&mut self, said: &[u8]) -> Result {
        self.send_answer(said)?;
        self.expect_shown(said)
    }

    /// Waits until the screen shows `said` as the lesson shows an answer. Where that is as a bytes object, text will do:
    /// how a language writes bytes is what [`notation`](super::session::notation) asks.
    pub(crate) fn expect_shown(&mut self, said: &[u8]) -> Result {
        let shows = self.dialect.client.shows;
        let line = fill(shows, said, self.address);
        let plain = fill(&shows.replace("{bytes}", "{text}"), said, self.address);
        self.program.expect_one_of(&[&line, &plain])
    }

    /// Waits until the screen shows `said` exactly as the lesson does.
    pub(crate) fn expect_shown_exactly(&mut self, said: &[u8]) -> Result {
        let line = fill(self.dialect.client.shows, said, self.address);
        self.program.expect_screen(&line)
    }

    /// Waits until the screen shows the lesson's answer.
    pub(crate) fn expect_lesson_shown(&mut self) -> Result {
        match &self.dialect.files {
            Some(files) if files.gets() => self.expect_download("a.txt", MD5, CONTENT.len()),
            Some(_) => Ok(()),
            None => self.expect_shown(&P::said(self.dialect)),
        }
    }

    /// Waits until the screen shows the download of a file of `size` bytes, header and all. The
    /// lessons' own programs show their progress many times, ours once.
    pub(crate) fn expect_download(&mut self, name: &str, md5: &str, size: usize) -> Result {
        let files = self.dialect.files.as_ref();
        let Some(download) = files.and_then(|files| files.download.as_ref()) else {
            return Ok(());
        };
        let header = self.dialect.answers_in;
        let length = header.json(name, md5, &size.to_string()).len();
        let shown = download.header.replace("{length}", &length.to_string());
        self.program
            .expect_screen(&shown.replace("{dict}", &header.dict(name, md5, size)))?;
        let progress = self.program.await_screen(download.end)?;
        let last = download.last.replace("{size}", &size.to_string());
        let complete = Regex::new(&last).is_ok_and(|last| last.is_match(&progress));
        if complete || size == 0 && progress.is_empty() {
            return Ok(());
        }
        Err(self.program.fail(
            "the last line of progress says that all bytes came (of an empty file there is none)",
            format!("{progress:?}"),
        ))
    }

    /// One question, and the lesson's answer.
    pub(crate) fn one_round(&mut self) -> Result {
        self.ask()?;
        self.send_last(&P::lesson_answer(self.dialect))?;
        self.expect_lesson_shown()
    }

    /// Waits until the program is ready for more: at its prompt, with its next question, or at its
    /// end.
    pub(crate) fn expect_to_go_on(&mut self) -> Result {
        match self.dialect.client.asks {
            Asks::Once => self.program.expect_success(),
            Asks::Again => self.ask(),
            Asks::AtPrompt { prompt, .. } => self.program.expect_screen(prompt),
        }
    }
}

impl<P> Client<P> {
    /// Its server leaves in a way, such as [`Stream::close`].
    pub(crate) fn left_by(self, leave: fn(P)) -> Client<()> {
        leave(self.server);
        Client {
            program: self.program,
            server: (),
            address: self.address,
            dialect: self.dialect,
            newline_due: self.newline_due,
        }
    }

    /// Ends the input and waits until the client has done all that it does.
    pub(crate) fn finish(&mut self) -> Result {
        self.program.end_input();
        self.program.expect_end().map(drop)
    }

    /// Waits until the program has ended with an error that names its server.
    pub(crate) fn expect_error(&mut self) -> Result {
        let verdict = self.program.expect_error(self.address);
        self.which_confirms(verdict)
    }

    /// The same, for one that may wait for `limit` before.
    pub(crate) fn expect_error_within(&mut self, limit: Duration) -> Result {
        let verdict = self.program.expect_error_within(limit, self.address);
        self.which_confirms(verdict)
    }

    /// Says in the failure of a client that only uploads that it has an answer to read.
    fn which_confirms(&self, verdict: Result) -> Result {
        verdict.map_err(|stop| match &self.dialect.files {
            Some(files) if !files.gets() => stop.while_(
                "the client reads what the server confirms, which grade robust asks and the lesson's own does not do",
            ),
            _ => stop,
        })
    }
}

/// The checker as the server of a client that speaks a pair's dialect.
pub(crate) trait Listen: Peer {
    /// What the checker says to a client's question, where no file is asked for.
    fn said(dialect: &Dialect) -> Vec<u8>;

    /// The lesson's answer, as it goes over the wire.
    fn lesson_answer(dialect: &Dialect) -> Vec<u8>;

    /// Receives what the client asks when `line` was typed.
    fn expect_question(client: &mut Client<Self>, line: &str) -> Result;
}

impl Listen for Datagrams {
    fn said(_dialect: &Dialect) -> Vec<u8> {
        // A datagram is whole, whatever it says.
        b"HELLO".to_vec()
    }

    fn lesson_answer(dialect: &Dialect) -> Vec<u8> {
        Self::said(dialect)
    }

    fn expect_question(client: &mut UdpClient, line: &str) -> Result {
        let dialect = client.dialect;
        match dialect.answer {
            Answer::Sntp => receive_question(&mut client.server).map(drop),
            Answer::Live => receive_join(&mut client.server).map(drop),
            _ => {
                let typed = dialect.client.asks.prompt().map(|_| line);
                let asked = typed.unwrap_or(dialect.question);
                client.server.expect(asked.as_bytes())
            }
        }
    }
}

impl Listen for Stream {
    fn said(dialect: &Dialect) -> Vec<u8> {
        match dialect.answer.to(dialect.question.as_bytes()) {
            // Of a server that speaks first the client takes whatever comes.
            said if said.is_empty() => b"HELLO".to_vec(),
            said => said,
        }
    }

    fn lesson_answer(dialect: &Dialect) -> Vec<u8> {
        match &dialect.files {
            None => message(&dialect.answers_in, &Self::said(dialect)),
            Some(files) if files.gets() => file(dialect, "a.txt", MD5, CONTENT),
            Some(_) => announce(&dialect.answers_in, UPLOAD, MD5, CONTENT.len() as u64),
        }
    }

    fn expect_question(client: &mut TcpClient, line: &str) -> Result {
        let dialect = client.dialect;
        match &dialect.files {
            None => client
                .server
                .expect(&message(&dialect.asks_in, line.as_bytes())),
            Some(files) => match files.command_end {
                None => expect_upload(&mut client.server, CONTENT),
                Some("") => client.expect_command(line),
                Some(end) => client.server.expect(format!("{line}{end}").as_bytes()),
            },
        }
    }
}

impl TcpClient {
    /// Receives `command`, with or without a newline behind it.
    fn expect_command(&mut self, command: &str) -> Result {
        let mut got = self.server.receive(command.len())?;
        if self.newline_due && got.starts_with(b"\n") {
            got.remove(0);
            got.extend(self.server.receive(1)?);
        }
        self.newline_due = true;
        if got == command.as_bytes() {
            return Ok(());
        }
        Err(self.server.fail(
            format!("the command {command:?}"),
            common::notation::bytes(&got),
        ))
    }
}

/// Starts the client of a server at `address`, with the folders that it needs, up to its first prompt
/// for a message, if it has one.
pub(crate) fn launch(context: &Context, flags: &[&str], address: SocketAddr) -> Result<Program> {
    let dialect = context.dialect();
    let mut launch = context.launch().flags(flags);
    match &dialect.files {
        None => {}
        Some(files) if files.gets() => {
            context.make_folder("download")?;
            if files.puts {
                context.make_folder("share")?;
            }
            launch = launch.dir(&context.folder().join(files.client_dir));
        }
        Some(_) => {
            let file = context.folder().join(UPLOAD);
            if !file.exists() {
                write(&file, CONTENT)?;
            }
            launch = launch.flags(&[&file.display().to_string()]);
        }
    }
    if dialect.client.asks == Asks::Again {
        launch = launch.flags(&["--interval", "0"]);
    }
    let mut program = launch.client(address)?;
    if let Some((shown, typed)) = dialect.client.welcome {
        program.expect_screen(shown)?;
        program.type_line(typed)?;
    }
    Ok(program)
}

/// Waits for the prompt, if there is one, and types `line`.
pub(crate) fn type_line(program: &mut Program, dialect: &Dialect, line: &str) -> Result {
    if let Some(prompt) = dialect.client.asks.prompt() {
        program.expect_screen(prompt)?;
        program.type_line(line)?;
    }
    Ok(())
}

/// A file as the pair's server sends it. In a JSON header `name` stands as it is.
pub(crate) fn file(dialect: &Dialect, name: &str, md5: &str, bytes: &[u8]) -> Vec<u8> {
    let header = announce(&dialect.answers_in, name, md5, bytes.len() as u64);
    [&header, bytes].concat()
}

/// Receives an upload that no command announces: header and content.
pub(crate) fn expect_upload(stream: &mut Stream, content: &[u8]) -> Result {
    let header = receive_header(stream)?;
    // The lesson's own program misspells the key.
    let form = r#"^\{"file_name": "[^"]+", "file_siz(e)?": (\d+)\}$"#;
    let announced = Regex::new(form)
        .ok()
        .and_then(|form| form.captures(&header)?[2].parse().ok());
    if announced != Some(content.len()) {
        return Err(stream.fail(
            format!(
                r#"the header {{"file_name": "{UPLOAD}", "file_size": {}}}"#,
                content.len()
            ),
            header,
        ));
    }
    stream.expect(content)
}

/// Receives a header's length and the header, which is text.
pub(crate) fn receive_header(stream: &mut Stream) -> Result<String> {
    let length = stream.receive(4)?;
    let length = i32::from_le_bytes(length.try_into().unwrap_or_default());
    match usize::try_from(length) {
        Ok(size) if size <= 64 * 1024 => {
            let header = stream.receive(size)?;
            Ok(String::from_utf8_lossy(&header).into_owned())
        }
        _ => Err(stream.fail(
            "the header's length in 4 bytes, signed, little-endian",
            format!("{length}"),
        )),
    }
}

/// A large file: no two of its blocks are alike, so that one which is lost, or in another's place,
/// shows.
pub(crate) fn large() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| noise(LARGE))
}

/// The files that have come into the check's folder, by their paths in it. Partial files count too.
pub(crate) fn files(context: &Context) -> Result<Vec<String>> {
    let root = context.folder();
    let entries = context.new_entries(root)?.into_iter();
    let name = |path: &Path| {
        path.strip_prefix(root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    Ok(entries
        .filter(|path| !path.is_dir())
        .map(|path| name(&path))
        .collect())
}

/// Fails unless exactly the files `expected` have come into the check's folder.
pub(crate) fn expect_files(context: &Context, expected: &[&str]) -> Result {
    let found = files(context)?;
    if found == expected {
        return Ok(());
    }
    Err(context.fail(
        format!("the files that are stored in the folder are {expected:?}"),
        format!("they are {found:?}"),
    ))
}

/// Fails if a client that downloads has stored anything.
pub(crate) fn expect_nothing_stored(context: &Context) -> Result {
    match &context.dialect().files {
        Some(files) if files.gets() => expect_files(context, &[]),
        _ => Ok(()),
    }
}
