//! Tiny clients with one small fault each.

use anyhow::{Result, bail};
use common::console;

use crate::check::faults::BrokenArgs;

pub(super) mod download;
pub(super) mod framed;
pub(super) mod tcp;
pub(super) mod udp;
pub(super) mod upload;

/// Runs a broken client to its end.
pub(super) fn run(args: &BrokenArgs) -> Result<()> {
    match args.target.as_str() {
        "ftp-simple/client" | "ftp-class/client" => download::run(args),
        "ftp-simple/upload-client" => upload::run(args),
        "echo-tcp/framed-client" | "socketserver-demo/framed-client" => framed::run(args),
        "echo-tcp/client"
        | "echo-tcp/phone-client"
        | "echo-tcp/oneshot-client"
        | "socketserver-demo/client"
        | "socketserver-demo/text-client" => tcp::run(args),
        "echo-udp/client"
        | "echo-udp/talk-client"
        | "echo-udp/hello-client"
        | "echo-udp/ack-client"
        | "echo-udp/boundaries-client"
        | "echo-udp/oneshot-client"
        | "ntp/client"
        | "qq-chat/client"
        | "socketserver-demo/udp-client"
        | "socketserver-demo/udp-text-client" => udp::run(args),
        target => bail!("there is no broken {target}"),
    }
}

/// A line that is typed at the prompt, stripped if the program strips; nothing at the end of input.
fn typed(args: &BrokenArgs, prompt: &str, strips: bool) -> Result<Option<String>> {
    let strips = strips && !args.has("does-not-strip") || args.has("strips");
    loop {
        match console::prompt(prompt)? {
            Some(line) if strips => return Ok(Some(line.trim().to_owned())),
            Some(line) => return Ok(Some(line)),
            None if args.has("asks-for-ever") => {}
            None if args.has("fails-at-the-end") => bail!("EOFError"),
            None => return Ok(None),
        }
    }
}
