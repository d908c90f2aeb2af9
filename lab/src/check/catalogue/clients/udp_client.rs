//! A UDP client under test, and the checker as its server: how each program asks, and how it shows an
//! answer.

use std::net::SocketAddr;
use std::time::Duration;

use common::{console, notation};

use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::program::Program;
use crate::check::engine::trial::Verdict;

/// The four friends of program 12, and the question whom to write to.
pub(super) const CONTACTS: &str = "QQ名单列表:\npony\njack\ncharles\nnick\n请输入聊天对象:>>";

/// A UDP client that was started, and its server.
pub(super) struct UdpClient {
    /// The program.
    pub(super) program: Program,
    /// Its server.
    pub(super) server: Datagrams,
    /// Where the server is.
    pub(super) address: SocketAddr,
    number: u8,
}

impl UdpClient {
    /// Starts the client, up to its first prompt for a message, if it has one.
    pub(super) fn start(context: &Context) -> Verdict<Self> {
        Self::start_with(context, &[])
    }

    /// Starts the client with `flags`, which a program that is not ours does not get.
    pub(super) fn start_with(context: &Context, flags: &[&str]) -> Verdict<Self> {
        let server = context.bind()?;
        let address = server.local()?;
        let program = launch(context, flags, address)?;
        Ok(Self {
            program,
            server,
            address,
            number: context.number(),
        })
    }

    /// Waits for the prompt, if there is one, types `text`, and receives `text`; a program without a
    /// prompt sends its own.
    pub(super) fn ask(&mut self, text: &str) -> Verdict {
        type_question(&mut self.program, self.number, text)?;
        match own_question(self.number) {
            Some(own) => self.server.expect(own.as_bytes()),
            None => self.server.expect(text.as_bytes()),
        }
    }

    /// Waits for the prompt after `line`, for which nothing may be sent.
    pub(super) fn expect_to_ask_again(&mut self, line: &str) -> Verdict {
        let prompt = prompt(self.number).unwrap_or_default();
        if self.program.goes_on_with(prompt) {
            return Ok(());
        }
        // It may await the answer to what it should not have sent.
        self.server
            .expect_silence(Duration::from_millis(1))
            .map_err(|stop| stop.while_(&format!("nothing is sent for the line {line:?}")))?;
        self.program.expect_screen(prompt)
    }

    /// Answers, and waits until the screen shows the answer.
    pub(super) fn answer(&mut self, answer: &[u8]) -> Verdict {
        self.server.send(answer)?;
        self.program
            .expect_screen(&shown(self.number, answer, self.address))
    }

    /// Waits until the program is ready for more: at its prompt, with its next question, or at its
    /// end.
    pub(super) fn expect_to_go_on(&mut self) -> Verdict {
        match (prompt(self.number), own_question(self.number)) {
            (Some(prompt), _) => self.program.expect_screen(prompt),
            (None, Some(question)) if asks_again(self.number) => {
                self.server.expect(question.as_bytes())
            }
            _ => self.program.expect_success(),
        }
    }
}

/// Starts the client of a server at `address`, up to its first prompt for a message, if it has one.
pub(super) fn launch(context: &Context, flags: &[&str], address: SocketAddr) -> Verdict<Program> {
    let mut launch = context.launch().flags(flags);
    if asks_again(context.number()) {
        launch = launch.flags(&["--interval", "0"]);
    }
    let mut program = launch.client(address)?;
    if context.number() == 12 {
        program.expect_screen(CONTACTS)?;
        program.type_line("pony")?;
    }
    Ok(program)
}

/// Waits for the prompt of program `number`, if it has one, and types `text`.
pub(super) fn type_question(program: &mut Program, number: u8, text: &str) -> Verdict {
    let Some(prompt) = prompt(number) else {
        return Ok(());
    };
    program.expect_screen(prompt)?;
    program.type_line(text)
}

/// What the screen shows where a message can be typed.
pub(super) fn prompt(number: u8) -> Option<&'static str> {
    match number {
        6 => Some("udp客户端开始运行了\n请输入"),
        8 => Some(">>>>"),
        11 => Some(">>>"),
        12 => Some("请输入消息,回车发送:"),
        _ => None,
    }
}

/// What a program without a prompt sends.
fn own_question(number: u8) -> Option<&'static str> {
    match number {
        5 | 17 | 19 => Some("hello"),
        7 => Some("hello server baby!"),
        10 => Some("hello world!"),
        _ => None,
    }
}

/// Whether the program sends its own question for ever.
fn asks_again(number: u8) -> bool {
    matches!(number, 5 | 17 | 19)
}

/// What the screen of program `number` shows of an answer from `server`.
fn shown(number: u8, answer: &[u8], server: SocketAddr) -> String {
    let text = console::decode_printable(answer);
    match number {
        5 => notation::bytes(answer) + "\n",
        7 | 17 => format!(
            "{} {}\n",
            notation::bytes(answer),
            notation::address(server)
        ),
        10 => format!("收到服务端消息 {text}\n"),
        12 => format!("来自[{server}]的一条消息:\x1b[41m{text}\x1b[0m\n"),
        _ => text + "\n",
    }
}
