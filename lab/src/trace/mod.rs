//! `cargo lab trace`: a conversation as a sequence diagram: the screens, the system calls, and the
//! packets with their bytes.
//!
//! | module | subject |
//! |---|---|
//! | [`event`] | what a trace is made of |
//! | `recording` | a session that is held and looked at |
//! | `calls` | the system calls, by strace, and the numbered step of each |
//! | `packets` | the packets, in a network namespace |
//! | `relay` | what a relay passes on, where packets cannot be seen |
//! | `cause` | the order in which all that happened |
//! | `framing` | what the bytes of a stream mean |
//! | [`diagram`] | the rows of the picture, which `text`, `svg` and `mermaid` draw |
//! | [`cases`] | what breaks the lessons |

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::pairs::dialect::Asks;
use crate::pairs::{self, Language, Pair, Session, Side, Transport};

#[cfg(target_os = "linux")]
mod calls;
pub mod cases;
mod cause;
pub mod diagram;
pub mod event;
mod framing;
mod mermaid;
#[cfg(target_os = "linux")]
mod packets;
#[cfg(target_os = "linux")]
mod pcapng;
mod recording;
mod relay;
mod svg;
mod text;

use cases::Case;
use diagram::Choice;
use event::{Event, Kind, Trace, What};
use framing::Decoder;
use recording::Recording;

/// What to trace
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo lab trace ntp                          the time server in Rust, its client in Python
  cargo lab trace echo-tcp --type 'hi ß'       one line of your own
  cargo lab trace 13 --server python --pcap download.pcapng
  cargo lab trace --case reset                 a download that the client breaks off
  cargo lab trace --listen 9000 --to 127.0.0.1:8080   what passes between anybody's programs")]
pub struct TraceArgs {
    /// The program by number or name (see `cargo lab list`)
    #[arg(required_unless_present_any = ["case", "listen"])]
    program: Option<String>,
    /// The server's language
    #[arg(long, value_enum, default_value = "rust")]
    server: Language,
    /// The client's language
    #[arg(long, value_enum, default_value = "python")]
    client: Language,
    /// What breaks a lesson, in place of a whole session
    #[arg(long, value_enum, conflicts_with = "program")]
    case: Option<Case>,
    /// How to draw it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Save the packets for Wireshark, too
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// How many bytes of each packet to show
    #[arg(long, value_name = "N", default_value_t = 64)]
    bytes: usize,
    /// Show each call and each packet: those for time limits, and all of a long body
    #[arg(long)]
    all: bool,
    /// Type this line at the client, or have it send this message, in place of the whole session
    #[arg(long = "type", value_name = "TEXT", conflicts_with_all = ["case", "listen"])]
    typed: Option<String>,
    /// See what a relay between the two passes on, in place of packets
    #[arg(long, conflicts_with = "pcap")]
    relay: bool,
    /// Relay between programs in other terminals: where their client finds us (port, or address)
    #[arg(long, value_name = "WHERE", requires = "to", conflicts_with_all = ["program", "case", "pcap"])]
    listen: Option<String>,
    /// Where their server listens
    #[arg(long, value_name = "ADDRESS", requires = "listen")]
    to: Option<String>,
    /// They talk UDP
    #[arg(long, requires = "listen")]
    udp: bool,
}

/// How a trace is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Everything that was seen, for programs
    Json,
    /// A picture
    Svg,
    /// For pages that draw Mermaid
    Mermaid,
}

/// A peer that misbehaves
#[derive(Args, Debug)]
pub struct PeerArgs {
    /// How
    case: Case,
    /// Where it listens, or whom it asks
    #[arg(long)]
    port: u16,
    /// Not looked at: what the program in its place would take
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

impl PeerArgs {
    /// Misbehaves.
    pub fn run(&self) -> Result<ExitCode> {
        self.case.run(self.port)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Enters a network namespace, and says what is missing where that does not work: `trace` asks.
#[cfg(target_os = "linux")]
pub fn try_namespace() -> Result<ExitCode> {
    if let Err(error) = packets::enter_namespace() {
        common::console::log(format_args!("{error:#}"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the command.
pub fn run(args: &TraceArgs) -> Result<ExitCode> {
    let choice = Choice {
        bytes: args.bytes,
        all: args.all,
    };
    if let (Some(listen), Some(to)) = (&args.listen, &args.to) {
        return live(args, listen, to, choice);
    }
    let name = match (&args.program, args.case) {
        (Some(name), _) => name.clone(),
        (None, Some(case)) => case.program().to_owned(),
        (None, None) => bail!("which program? See `cargo lab list`"),
    };
    let program = pairs::one(&name)?;
    let trace = record(program, args)?;
    let rows = diagram::rows(&trace, choice);
    let drawn = match args.format {
        Format::Text => text::draw(&trace, &rows, crate::terminal_width()),
        Format::Json => serde_json::to_string_pretty(&trace)? + "\n",
        Format::Svg => svg::draw(&trace, &rows),
        Format::Mermaid => mermaid::draw(&trace, &rows),
    };
    match args.format {
        Format::Text => anstream::stdout().lock().write_all(drawn.as_bytes())?,
        _ => io::stdout().lock().write_all(drawn.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a person at a lifeline is called.
fn title(side: Side, language: Option<Language>) -> String {
    match language {
        Some(language) => format!("{} in {}", side.name(), language.name()),
        None => format!("a {} that misbehaves", side.name()),
    }
}

/// Runs a program's session, or what breaks it, and tells all that could be seen.
fn record(program: &'static Pair, args: &TraceArgs) -> Result<Trace> {
    let language = |side| match side {
        Side::Server => args.server,
        Side::Client => args.client,
    };
    let misbehaves = args.case.map(Case::misbehaves);
    let mut session = match args.case {
        Some(case) => case.session(),
        None => (program.session)(),
    };
    if let Some(text) = &args.typed {
        say(program, &mut session, text);
    }
    // Which port a client has is seen on the picture; under strace it cannot be asked for.
    session.server.transcript = session.server.transcript.replace("{peer}", "…");
    let languages =
        [Side::Server, Side::Client].map(|side| (misbehaves != Some(side)).then(|| language(side)));
    let mut notes = Vec::new();
    let mut recording = Recording::prepare(program, languages, args, &mut notes)?;
    let mut events = recording.hold(&session, &mut notes)?;
    decode(program, &mut events);
    let first = events.first().map_or(0, |event| event.nanoseconds);
    for event in &mut events {
        event.nanoseconds -= first;
    }
    let by = recording.seen_by();
    Ok(Trace {
        program: format!("{} {}: {}", program.number, program.name(), program.about),
        server: title(Side::Server, languages[0]),
        client: title(Side::Client, languages[1]),
        packets_by: by.0.to_owned(),
        calls_by: by.1.map(str::to_owned),
        notes,
        events,
    })
}

/// Has the client say `text` alone, and a server where somebody types answer its first line.
fn say(pair: &Pair, session: &mut Session, text: &str) {
    let client = &pair.dialect.client;
    let line = format!("{text}\n");
    (session.client.input, session.client.args) = match (client.asks.prompt(), client.welcome) {
        (Some(_), Some((_, first))) => (format!("{first}\n{line}"), Vec::new()),
        (Some(_), None) => (line, std::mem::take(&mut session.client.args)),
        (None, _) => {
            let mut args = vec!["--message".to_owned(), text.to_owned()];
            if client.asks == Asks::Again {
                args.extend(["--count".to_owned(), "1".to_owned()]);
            }
            (String::new(), args)
        }
    };
    let answer = session.server.input.split_inclusive('\n').next();
    session.server.input = answer.unwrap_or_default().to_owned();
    // What is printed then stands in no lesson.
    session.server.transcript = String::new();
    session.equal_files = Vec::new();
}

/// Draws a trace as text, `width` columns wide.
#[must_use]
pub fn as_text(trace: &Trace, width: usize) -> String {
    text::draw(trace, &diagram::rows(trace, Choice::default()), width)
}

/// Tells of each packet what its bytes mean.
fn decode(program: &Pair, events: &mut [Event]) {
    let mut decoders: BTreeMap<SocketAddr, Decoder> = BTreeMap::new();
    for event in events {
        let side = event.side;
        let What::Packet(packet) = &mut event.what else {
            continue;
        };
        // A connection is its client's address.
        let client = match side {
            Side::Server => packet.to,
            Side::Client => packet.from,
        };
        let decoder = decoders
            .entry(client)
            .or_insert_with(|| Decoder::new(program));
        packet.decoded = match packet.kind {
            Kind::Tcp { sequence, .. } => decoder.read_segment(side, sequence, &packet.payload),
            _ => decoder.read(side, &packet.payload),
        };
    }
}

/// Relays between two programs that somebody else started, and draws while they talk, until Ctrl-C.
fn live(args: &TraceArgs, listen: &str, to: &str, choice: Choice) -> Result<ExitCode> {
    ensure!(
        matches!(args.format, Format::Text | Format::Json),
        "a live trace is drawn as text, or as a line of JSON an event"
    );
    let transport = if args.udp {
        Transport::Udp
    } else {
        Transport::Tcp
    };
    let listen = address(listen)?;
    let to = address(to)?;
    let relay = relay::start(transport, listen, to)?;
    let name = transport.name();
    common::console::log(format_args!(
        "listening on {name} {}: let the client talk to it; what comes goes to {to} (Ctrl-C ends this)",
        relay.address
    ));
    let mut out = anstream::stdout().lock();
    if args.format == Format::Text {
        let heading = text::heading(
            "",
            &format!("server {to}"),
            "client",
            crate::terminal_width(),
        );
        out.write_all(heading.as_bytes())?;
    }
    for (nanoseconds, side, packet) in relay.relayed {
        let event = Event {
            nanoseconds,
            side,
            step: None,
            what: What::Packet(packet),
        };
        let drawn = match args.format {
            Format::Text => text::draw_row(&diagram::row(&event, choice), crate::terminal_width()),
            _ => serde_json::to_string(&event)? + "\n",
        };
        out.write_all(drawn.as_bytes())?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `9000`, `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`.
fn address(word: &str) -> Result<SocketAddr> {
    use std::net::ToSocketAddrs;
    if let Ok(port) = word.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let mut addresses = word
        .to_socket_addrs()
        .with_context(|| format!("{word:?} is no address: a port, or HOST:PORT"))?;
    addresses
        .next()
        .with_context(|| format!("{word:?} has no address"))
}
