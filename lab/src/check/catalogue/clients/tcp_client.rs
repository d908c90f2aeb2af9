//! A TCP client under test, and the checker as its server: how each program asks, what it is answered,
//! and how it shows that.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use regex_lite::Regex;

use crate::check::catalogue::wire::{bincode, frame, noise};
use crate::check::engine::context::Context;
use crate::check::engine::program::Program;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Stop, Verdict};

/// What is downloaded and uploaded where nothing else is said.
pub(super) const CONTENT: &[u8] = b"abc";
/// Its md5.
pub(super) const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
/// How many bytes a large file has: 64 MiB.
pub(super) const LARGE: usize = 64 << 20;
/// The md5 of [`large`].
pub(super) const LARGE_MD5: &str = "6c746d531de0fb105fbff407737f5a5e";
/// The name under which program 14 finds its file in `{dir}`.
pub(super) const UPLOAD: &str = "file.bin";

/// A TCP client that was started and has connected.
pub(super) struct TcpClient {
    /// The program.
    pub(super) program: Program,
    /// The connection with it.
    pub(super) stream: Stream,
    /// Where its server listens.
    pub(super) address: SocketAddr,
    number: u8,
    /// The lesson's own program 13 ends no command with a newline, ours does.
    newline_due: bool,
}

impl TcpClient {
    /// Starts the client and lets it connect.
    pub(super) fn start(context: &Context) -> Verdict<Self> {
        Self::start_with(context, &[])
    }

    /// Starts the client with `flags`, which a program that is not ours does not get.
    pub(super) fn start_with(context: &Context, flags: &[&str]) -> Verdict<Self> {
        let listener = context.listen()?;
        let address = listener.address();
        let program = launch(context, flags, address)?;
        Ok(Self {
            program,
            stream: listener.accept()?,
            address,
            number: context.number(),
            newline_due: false,
        })
    }

    /// Brings the client to where it awaits the server's answer.
    pub(super) fn ask(&mut self) -> Verdict {
        match self.number {
            1 | 2 => self.ask_line("hello"),
            3 => self.stream.expect(b"hello hello"),
            13 | 15 => self.ask_line("get a.txt"),
            14 => expect_upload(&mut self.stream, CONTENT),
            16 | 18 => self.stream.expect(b"hello"),
            20 => self
                .stream
                .expect(&frame(r#"{"data_size": 12}"#, b"hello world!")),
            _ => Ok(()),
        }
    }

    /// Waits for the prompt, types `line` and receives it.
    pub(super) fn ask_line(&mut self, line: &str) -> Verdict {
        self.type_line(line)?;
        match self.number {
            13 => self.expect_command(line),
            15 => self.stream.expect(format!("{line}\n").as_bytes()),
            _ => self.stream.expect(line.as_bytes()),
        }
    }

    /// Waits for the prompt and types `line`.
    pub(super) fn type_line(&mut self, line: &str) -> Verdict {
        if let Some(prompt) = prompt(self.number) {
            self.program.expect_screen(prompt)?;
            self.program.type_line(line)?;
        }
        Ok(())
    }

    /// Types `line`, for which the program sends nothing and shows its prompt again.
    pub(super) fn type_in_vain(&mut self, line: &str) -> Verdict {
        self.type_line(line)?;
        let Some(prompt) = prompt(self.number) else {
            return Ok(());
        };
        if self.program.goes_on_with(prompt) {
            return Ok(());
        }
        // It may await the answer to what it should not have sent.
        self.stream
            .expect_silence(Duration::from_millis(1))
            .map_err(|stop| stop.while_(&format!("nothing is sent for the line {line:?}")))?;
        self.program.expect_screen(prompt)
    }

    /// Receives `command`, with or without a newline behind it.
    fn expect_command(&mut self, command: &str) -> Verdict {
        let mut got = self.stream.receive(command.len())?;
        if self.newline_due && got.starts_with(b"\n") {
            got.remove(0);
            got.extend(self.stream.receive(1)?);
        }
        self.newline_due = true;
        if got == command.as_bytes() {
            return Ok(());
        }
        Err(self.stream.fail(
            format!("the command {command:?}"),
            common::notation::bytes(&got),
        ))
    }

    /// Sends `answer`; where the answer ends with the connection, ends that.
    pub(super) fn send_answer(&mut self, answer: &[u8]) -> Verdict {
        self.stream.send(answer)?;
        if matches!(self.number, 3 | 4) {
            self.stream.finish_sending();
        }
        Ok(())
    }

    /// Waits until the screen shows the lesson's answer, [`answer`].
    pub(super) fn expect_answer_shown(&mut self) -> Verdict {
        match self.number {
            1 | 18 => self.program.expect_screen("HELLO\n"),
            2 => self.program.expect_screen("hello\n"),
            3 => self.program.expect_screen("我收到服务端回的 HELLO HELLO\n"),
            4 => self.program.expect_screen("b'Hello Client!'\n"),
            13 | 15 => self.expect_download("a.txt", MD5, CONTENT.len()),
            16 => self.program.expect_screen("b'HELLO'\n"),
            20 => self.program.expect_screen("HELLO WORLD!\n"),
            _ => Ok(()),
        }
    }

    /// Waits until the screen shows the download of a file of `size` bytes, header and all. The
    /// lessons' own programs show their progress many times, ours once.
    pub(super) fn expect_download(&mut self, name: &str, md5: &str, size: usize) -> Verdict {
        let (header, last, end) = if self.number == 13 {
            let length = simple_header(name, md5, size).len();
            let dict = format!("{{'filename': '{name}', 'filemd5': '{md5}', 'filesize': {size}}}");
            (
                format!("报头长度 {length}\n报头字典 {dict}\n"),
                r"(^|\r)100%\[\*{100}-\]共计用时:\d+\.\d{3}s$".to_owned(),
                "\n执行结束\n",
            )
        } else {
            (
                format!("{{'filename': '{name}', 'md5': '{md5}', 'file_size': {size}}}\n"),
                format!(r"(^|\n)总大小:{size} 已下载:{size}\n$"),
                "下载成功!\n",
            )
        };
        self.program.expect_screen(&header)?;
        let progress = self.program.await_screen(end)?;
        let complete = Regex::new(&last).is_ok_and(|last| last.is_match(&progress));
        if complete || size == 0 && progress.is_empty() {
            return Ok(());
        }
        Err(self.stream.fail(
            "the last line of progress says that all bytes came (of an empty file there is none)",
            format!("{progress:?}"),
        ))
    }

    /// Waits until the program is ready for more: at its prompt, with its next question, or at its
    /// end.
    pub(super) fn expect_to_go_on(&mut self) -> Verdict {
        match self.number {
            3 | 4 | 14 => self.program.expect_success(),
            16 | 18 | 20 => self.ask(),
            number => match prompt(number) {
                Some(prompt) => self.program.expect_screen(prompt),
                None => Ok(()),
            },
        }
    }

    /// Waits until the program has ended with an error that names its server.
    pub(super) fn expect_error(&mut self) -> Verdict {
        let verdict = self.program.expect_error(self.address);
        which_confirms(self.number, verdict)
    }
}

/// Says in the failure of program 14 that it has an answer to read.
pub(super) fn which_confirms(number: u8, verdict: Verdict) -> Verdict {
    verdict.map_err(|stop| match number {
        14 => stop.while_(
            "the client reads what the server confirms, which grade robust asks and the lesson's own does not do",
        ),
        _ => stop,
    })
}

/// Starts the client of a server at `address`, with the folders that it needs.
pub(super) fn launch(context: &Context, flags: &[&str], address: SocketAddr) -> Verdict<Program> {
    let mut launch = context.launch().flags(flags);
    match context.number() {
        13 => launch = launch.dir(&context.make_folder("download")?),
        14 => {
            let file = context.folder().join(UPLOAD);
            if !file.exists() {
                write(&file, CONTENT)?;
            }
            launch = launch.flags(&[&file.display().to_string()]);
        }
        15 => {
            context.make_folder("share")?;
            context.make_folder("download")?;
            launch = launch.dir(context.folder());
        }
        16 | 18 | 20 => launch = launch.flags(&["--interval", "0"]),
        _ => {}
    }
    launch.client(address)
}

/// What the screen shows where something can be typed.
pub(super) fn prompt(number: u8) -> Option<&'static str> {
    match number {
        1 => Some("请输入你:"),
        2 => Some(">>>>"),
        13 => Some("请输入命令: "),
        15 => Some(">>>:"),
        _ => None,
    }
}

/// What the lesson's server answers to program `number`.
pub(super) fn answer(number: u8) -> Vec<u8> {
    match number {
        2 => b"hello".to_vec(),
        3 => b"HELLO HELLO".to_vec(),
        4 => frame(r#"{"size": 13}"#, b"Hello Client!"),
        13 => frame(simple_header("a.txt", MD5, CONTENT.len()), CONTENT),
        14 => frame(upload_answer(MD5, CONTENT.len()), b""),
        15 => class_frame("a.txt", MD5, CONTENT.len() as u64, CONTENT),
        20 => frame(r#"{"data_size": 12}"#, b"HELLO WORLD!"),
        _ => b"HELLO".to_vec(),
    }
}

/// The header of program 13.
pub(super) fn simple_header(name: &str, md5: &str, size: usize) -> String {
    format!(r#"{{"filename": "{name}", "filemd5": "{md5}", "filesize": {size}}}"#)
}

/// The header with which an upload is confirmed to program 14.
pub(super) fn upload_answer(md5: &str, size: usize) -> String {
    format!(r#"{{"file_name": "{UPLOAD}", "file_size": {size}, "md5": "{md5}"}}"#)
}

/// A file of program 15, with its header in bincode.
pub(super) fn class_frame(name: &str, md5: &str, size: u64, body: &[u8]) -> Vec<u8> {
    frame(bincode(name.as_bytes(), md5, size), body)
}

/// Receives the upload of program 14: header and content.
pub(super) fn expect_upload(stream: &mut Stream, content: &[u8]) -> Verdict {
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
pub(super) fn receive_header(stream: &mut Stream) -> Verdict<String> {
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
pub(super) fn large() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| noise(LARGE))
}

/// Writes a file of the check's own.
pub(super) fn write(path: &Path, content: &[u8]) -> Verdict {
    fs::write(path, content)
        .map_err(|error| Stop::NotJudged(format!("cannot write {}: {error}", path.display())))
}

/// The files that have come into the check's folder, by their paths in it. Partial files count too.
pub(super) fn files(context: &Context) -> Verdict<Vec<String>> {
    let root = context.folder();
    let entries = context.new_entries(root)?.into_iter();
    Ok(entries
        .filter(|path| !path.is_dir())
        .map(|path| {
            path.strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string()
        })
        .collect())
}

/// Fails unless exactly the files `expected` have come into the check's folder.
pub(super) fn expect_files(context: &Context, expected: &[&str]) -> Verdict {
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
pub(super) fn expect_nothing_stored(context: &Context) -> Verdict {
    match context.number() {
        13 | 15 => expect_files(context, &[]),
        _ => Ok(()),
    }
}
