//! Tiny clients with one small fault each.

use anyhow::{Result, bail};

use super::BrokenArgs;

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
