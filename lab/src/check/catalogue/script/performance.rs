//! A script while it is done.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::catalogue::clients::client;
use crate::check::catalogue::script::{Act, Action, Script};
use crate::check::catalogue::service::Service;
use crate::check::engine::context::Context;
use crate::check::engine::datagrams::Datagrams;
use crate::check::engine::listener::Listener;
use crate::check::engine::program::Program;
use crate::check::engine::server::Server;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Manner, Result, Stop};
use crate::pairs::Transport;

/// How long nothing must come where a script says so.
const SILENCE: Duration = Duration::from_millis(300);

/// The checker's end, where the program under test is a client.
const SERVER: &str = "server";

/// The program under test, and the checker's ends.
pub(super) struct Performance<'a> {
    context: &'a Context<'a>,
    subject: Subject<'a>,
    streams: BTreeMap<String, Stream>,
    datagrams: BTreeMap<String, Datagrams>,
}

enum Subject<'a> {
    Server(Server, Service<'a>),
    Client(Program, Option<Listener>),
}

impl<'a> Performance<'a> {
    pub(super) fn of_a_server(context: &'a Context<'a>, script: &Script) -> Result<Self> {
        let service = Service::new(context)?;
        script.lay_files(context)?;
        let server = service.start()?;
        Ok(Self::new(context, Subject::Server(server, service)))
    }

    pub(super) fn of_a_client(context: &'a Context<'a>, script: &Script) -> Result<Self> {
        script.lay_files(context)?;
        if context.pair().transport == Transport::Udp {
            let server = context.bind()?;
            let program = client::launch(context, &[], server.local()?)?;
            let mut performance = Self::new(context, Subject::Client(program, None));
            performance.datagrams.insert(SERVER.to_owned(), server);
            return Ok(performance);
        }
        let listener = context.listen()?;
        let program = client::launch(context, &[], listener.address())?;
        Ok(Self::new(context, Subject::Client(program, Some(listener))))
    }

    fn new(context: &'a Context<'a>, subject: Subject<'a>) -> Self {
        Self {
            context,
            subject,
            streams: BTreeMap::new(),
            datagrams: BTreeMap::new(),
        }
    }

    fn program(&mut self) -> Result<&mut Program> {
        match &mut self.subject {
            Subject::Server(server, _) => server.program(),
            Subject::Client(program, _) => Ok(program),
        }
    }

    pub(super) fn perform(&mut self, action: &Action) -> Result {
        match action {
            Action::Peer(name, act) => match self.context.pair().transport {
                Transport::Tcp => self.stream(name, act),
                Transport::Udp => self.datagrams(name, act),
            },
            Action::Type(line) => self.program()?.type_line(line),
            Action::Shows(text) => self.program()?.await_screen(text).map(drop),
            Action::Holds(path, content) => self.expect_file(path, content),
            Action::Missing(path) => {
                if self.context.folder().join(path).symlink_metadata().is_ok() {
                    let expected = format!("there is no {}", path.display());
                    return Err(self.context.fail(expected, "there is one"));
                }
                Ok(())
            }
            Action::Ends => self.program()?.expect_end().and_then(|status| {
                let error = || {
                    self.context
                        .fail("the program ends with status 0", status.to_string())
                };
                status.success().then_some(()).ok_or_else(error)
            }),
            Action::GoesOn => self.program()?.expect_idle(),
            Action::Restart => self.restart(),
        }
    }

    /// The stream of this name: a client that connects when it is first mentioned, or a client's server, who accepts.
    fn open(&mut self, name: &str) -> Result<&mut Stream> {
        match self.streams.entry(name.to_owned()) {
            Entry::Occupied(stream) => Ok(stream.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(match &self.subject {
                Subject::Server(server, _) => server.connect()?,
                Subject::Client(_, Some(listener)) => listener.accept()?,
                Subject::Client(_, None) => return Err(not_possible("a stream over UDP")),
            })),
        }
    }

    fn stream(&mut self, name: &str, act: &Act) -> Result {
        let stream = self.open(name)?;
        match act {
            Act::Connects => Ok(()),
            Act::Sends(bytes) => stream.send(bytes),
            Act::Receives(bytes) => stream.expect(bytes),
            Act::ReceivesNothing => stream.expect_silence(SILENCE),
            Act::IsClosed => stream.expect_no_more(),
            Act::Finishes => {
                stream.finish_sending();
                Ok(())
            }
            Act::Closes | Act::Resets => {
                if let Some(stream) = self.streams.remove(name) {
                    if *act == Act::Closes {
                        stream.close();
                    } else {
                        stream.reset();
                    }
                }
                Ok(())
            }
        }
    }

    fn datagrams(&mut self, name: &str, act: &Act) -> Result {
        let socket = match self.datagrams.entry(name.to_owned()) {
            Entry::Occupied(socket) => socket.into_mut(),
            Entry::Vacant(place) => {
                let Subject::Server(server, _) = &self.subject else {
                    return Err(not_possible("a second server"));
                };
                place.insert(server.datagrams()?)
            }
        };
        match act {
            Act::Connects => Ok(()),
            Act::Sends(bytes) => socket.send(bytes),
            Act::Receives(bytes) => socket.expect(bytes),
            Act::ReceivesNothing => socket.expect_silence(SILENCE),
            Act::Closes => {
                self.datagrams.remove(name);
                Ok(())
            }
            Act::IsClosed | Act::Resets | Act::Finishes => {
                Err(not_possible("the end of a connection over UDP"))
            }
        }
    }

    fn expect_file(&mut self, path: &PathBuf, content: &[u8]) -> Result {
        let full = self.context.folder().join(path);
        let limit = self.context.limit();
        loop {
            let found = fs::read(&full);
            if found.as_ref().is_ok_and(|found| found == content) {
                return Ok(());
            }
            if Instant::now() > limit {
                let expected = format!("{} holds {} bytes", path.display(), content.len());
                let (happened, manner) = match found {
                    Ok(found) => (
                        format!("it holds {} bytes", found.len()),
                        Manner::differs(content, &found),
                    ),
                    Err(error) => (error.to_string(), Manner::Otherwise),
                };
                return Err(self.context.fail(expected, happened).in_manner(manner));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn restart(&mut self) -> Result {
        let Subject::Server(server, service) = &mut self.subject else {
            return Err(not_possible("starting a client again"));
        };
        let port = server.address().port();
        server.program()?.kill()?;
        self.streams.clear();
        self.datagrams.clear();
        *server = service.start_as(service.launch().port(port).again())?;
        Ok(())
    }
}

/// A mistake in a script, which `exercises verify` finds.
fn not_possible(what: &str) -> Stop {
    Stop::NotJudged(format!("the exercise's script asks for {what}"))
}
