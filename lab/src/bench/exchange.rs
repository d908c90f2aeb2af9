//! Exchange cost: the server's processor time for one message and its answer.

use anyhow::Result;

use crate::bench::load;
use crate::bench::measure::{Contender, OneProcessor, interleave_one, processor_time};
use crate::bench::report::{BARE, Row, Target};
use crate::bench::setting::{Server, Setting, sides, start_bare, start_server};

/// A server, its reference, and what is sent to both.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The program's number.
    pub(crate) program: u8,
    /// Flags that the program needs for this.
    pub(crate) flags: &'static [&'static str],
    /// The reference that does the same system calls.
    pub(crate) reference: &'static str,
    /// What the client sends.
    pub(crate) message: &'static str,
    /// The line that the server prints for it.
    pub(crate) line: &'static str,
    /// What it answers.
    pub(crate) answer: &'static str,
    /// How it is sent.
    pub(crate) load: fn(std::net::SocketAddr, &[u8], usize) -> Result<()>,
}

/// echo-udp server.
pub(crate) const ECHO_UDP: Exchange = Exchange {
    program: 5,
    flags: &[],
    reference: "udp",
    message: "hello",
    line: "b'hello'",
    answer: "HELLO",
    load: load::datagrams,
};

/// ntp server.
pub(crate) const NTP: Exchange = Exchange {
    program: 11,
    flags: &[],
    reference: "udp",
    message: "%Y-%m-%d %X",
    line: "收到客户端的命令是 %Y-%m-%d %X",
    answer: "2024-03-09 07:05:02",
    load: load::datagrams,
};

/// ntp sntp-server, which would not let one client ask so often.
pub(crate) const SNTP: Exchange = Exchange {
    program: 21,
    flags: &["--interval", "0"],
    reference: "udp-stamped",
    message: "",
    line: "[127.0.0.1:53814] asks in version 4",
    answer: "as many bytes as a question of SNTP, forty-eight",
    load: load::questions,
};

/// echo-tcp server.
pub(crate) const ECHO_TCP: Exchange = Exchange {
    program: 1,
    flags: &[],
    reference: "tcp",
    message: "hello",
    line: "b'hello'",
    answer: "HELLO",
    load: load::messages,
};

/// socketserver-demo server.
pub(crate) const THREADING_TCP: Exchange = Exchange {
    program: 16,
    flags: &[],
    reference: "tcp-threads",
    message: "hello",
    line: "b'hello'",
    answer: "HELLO",
    load: load::messages,
};

/// socketserver-demo udp-server.
pub(crate) const THREADING_UDP: Exchange = Exchange {
    program: 17,
    flags: &[],
    reference: "udp-threads",
    message: "hello",
    line: "b'hello'",
    answer: "HELLO",
    load: load::datagrams,
};

/// socketserver-demo framed-server.
pub(crate) const FRAMED: Exchange = Exchange {
    program: 20,
    flags: &[],
    reference: "framed",
    message: "hello world!",
    line: "收到客户端消息 hello world!",
    answer: "HELLO WORLD!",
    load: load::frames,
};

impl Exchange {
    /// Starts this exchange's server: the program's in a language, or the reference.
    fn server(&self, side: &str) -> Result<Server> {
        if side == BARE {
            start_bare(&[self.reference, "--line", self.line, "--answer", self.answer])
        } else {
            start_server(self.program, side, self.flags)
        }
    }

    /// Measures it.
    ///
    /// # Errors
    ///
    /// When the system does not let it choose a processor. What else fails is a figure's failure.
    pub(crate) fn measure(&self, setting: &Setting, name: &str) -> Result<Vec<Row>> {
        let _one = OneProcessor::share()?;
        let count = setting.either(20_000, 2_000);
        let contenders = sides().into_iter().map(|side| {
            let mut running = None;
            Contender::new(side, move || {
                let server = match &mut running {
                    Some(server) => server,
                    none => {
                        let server = none.insert(self.server(side)?);
                        // What a server does only once is no part of an exchange.
                        (self.load)(server.address, self.message.as_bytes(), 100)?;
                        server
                    }
                };
                let before = processor_time(server.process.id())?;
                (self.load)(server.address, self.message.as_bytes(), count)?;
                let used = processor_time(server.process.id())? - before;
                #[allow(clippy::cast_precision_loss)] // thousands
                let per_exchange = used / count as f64;
                Ok([per_exchange * 1e6])
            })
        });
        let figures = interleave_one(setting.either(9, 5), contenders.collect());
        Ok(vec![Row {
            name: name.to_owned(),
            what: "processor time of the server for an exchange, user and system".to_owned(),
            unit: "µs",
            figures,
            target: Target::AtMostTimes(1.25, BARE),
            notes: Vec::new(),
        }])
    }
}
