//! Sends back to each caller what it says; made step by step, because of SO_REUSEADDR.
//!
//!     cargo run -p echo-tcp --bin phone-server
//!
//! Stop it while a client is connected and start it again: the port is free at once. With
//! `--no-reuseaddr` it stays in use for a minute, as long as the old connection is in TIME_WAIT.
//!
//! Python: echo-tcp/python/phone_server.py

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use clap::Parser;
use common::{Result, console, flags, net, notation};

/// Sends back to each caller what it says
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    net: flags::TcpServer<8002>,
}

fn main() -> Result {
    let args = Args::parse();
    let address = net::resolve(&args.net.address.host, args.net.address.port)?;
    // (1) socket: buy a phone
    let phone = net::stream_socket(address)?;
    // (2) setsockopt SO_REUSEADDR: it counts only if it is set before bind
    if !args.net.no_reuseaddr {
        net::reuse_address(&phone)?;
    }
    // (3) bind: put the number in
    net::bind(&phone, address)?;
    // (4) listen: switch it on; `backlog` callers may hear it ring
    let mut phone = net::listen(phone, args.net.backlog)?;
    loop {
        // (5) accept: pick up, or wait for a call
        let (mut call, caller) = phone.accept()?;
        if let Err(error) = answer(&mut call, caller) {
            console::warn(format_args!("{caller}: {error}"));
        }
        // (8) close: `call` ends here
    }
}

/// One call, until the caller hangs up.
fn answer(call: &mut TcpStream, caller: SocketAddr) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // (6) recv: listen; nothing comes when the caller has hung up
        let size = call.read(&mut buffer)?;
        if size == 0 {
            return Ok(());
        }
        let message = &buffer[..size];
        let (shown, from) = (notation::bytes(message), notation::address(caller));
        console::say(format_args!("msg={shown} addr={from}"))?;
        // (7) sendall: speak
        call.write_all(message)?;
    }
}
