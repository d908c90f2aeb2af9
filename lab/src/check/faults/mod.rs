//! Programs with one small fault each: they prove that the checks can fail.
//!
//! Each runs as a process of its own, `lab broken TARGET FAULT --port N`, so that it can be killed,
//! limited and seen to spin as any other program under test. Without a fault (`none`) it passes all
//! checks of its target.
//!
//! The tables name each fault, the check that must catch it before any other check of the target
//! does, and what that check's failure must say. A fault is one line in a tiny program:
//! `if args.has("the-fault")`.

use std::net::UdpSocket;

use anyhow::{Result, bail};
use clap::Args;
use common::flags::Timeout;
use common::{console, notation};

mod clients;
mod files;
mod framed;
mod ntp;
mod once;
mod tcp;
mod typed;
mod udp;

/// One small fault, the check that must catch it before any other does, and what that must say.
#[derive(Debug)]
pub struct Fault {
    /// The program that has it.
    pub target: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The name of the check that catches it first.
    pub caught_by: &'static str,
    /// What its failure must say, the program's end and screen included. Where it has `…`, anything
    /// may stand.
    pub says: &'static str,
}

const fn fault(
    target: &'static str,
    name: &'static str,
    caught_by: &'static str,
    says: &'static str,
) -> Fault {
    Fault {
        target,
        name,
        caught_by,
        says,
    }
}

impl Fault {
    /// Whether a failure says what it must.
    #[must_use]
    pub fn is_told_by(&self, failure: &str) -> bool {
        let mut rest = failure;
        self.says
            .split('…')
            .all(|part| match rest.split_once(part) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    }
}

/// All faults.
pub const FAULTS: &[&[Fault]] = &[
    tcp::FAULTS,
    framed::FAULTS,
    udp::FAULTS,
    clients::tcp::FAULTS,
    clients::framed::FAULTS,
    clients::download::FAULTS,
    clients::upload::FAULTS,
    clients::udp::FAULTS,
    once::FAULTS,
    typed::FAULTS,
    ntp::FAULTS,
    files::FAULTS,
];

/// Which broken program to run
#[derive(Args, Debug)]
pub struct BrokenArgs {
    /// The program, such as ntp/server
    target: String,
    /// What is wrong with it, or none
    fault: String,
    /// Where a server listens, or a client finds its server
    #[arg(long)]
    port: u16,
    /// The folder for files
    #[arg(long, default_value = ".")]
    dir: std::path::PathBuf,
    /// How long a client waits, as our clients have it; the checker may be slow on a busy machine
    #[command(flatten)]
    timeout: Timeout<0>,
}

impl BrokenArgs {
    /// Whether this is what is wrong.
    fn has(&self, fault: &str) -> bool {
        self.fault == fault
    }

    /// Room for one datagram.
    fn datagram_buffer(&self) -> Vec<u8> {
        let size = match &*self.fault {
            "receives-100-bytes" => 100,
            "receives-1024-bytes" => 1024,
            _ => 65_535,
        };
        vec![0; size]
    }

    /// What a peer said, as a bytes repr for the screen.
    fn repr(&self, said: &[u8]) -> String {
        match str::from_utf8(said) {
            Ok(text) if self.has("shows-escapes-raw") => format!("b'{text}'"),
            _ => notation::bytes(said),
        }
    }

    /// What a peer said, as text for the screen.
    fn text(&self, said: &[u8]) -> String {
        match &*self.fault {
            "shows-escapes-raw" => String::from_utf8_lossy(said).into_owned(),
            "shows-question-marks" => console::decode_printable(said).replace('\u{fffd}', "?"),
            _ => console::decode_printable(said),
        }
    }
}

/// Runs a broken program until it is ended.
///
/// # Errors
///
/// When it breaks down, as broken programs do.
pub fn run(args: BrokenArgs) -> Result<()> {
    // It lives as long as the process; so may its threads borrow it.
    let args: &'static BrokenArgs = Box::leak(Box::new(args));
    if args.has("shows-a-stack-trace") {
        ctrlc::set_handler(|| {
            console::log("Traceback (most recent call last):");
            std::process::exit(1);
        })?;
    }
    match args.target.as_str() {
        "echo-tcp/server"
        | "echo-tcp/phone-server"
        | "socketserver-demo/server"
        | "socketserver-demo/text-server"
        | "socketserver-demo/framed-server" => tcp::serve(args),
        "echo-udp/server"
        | "echo-udp/ack-server"
        | "socketserver-demo/udp-server"
        | "socketserver-demo/udp-text-server" => udp::echo(args, &bind(args)?),
        "echo-tcp/oneshot-server" => once::oneshot(args),
        "echo-tcp/framed-server" => once::greeting(args),
        "echo-udp/talk-server" | "qq-chat/server" => typed::serve(args, &bind(args)?),
        "ntp/server" => ntp::serve(args, &bind(args)?),
        "echo-udp/hello-server" | "echo-udp/oneshot-server" => udp::once(args, &bind(args)?),
        "echo-udp/boundaries-server" => udp::three(args, &bind(args)?),
        "ftp-simple/server" | "ftp-simple/upload-server" | "ftp-class/server" => files::serve(args),
        target if target.ends_with("client") => clients::run(args),
        target => bail!("there is no broken {target}"),
    }
}

fn bind(args: &BrokenArgs) -> Result<UdpSocket> {
    Ok(UdpSocket::bind(("127.0.0.1", args.port))?)
}
