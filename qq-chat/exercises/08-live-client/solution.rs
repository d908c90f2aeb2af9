//! Talks with everybody in the room: you may type at any time, and others may at any time be read.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

/// How long the socket is waited for before the clocks are looked at.
const TICK: Duration = Duration::from_millis(50);

/// What is not answered is sent again after this time.
const AGAIN: Duration = Duration::from_millis(200);

/// A server that is silent for so long is pinged.
const SILENCE: Duration = Duration::from_secs(1);

/// A server that is silent for so long is gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest text, in bytes.
const MOST_BYTES: usize = 500;

/// So far ahead of what was shown an event is kept.
const FARTHEST: u64 = 64;

/// What both threads need.
struct Talk {
    name: String,
    cookie: String,
    /// Empty before we are in.
    token: String,
    /// What the person asks for: the first, with the number `n`, is on its way.
    requests: VecDeque<Value>,
    n: u64,
    /// When it, or the join, was sent; None if it is to be sent at once.
    asked: Option<Instant>,
    /// All events up to this number were shown, and these came too early.
    seen: u64,
    early: BTreeMap<u64, String>,
    /// What is to be sent once: acknowledgements, pongs.
    replies: Vec<Value>,
    /// When something came from the server, and when it was pinged.
    heard: Instant,
    pinged: Instant,
    /// How it is over, if it is: well, or badly and why.
    over: Option<Result<(), String>>,
}

/// What the server sends, besides the version and the kind.
#[derive(Deserialize)]
struct Datagram {
    v: u8,
    /// Only events have one.
    #[serde(default)]
    number: u64,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Answer {
    Cookie {
        cookie: String,
    },
    Joined {
        token: String,
        upto: u64,
    },
    Ack {
        n: u64,
    },
    People {
        n: u64,
        names: Vec<String>,
        more: bool,
    },
    Join,
    Say {
        text: String,
    },
    Write {
        address: SocketAddr,
        text: String,
    },
    Leave,
    Vanish,
    Ping,
    Pong,
    Error {
        error: String,
    },
}

fn main() -> ExitCode {
    let server = given::server_address(8080);
    let name = std::env::args().nth(3).unwrap_or("anna".to_owned());
    match hold(server, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => given::fail(format_args!("no chat with {server}"), error),
    }
}

/// Holds a talk with the server, until it is over.
fn hold(server: SocketAddr, name: String) -> io::Result<()> {
    //~ uncomment
    // (1) socket
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(TICK))?;
    let talk = Arc::new(Mutex::new(Talk::new(name)));
    // (2) thread: another one for the keyboard; `Arc::clone(&talk)` is what it gets
    //~ write
    let shared = Arc::clone(&talk);
    thread::spawn(move || type_lines(&shared));
    //~ end
    let mut buffer = [0; 65_535];
    loop {
        // (3) sendto
        let due = lock(&talk).due();
        for datagram in due {
            socket.send_to(datagram.to_string().as_bytes(), server)?;
        }
        // (4) recvfrom: from the server, and from nobody else; not for ever, because there are clocks to look at
        match socket.recv_from(&mut buffer) {
            Ok((size, peer)) => {
                //~ write
                //~| lock(&talk).receive(&buffer[..size]);
                if peer == server {
                    lock(&talk).receive(&buffer[..size]);
                }
                //~ end
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        if let Some(how) = lock(&talk).over.take() {
            return how.map_err(io::Error::other);
        }
    }
    //~ end
    //~ write
    //~| todo!("(1) socket: take the // from the lines above, and this line away")
    //~ end
}

/// The thread of the keyboard: it has the lock only while it does not wait.
fn type_lines(talk: &Mutex<Talk>) {
    while let Ok(Some(line)) = given::prompt("") {
        if line.trim() == "/quit" {
            break;
        }
        lock(talk).type_line(line.trim());
    }
    lock(talk).requests.push_back(json!({"kind": "leave"}));
}

fn lock(talk: &Mutex<Talk>) -> MutexGuard<'_, Talk> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Talk {
    fn new(name: String) -> Self {
        Self {
            name,
            cookie: "0".repeat(16),
            token: String::new(),
            requests: VecDeque::new(),
            n: 1,
            asked: None,
            seen: 0,
            early: BTreeMap::new(),
            replies: Vec::new(),
            heard: Instant::now(),
            pinged: Instant::now(),
            over: None,
        }
    }

    /// The person has typed a line.
    fn type_line(&mut self, line: &str) {
        // (5) what is no text: an empty line, and more than 500 bytes
        //~ write
        if line.is_empty() {
            return;
        }
        if line.len() > MOST_BYTES {
            return eprintln!("not sent: it has {} bytes", line.len());
        }
        //~ end
        self.requests.push_back(match line {
            "/who" => json!({"kind": "who", "after": ""}),
            _ => json!({"kind": "say", "text": line}),
        });
    }

    /// What is to be sent now.
    fn due(&mut self) -> Vec<Value> {
        let now = Instant::now();
        let mut out = std::mem::take(&mut self.replies);
        if now - self.heard >= PATIENCE {
            self.over = Some(Err("it does not answer".to_owned()));
        }
        let is_in = !self.token.is_empty();
        if is_in && now - self.heard >= SILENCE && now - self.pinged >= AGAIN {
            out.push(json!({"kind": "ping"}));
            self.pinged = now;
        }
        // (6) the join, or the first request, with its n: at once, and again after AGAIN
        //~ write
        //~| if !is_in && self.asked.is_none() {
        //~|     out.push(json!({"kind": "join", "name": self.name, "cookie": self.cookie}));
        //~|     self.asked = Some(now);
        //~| }
        if self.asked.is_none_or(|asked| now - asked >= AGAIN) {
            if !is_in {
                out.push(json!({"kind": "join", "name": self.name, "cookie": self.cookie}));
                self.asked = Some(now);
            } else if let Some(request) = self.requests.front() {
                let mut request = request.clone();
                request["n"] = json!(self.n);
                out.push(request);
                self.asked = Some(now);
            }
        }
        //~ end
        for datagram in &mut out {
            datagram["v"] = json!(1);
            if is_in {
                datagram["token"] = json!(self.token);
            }
        }
        out
    }

    /// A datagram has come from the server.
    fn receive(&mut self, data: &[u8]) {
        let Some(Datagram {
            number,
            name,
            answer,
            ..
        }) = unpack(data)
        else {
            return;
        };
        self.heard = Instant::now();
        let is_in = !self.token.is_empty();
        match answer {
            // (7) the cookie and the token
            Answer::Cookie { cookie } => {
                //~ write
                if cookie != self.cookie {
                    self.cookie = cookie;
                    self.asked = None;
                }
                //~ end
            }
            Answer::Joined { token, upto } if !is_in => {
                println!(
                    "* you are {}: /who tells who is here, /quit ends",
                    self.name
                );
                //~ write
                self.token = token;
                self.seen = upto;
                self.asked = None;
                //~ end
            }
            // (8) ack: the first request is done, if it is this one; after `leave` the talk is over
            Answer::Ack { n } => {
                //~ write
                if n == self.n
                    && let Some(done) = self.requests.pop_front()
                {
                    self.n += 1;
                    self.asked = None;
                    if done["kind"] == "leave" {
                        self.over = Some(Ok(()));
                    }
                }
                //~ end
            }
            Answer::People { n, names, more } => {
                if n == self.n && self.requests.pop_front().is_some() {
                    println!("* here: {}", names.join(", "));
                    self.n += 1;
                    self.asked = None;
                    if let (true, Some(after)) = (more, names.last()) {
                        self.requests
                            .push_front(json!({"kind": "who", "after": after}));
                    }
                }
            }
            Answer::Join => self.happen(number, format!("* {name} has come")),
            Answer::Say { text } => self.happen(number, format!("{name}: {}", one_line(&text))),
            Answer::Write { address, text } => {
                self.happen(number, format!("[{address}]: {}", one_line(&text)));
            }
            Answer::Leave => self.happen(number, format!("* {name} has left")),
            Answer::Vanish => self.happen(number, format!("* {name} has vanished")),
            Answer::Ping => self.replies.push(json!({"kind": "pong"})),
            Answer::Error { error } => {
                let leaves = self.requests.front().is_some_and(|r| r["kind"] == "leave");
                // It does not know us any more, because we have left: the ack was lost.
                let has_left = error == "unknown" && leaves;
                self.over = Some(if has_left { Ok(()) } else { Err(error) });
            }
            Answer::Joined { .. } | Answer::Pong => {}
        }
    }

    /// An event has come: it is shown once, when all before it were shown, and acknowledged each time.
    fn happen(&mut self, number: u64, line: String) {
        if self.token.is_empty() {
            return;
        }
        // (9) the order: what comes too early is kept, up to FARTHEST; then the ack, up to what was shown
        //~ write
        //~| println!("{line}");
        if number > self.seen && number - self.seen <= FARTHEST {
            self.early.insert(number, line);
        }
        while let Some(line) = self.early.remove(&(self.seen + 1)) {
            println!("{line}");
            self.seen += 1;
        }
        self.replies.push(json!({"kind": "ack", "upto": self.seen}));
        //~ end
    }
}

/// What the server has sent; None if it breaks a rule of the table.
fn unpack(data: &[u8]) -> Option<Datagram> {
    let datagram: Datagram = serde_json::from_slice(data).ok()?;
    let fits = match &datagram.answer {
        Answer::Join | Answer::Leave | Answer::Vanish => is_name(&datagram.name),
        Answer::Say { text } => is_name(&datagram.name) && text.len() <= MOST_BYTES,
        Answer::Write { text, .. } => text.len() <= MOST_BYTES,
        Answer::People { names, .. } => names.iter().all(|name| is_name(name)),
        Answer::Error { error } => is_name(error),
        _ => true,
    };
    // An error counts in every version: it may say that the server's is another one.
    let counts = datagram.v == 1 || matches!(datagram.answer, Answer::Error { .. });
    (counts && fits).then_some(datagram)
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || "._-".contains(c);
    (1..=32).contains(&name.len()) && name.chars().all(good)
}

/// A text that cannot look like two lines.
fn one_line(text: &str) -> String {
    given::harmless(text)
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}
